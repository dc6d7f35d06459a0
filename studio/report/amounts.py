"""Amounts as a report writes them."""

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from studio.report.records import ReportedRun
from studio.translation import Translate

T = TypeVar("T")

NOTHING = "—"


def joined(names: Iterable[str], text: Translate) -> str:
    """Names in a sentence."""
    return text(", ").join(names)


def grouped(
    runs: Iterable[ReportedRun], say: Callable[[ReportedRun], T], text: Translate
) -> list[tuple[T, str]]:
    """What is said of runs, each once, with the names of the runs that it holds for."""
    groups: dict[T, list[str]] = {}
    for run in runs:
        groups.setdefault(say(run), []).append(run.name)
    return [(said, joined(names, text)) for said, names in groups.items()]


def perplexity(value: float | None) -> str:
    """A perplexity, with one decimal."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.1f}"


def share(value: float | None) -> str:
    """A share from 0 to 1 as a percentage."""
    return NOTHING if value is None else f"{value:.1%}"


def number(value: float | None) -> str:
    """A count, or a speed without decimals."""
    return NOTHING if value is None else f"{value:,.0f}"


def time_of(seconds: float, text: Translate) -> str:
    """A time in at most two units."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return text("{hours} h {minutes} min", hours=f"{hours:,}", minutes=minutes)
    if minutes:
        return text("{minutes} min {seconds} s", minutes=minutes, seconds=whole % 60)
    return text("{seconds} s", seconds=f"{seconds:.1f}" if seconds < 10 else whole)
