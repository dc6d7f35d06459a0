"""Closing on a signal: once, however many arrive, and whatever the interface does."""

import os
import pty
import signal
import threading
from collections.abc import Iterator

import pytest

from studio.tui import closing
from studio.tui.closing import SIGNALS, Closing

SECONDS = 20


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


class Asked:
    """What the closing asked for, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, has_terminal: bool) -> None:
        self.calls: list[str] = []
        self.ended = threading.Event()
        self.left = threading.Event()
        monkeypatch.setattr(closing, "_has_terminal", lambda: has_terminal)
        monkeypatch.setattr(closing, "PATIENCE", 0.3)
        monkeypatch.setattr(closing.os, "_exit", self._exit)
        self.woken = threading.Event()
        self.closing = Closing(
            lambda number: self.calls.append("save"), self._leave, self._restore, self.woken.set
        )
        self.closing.listen()

    def _leave(self, code: int) -> bool:
        self.calls.append(f"leave {code}")
        self.left.set()
        # At first there is no loop yet that could be asked.
        return len(self.calls) > 2

    def _restore(self) -> None:
        self.calls.append("restore")

    def _exit(self, code: int) -> None:
        self.calls.append(f"exit {code}")
        self.ended.set()


def test_signals_that_interrupt_each_other_close_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, has_terminal=False)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        os.kill(os.getpid(), number)
    assert asked.ended.wait(SECONDS)
    # A terminal that has gone needs no restoring, and an interface may hang on it.
    assert asked.calls == ["save", "exit 129"]


def test_other_signals_wake_the_main_thread_that_may_wait_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Asked(monkeypatch, has_terminal=False)
    before = signal.signal(signal.SIGCONT, lambda *_: None)
    try:
        os.kill(os.getpid(), signal.SIGCONT)
        assert asked.woken.wait(SECONDS)
    finally:
        signal.signal(signal.SIGCONT, before)
    assert asked.calls == []


def test_an_interface_that_closes_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, has_terminal=True)
    os.kill(os.getpid(), signal.SIGTERM)
    assert asked.left.wait(SECONDS)
    asked.closing.closed()
    assert not asked.ended.wait(1)
    assert asked.calls[:2] == ["save", "leave 143"]
    assert "restore" not in asked.calls


def test_the_terminal_of_an_interface_that_hangs_is_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Asked(monkeypatch, has_terminal=True)
    os.kill(os.getpid(), signal.SIGHUP)
    assert asked.ended.wait(SECONDS)
    assert asked.calls == ["save", "leave 129", "leave 129", "restore", "exit 129"]


def test_a_terminal_that_was_closed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
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
