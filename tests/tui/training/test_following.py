"""Runs that another process trains, followed and taken over."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.messages import Resume
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.runs import processes
from studio.runs.event_log import START
from studio.runs.folders import Run
from studio.tui.training.history import History
from studio.tui.training.run_reader import SILENCE, read_news
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import a_run, write_run
from tests.tui.training.test_pane import WIDE
from tests.tui.waiting import until


@pytest.fixture
def elsewhere(home: Home) -> Iterator[Run]:
    """A run with 20 steps that is being trained, as if by another process."""
    run = write_run(home, "autumn", 20)
    with run.lock():
        run.drop_events_after(20)  # without its end
        run.record_process("cuda:1", 1000)
        yield run


def append(run: Run, first: int, count: int = 10) -> None:
    for event in a_run(count, first=first):
        run.record(event)


async def opened(studio: Opened) -> None:
    await studio.press("2", "r", "enter")
    await until(studio.pilot, lambda: "training  autumn" in studio.text())


def test_only_what_was_appended_is_read(home: Home, elsewhere: Run) -> None:
    first = read_news(home, "autumn")
    assert first.is_whole
    append(elsewhere, 21)
    with elsewhere.events_file.open("ab") as file:
        file.write(b'{"event":"StepDone","step":31,')  # half a line is not a line
    second = read_news(home, "autumn", first.place)
    assert not second.is_whole
    assert [event.step for event in second.events] == [*range(21, 31)]
    history = second.add_to(first.add_to(History("autumn")))
    assert list(history.steps) == list(range(1, 31))
    assert read_news(home, "autumn", second.place).events == ()


def test_a_run_that_was_rewritten_is_read_from_its_start(home: Home, elsewhere: Run) -> None:
    first = read_news(home, "autumn")
    elsewhere.drop_events_after(5)
    append(elsewhere, 6, 3)
    second = read_news(home, "autumn", first.place)
    assert second.is_whole
    history = second.add_to(first.add_to(History("autumn")))
    assert list(history.steps) == list(range(1, 9))


def test_the_state_of_the_other_process_is_known(home: Home, elsewhere: Run) -> None:
    assert read_news(home, "autumn", START).state == "training"
    elsewhere.record_process("cuda:1", 1000, paused=True)
    assert read_news(home, "autumn", START).state == "paused"
    elsewhere.record_process("cuda:1", 1000)
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
        elsewhere.record_process("cuda:1", 1000, paused=True)
        await until(studio.pilot, lambda: "paused  autumn" in studio.text())
        elsewhere.record(TrainingEnded(100, "diverged", "the loss is not a number"))
        await until(studio.pilot, lambda: "the loss is not a number" in studio.words())


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
    monkeypatch.setattr(processes, "wait_until_stopped", lambda *_: None)
    monkeypatch.setattr(processes, "request_stop", lambda run: stopped.append(run.folder))
    async with open_studio(WIDE) as studio:
        await opened(studio)
        await studio.press("t")
        await until(studio.pilot, lambda: bool(studio.worker.sent))
        assert stopped == [elsewhere.folder]
        assert studio.worker.sent == [Resume("autumn")]


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
