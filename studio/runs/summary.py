"""Summary figures of a run's events, cached so that only new events are read.

If the cache is missing, out of date or damaged, it is rebuilt from the events.
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
LARGEST = 4096  # bytes; many times the size of the file


class RunFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last step, the lowest perplexity, and how training ended ("" if it has not ended)."""

    step: int
    epoch: int
    loss: float | None
    elapsed: float
    best_perplexity: float | None
    outcome: str


NO_FIGURES = RunFigures(0, 0, None, 0.0, None, "")


class _Cache(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of the events before a place."""

    place: Place
    figures: RunFigures


def figures_of(events_file: Path) -> RunFigures:
    """The figures of a run's events; raises RunError that names a damaged line."""
    file = events_file.with_name(SUMMARY)
    cache = _read(file)
    try:
        reader = EventReader(events_file, cache.place)
    except FileNotFoundError:
        return NO_FIGURES
    with reader:
        known = cache.figures if reader.place == cache.place else NO_FIGURES
        figures = add_events(reader, known)
    if reader.place != cache.place:
        # Without a cache, for example in a read-only folder, all events are read each time.
        with contextlib.suppress(OSError), replacing(file) as staging:
            staging.write(msgspec.json.encode(_Cache(reader.place, figures)))
    return figures


def add_events(events: Iterable[TrainingEvent], before: RunFigures = NO_FIGURES) -> RunFigures:
    """The figures `before`, updated with later events."""
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
    return RunFigures(last.step, last.epoch, last.loss, last.elapsed, best, outcome)


def _read(file: Path) -> _Cache:
    try:
        return msgspec.json.decode(read_regular(file, LARGEST), type=_Cache)
    except UNREADABLE:
        return _Cache(START, NO_FIGURES)
