"""Closing on a signal: only once, even if several arrive, and even if the interface hangs."""

import asyncio
import os
import pty
import signal
import threading
from collections.abc import Iterator

import pytest

from studio.tui import closing
from studio.tui.closing import SIGNALS, Closing, Threads
from tests.tui.conftest import Open
from tests.tui.only import OnlyTraining

SECONDS = 20


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


class Watched:
    """A closing whose calls are recorded, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, has_terminal: bool) -> None:
        self.calls: list[str] = []
        self.ended = threading.Event()
        self.requested = threading.Event()
        monkeypatch.setattr(closing, "_has_terminal", lambda: has_terminal)
        monkeypatch.setattr(closing, "SECONDS_TO_CLOSE", 0.3)
        monkeypatch.setattr(closing.os, "_exit", self._exit)
        self.woken = threading.Event()
        self.closing = Closing(
            lambda number: self.calls.append("save"),
            self._request_exit,
            self._restore,
            self.woken.set,
        )
        self.closing.listen()

    def _request_exit(self, code: int) -> bool:
        self.calls.append(f"request exit {code}")
        self.requested.set()
        # The first request comes too early: there is no loop yet.
        return len(self.calls) > 2

    def _restore(self) -> None:
        self.calls.append("restore")

    def _exit(self, code: int) -> None:
        self.calls.append(f"exit {code}")
        self.ended.set()


def test_signals_that_interrupt_each_other_close_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, has_terminal=False)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        os.kill(os.getpid(), number)
    assert watched.ended.wait(SECONDS)
    # A closed terminal is not restored, and the interface could hang on it.
    assert watched.calls == ["save", "exit 129"]


def test_other_signals_wake_up_the_main_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(monkeypatch, has_terminal=False)
    before = signal.signal(signal.SIGCONT, lambda *_: None)
    try:
        os.kill(os.getpid(), signal.SIGCONT)
        assert watched.woken.wait(SECONDS)
    finally:
        signal.signal(signal.SIGCONT, before)
    assert watched.calls == []


def test_an_interface_that_closes_in_time_is_not_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(monkeypatch, has_terminal=True)
    os.kill(os.getpid(), signal.SIGTERM)
    assert watched.requested.wait(SECONDS)
    watched.closing.interface_closed()
    assert not watched.ended.wait(1)
    assert watched.calls[:2] == ["save", "request exit 143"]
    assert "restore" not in watched.calls


def test_the_terminal_of_an_interface_that_hangs_is_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched(monkeypatch, has_terminal=True)
    os.kill(os.getpid(), signal.SIGHUP)
    assert watched.ended.wait(SECONDS)
    assert watched.calls == ["save", "request exit 129", "request exit 129", "restore", "exit 129"]


def test_a_closed_terminal_is_not_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = pty.openpty()
    standing_in = os.dup(0)
    try:
        os.dup2(terminal, 0)
        assert closing._has_terminal()
        os.close(controller)
        assert not closing._has_terminal()
    finally:
        os.dup2(standing_in, 0)
        os.close(standing_in)
        os.close(terminal)


def test_a_thread_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "SECONDS_TO_CLOSE", 0.05)
    answers, threads = threading.Event(), Threads()
    hanging = threads.submit(answers.wait)
    try:
        threads.shutdown()
        assert not hanging.done()
    finally:
        answers.set()


def test_a_thread_that_writes_is_waited_for() -> None:
    allowed, threads = threading.Event(), Threads()
    writing = threads.submit(allowed.wait)
    ending = threading.Thread(target=threads.shutdown)
    ending.start()
    allowed.set()
    ending.join(SECONDS)
    assert writing.done()
    assert not ending.is_alive()


async def test_the_interface_reads_files_in_such_threads(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyTraining):
        thread = await asyncio.to_thread(threading.current_thread)
        assert thread.name.startswith("interface")
