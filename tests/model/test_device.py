"""The device and precision are chosen by what the hardware can do."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from studio.errors import ConfigError
from studio.model import checkpoint
from studio.model import device as module
from studio.model.device import Device, choose_device, recurrent_precision
from studio.model.events import TrainingEnded
from studio.model.trainer import Trainer
from tests.model.conftest import TRAIN, VALID, VOCABULARY
from tests.small import small


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without a GPU whose processor knows no bfloat16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: False)
    return monkeypatch


def gpu(hardware: pytest.MonkeyPatch, bfloat16: bool) -> None:
    hardware.setattr(torch.cuda, "is_available", lambda: True)
    hardware.setattr(torch.cuda, "is_bf16_supported", lambda **_: bfloat16)


def test_a_plain_processor_computes_in_float32(hardware: pytest.MonkeyPatch) -> None:
    assert choose_device() == Device(torch.device("cpu"), "float32")


@pytest.mark.parametrize("check", ["_is_avx512_bf16_supported", "_is_amx_tile_supported"])
def test_a_processor_with_bfloat16_uses_it(hardware: pytest.MonkeyPatch, check: str) -> None:
    hardware.setattr(torch.cpu, check, lambda: True)
    assert choose_device().precision == "bfloat16"


@pytest.mark.parametrize(("native", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_is_preferred_and_asked_for_its_precision(
    hardware: pytest.MonkeyPatch, native: bool, precision: str
) -> None:
    gpu(hardware, native)
    chosen = choose_device()
    assert chosen.is_gpu
    assert chosen.precision == precision


def test_a_precision_that_is_asked_for_is_taken(hardware: pytest.MonkeyPatch) -> None:
    gpu(hardware, bfloat16=True)
    assert choose_device("float32").precision == "float32"


def test_bfloat16_is_refused_where_the_hardware_lacks_it(hardware: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="precision"):
        choose_device("bfloat16")


def test_the_gpu_is_named_as_nvml_names_it(hardware: pytest.MonkeyPatch) -> None:
    hardware.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H100")
    hardware.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="0a1b-2c3d")
    )
    chosen = Device(torch.device("cuda"), "float32")
    assert (chosen.name, chosen.gpu) == ("NVIDIA H100", "GPU-0a1b-2c3d")
    assert Device(torch.device("cpu"), "float32").gpu == ""


@pytest.mark.parametrize(
    ("version", "cudnn", "precision"),
    [
        ("2.11.0+cu130", 91900, torch.bfloat16),
        ("2.11.0", 91200, torch.float32),
        ("2.9.1", 91900, torch.float32),
        ("2.10.0a0", None, torch.float32),
    ],
)
def test_cudnns_layers_are_given_what_they_know(
    hardware: pytest.MonkeyPatch, version: str, cudnn: int | None, precision: torch.dtype
) -> None:
    gpu = torch.device("cuda")
    assert recurrent_precision(gpu) is None
    hardware.setattr(torch, "is_autocast_enabled", lambda kind: kind == "cuda")
    hardware.setattr(torch, "__version__", version)
    hardware.setattr(torch.backends.cudnn, "version", lambda: cudnn)
    assert recurrent_precision(gpu) == precision
    assert recurrent_precision(torch.device("cpu")) is None


def test_autocast_is_on_for_bfloat16_alone() -> None:
    weights = torch.ones(4, 4)
    with Device(torch.device("cpu"), "float32").autocast():
        assert (weights @ weights).dtype == torch.float32
    with Device(torch.device("cpu"), "bfloat16").autocast():
        assert (weights @ weights).dtype == torch.bfloat16


def test_the_processor_has_a_name() -> None:
    assert module._processor()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_training_runs_on_the_gpu_and_resumes_there(tmp_path: Path, recipe: str) -> None:
    config = small(recipe, precision="auto", epochs=3)

    def trainer() -> Trainer:
        return Trainer(config, VOCABULARY, TRAIN, VALID, choose_device(), tmp_path)

    first = trainer()
    for _ in first.run():
        if first.progress.step == 7:
            first.stop()
    resumed = trainer()
    resumed.load(tmp_path / checkpoint.name_of(7))
    events_after = [event for events in resumed.run() for event in events]
    assert resumed.device.is_gpu
    assert isinstance(events_after[-1], TrainingEnded)
    assert events_after[-1].outcome == "finished"
