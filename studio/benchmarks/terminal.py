"""A command in a pseudo-terminal: keys go in, and what it draws comes out."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable

from studio.errors import StudioError

COLUMNS, ROWS = 160, 48
PATIENCE = 120.0
# Seconds without output after which the screen counts as complete.
QUIET = 0.4


class Terminal:
    """A command in a pseudo-terminal."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.output, self.received = b"", 0
        self._process, self._file = pty.fork()
        if self._process == 0:
            # These would count instead of the size of this terminal.
            kept = {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")}
            os.execvpe(command[0], command, kept)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, size)

    def close(self) -> None:
        """Kill the command."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._file)

    def settle(self) -> None:
        """Wait for a whole frame, at least a byte per cell, and then for a pause in the output."""
        self.watch_until(lambda: self.received > COLUMNS * ROWS)
        self.watch_until_quiet(PATIENCE)

    def press(self, key: str) -> None:
        """Press a key and wait until the screen has reacted."""
        self.write(key)
        self.watch_until_quiet(2.0)

    def stop(self) -> None:
        """Suspend the command."""
        os.kill(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        """Resume the command."""
        os.kill(self._process, signal.SIGCONT)

    def write(self, key: str) -> None:
        """Press a key."""
        os.write(self._file, key.encode())

    def watch_until_quiet(self, seconds: float) -> None:
        """Read until the output pauses, at most that long."""
        end = time.monotonic() + seconds
        while self.watch(QUIET) and time.monotonic() < end:
            pass

    def watch_until(self, reached: Callable[[], bool], seconds: float = 0.01) -> None:
        """Read until `reached`, which is asked that often; raises StudioError if it takes long."""
        end = time.monotonic() + PATIENCE
        while not reached():
            self.watch(seconds)
            if time.monotonic() > end:
                raise StudioError(
                    f"Nothing happened within {PATIENCE:.0f} seconds. If it trains, try a smaller "
                    f"model. Its last output: {self.output[-300:].decode(errors='replace')!r}"
                )

    def watch(self, seconds: float) -> bool:
        """Read output for up to `seconds`; returns whether there was any."""
        if not select.select([self._file], [], [], seconds)[0]:
            return False
        try:
            content = os.read(self._file, 1 << 16)
        except OSError as error:  # on Linux: the other side has closed the terminal
            last = self.output[-300:].decode(errors="replace")
            raise StudioError(
                f"The command ended too early. Fix what it reports: {last!r}"
            ) from error
        self.output = self.output[-4096:] + content
        self.received += len(content)
        return bool(content)
