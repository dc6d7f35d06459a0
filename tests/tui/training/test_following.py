"""Runs that another process trains, followed and taken over."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from studio.messages import Resume
from studio.model.events import Outcome, TrainingEnded
from studio.paths import Home
from studio.runs import processes, queue
from studio.runs.event_log import START, Place
from studio.runs.folders import Run
from studio.runs.training_folder import ProcessState, TrainingProcess
from studio.tui.training.history import History
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunList
from studio.tui.training.run_reader import SILENCE, RunNews, read_news, read_run
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import a_run, write_run
from tests.tui.training.test_pane import SMALL, WIDE
from tests.tui.waiting import until


@pytest.fixture
def elsewhere(home: Home) -> Iterator[Run]:
    """A run with 20 steps that is being trained, as if by process 4321 on the host box."""
    run = write_run(home, "autumn", 20)
    with run.lock():
        run.drop_events_after(20)  # without its end
        record(run)
        yield run


def record(run: Run, state: ProcessState = "training", total_steps: int = 1000) -> None:
    process = TrainingProcess(4321, "box", "cuda:1", total_steps, state)
    (run.folder / "process.json").write_bytes(msgspec.json.encode(process))


def append(run: Run, first: int, count: int = 10) -> None:
    for event in a_run(count, first=first):
        run.record(event)


async def opened(studio: Opened) -> None:
    await studio.press("2", "r", "enter")
    await until(studio.pilot, lambda: "training  autumn" in studio.text())


def test_only_what_was_appended_is_read(home: Home, elsewhere: Run) -> None:
    first = read_news(home, "autumn")
    assert first.whole
    append(elsewhere, 21)
    with elsewhere.events_file.open("ab") as file:
        file.write(b'{"event":"StepDone","step":31,')  # half a line is not a line
    second = read_news(home, "autumn", first.place)
    assert not second.whole
    assert [event.step for event in second.events] == [*range(21, 31)]
    history = second.add_to(first.add_to(History("autumn")))
    assert list(history.steps) == list(range(1, 31))
    assert read_news(home, "autumn", second.place).events == ()


def test_a_run_that_was_rewritten_is_read_from_its_start(home: Home, elsewhere: Run) -> None:
    first = read_news(home, "autumn")
    elsewhere.drop_events_after(5)
    append(elsewhere, 6, 3)
    second = read_news(home, "autumn", first.place)
    assert second.whole
    history = second.add_to(first.add_to(History("autumn")))
    assert list(history.steps) == list(range(1, 9))


def test_the_state_of_the_other_process_is_known(home: Home, elsewhere: Run) -> None:
    assert read_news(home, "autumn", START).state == "training"
    record(elsewhere, "paused")
    assert read_news(home, "autumn", START).state == "paused"
    record(elsewhere)
    long_ago = elsewhere.events_file.stat().st_mtime - SILENCE - 1
    os.utime(elsewhere.events_file, (long_ago, long_ago))
    assert read_news(home, "autumn", START).state.startswith("nothing heard for 3")


def test_a_process_that_is_gone_leaves_a_run_interrupted_or_ended(home: Home) -> None:
    run = write_run(home, "autumn", 20)
    assert read_news(home, "autumn").state == "stopped"
    run.drop_events_after(20)
    assert read_news(home, "autumn").state == "interrupted"


async def test_a_run_trained_elsewhere_grows_on_the_screen(
    open_studio: Open, elsewhere: Run
) -> None:
    async with open_studio(WIDE) as studio:
        await opened(studio)
        append(elsewhere, 21, 80)
        await until(studio.pilot, lambda: "step 100/1,000" in studio.text())
        record(elsewhere, "paused")
        await until(studio.pilot, lambda: "paused  autumn" in studio.text())
        elsewhere.record(TrainingEnded(100, "diverged", "the loss is not a number"))
        await until(studio.pilot, lambda: "the loss is not a number" in studio.words())


async def test_a_slow_disk_is_not_read_by_many_threads_at_once(
    open_studio: Open, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_studio(WIDE) as studio:
        await opened(studio)
        held, answers = list[str](), threading.Event()

        def read(home: Home, name: str, since: Place) -> RunNews:
            held.append(name)
            answers.wait()
            return read_news(home, name, since)

        monkeypatch.setattr("studio.tui.training.elsewhere.read_news", read)
        try:
            for _ in range(3):
                studio.pane._follow()
                await until(studio.pilot, lambda: bool(held))
            assert held == ["autumn"]
        finally:
            answers.set()


async def test_the_list_shows_that_a_process_opens_a_run_which_it_has_not_written_to(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 20)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r")
        assert "stopped" in studio.text()
        with run.lock():
            record(run, "starting")
            studio.pane.query_one(RunList).read()
            await studio.settle()
            assert "starting" in studio.text()


async def test_the_process_that_trains_it_is_named_and_its_log_shown(
    open_studio: Open, elsewhere: Run
) -> None:
    async with open_studio(WIDE) as studio:
        await opened(studio)
        assert "trained by process 4321 on box" in studio.words()
        assert "cuda:1" in studio.text()
        append(elsewhere, 21, 180)
        await until(studio.pilot, lambda: "checkpoint step-00000200" in studio.text())
        assert "Log of autumn" in studio.text()
        assert "best so far" in studio.words()


async def test_the_log_is_again_that_of_the_studio_for_a_run_of_its_own(
    open_studio: Open, elsewhere: Run
) -> None:
    async with open_studio(WIDE) as studio:
        await opened(studio)
        assert "Log of autumn" in studio.text()
        studio.worker.start_run("spring")
        await until(studio.pilot, lambda: "spring started" in studio.text())
        assert "Log of" not in studio.text()


def fail(run: Run, output: str) -> None:
    """Leave the log of a process without a terminal that was the last to do something."""
    (run.folder / "training.log").write_text(output)
    long_ago = run.events_file.stat().st_mtime - 1
    os.utime(run.events_file, (long_ago, long_ago))


async def test_the_log_shows_how_a_process_without_a_terminal_failed(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 20)
    fail(run, "Loading torch\ntangshi-studio: The disk is full.\n")
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter")
        await until(studio.pilot, lambda: "The disk is full." in studio.text())


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("Loading torch\nTraceback (most recent call last):\n  x\nE: y\n", 3),
        ("Loading torch\ntangshi-studio: full\nLoading torch\nautumn: stopped\n", 0),
        ("Loading torch\nautumn: finished\n", 0),
        ("", 0),
    ],
)
def test_only_the_end_of_the_last_process_counts_as_an_error(
    home: Home, output: str, error: int
) -> None:
    run = write_run(home, "autumn", 20)
    fail(run, output)
    assert len(processes.last_error(run)) == error


@pytest.mark.parametrize(("outcome", "error"), [("finished", 0), ("failed", 1)])
def test_an_error_of_a_run_that_was_trained_afterwards_is_not_of_this_one(
    home: Home, outcome: Outcome, error: int
) -> None:
    run = write_run(home, "autumn", 20)
    run.record(TrainingEnded(20, outcome))
    output = f"Loading torch\nautumn: {outcome} at step 20. \n" + "winter: step\n" * 999
    fail(run, f"{output}tangshi-studio: The training of winter failed.\n")
    assert len(processes.last_error(run)) == error


def test_an_error_is_forgotten_when_the_run_was_trained_since(home: Home) -> None:
    run = write_run(home, "autumn", 20)
    fail(run, "Loading torch\ntangshi-studio: full\n")
    assert processes.last_error(run)
    append(run, 21, 1)
    later = run.events_file.stat().st_mtime + 1
    os.utime(run.events_file, (later, later))
    assert processes.last_error(run) == []


async def test_compared_runs_grow_too(open_studio: Open, elsewhere: Run) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "space")
        await until(studio.pilot, lambda: "autumn" in studio.pane._watched.compared)
        append(elsewhere, 21)
        compared = studio.pane._watched.compared
        await until(studio.pilot, lambda: len(compared["autumn"].steps) == 30)


async def test_a_run_trained_elsewhere_is_taken_over(
    open_studio: Open, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Path] = []
    monkeypatch.setattr(processes, "wait_until_stopped", lambda *_: True)
    monkeypatch.setattr(processes, "request_stop", lambda run: stopped.append(run.folder))
    async with open_studio(WIDE) as studio:
        await opened(studio)
        await studio.press("t")
        await until(studio.pilot, lambda: bool(studio.worker.sent))
        assert stopped == [elsewhere.folder]
        assert studio.worker.sent == [Resume("autumn")]


async def test_two_runs_are_taken_over_one_after_the_other(
    open_studio: Open, home: Home, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_run(home, "winter", 20)
    ends = {"autumn": threading.Event(), "winter": threading.Event()}
    monkeypatch.setattr(processes, "request_stop", lambda _: None)
    monkeypatch.setattr(processes, "wait_until_stopped", lambda run, *_: ends[run.name].wait(20))
    async with open_studio(WIDE) as studio:
        with other.lock():
            record(other)
            for run in (elsewhere, other):
                studio.pane.action_open_run(run.name)
                await until(studio.pilot, lambda run=run: f"training  {run.name}" in studio.text())
                studio.pane.action_take_over()
        other.forget_process()
        ends["autumn"].set()
        await until(studio.pilot, lambda: studio.worker.sent == [Resume("autumn")])
        # The other one waits until this one has ended.
        ends["winter"].set()
        await until(studio.pilot, lambda: queue.waiting(home.runs) == ["winter"])


async def test_the_curve_stays_until_the_run_is_trained_here(
    open_studio: Open, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "wait_until_stopped", lambda *_: True)
    async with open_studio(WIDE) as studio:
        await opened(studio)
        await studio.press("t")
        await until(studio.pilot, lambda: bool(studio.worker.sent))
        shown = studio.pane._watched.shown()
        assert shown is not None
        assert shown.history.step == 20


async def test_a_studio_that_is_slower_keeps_following(open_studio: Open, elsewhere: Run) -> None:
    async with open_studio(WIDE) as studio:
        await opened(studio)
        await studio.pilot.press("t")
        await until(studio.pilot, lambda: processes.is_stop_requested(elsewhere))
        # Another studio has taken the run over at once.
        processes.clear_stop(elsewhere)
        await until(studio.pilot, lambda: "another process was faster" in studio.words())
        assert studio.worker.sent == []
        append(elsewhere, 21)
        await until(studio.pilot, lambda: "step 30/1,000" in studio.text())


async def test_a_run_that_is_taken_from_a_studio_is_followed_by_it(
    open_studio: Open, elsewhere: Run
) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2")
        studio.worker.start_run("autumn")
        studio.worker.train(a_run(20), "autumn")
        await until(studio.pilot, lambda: "training  autumn" in studio.text())
        studio.worker.train([TrainingEnded(20, "stopped")], "autumn")
        await until(studio.pilot, lambda: "trained by process 4321" in studio.words())
        append(elsewhere, 21)
        await until(studio.pilot, lambda: "step 30/1,000" in studio.text())


async def test_the_list_says_when_a_process_is_gone(open_studio: Open, home: Home) -> None:
    run = write_run(home, "autumn", 20)
    run.drop_events_after(20)
    async with open_studio(WIDE) as studio:
        with run.lock():
            run.record_process("cuda:1", 1000)
            await studio.press("2", "r")
            await until(studio.pilot, lambda: "autumn  training" in studio.text())
        # As if it was killed: its file stays.
        await until(studio.pilot, lambda: "autumn  interrupted" in studio.text())


async def test_a_run_that_nobody_trains_is_not_taken_over(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "t")
        assert "Take over" not in studio.text()
        assert studio.worker.sent == []


async def test_quitting_ends_the_wait_for_a_process_that_hangs(
    open_studio: Open, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, ended = processes.wait_until_stopped, threading.Event()

    def watched(*arguments: Any) -> None:
        wait(*arguments)
        ended.set()

    monkeypatch.setattr(processes, "wait_until_stopped", watched)
    async with open_studio(WIDE) as studio:
        await opened(studio)
        await studio.pilot.press("t")
        await until(studio.pilot, lambda: processes.is_stop_requested(elsewhere))
    # Python waits for the studio's threads when it has closed.
    assert ended.wait(20)


async def test_who_reads_the_log_of_a_run_that_is_followed_keeps_the_place(
    open_studio: Open, elsewhere: Run
) -> None:
    async with open_studio(SMALL) as studio:
        await opened(studio)
        append(elsewhere, 21, 2000)
        await studio.press("l")
        log = studio.pane.query_one(LogPanel)
        await until(studio.pilot, lambda: log.scroll_y > 0)
        await studio.press("home")
        count = len(log.rows)
        append(elsewhere, 2021, 200)
        await until(studio.pilot, lambda: len(log.rows) > count)
        await studio.settle()
        assert log.scroll_y == 0


def test_epochs_that_another_process_adds_are_known(home: Home, elsewhere: Run) -> None:
    shown = read_run(home, "autumn")
    config = elsewhere.config()
    train = msgspec.structs.replace(config.train, epochs=config.train.epochs + 3)
    elsewhere.write_config(msgspec.structs.replace(config, train=train))
    elsewhere.drop_events_after(5)
    news = read_news(home, "autumn", shown.history.place)
    assert news.shown_by(shown).config == elsewhere.config()


async def test_a_long_run_is_not_read_again_while_it_is_read(
    open_studio: Open, elsewhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, may_end = list[str](), threading.Event()

    def slow(home: Home, name: str, place: Place) -> RunNews:
        reading.append(name)
        may_end.wait(20)
        return read_news(home, name, place)

    async with open_studio(SMALL) as studio:
        await opened(studio)
        monkeypatch.setattr("studio.tui.training.elsewhere.read_news", slow)
        await until(studio.pilot, lambda: bool(reading))
        studio.pane._follow()
        await studio.pilot.pause()
        may_end.set()
        assert reading == [elsewhere.name]


async def test_the_list_says_at_once_that_a_process_opens_a_run(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        assert "stopped" in studio.text()
        with run.lock():
            run.record_process("", 0, "starting")
            studio.pane.query_one(RunList).read()
            await studio.settle()
            assert "starting" in studio.text()
