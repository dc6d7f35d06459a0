"""Processes that start at once choose different GPUs."""

import contextlib
import fcntl
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from studio.model.config import RECIPES
from studio.model.device import Device, Precision, choose_device
from studio.model.parallel import World
from studio.paths import Home
from studio.runs import folders
from studio.runs.gpu_claims import choosing_gpu
from studio.runs.session import start_run
from studio.runs.training_folder import TrainingProcess
from tests.small import small


@contextlib.contextmanager
def about_to_train_on(gpu: str, home: Home, *others: str) -> Iterator[None]:
    """Meanwhile another process is about to train a run on a GPU, perhaps with others."""
    run = folders.create(home.runs, "other", RECIPES["classic"])
    with run.lock():
        process = TrainingProcess(
            4321, platform.node(), "Some GPU", 0, "starting", gpu=gpu, other_gpus=others
        )
        (run.folder / "process.json").write_bytes(msgspec.json.encode(process))
        yield


def test_a_gpu_is_taken_while_a_process_trains_there(home: Home) -> None:
    with about_to_train_on("GPU-a", home), choosing_gpu(home.runs, "new") as taken:
        assert taken == {"GPU-a": 4321}
    with choosing_gpu(home.runs, "new") as taken:
        assert taken == {}


def test_all_gpus_of_a_run_on_several_are_taken(home: Home) -> None:
    with about_to_train_on("GPU-a", home, "GPU-b"), choosing_gpu(home.runs, "new") as taken:
        assert taken == {"GPU-a": 4321, "GPU-b": 4321}


def test_one_process_chooses_at_a_time(home: Home) -> None:
    home.runs.mkdir(parents=True)
    (lock,) = _files_while_choosing(home.runs)
    with lock.open() as file:
        with choosing_gpu(home.runs, "new"), pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _files_while_choosing(runs: Path) -> list[Path]:
    with choosing_gpu(runs, "new"):
        return list(runs.iterdir())


def test_a_run_is_opened_with_regard_to_what_is_taken(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    regarded: list[Mapping[str, int]] = []

    def choose(precision: Precision, wish: str, taken: Mapping[str, int]) -> Device:
        regarded.append(taken)
        return choose_device(precision, "cpu")

    monkeypatch.setattr("studio.runs.opening.choose_device", choose)
    monkeypatch.setattr(Device, "gpu", "GPU-b")
    # A second process of this machine trains it, too.
    monkeypatch.setattr(World, "other_gpus", ("GPU-c",))
    with about_to_train_on("GPU-a", home):
        session = start_run(home, "first", small(max_steps=2))
    process = session.run.process()
    session.close()
    assert regarded == [{"GPU-a": 4321}]
    assert process and (process.gpus, process.is_this) == (("GPU-b", "GPU-c"), True)
