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
    """The last step, the best validation, and how training ended ("" if it has not ended).

    The best has the lowest perplexity over all targets; that over Han characters is of the same
    step.
    """

    step: int
    epoch: int
    loss: float | None
    elapsed: float
    best_perplexity: float | None
    best_perplexity_han: float | None
    outcome: str


NO_FIGURES = RunFigures(0, 0, None, 0.0, None, None, "")


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
    best, han, outcome = before.best_perplexity, before.best_perplexity_han, before.outcome
    for event in events:
        if isinstance(event, StepDone):
            last = event
        elif isinstance(event, Validated):
            if best is None or event.perplexity_all < best:
                best, han = event.perplexity_all, event.perplexity
        elif isinstance(event, TrainingEnded):
            outcome = event.outcome
    if last is None:
        return msgspec.structs.replace(
            before, best_perplexity=best, best_perplexity_han=han, outcome=outcome
        )
    return RunFigures(last.step, last.epoch, last.loss, last.elapsed, best, han, outcome)


def _read(file: Path) -> _Cache:
    try:
        return msgspec.json.decode(read_regular(file, LARGEST), type=_Cache)
    except UNREADABLE:
        return _Cache(START, NO_FIGURES)
