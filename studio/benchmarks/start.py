"""The time to open the studio, compared with the smallest application of the same library.

Both start in a pseudo-terminal, in turns. As soon as the first text is there, a key is pressed.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from studio.benchmarks.terminal import COLUMNS, PATIENCE, ROWS, Terminal
from studio.errors import CorpusError
from studio.paths import HOME_VARIABLE, Home

# What is started, the text of its first frame, a key, and the text of its answer. The texts of the
# studio are in English, whatever the locale is.
_STUDIO = (
    [sys.executable, "-m", "studio", "--language", "en"],
    b"Corpus",
    "?",
    b"Keys and glossary",
)
_SMALLEST = (
    [sys.executable, "-m", "studio.tui.smallest_app"],
    b"floor-is-drawn",
    "x",
    b"floor-answers",
)

# Over SSH there are fewer frames. Without bytecode on disk each start would compile everything.
_LEFT_OUT = ("SSH_CONNECTION", "PYTHONDONTWRITEBYTECODE")
# From the pane that is drawn last.
_LAST_TEXT = b"temperature"


class StartBenchmark(msgspec.Struct, frozen=True):
    """The report of `bench start`. Medians over the rounds, in milliseconds.

    `first_frame_ms`: from starting the process until its first text. `key_ms`: from a key pressed
    then until its answer is drawn. `floor`: the same for the smallest application. `ratio` is
    `first_frame_ms` / `floor_ms`. `first_frame_bytes`: what the studio has written when all panes
    are drawn, in truecolor and in 256 colours.
    """

    rounds: int
    first_frame_ms: float
    floor_ms: float
    ratio: float
    key_ms: float
    floor_key_ms: float
    first_frame_bytes: int
    first_frame_bytes_256: int
    columns: int = COLUMNS
    rows: int = ROWS


def bench_start(
    library: Path, rounds: int, report_progress: Callable[[str], None]
) -> StartBenchmark:
    """Open both `rounds` times, in turns. Raises CorpusError if there is no library."""
    if not library.is_file():
        raise CorpusError(
            f"There are no poems to open the studio with: {library} does not exist. "
            "Run `tangshi-studio corpus fetch`."
        )
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
        environment |= {HOME_VARIABLE: folder, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        home = Home(Path(folder) / "data", Path(folder) / "config", Path(folder) / "cache")
        home.library.parent.mkdir(parents=True)
        home.library.symlink_to(library.resolve())
        # The first start fills caches, of the studio and of the system.
        _open(_SMALLEST, environment)
        drawn = _bytes_of_first_frame(environment)
        # SSH does not pass COLORTERM on.
        drawn_256 = _bytes_of_first_frame(environment | {"COLORTERM": ""})
        studio = list[tuple[float, float]]()
        floor = list[tuple[float, float]]()
        turns = [(_STUDIO, studio), (_SMALLEST, floor)]
        for number in range(1, rounds + 1):
            for which, times in turns:
                times.append(_open(which, environment))
            turns.reverse()
            report_progress(
                f"round {number} of {rounds}: {1000 * studio[-1][0]:.0f} ms, "
                f"the smallest application {1000 * floor[-1][0]:.0f} ms"
            )
    first, key = (1000 * statistics.median(each) for each in zip(*studio, strict=True))
    floor_first, floor_key = (1000 * statistics.median(each) for each in zip(*floor, strict=True))
    return StartBenchmark(
        rounds=rounds,
        first_frame_ms=first,
        floor_ms=floor_first,
        ratio=first / floor_first,
        key_ms=key,
        floor_key_ms=floor_key,
        first_frame_bytes=drawn,
        first_frame_bytes_256=drawn_256,
    )


def _open(
    which: tuple[list[str], bytes, str, bytes], environment: dict[str, str]
) -> tuple[float, float]:
    """Seconds until the first text, and from a key pressed then until its answer."""
    command, first_text, key, answer = which
    start = time.perf_counter()
    terminal = Terminal(command, environment)
    try:
        terminal.watch_until(lambda: first_text in terminal.output, 0.002)
        first = time.perf_counter() - start
        pressed = time.perf_counter()
        terminal.write(key)
        terminal.watch_until(lambda: answer in terminal.output, 0.002)
        return first, time.perf_counter() - pressed
    finally:
        terminal.close()


def _bytes_of_first_frame(environment: dict[str, str]) -> int:
    terminal = Terminal(_STUDIO[0], environment)
    try:
        terminal.watch_until(lambda: _LAST_TEXT in terminal.output)
        terminal.watch_until_quiet(PATIENCE)
        return terminal.received
    finally:
        terminal.close()
