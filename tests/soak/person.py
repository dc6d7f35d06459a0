"""Somebody who presses any key, pastes anything, pulls at the window, and looks what happens."""

import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from studio.corpus.obtaining import fetch_and_build
from studio.paths import Home
from tests.conftest import nonsense
from tests.terminal import STUDIO, Terminal, environment

# Seconds after which a studio that draws nothing hangs.
LIMIT = 60.0
_KEYS = [
    *"abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789",
    *" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    *("\r", "\t", "\x1b[Z", "\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"),
    *("\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[3~", "\x1bOQ", "\x1bOR", "\x1bOS"),
    # Control keys; not ctrl+q, which leaves.
    *(chr(code) for code in range(1, 27) if code not in (13, 17)),
    *"日红山夜湖海月𬬻é🌙",
]
_PASTES = [
    "床前明月光，疑是地上霜。",
    "[b]bold[/b] [/] [@click=quit]x[/] {1} %s",
    "\ud800 lone",
    "mingyue",
    "月" * 5000,
    "line\nline\r\nline\n" * 50,
    "e\u0301\u200b\u202e\ufeff\x9b\x07",
    "0.8",
    "-1e309",
    "",
]


class Person:
    """A person at a studio in a terminal of its own; starts it again where it was left."""

    def __init__(self, home: Path, columns: int, rows: int, seed: int, training: bool) -> None:
        self.home, self.columns, self.rows, self.training = home, columns, rows, training
        self.random = random.Random(seed)
        self.starts = 0
        # The last that was drawn.
        self.seen = b""
        self._open()

    def _open(self) -> None:
        self.starts += 1
        self.terminal = Terminal(STUDIO, self.columns, self.rows, environment(str(self.home)))
        self._modes = self.terminal.modes
        self._look("opening", lambda seen: b"Quit" in seen or b"1049h" in seen)
        if self.training:
            before = self._runs()
            self.press("2")
            time.sleep(0.5)
            # The form of a new run, whose button has the focus.
            self.press("n")
            time.sleep(0.5)
            self.press("\r")
            self._look("starting a training", lambda _: self._runs() > before)

    def _runs(self) -> int:
        return len(list(self.home.glob("data/runs/*/events.jsonl")))

    def press(self, keys: str) -> None:
        """Type keys."""
        self._type(keys.encode("utf-8", "surrogateescape"))

    def _type(self, content: bytes) -> None:
        """Type bytes; a studio that has been left is opened again."""
        try:
            os.write(self.terminal.file, content)
        except OSError:
            self._reopen()

    def press_anything(self) -> int:
        """Press some keys in a burst, or paste, or click; returns how many."""
        drawn = self.random.random()
        if drawn < 0.03:
            pasted = self.random.choice(_PASTES).encode("utf-8", "surrogatepass")
            self._type(b"\x1b[200~" + pasted + b"\x1b[201~")
            return 1
        if drawn < 0.05:
            column, row = self.random.randint(1, self.columns), self.random.randint(1, self.rows)
            self.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
            return 1
        if drawn < 0.1:
            self.press("\x1b")
            time.sleep(0.02)
            return 1
        keys = self.random.choices(_KEYS, k=self.random.choice((1, 1, 1, 3, 12)))
        self.press("".join(keys))
        return len(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self.columns, self.rows = columns, rows
        self.terminal.resize(columns, rows)

    def expect_answer(self, doing: str) -> None:
        """Fail where the studio has raised an error or does not draw what is asked of it."""
        self._wait_until_idle(doing)
        if self._ended():
            self._reopen()
            return
        # Another height always has to be drawn.
        self.terminal.resize(self.columns, self.rows + 1)
        self._look(doing, bool)
        self.terminal.resize(self.columns, self.rows)
        self._look(doing, bool)

    def leave(self) -> None:
        """Send the signal of a service manager; the studio saves, restores the terminal, ends."""
        os.kill(self.terminal.pid, 15)
        self._reap("leaving", (0, 143))

    def _look(self, doing: str, seen: Callable[[bytes], bool]) -> None:
        """Read until something is seen."""
        end = time.monotonic() + LIMIT
        content = b""
        while not seen(content):
            if time.monotonic() > end:
                raise SystemExit(f"{doing}: nothing drawn within {LIMIT:.0f} seconds (hang)")
            content += self._take(0.2)
            if self._ended():
                self._reopen()
                return

    def _take(self, seconds: float = 0.0) -> bytes:
        content = self.terminal.take(seconds)
        self.seen = (self.seen + content)[-6000:]
        if b"Traceback" in content or re.search(rb"\w+Error: ", content):
            # The error itself comes last.
            while more := self.terminal.take(2.0):
                self.seen += more
            sys.stdout.buffer.write(self.seen)
            raise SystemExit("traceback")
        return content

    def _wait_until_idle(self, doing: str) -> None:
        """Wait until what was typed is dealt with: the main thread rests half of the time."""
        end = time.monotonic() + LIMIT
        busy = self._seconds_worked()
        while not self._ended():
            if time.monotonic() > end:
                raise SystemExit(f"{doing}: busy for {LIMIT:.0f} seconds (hang)")
            began = time.monotonic()
            while (spent := time.monotonic() - began) < 0.2:
                self._take(0.02)
            before, busy = busy, self._seconds_worked()
            if busy - before < spent / 2:
                return

    def _seconds_worked(self) -> float:
        """Processor time of the main thread."""
        try:
            stat = Path(f"/proc/{self.terminal.pid}/task/{self.terminal.pid}/stat").read_text()
        except OSError:
            return 0.0
        user, system = stat.rsplit(")")[-1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _ended(self) -> bool:
        try:
            stat = Path(f"/proc/{self.terminal.pid}/stat").read_text()
        except OSError:
            return True
        return stat.rsplit(")")[-1].split()[0] == "Z"

    def _reopen(self) -> None:
        self._reap("quitting", (0,))
        self._open()

    def _reap(self, doing: str, codes: tuple[int, ...]) -> None:
        end = time.monotonic() + LIMIT
        while not self._ended():
            self._take(0.2)
            if time.monotonic() > end:
                raise SystemExit(f"{doing}: not ended within {LIMIT:.0f} seconds (hang)")
        self._take(0.2)
        code = self.terminal.reap()
        if code not in codes:
            sys.stdout.buffer.write(self.seen)
            raise SystemExit(f"{doing}: exit code {code}")
        if self.terminal.modes != self._modes:
            raise SystemExit(f"{doing}: the terminal was not left as it was")


def home_of_nonsense() -> Iterator[Path]:
    """A home folder with a small library; goes when the script ends."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        source = root / "poems.txt"
        source.write_text("\n".join(nonsense(140)))
        fetch_and_build(Home(root / "data", root / "config", root / "cache"), source=source)
        yield root
