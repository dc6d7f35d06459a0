"""The driver of the terminal, without one."""

import os
import pty
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from studio.tui.painting import Painted
from studio.tui.terminal_driver import TerminalDriver


@pytest.mark.parametrize(
    "keys", ["\x1b[1114112u", "\x1b[99999999999u", "\x1b[27;2;1114112~", "\x1b[97;1:3;2u"]
)
def test_a_key_that_no_keyboard_has_does_not_end_the_thread_that_reads_keys(keys: str) -> None:
    handled: list[Any] = []
    driver = cast(TerminalDriver, SimpleNamespace(_debug=False, process_message=handled.append))
    parser = TerminalDriver._handle(driver, keys, XTermParser(False))
    TerminalDriver._handle(driver, "q", parser)
    assert [each.key for each in handled if isinstance(each, Key)] == ["q"]


def test_frames_wait_for_a_slow_terminal_whatever_another_program_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller, terminal = pty.openpty()
    os.set_blocking(terminal, False)
    monkeypatch.setattr(LinuxDriver, "start_application_mode", lambda _: None)
    driver = TerminalDriver.__new__(TerminalDriver)
    driver.painted, driver._must_signal_resume = Painted(), True
    with os.fdopen(terminal, "w") as driver._file:
        driver.start_application_mode()
        assert os.get_blocking(terminal)
    os.close(controller)
