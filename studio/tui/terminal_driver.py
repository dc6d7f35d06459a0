"""The terminal driver: bytes that are not UTF-8, a closed terminal, ctrl+z."""

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from studio.translation import marked, tr
from studio.tui.painting import Painted
from studio.tui.terminal_notices import (
    ASK_NAME,
    NameReader,
    TerminalNotices,
    name_in,
    name_outside_tmux,
)

_NOT_UTF8 = marked(
    "Some input did not arrive as UTF-8 and was ignored. Set the terminal to UTF-8, "
    "for example with export LANG=C.UTF-8, and type it again."
)
# Seconds after which a lone escape character counts as the escape key.
_TICK = 0.1
# Mouse, paste and keyboard modes off, line wrap on, normal screen, cursor, focus events off.
_LEAVE = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?2048l\x1b[?7h"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


class TerminalDriver(LinuxDriver):
    """Textual's driver, made safe for signals, invalid bytes and a terminal that closes."""

    _applied = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.notices = TerminalNotices(self.write, os.environ, self._ask_name)
        self.painted = Painted()

    def start_application_mode(self) -> None:
        """Take over the terminal."""
        # Another program may have left it so that a write does not wait for a slow terminal, but
        # fails: then the thread that writes would end in the middle of a frame.
        with contextlib.suppress(OSError):
            os.set_blocking(self._file.fileno() if self._file else 2, True)
        self.painted.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._applied = not self._must_signal_resume
        if self._applied:
            self.notices.start()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._applied = False
        self.notices.stop()
        super().stop_application_mode()

    def disable_input(self) -> None:
        """Stop reading keys.

        The reading thread may be blocked in a read that started while the shell had the terminal.
        Then this does not wait for it: it ends after that read, whose keys are still handled.
        """
        if self.exit_event.is_set():
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join(10 * _TICK)
        # The next thread gets a new event: this one stays set for a thread that is late.
        self.exit_event = threading.Event()
        with contextlib.suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

    def restore(self) -> None:
        """Restore the terminal without waiting, for a program that ends without its event loop."""
        with contextlib.suppress(termios.error, OSError):
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            output = sys.__stderr__.fileno() if sys.__stderr__ else 2
            if select.select([], [output], [], 0)[1]:
                os.write(output, (self.notices.end + _LEAVE).encode())

    def run_input_thread(self) -> None:
        """Read keys until the studio ends, or its terminal does.

        Bytes that are not UTF-8 are ignored, with a notice. At the end of the input the program
        sends itself SIGHUP, since not every closed terminal sends one.
        """
        parser = XTermParser(self._debug)
        decoder = getincrementaldecoder("utf-8")("surrogateescape")
        name_reader = NameReader(self._use_name)
        ended = self.exit_event
        while not ended.is_set():
            if select.select([self.fileno], [], [], _TICK)[0]:
                if not self._is_in_foreground():
                    # The input is for the shell. Reading it would block until the next key.
                    ended.wait(_TICK)
                    continue
                try:
                    received = os.read(self.fileno, 4096)
                except BlockingIOError:
                    continue
                except OSError:
                    received = b""
                if not received:
                    os.kill(os.getpid(), signal.SIGHUP)
                    return
                text = decoder.decode(received)
                kept = "".join(each for each in text if not "\ud800" <= each <= "\udfff")
                if kept != text:
                    self._app.notify(tr(_NOT_UTF8), severity="warning", markup=False)
                keys = name_reader.keys(kept)
            else:
                keys = name_reader.waited()
            parser = self._handle(keys, parser)

    def _handle(self, keys: str, parser: XTermParser) -> XTermParser:
        """Handle what was typed; returns the parser of what is typed next.

        The number of a key that no keyboard has is ignored: otherwise this thread would end, and no
        key would work.
        """
        try:
            for event in chain(parser.feed(keys) if keys else (), parser.tick()):
                self.process_message(event)
        except (ValueError, OverflowError):
            return XTermParser(self._debug)
        return parser

    # --- the terminal's name --------------------------------------------------------------------

    def _ask_name(self) -> None:
        """Ask for the name of the terminal, which its variables do not say over SSH."""
        if "TMUX" in os.environ:
            threading.Thread(
                target=lambda: self._use_name(name_outside_tmux()), daemon=True
            ).start()
        elif self._applied and not name_in(os.environ):
            self.write(ASK_NAME)

    def _use_name(self, name: str) -> None:
        self._on_loop(partial(self.notices.use_name, name))

    # --- ctrl+z ---------------------------------------------------------------------------------

    def has_shell(self) -> bool:
        """Whether the studio was started from a shell that can continue it after a stop."""
        import psutil

        group, session = os.getpgrp(), os.getsid(0)
        with contextlib.suppress(psutil.Error, OSError):
            for parent in psutil.Process().parents():
                if os.getpgid(parent.pid) != group:
                    return os.getsid(parent.pid) == session
        return False

    def _is_in_foreground(self) -> bool:
        """Whether this program is in the terminal's foreground; true if that is unknown."""
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        return True

    def suspend(self) -> None:
        """Give the terminal back to the shell and stop the whole job (for example with make)."""
        self._stop(os.getpgrp())

    def _stop(self, group: int = 0) -> None:
        self._must_signal_resume = True
        self.suspend_application_mode()
        if group:
            os.killpg(group, signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigtstp_application(self, *_: object) -> None:
        self._on_loop(self._stop_if_shell)

    def _sigcont_application(self, *_: object) -> None:
        self._on_loop(self._continue)

    def _on_loop(self, action: Callable[[], None]) -> None:
        """Run later, not in the signal handler: the main thread may hold the output's lock."""
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(action)

    def _stop_if_shell(self) -> None:
        if self.has_shell():
            self._stop()

    def _continue(self) -> None:
        """Take over the terminal again after a stop; without a stop, do nothing."""
        if not self._is_in_foreground():
            # Continued in the background, for example by `bg`: wait for `fg`.
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self._must_signal_resume:
            self.resume_application_mode()
        elif self._applied:
            with contextlib.suppress(termios.error):
                if termios.tcgetattr(self.fileno) == self.attrs_before:
                    # Stopped by SIGSTOP, without a chance to react; the shell has set its modes.
                    self.suspend_application_mode()
                    self.resume_application_mode()
        if self._applied:
            self._app.call_later(self._app.refresh, layout=True)
