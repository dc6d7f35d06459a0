"""Readable numbers and times, text that is safe to print, and sparklines."""

import itertools
import math
import re
import time
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from studio.translation import Translate, marked, tr

BLOCKS = "▁▂▃▄▅▆▇█"
# For terminals whose font has no blocks.
PLAIN_BLOCKS = "_.-~=+*#"
# Values from here on have too many digits to show; nothing measured reaches them.
_TOO_LONG = 1e12
# The last second of the year 9999, about.
_LATEST = 2.5e11
_THREADS = re.compile(r"(.*), (\d+) threads?")
_ORDINALS = {
    0: marked("{number}th"),
    1: marked("{number}st"),
    2: marked("{number}nd"),
    3: marked("{number}rd"),
}


def compact(value: float) -> str:
    """The value in at most five characters: 950, 12.3k, 4.56M."""
    # A unit starts at the number that would be rounded up to it.
    for least, scale, unit in ((999.5e6, 1e9, "G"), (999.5e3, 1e6, "M"), (9999.5, 1e3, "k")):
        if abs(value) >= least:
            return f"{value / scale:.3g}{unit}"
    return f"{value:.4g}"


def ordinal(number: int) -> str:
    """A place in a row: 1st, 2nd, 3rd, 11th."""
    ending = number % 10 if number % 100 not in (11, 12, 13) else 0
    return tr(_ORDINALS.get(ending, _ORDINALS[0]), number=number)


def duration(seconds: float) -> str:
    """Two units at most: 42s, 2m 10s, 3h 04m, 2d 05h."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return tr("{seconds}s", seconds=whole)
    if whole < 3600:
        return tr("{minutes}m {seconds:02}s", minutes=whole // 60, seconds=whole % 60)
    if whole < 86400:
        return tr("{hours}h {minutes:02}m", hours=whole // 3600, minutes=whole % 3600 // 60)
    return tr("{days}d {hours:02}h", days=whole // 86400, hours=whole % 86400 // 3600)


def figure(value: float | None, digits: int = 4) -> str:
    """A measured value with `digits` significant digits; a hyphen for None."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= _TOO_LONG:
        return f"{value:.{digits}g}"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}"


def clock(seconds: float) -> str:
    """A time in seconds since 1970, as local time of day with seconds; "-" far from now."""
    if not 0 <= seconds < _LATEST:
        return "-"
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def perplexities(over_all: float | None, han: float | None) -> str:
    """The perplexity over all targets, and that over Han characters beside it."""
    return tr("{all} (Han {han})", all=figure(over_all), han=figure(han))


def local_time(iso: str) -> str:
    """An ISO time in local time: 24 Nov 2026, 14:05. Any other text is returned unchanged."""
    try:
        when = datetime.fromisoformat(iso).astimezone()
    except (ValueError, OverflowError):
        return iso
    # Not every system's strftime can leave out the zero of a day.
    return when.strftime(tr("%d %b %Y, %H:%M")).lstrip("0")


def printable(text: str) -> str:
    """The text without control characters, format characters and lone surrogates."""
    shown = "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Cf")
    )
    # The text itself can be said again in another language.
    return text if shown == text else shown


def device_in_words(name: str, text: Translate = tr) -> str:
    """The name of a device, which records have in English, with its threads in words.

    `text` translates: a report has a language of its own.
    """
    found = _THREADS.fullmatch(name)
    if found is None:
        return printable(name)
    processor, count = printable(found[1]), int(found[2])
    if count == 1:
        return text(marked("{name}, 1 thread"), name=processor)
    return text(marked("{name}, {count} threads"), name=processor, count=count)


def sparkline(
    values: Sequence[float],
    width: int,
    low: float | None = None,
    high: float | None = None,
    plain: bool = False,
) -> str:
    """A sparkline of at most `width` characters, each the mean of an equal share of the values.

    NaN and infinity are left out. `low` and `high` fix the scale.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite or width < 1:
        return ""
    count = min(width, len(finite))
    edges = [index * len(finite) // count for index in range(count + 1)]
    means = [sum(finite[start:end]) / (end - start) for start, end in itertools.pairwise(edges)]
    bottom = min(means) if low is None else low
    top = max(means) if high is None else high
    blocks = PLAIN_BLOCKS if plain else BLOCKS
    if top <= bottom:
        return blocks[0] * count
    scale = (len(blocks) - 1) / (top - bottom)
    steps = (round((min(max(mean, bottom), top) - bottom) * scale) for mean in means)
    return "".join(blocks[step] for step in steps)
