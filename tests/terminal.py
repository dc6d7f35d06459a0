"""A real pseudo-terminal with a person's eyes (pyte) and hands."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import pyte

STUDIO = (sys.executable, "-m", "studio")
# Without the model that is shipped, no poem of the day: writing it costs more than opening.
WITHOUT_MODEL = (
    *(sys.executable, "-c"),
    "from studio import cli, paths; paths.MODEL = 'none'; cli.main()",
)
# Variables of the terminal in which the tests run.
OF_THIS_TERMINAL = (
    "SSH_CONNECTION",
    "TMUX",
    "TERM_PROGRAM",
    "LC_TERMINAL",
    "VTE_VERSION",
    "COLUMNS",
    "LINES",
)
PATIENCE = 120.0  # seconds until what is waited for will not come


class Terminal:
    """A command that runs in a pseudo-terminal of a given size."""

    def __init__(
        self, command: Sequence[str], columns: int, rows: int, environment: dict[str, str]
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.output = bytearray()
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.resize(columns, rows)
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    @property
    def text(self) -> str:
        """What is on the screen; the second cell of a wide character holds nothing."""
        cells = range(self.screen.columns)
        lines = (self.screen.buffer[row] for row in range(self.screen.lines))
        return "\n".join("".join(line[at].data for at in cells).rstrip() for line in lines)

    @property
    def modes(self) -> list[Any]:
        """The terminal's settings: echo, line by line or key by key, and so on (termios)."""
        return termios.tcgetattr(self.file)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the command gets SIGWINCH."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, *keys: str) -> None:
        """Type keys at a person's pace: the next one when the screen has answered the last.

        What stands in one string comes as one burst, as a slow connection sends it. An escape
        stands alone: with what follows in a burst it would be another key. So it is waited for
        until the command has read it.
        """
        for key in keys:
            os.write(self.file, key.encode("utf-8", "surrogateescape"))
            if key == "\x1b":
                self._wait_until_read()
            end = time.monotonic() + 0.5
            while time.monotonic() < end and self._answered(0.15):
                self._read()

    def _wait_until_read(self) -> None:
        """Watch until no key waits in the terminal. A busy machine may take a second for it."""
        with Path(f"/proc/{self.pid}/fd/0").open("rb", buffering=0) as terminal:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and any(fcntl.ioctl(terminal, termios.FIONREAD, bytes(4))):
                self._read()

    def wait(self, seen: str | Callable[[str], bool]) -> str:
        """Watch until the screen shows something; fails with the screen where it never does."""
        shows = seen if callable(seen) else lambda text: seen in text
        end = time.monotonic() + PATIENCE
        while not shows(self.text):
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{seen!r} never came; the screen shows:\n{self.text}")
        return self.text

    def wait_for_exit(self) -> int:
        """Watch until the command ends; its exit code."""
        self.drain()
        return self.reap()

    def drain(self) -> None:
        """Watch until the command has closed its side."""
        end = time.monotonic() + PATIENCE
        while self._read():
            if time.monotonic() > end:
                raise AssertionError(f"it did not end; the screen shows:\n{self.text}")

    def drain_for(self, seconds: float) -> None:
        """Take in for a while what is written, without showing it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.take(0.05)

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self.file)

    def take(self, seconds: float) -> bytes:
        """What was written meanwhile, waiting a little for it; not shown on `screen`."""
        if not self._answered(seconds):
            return b""
        try:
            return os.read(self.file, 65536)
        except OSError:  # on Linux the sign that the other side has gone
            return b""

    def _read(self) -> bool:
        """Take in what was written, waiting a little; False once the command has ended."""
        if not self._answered(0.2):
            return True
        content = self.take(0)
        self.output += content
        self._stream.feed(content)
        return bool(content)

    def _answered(self, seconds: float) -> bool:
        return bool(select.select([self.file], [], [], seconds)[0])

    def reap(self) -> int:
        """Wait for the command to end; its exit code."""
        end = time.monotonic() + PATIENCE
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                raise AssertionError("it closed its terminal and did not end")
            time.sleep(0.02)
        status = ended[1]
        self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code


def studio(
    home: str,
    columns: int = 160,
    rows: int = 48,
    command: Sequence[str] = WITHOUT_MODEL,
    **variables: str,
) -> Terminal:
    """The studio in a terminal, with its folders under `home`; `variables` of the environment."""
    return Terminal(command, columns, rows, environment(home) | variables)


def environment(home: str) -> dict[str, str]:
    """The variables of a terminal with all colours, for a studio with its folders under `home`."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_THIS_TERMINAL}
    return kept | {
        "TANGSHI_STUDIO_HOME": home,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }
