"""What the processes of `train --devices` are started with. They themselves: test_several.py."""

import platform
import signal
from typing import NamedTuple

import pytest
import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]
from torch.distributed.elastic.multiprocessing import SignalException

from studio.errors import ConfigError, LostProcessError
from studio.launched import BY_THE_STUDIO, LOST, RUN_ID
from studio.model.parallel import ALONE, open_world
from studio.runs import launching

Environments = dict[int, dict[str, str]]


class Failed(NamedTuple):
    """A process that has failed."""

    exitcode: int


class Ended:
    """Processes that have ended; those with a code in `failures` have failed."""

    def __init__(self, codes: dict[int, int]) -> None:
        self.failures = {rank: Failed(code) for rank, code in codes.items()}

    def wait(self, *_: object, **__: object) -> "Ended":
        return self

    def pids(self) -> dict[int, int]:
        return {0: 70, 1: 71}


def remedy() -> str:
    return "Resume it."


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Environments]:
    """The environments of the processes that would be started."""
    environments: list[Environments] = []

    def start(*_: object, envs: Environments, **__: object) -> Ended:
        environments.append(envs)
        return Ended({})

    monkeypatch.setattr(launching, "start_processes", start)
    return environments


@pytest.mark.parametrize(("seen", "shown"), [(None, "2,0"), ("4,5,6", "6,4")])
def test_each_process_finds_its_gpu_by_its_number(
    started: list[Environments], monkeypatch: pytest.MonkeyPatch, seen: str | None, shown: str
) -> None:
    if seen is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen)
    assert launching.train_on(["2", "0"], "a", [], remedy) == 0
    (environments,) = started
    assert [each["CUDA_VISIBLE_DEVICES"] for each in environments.values()] == [shown, shown]
    assert [each["LOCAL_RANK"] for each in environments.values()] == ["0", "1"]


@pytest.mark.parametrize(("given", "taken"), [(None, "4"), ("7", "7")])
def test_processes_on_the_processor_share_its_cores(
    started: list[Environments], monkeypatch: pytest.MonkeyPatch, given: str | None, taken: str
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    if given is None:
        monkeypatch.delenv("OMP_NUM_THREADS")
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert launching.train_on(["cpu", "cpu"], "a", [], remedy) == 0
    (environments,) = started
    assert {each["OMP_NUM_THREADS"] for each in environments.values()} == {taken}
    assert {each["CUDA_VISIBLE_DEVICES"] for each in environments.values()} == {""}


def test_an_ignored_signal_stays_ignored_and_others_are_handled_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(*_: object, **__: object) -> Ended:
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # as torch does
        return Ended({})

    def wait(self: Ended, **_: object) -> Ended:
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) != before
        return self

    monkeypatch.setattr(launching, "start_processes", start)
    monkeypatch.setattr(Ended, "wait", wait)
    before = signal.getsignal(signal.SIGTERM)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        launching.train_on(["cpu", "cpu"], "a", [], remedy)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, hang_up)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ({0: -9, 1: LOST}, "Process 0 of 2 (pid 70, cpu on {host}) was killed by SIGKILL."),
        ({1: LOST, 0: -9}, "Process 0 of 2 (pid 70, cpu on {host}) was killed by SIGKILL."),
        ({1: 1, 0: LOST}, "Process 1 of 2 (pid 71, cpu on {host}) failed with exit code 1."),
        ({0: LOST, 1: LOST}, "The processes lost contact: one did not answer in time."),
    ],
)
def test_the_process_that_failed_first_is_named(
    monkeypatch: pytest.MonkeyPatch, codes: dict[int, int], message: str
) -> None:
    monkeypatch.setattr(launching, "start_processes", lambda *_, **__: Ended(codes))
    with pytest.raises(LostProcessError) as raised:
        launching.train_on(["cpu", "cpu"], "a@5", [], remedy)
    assert str(raised.value) == (message.format(host=platform.node()) + " Resume it.")


def test_a_gpu_is_named_by_the_number_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "start_processes", lambda *_, **__: Ended({1: -9}))
    with pytest.raises(LostProcessError, match=r"Process 1 of 2 \(pid 71, cuda:0 on "):
        launching.train_on(["2", "0"], "a", [], remedy)


def test_why_a_process_left_is_said_where_process_0_had_to_be_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # NCCL waits on the GPU, where process 0 learns nothing of it.
    def start(*_: object, envs: Environments, **__: object) -> Ended:
        port = int(envs[1]["MASTER_PORT"])
        TCPStore("127.0.0.1", port, is_master=False).set("left", "The memory of the GPU is full.")
        return Ended({1: LOST, 0: -9})

    monkeypatch.setattr(launching, "start_processes", start)
    with pytest.raises(LostProcessError) as raised:
        launching.train_on(["0", "1"], "a", [], remedy)
    assert str(raised.value) == "The memory of the GPU is full."


@pytest.mark.parametrize("codes", [{0: 1, 1: -15}, {0: 130}, {0: 2}])
def test_what_process_0_has_said_itself_is_not_said_again(
    monkeypatch: pytest.MonkeyPatch, codes: dict[int, int]
) -> None:
    monkeypatch.setattr(launching, "start_processes", lambda *_, **__: Ended(codes))
    assert launching.train_on(["cpu", "cpu"], "a", [], remedy) == codes[0]


def test_processes_that_a_signal_ends_before_they_train_are_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupted(Ended):
        def wait(self, *_: object, **options: object) -> Ended:
            if options:
                raise SignalException("Ctrl-C", signal.SIGINT)
            return self

        def close(self, *_: object) -> None:
            """They end by the signal."""

    codes = {1: -signal.SIGINT, 0: LOST}
    monkeypatch.setattr(launching, "start_processes", lambda *_, **__: Interrupted(codes))
    with pytest.raises(KeyboardInterrupt):
        launching.train_on(["cpu", "cpu"], "a", [], remedy)


def test_a_process_without_a_gpu_of_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {RUN_ID: "tests", "RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="no GPU for process 1 of this machine: it has 1"):
        open_world().__enter__()


def test_one_process_is_alone_whatever_a_batch_system_has_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(RUN_ID, raising=False)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    with open_world() as world:
        assert world is ALONE


@pytest.mark.parametrize(("gpus", "device"), [(1, "cuda:0"), (0, "cpu")])
def test_a_single_process_takes_the_device_that_was_named_whatever_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, gpus: int, device: str
) -> None:
    # `--devices 3` shows it that GPU only, `--devices cpu` none.
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv(RUN_ID, BY_THE_STUDIO)
    monkeypatch.setenv("WORLD_SIZE", "1")
    with open_world() as world:
        assert (world.size, world.device) == (1, device)
