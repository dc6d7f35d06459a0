"""Where a model is put to write: few rows on the processor, many on a GPU if there is one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch

from studio.errors import RunError
from studio.model.device import FEW_ROWS, Device
from studio.model.network import Network
from studio.paths import Home
from studio.runs import loading
from studio.runs.loading import has_learnt, load_writer, locate
from studio.verse.composer import write
from studio.verse.facing import compose_any
from studio.verse.request import ComposeRequest, WrittenPoem
from studio.verse.sampling import Tokens
from studio.verse.step_reader import StepReader
from studio.verse.writer import Writer
from tests.runs.test_session import trained
from tests.test_full_memory import FULL


class StandIn(Device):
    """A device that says it is a GPU, and computes on the processor."""

    __slots__ = ()
    is_gpu = True

    def make_current(self) -> None:
        """Nothing has to be done."""


GPU = StandIn(torch.device("cpu"), "float32")


@pytest.fixture
def model(home: Home) -> tuple[Path, str]:
    trained(home)
    return locate(home, "first")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A machine with a GPU; the devices that were asked for."""
    asked: list[str] = []

    def choose_device(precision: str, wish: str = "auto") -> Device:
        asked.append(wish)
        return Device(torch.device("cpu"), "float32") if wish == "cpu" else GPU

    monkeypatch.setattr(loading, "has_gpu", lambda: True)
    monkeypatch.setattr(loading, "choose_device", choose_device)
    yield asked


def test_a_poem_is_written_on_the_processor_and_the_gpu_is_not_touched(
    model: tuple[Path, str], gpu: list[str]
) -> None:
    writer = load_writer(*model)
    write(writer, ComposeRequest(form="", longest=8))
    assert writer.for_rows(FEW_ROWS) is writer
    assert gpu == ["cpu"]


def test_many_poems_at_once_are_written_on_the_gpu_by_a_copy_that_is_made_once(
    model: tuple[Path, str], gpu: list[str]
) -> None:
    writer = load_writer(*model)
    many = writer.for_rows(FEW_ROWS + 1)
    assert many.device is GPU
    assert (many.name, many.vocabulary) == (writer.name, writer.vocabulary)
    assert writer.for_rows(1000) is many
    assert gpu == ["cpu", "auto"]
    tokens = torch.tensor([[1, 5, 6, 7]])
    with torch.inference_mode():
        expected, found = (each.network(tokens)[0] for each in (writer, many))
    assert torch.allclose(expected, found, atol=1e-5)


def test_what_nobody_has_asked_for_is_written_on_the_processor_however_many_rows_it_has(
    model: tuple[Path, str], gpu: list[str]
) -> None:
    writer = load_writer(*model)
    here = writer.kept_here()
    assert here.for_rows(1000) is here
    assert gpu == ["cpu"]
    assert writer.for_rows(1000).device is GPU


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("copied_to", FULL),
        ("copied_to", "CUDA error: all CUDA-capable devices are busy or unavailable"),
        (
            "forward",
            "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        ),
    ],
    ids=["full", "exclusive", "nearly full"],
)
def test_where_the_gpu_has_no_room_the_processor_writes_many_poems_too(
    model: tuple[Path, str], gpu: list[str], monkeypatch: pytest.MonkeyPatch, at: str, error: str
) -> None:
    writer = load_writer(*model)

    def fail(*_: object) -> None:
        raise RuntimeError(error)

    with monkeypatch.context() as full:
        full.setattr(Network, at, fail)
        assert writer.for_rows(1000).network is writer.network
    # Until there is room.
    assert writer.for_rows(1000).device is GPU


def test_another_failure_of_a_copy_on_the_gpu_is_not_hidden(
    model: tuple[Path, str], gpu: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = load_writer(*model)

    def copied_to(*_: object) -> Network:
        raise RuntimeError("The shapes do not fit.")

    monkeypatch.setattr(Network, "copied_to", copied_to)
    with pytest.raises(RuntimeError, match="shapes"):
        writer.for_rows(1000)


def test_a_gpu_that_is_not_chosen_writes_nothing(
    model: tuple[Path, str], gpu: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = load_writer(*model)
    monkeypatch.setattr(loading, "choose_device", lambda *_: writer.device)
    assert writer.for_rows(1000).network is writer.network


def test_where_the_gpu_becomes_full_the_processor_reads_many_poems(
    model: tuple[Path, str], gpu: list[str]
) -> None:
    writer = load_writer(*model)
    copied = writer.for_rows(1000)
    read: list[Writer] = []

    def fail(by: Writer) -> str:
        read.append(by)
        if by is copied:
            raise RuntimeError(FULL)
        return "read"

    assert writer.read(1000, fail) == "read"
    assert read == [copied, writer]
    # A device that was asked for is not left, and another failure is not hidden.
    with pytest.raises(RuntimeError, match="out of memory"):
        copied.read(1000, fail)
    with pytest.raises(ZeroDivisionError):
        writer.read(1000, lambda by: 1 / 0)


@pytest.mark.parametrize("form", ["", "对联"])
def test_where_the_gpu_becomes_full_the_processor_writes_the_poem_from_its_beginning(
    model: tuple[Path, str], gpu: list[str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    writer = load_writer(*model)
    copied = writer.for_rows(1000)
    request = ComposeRequest(form=form, first="山水" if form else "", longest=8, candidates=17)
    read, reads = StepReader.read, 0

    def read_until_full(reader: StepReader, written: Tokens) -> None:
        nonlocal reads
        if reader._writer is copied:
            reads += 1
            if not form or reads == 3:
                raise RuntimeError(FULL)
        read(reader, written)

    def write_any(writer: Writer) -> tuple[list[tuple[str, ...]], tuple[WrittenPoem, ...]]:
        columns, shown = compose_any(writer, request), list[tuple[str, ...]]()
        while True:
            try:
                shown.append(next(columns))
            except StopIteration as end:
                return shown, end.value

    expected = write_any(replace(writer, on_gpu=None))
    monkeypatch.setattr(StepReader, "read", read_until_full)
    assert write_any(writer) == expected
    assert reads
    reads = 0
    # A device that was asked for is not left.
    with pytest.raises(RuntimeError, match="out of memory"):
        write_any(copied)


@pytest.mark.parametrize(("candidates", "on_gpu"), [(1, False), (FEW_ROWS + 1, True)])
def test_the_rows_of_a_request_decide_where_it_is_written(
    model: tuple[Path, str], gpu: list[str], candidates: int, on_gpu: bool
) -> None:
    used: list[bool] = []
    writer = load_writer(*model)
    copied = writer.for_rows(1000)

    def copy() -> Writer:
        used.append(True)
        return copied

    few = Writer(writer.network, writer.vocabulary, writer.device, writer.name, copy)
    assert len(write(few, ComposeRequest(form="", longest=8, candidates=candidates))) == candidates
    assert bool(used) == on_gpu


def test_a_device_that_is_asked_for_writes_everything(
    model: tuple[Path, str], gpu: list[str]
) -> None:
    writer = load_writer(*model, wish="cpu")
    assert writer.for_rows(1000) is writer
    assert gpu == ["cpu"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_real_gpu_reads_many_rows_as_the_processor_does(model: tuple[Path, str]) -> None:
    few = load_writer(*model)
    many = few.for_rows(1000)
    assert (few.device.is_gpu, many.device.is_gpu) == (False, True)
    tokens = torch.tensor([[1, 5, 6, 7]])
    with torch.inference_mode():
        expected = few.network(tokens)[0]
        found = many.network(many.device.put(tokens))[0].cpu()
    assert torch.allclose(expected, found, atol=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_without_a_gpu_the_processor_writes_everything(model: tuple[Path, str]) -> None:
    writer = load_writer(*model)
    assert writer.for_rows(1000) is writer


def test_the_path_of_a_model_is_refused_if_it_cannot_be_written_down(
    model: tuple[Path, str], home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "\udcff"
    folder.symlink_to(model[0])
    assert locate(home, str(folder))[0] == model[0]
    with pytest.raises(RunError, match="not the path of a model"):
        locate(home, str(folder.parent / "\udcfe"))


def test_beside_a_default_model_that_was_not_validated_any_run_may_write(
    shipped_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = msgspec.json.decode((shipped_model / "card.json").read_bytes())
    (tmp_path / "card.json").write_bytes(msgspec.json.encode(card | {"figures": []}))
    assert not has_learnt(None)
    monkeypatch.setattr(loading, "default_model", lambda: tmp_path)
    assert has_learnt(None)
