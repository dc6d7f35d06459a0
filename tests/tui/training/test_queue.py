"""Runs that wait, in the studio: asked for, listed, started, cancelled."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.devices import GpuChoice
from studio.errors import RunError
from studio.messages import Failed, Train, Trained, TrainingStarted, TrainNext
from studio.model.config import RECIPES
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.runs.processes import DetachedTraining
from studio.telemetry import Gpu, Gpus
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.run_list import RunList
from studio.tui.training.settings_form import SettingsForm
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import write_run
from tests.tui.only import OnlyTraining
from tests.tui.waiting import until

SIZES = [(160, 48), (80, 24)]
ENDED = Trained("spring", TrainingEnded(40, "finished"))


def waits(home: Home, *names: str) -> None:
    for name in names:
        queue.join(folders.create(home.runs, name, RECIPES["classic"]).folder)


async def ask_for(studio: Opened, *names: str) -> None:
    """Start runs with the settings of a recipe, as the form does."""
    for name in names:
        form = studio.pane.query_one(SettingsForm)
        form.post_message(SettingsForm.Start(name, RECIPES["classic"]))
        await studio.settle()


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_asked_for_while_one_trains_waits_and_is_listed_with_its_place(
    open_studio: Open, home: Home, size: tuple[int, int]
) -> None:
    async with open_studio(size, studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2", "n")
        await ask_for(studio, "autumn", "winter")
        notices = [each.message for each in studio.app._notifications]
        assert notices[0].startswith("autumn waits to be trained, 1st in the queue.")
        assert notices[1].startswith("winter waits to be trained, 2nd in the queue.")
        assert studio.worker.sent == []
        await studio.press("r")
        assert "autumn waiting, 1st" in studio.words()
        assert "winter waiting, 2nd" in studio.words()
    assert queue.waiting(home.runs) == ["autumn", "winter"]


async def test_the_queue_is_read_once_for_the_whole_list(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits(home, "autumn", "winter", *"abcdef")
    looks: list[Path] = []
    waiting = queue.waiting

    def look(runs: Path) -> list[str]:
        looks.append(runs)
        return waiting(runs)

    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2", "r")
        monkeypatch.setattr(queue, "waiting", look)
        runs = studio.pane.query_one(RunList)
        runs._read.clear()
        runs.read()
        await studio.settle()
        # The list reads itself again every two seconds.
        assert 1 <= len(looks) <= 2
        assert "winter waiting, 2nd" in studio.words()


@pytest.mark.parametrize("end", [ENDED, Failed("training", "The memory is full.", run_ended=True)])
async def test_when_a_run_ends_the_next_is_started(
    open_studio: Open, home: Home, end: Trained | Failed
) -> None:
    waits(home, "autumn")
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.settle()
        studio.worker.report(Failed("saving", "No space left."))
        await studio.settle()
        assert studio.worker.sent == []
        studio.worker.report(end)
        await studio.settle()
        assert studio.worker.sent == [TrainNext()]


async def test_a_run_asked_for_before_the_first_has_loaded_its_poems_waits_too(
    open_studio: Open, home: Home
) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2")
        await ask_for(studio, "autumn", "winter")
        assert studio.worker.sent == [Train("autumn", RECIPES["classic"])]
        assert queue.waiting(home.runs) == ["winter"]
        # The first cannot start: it is the turn of the second.
        studio.worker.report(Failed("training autumn", "The batch is too large."))
        await studio.settle()
        assert studio.worker.sent[1:] == [TrainNext()]


async def test_runs_started_in_quick_succession_have_names_of_their_own(
    open_studio: Open, home: Home
) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        # The worker has not made the folder of the first one yet.
        await studio.press("2", "enter", "n")
        # A button takes no key for a moment after it was pressed.
        start = studio.pane.query_one("#start")
        await until(studio.pilot, lambda: not start.has_class("-active"))
        await studio.press("enter")
        # A thread has not made the folders of these either.
        studio.pane.action_train_recipe("classic")
        studio.pane.action_train_recipe("classic")
        await until(studio.pilot, lambda: len(queue.waiting(home.runs)) == 3)
        (first,) = studio.worker.sent
        assert isinstance(first, Train)
        assert first.run not in queue.waiting(home.runs)
        # So the worker can make the folder of the first one.
        assert folders.create(home.runs, first.run, first.config)


async def test_a_run_whose_turn_comes_does_not_take_the_form_away(
    open_studio: Open, home: Home
) -> None:
    config = RECIPES["classic"]
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2", "n")
        started = TrainingStarted("autumn", config, 0, 9, 9, 9, "cpu", "float32", waited=True)
        studio.worker.report(started)
        await studio.settle()
        assert studio.pane.view == "new"
        assert "It was waiting, and has started." in studio.words()
        await studio.press("w")
        assert "training autumn" in studio.words()


async def test_a_run_that_waits_is_cancelled_after_a_question(
    open_studio: Open, home: Home
) -> None:
    waits(home, "autumn", "winter")
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2", "slash", *"autumn", "enter", "d")
        assert "autumn waits to be trained. Cancel it" in studio.words()
        await studio.press("enter")
        assert queue.waiting(home.runs) == ["autumn", "winter"]
        await studio.press("d", "y")
        await studio.settle()
    assert [run.name for run in folders.all_runs(home.runs)] == ["winter"]


async def test_a_run_that_has_started_since_is_not_deleted(open_studio: Open, home: Home) -> None:
    waits(home, "autumn")
    run = folders.find(home.runs, "autumn")
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2", "r", "d")
        queue.leave(run.folder)
        await studio.press("y")
        assert "has started meanwhile" in studio.words()
    assert folders.find(home.runs, "autumn")


async def test_runs_left_waiting_are_named_when_the_studio_opens(
    open_studio: Open, home: Home
) -> None:
    waits(home, "autumn", "winter")
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        studio.worker.start_run("spring")
        await studio.settle()
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        await studio.press("2")
        studio.pane._runs.waiting.remind()
        await studio.settle()
        assert "2 runs waiting to be trained: autumn, winter." in studio.words()
        await studio.press("r")


async def test_runs_that_another_process_will_train_are_not_named(
    open_studio: Open, home: Home
) -> None:
    waits(home, "autumn")
    with write_run(home, "spring", 20).lock():
        async with open_studio((160, 48), studio=OnlyTraining) as studio:
            await studio.press("2")
            studio.pane._runs.waiting.remind()
            await studio.settle()
            assert "waiting to be trained" not in studio.words()


class Detached:
    """Stands in for processes that train: each lives, and is about to train."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.devices: dict[str, str] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        # The GPUs are those that the test names.
        monkeypatch.setattr(DevicePanel, "poll", lambda _: None)
        monkeypatch.setattr(processes, "start_detached", self.start)
        monkeypatch.setattr(
            processes, "wait_until_training", lambda run, process, is_new: process.pid
        )

    def start(self, run: folders.Run, how: DetachedTraining, after: int) -> subprocess.Popen[bytes]:
        self.devices[run.name] = how.device
        self.processes.append(subprocess.Popen(["sleep", "60"]))
        return self.processes[-1]


@pytest.fixture
def detached(monkeypatch: pytest.MonkeyPatch) -> Iterator[Detached]:
    found = Detached(monkeypatch)
    yield found
    for process in found.processes:
        process.kill()
        process.wait()


def free(number: int) -> GpuChoice:
    return GpuChoice(Gpu(f"GPU-{number}", "H100", 0.0, 0.0, total_memory=80.0), number)


async def test_runs_asked_for_while_one_trains_go_to_free_gpus_then_wait(
    open_studio: Open, home: Home, detached: Detached
) -> None:
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2")
        # As they were read last: none of the new runs computes there yet.
        panel = studio.pane.query_one(DevicePanel)
        panel.post_message(DevicePanel.Taken([free(1), free(2)]))
        await studio.settle()
        for name in ("autumn", "winter", "summer"):
            await ask_for(studio, name)
        await studio.settle()
        assert detached.devices == {"autumn": "cuda:1", "winter": "cuda:2"}
        pid = detached.processes[0].pid
        assert any(f"Process {pid} trains" in each.message for each in studio.app._notifications)
        assert studio.worker.sent == []
    assert queue.waiting(home.runs) == ["summer"]


async def test_a_run_does_not_go_to_the_gpu_that_the_run_in_training_has_just_taken(
    open_studio: Open, home: Home, detached: Detached
) -> None:
    training = write_run(home, "spring", 20)
    with training.lock():
        training.record_process("H100", 0, "starting", gpu="GPU-1")
        async with open_studio((160, 48), studio=OnlyTraining) as studio:
            studio.worker.start_run()
            await studio.press("2")
            panel = studio.pane.query_one(DevicePanel)
            panel.post_message(DevicePanel.Taken([free(1)]))
            await studio.settle()
            await ask_for(studio, "autumn")
        assert detached.devices == {}
    assert queue.waiting(home.runs) == ["autumn"]


async def test_a_run_does_not_go_to_a_gpu_that_somebody_has_taken_since_it_was_read(
    open_studio: Open, home: Home, detached: Detached, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = FakeNvml(FakeGpu("GPU-1", use=90), FakeGpu("GPU-2", use=0, used=0))
    monkeypatch.setattr("studio.tui.training.runs_beside.Gpus", lambda: Gpus(now))
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2")
        panel = studio.pane.query_one(DevicePanel)
        panel.post_message(DevicePanel.Taken([free(1), free(2)]))
        await studio.settle()
        await ask_for(studio, "autumn")
        assert detached.devices == {"autumn": "cuda:2"}


async def test_a_run_beside_another_whose_training_does_not_start_leaves_nothing(
    open_studio: Open, home: Home, detached: Detached, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run: folders.Run, process: subprocess.Popen[bytes], is_new: bool) -> int:
        process.kill()
        process.wait()
        raise RunError("out of memory")

    monkeypatch.setattr(processes, "wait_until_training", fail)
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2")
        panel = studio.pane.query_one(DevicePanel)
        panel.post_message(DevicePanel.Taken([free(1)]))
        await studio.settle()
        await ask_for(studio, "autumn")
        await studio.settle()
        assert any("out of memory" in each.message for each in studio.app._notifications)
    assert folders.all_runs(home.runs) == []


@pytest.mark.parametrize("outcome", ["stopped", "finished"])
async def test_a_run_that_is_resumed_while_another_trains_waits_too(
    open_studio: Open, home: Home, outcome: str
) -> None:
    run = write_run(home, "autumn", 20, outcome=outcome)
    (run.checkpoints / "step-00000020").mkdir(parents=True)
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2", "r", "u")
        if outcome == "finished":
            await studio.press("2", "enter")
        assert "autumn waits to be resumed, 1st in the queue." in studio.words()
        assert "autumn waiting, 1st" in studio.words()
        assert queue.more_epochs(run.folder) == (2 if outcome == "finished" else 0)
        assert studio.worker.sent == []
        # It is taken out of the queue, and not deleted.
        await studio.press("r", "r", "d")
        assert "autumn waits to be resumed. Take it out of the queue?" in studio.words()
        await studio.press("y")
        assert queue.waiting(home.runs) == []
        assert f"autumn {outcome} 20 steps" in studio.words()
        assert run.events_file.exists()


async def test_a_run_that_another_process_trains_does_not_wait(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 20)
    async with open_studio((160, 48), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        with run.lock():
            await studio.press("2", "r", "u")
            assert "autumn is in training. Stop it first." in studio.words()
        assert queue.waiting(home.runs) == []
