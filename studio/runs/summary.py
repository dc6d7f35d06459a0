"""Summary figures of a run's events, cached so that only appended events are read.

The events are the truth: if the cache is missing, old or damaged, it is rebuilt.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from studio.files import read_regular, replacing
from studio.model.events import StepDone, TrainingEnded, TrainingEvent, Validated
from studio.reasons import UNREADABLE
from studio.runs.event_log import START, EventReader, Place

SUMMARY = "summary.json"
LARGEST = 4096  # bytes of the file, many times what it needs


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last step, the lowest perplexity, and how training ended ("" where nothing says so)."""

    step: int
    epoch: int
    loss: float | None
    elapsed: float
    best_perplexity: float | None
    outcome: str


NO_FIGURES = Figures(0, 0, None, 0.0, None, "")


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of the events up to a place."""

    place: Place
    figures: Figures


def figures_of(events_file: Path) -> Figures:
    """The figures of a run's events; raises RunError that names a damaged line."""
    file = events_file.with_name(SUMMARY)
    kept = _read(file)
    try:
        reader = EventReader(events_file, kept.place)
    except FileNotFoundError:
        return NO_FIGURES
    with reader:
        known = kept.figures if reader.place == kept.place else NO_FIGURES
        figures = condense(reader, known)
    if reader.place != kept.place:
        # A folder that cannot be written to is read from the start each time.
        with contextlib.suppress(OSError), replacing(file) as kept_anew:
            kept_anew.write(msgspec.json.encode(_Kept(reader.place, figures)))
    return figures


def condense(events: Iterable[TrainingEvent], before: Figures = NO_FIGURES) -> Figures:
    """The figures of some events after those that are known."""
    last: StepDone | None = None
    best, outcome = before.best_perplexity, before.outcome
    for event in events:
        if isinstance(event, StepDone):
            last = event
        elif isinstance(event, Validated):
            best = event.perplexity if best is None else min(best, event.perplexity)
        elif isinstance(event, TrainingEnded):
            outcome = event.outcome
    if last is None:
        return msgspec.structs.replace(before, best_perplexity=best, outcome=outcome)
    return Figures(last.step, last.epoch, last.loss, last.elapsed, best, outcome)


def _read(file: Path) -> _Kept:
    try:
        return msgspec.json.decode(read_regular(file, LARGEST), type=_Kept)
    except UNREADABLE:
        return _Kept(START, NO_FIGURES)
