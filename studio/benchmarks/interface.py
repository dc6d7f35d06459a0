"""The cost of the interface: training time with and without it, and the delay of keys.

The studio runs in a pseudo-terminal and is driven by keys, as by a person; the command
`train --resume` runs in another one. Both train the same run, in turns of about a second: while one
is timed, the other is stopped. The speed of a machine changes from minute to minute by more than
the cost to measure, but two adjacent turns can be compared.
"""

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from studio.benchmarks.terminal import COLUMNS, ROWS, Terminal
from studio.errors import CorpusError
from studio.model.config import RunConfig
from studio.paths import HOME_VARIABLE, Home
from studio.runs import folders

# Steps before timing: at the start, while the panes draw their first charts and torch warms up; and
# at each turn, while the stopped process gets up to speed.
WARM_UP, RESUMING = 40, 2
KEYSTROKE, ERASE = "鑫", "\x7f"


class InterfaceBenchmark(msgspec.Struct, frozen=True):
    """The report of `bench ui`.

    `training_cost` is how much longer training takes in the studio, as a share: the median over the
    rounds of the ratio of the seconds for `steps` steps in the studio to those without it, minus 1.
    The delay of a key is measured during training, in milliseconds, for `keys` keys: from writing
    the key to the terminal's input until its character appears in the output.
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
    report_progress: Callable[[str], None],
) -> InterfaceBenchmark:
    """Train `config` for `steps` steps with and without the studio, `rounds` times in turn.

    Raises CorpusError if there is no library, and StudioError if training does not start or ends
    early.
    """
    if not library.is_file():
        raise CorpusError(
            f"There are no poems to train on: {library} does not exist. "
            "Run `tangshi-studio corpus fetch`."
        )
    headless: list[float] = []
    in_studio: list[float] = []
    with _training(library, config, ["train", "--run", "bench", "--resume"]) as command:
        command.wait_for_steps(WARM_UP)
        command.stop()
        with _training(library, config, []) as studio:
            studio.settle()
            for key in ("2", "r", "u"):
                studio.press(key)
            studio.wait_for_steps(WARM_UP)
            studio.stop()
            turns = [(command, headless), (studio, in_studio)]
            for number in range(1, rounds + 1):
                for terminal, seconds in turns:
                    seconds.append(terminal.time_steps(steps))
                turns.reverse()
                without, within = headless[-1], in_studio[-1]
                report_progress(
                    f"round {number} of {rounds}: {without:.2f} s without, {within:.2f} s in it"
                )
            studio.resume()
            studio.press("3")
            delays = studio.time_keys(keys)
    ratios = [ours / theirs for ours, theirs in zip(in_studio, headless, strict=True)]
    delays.sort()
    return InterfaceBenchmark(
        steps=steps,
        seconds_headless=headless,
        seconds_in_studio=in_studio,
        training_cost=statistics.median(ratios) - 1,
        keys=len(delays),
        key_ms_median=1000 * statistics.median(delays),
        key_ms_99=1000 * delays[min(len(delays) - 1, int(0.99 * len(delays)))],
        key_ms_most=1000 * delays[-1],
    )


@contextmanager
def _training(
    library: Path, config: RunConfig, arguments: Sequence[str]
) -> Iterator["_TrainingTerminal"]:
    """The command in a terminal, in a temporary home with a run `bench` ready to resume."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k != "SSH_CONNECTION"}
        environment |= {HOME_VARIABLE: folder, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        home = Home(Path(folder) / "data", Path(folder) / "config", Path(folder) / "cache")
        run = folders.create(home.runs, "bench", config)
        home.library.symlink_to(library.resolve())
        terminal = _TrainingTerminal([sys.executable, "-m", "studio", *arguments], environment, run)
        try:
            yield terminal
        finally:
            terminal.close()
            # A killed process may still write a file; that must not fail the clean-up.
            shutil.rmtree(home.runs, ignore_errors=True)


class _TrainingTerminal(Terminal):
    """A command that trains a run, and the folder of that run."""

    def __init__(self, command: list[str], environment: dict[str, str], run: folders.Run) -> None:
        super().__init__(command, environment)
        self._run = run
        # The steps counted in the run's events, and how many bytes of the file have been read.
        self._steps = self._read = 0

    def wait_for_steps(self, count: int) -> int:
        """Wait until at least `count` more steps are on disk; returns how many."""
        before = self._count_steps()
        # The time limit applies to each step.
        while (known := self._steps) < before + count:
            self.watch_until(lambda: self._count_steps() > known, 0.002)
        return self._steps - before

    def time_steps(self, count: int) -> float:
        """Resume the stopped command and stop it again; returns the seconds for `count` steps."""
        self.resume()
        self.wait_for_steps(RESUMING)
        start = time.perf_counter()
        # Several steps may be reported at once.
        done = self.wait_for_steps(count)
        seconds = time.perf_counter() - start
        self.stop()
        return seconds * count / done

    def time_keys(self, count: int) -> list[float]:
        """The seconds from pressing a key until its character appears, for `count` presses."""
        pauses = random.Random(1)
        delays = []
        for _ in range(count):
            self.output = b""
            start = time.perf_counter()
            self.write(KEYSTROKE)
            self.watch_until(lambda: KEYSTROKE.encode() in self.output, 0.002)
            delays.append(time.perf_counter() - start)
            self.write(ERASE)
            end = time.monotonic() + pauses.uniform(0.1, 0.3)
            while (left := end - time.monotonic()) > 0:
                self.watch(left)
        return delays

    def _count_steps(self) -> int:
        """The number of steps on disk; reads only what was appended since the last call."""
        with suppress(FileNotFoundError), self._run.events_file.open("rb") as file:
            file.seek(self._read)
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._read += len(whole)
            self._steps += whole.count(b'"StepDone"')
        return self._steps
