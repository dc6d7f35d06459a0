"""What the studio costs: the same training with and without it, and how soon keys are answered.

The studio runs in a pseudo-terminal, opened and driven by keys as by a person; the command
`train --resume` in another. Both train the same run, in turns of about a second: while one is
timed, the other is stopped. Machines change their speed from minute to minute by more than what
is to be measured; what two neighbouring turns took can be compared.
"""

import fcntl
import os
import pty
import random
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from studio.errors import CorpusError, StudioError
from studio.model.config import RunConfig
from studio.paths import HOME_VARIABLE, Home
from studio.runs import folders

COLUMNS, ROWS = 160, 48
# Steps before time is taken: the panes draw their first charts, torch warms up; and those of each
# turn, in which what was stopped gets under way again.
WARM_UP, RESUMING = 40, 2
PATIENCE = 120.0
# So long without output means that the screen is complete.
QUIET = 0.4
KEYSTROKE, ERASE = "鑫", "\x7f"


class InterfaceBenchmark(msgspec.Struct, frozen=True):
    """What `bench ui` reports.

    `training_cost` is the share by which training takes longer in the studio: the median, over the
    rounds, of the seconds for `steps` steps in it by those without it, less one. A key's delay runs
    from writing it to the terminal's input until its character comes out, while training goes on;
    `keys` of them, in milliseconds.
    """

    steps: int
    seconds_headless: list[float]
    seconds_in_studio: list[float]
    training_cost: float
    keys: int
    key_ms_median: float
    key_ms_99: float
    key_ms_most: float
    columns: int = COLUMNS
    rows: int = ROWS


def bench_ui(
    library: Path,
    config: RunConfig,
    rounds: int,
    steps: int,
    keys: int,
    tell: Callable[[str], None],
) -> InterfaceBenchmark:
    """Train `config` for `steps` steps with and without the studio, `rounds` times in turn.

    Raises CorpusError where there is no library, StudioError where training does not begin
    or ends early.
    """
    if not library.is_file():
        raise CorpusError(
            f"There are no poems to train on: {library} is not there. "
            "Run `tangshi-studio corpus fetch`."
        )
    alone: list[float] = []
    inside: list[float] = []
    with _training(library, config, ["train", "--run", "bench", "--resume"]) as command:
        command.wait_for_steps(WARM_UP)
        command.stop()
        with _training(library, config, []) as studio:
            studio.settle()
            for key in ("2", "r", "u"):
                studio.press(key)
            studio.wait_for_steps(WARM_UP)
            studio.stop()
            turns = [(command, alone), (studio, inside)]
            for number in range(1, rounds + 1):
                for terminal, seconds in turns:
                    seconds.append(terminal.time_steps(steps))
                turns.reverse()
                without, within = alone[-1], inside[-1]
                tell(f"round {number} of {rounds}: {without:.2f} s without, {within:.2f} s in it")
            studio.resume_run()
            studio.press("3")
            delays = studio.time_keys(keys)
    ratios = [ours / theirs for ours, theirs in zip(inside, alone, strict=True)]
    delays.sort()
    return InterfaceBenchmark(
        steps=steps,
        seconds_headless=alone,
        seconds_in_studio=inside,
        training_cost=statistics.median(ratios) - 1,
        keys=len(delays),
        key_ms_median=1000 * statistics.median(delays),
        key_ms_99=1000 * delays[min(len(delays) - 1, int(0.99 * len(delays)))],
        key_ms_most=1000 * delays[-1],
    )


@contextmanager
def _training(library: Path, config: RunConfig, arguments: Sequence[str]) -> Iterator["_Terminal"]:
    """The command in a terminal, in a home of its own with the run `bench` ready to go on."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k != "SSH_CONNECTION"}
        environment |= {HOME_VARIABLE: folder, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        home = Home(Path(folder) / "data", Path(folder) / "config", Path(folder) / "cache")
        run = folders.create(home.runs, "bench", config)
        home.library.symlink_to(library.resolve())
        terminal = _Terminal([sys.executable, "-m", "studio", *arguments], environment, run)
        try:
            yield terminal
        finally:
            terminal.close()
            # What a process that was killed still writes must not fail the clean-up.
            shutil.rmtree(home.runs, ignore_errors=True)


class _Terminal:
    """A command in a pseudo-terminal, and the folder of the run that it trains."""

    def __init__(self, command: list[str], environment: dict[str, str], run: folders.Run) -> None:
        self._run = run
        self._output, self._received = b"", 0
        # The steps seen in the run's events, and how many bytes of those have been read.
        self._steps = self._read = 0
        self._process, self._file = pty.fork()
        if self._process == 0:
            os.execvpe(command[0], command, environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, size)

    def close(self) -> None:
        """End the command at once."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._file)

    def settle(self) -> None:
        """Watch until a frame is there, a byte for each cell, and then nothing for a while."""
        self._watch_until(lambda: self._received > COLUMNS * ROWS)
        end = time.monotonic() + PATIENCE
        while self._watch(QUIET) and time.monotonic() < end:
            pass

    def press(self, key: str) -> None:
        """Press a key and let the screen answer it."""
        self._write(key)
        end = time.monotonic() + 2.0
        while self._watch(QUIET) and time.monotonic() < end:
            pass

    def stop(self) -> None:
        """Let the command stand still."""
        os.kill(self._process, signal.SIGSTOP)

    def resume_run(self) -> None:
        """Let it go on."""
        os.kill(self._process, signal.SIGCONT)

    def wait_for_steps(self, count: int) -> int:
        """Watch until so many steps more are on disk; their number."""
        before = self._count_steps()
        # Patience for each step anew.
        while (known := self._steps) < before + count:
            self._watch_until(lambda: self._count_steps() > known, 0.002)
        return self._steps - before

    def time_steps(self, count: int) -> float:
        """Let the stopped command go on, and stop it again; the seconds that `count` steps took."""
        self.resume_run()
        self.wait_for_steps(RESUMING)
        began = time.perf_counter()
        # Reports may come several steps at a time.
        done = self.wait_for_steps(count)
        took = time.perf_counter() - began
        self.stop()
        return took * count / done

    def time_keys(self, count: int) -> list[float]:
        """Seconds from pressing a key until its character comes, for so many presses."""
        pauses = random.Random(1)
        delays = []
        for _ in range(count):
            self._output = b""
            began = time.perf_counter()
            self._write(KEYSTROKE)
            self._watch_until(lambda: KEYSTROKE.encode() in self._output, 0.002)
            delays.append(time.perf_counter() - began)
            self._write(ERASE)
            end = time.monotonic() + pauses.uniform(0.1, 0.3)
            while (left := end - time.monotonic()) > 0:
                self._watch(left)
        return delays

    def _count_steps(self) -> int:
        """The steps on disk; only what was written since the last time is read."""
        with suppress(FileNotFoundError), self._run.events_file.open("rb") as file:
            file.seek(self._read)
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._read += len(whole)
            self._steps += whole.count(b'"StepDone"')
        return self._steps

    def _write(self, key: str) -> None:
        os.write(self._file, key.encode())

    def _watch_until(self, reached: Callable[[], bool], seconds: float = 0.01) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            self._watch(seconds)
            if time.monotonic() > end:
                raise StudioError(
                    f"Nothing came of the training within {PATIENCE:.0f} seconds. Its terminal "
                    f"said last: {self._output[-300:].decode(errors='replace')!r}"
                )

    def _watch(self, seconds: float) -> bool:
        """Take in what is written within some time; whether there was anything."""
        if not select.select([self._file], [], [], seconds)[0]:
            return False
        try:
            content = os.read(self._file, 1 << 16)
        except OSError as error:  # on Linux the sign that the other side has gone
            said = self._output[-300:].decode(errors="replace")
            raise StudioError(f"The command ended before its time. It said: {said!r}") from error
        self._output = self._output[-4096:] + content
        self._received += len(content)
        return bool(content)
