"""Summary figures of a run's events, read from the end of the file, so that long runs take no time.

They are cached, and what was found before is not looked for again. If the cache is missing, out of
date or damaged, it is made again.
"""

import contextlib
from pathlib import Path

import msgspec

from studio.files import read_regular, replacing
from studio.limits import Measured
from studio.model.config import Natural
from studio.model.events import Perplexity, StepDone, TrainingEnded, Validated
from studio.reasons import UNREADABLE
from studio.runs.event_log import START, EventReader, Place

SUMMARY = "summary.json"
LARGEST = 4096  # bytes; many times the size of the file
# In the line of a validation that was the best so far. In a text the quotes would be escaped.
_BEST = b'"best":true'


class RunFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last step, the best validation, and how training ended ("" if it has not ended).

    The best has the lowest perplexity over all targets; that over Han characters is of the same
    step. In runs of version 0.1.0 it is the lowest over Han characters.
    """

    step: Natural
    epoch: Natural
    loss: Measured | None
    elapsed: Measured
    best_perplexity: Perplexity | None
    best_perplexity_han: Perplexity | None
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
        figures = _with_later(reader, known)
    if reader.place != cache.place:
        with contextlib.suppress(OSError), replacing(file, durable=False) as staging:
            staging.write(msgspec.json.encode(_Cache(reader.place, figures)))
    return figures


def _with_later(reader: EventReader, known: RunFigures) -> RunFigures:
    """The figures `known`, updated with the events after the reader's place.

    Decoded are only the blocks down to the last step, and the last validation that was the best.
    Damage before is found when the run is opened.
    """
    step: StepDone | None = None
    best: Validated | None = None
    outcome = ""
    for block in reader.from_end():
        for event in reversed(block.events() if step is None else block.last(_BEST)):
            if isinstance(event, StepDone):
                step = step or event
            elif isinstance(event, Validated):
                best = event if best is None and event.best else best
            elif isinstance(event, TrainingEnded) and step is None:
                outcome = outcome or event.outcome
        if step is not None and best is not None:
            break
    if best is not None:
        known = msgspec.structs.replace(
            known, best_perplexity=best.perplexity_all, best_perplexity_han=best.perplexity
        )
    if step is None:
        return msgspec.structs.replace(known, outcome=outcome or known.outcome)
    return msgspec.structs.replace(
        known,
        step=step.step,
        epoch=step.epoch,
        loss=step.loss,
        elapsed=step.elapsed,
        outcome=outcome,
    )


def _read(file: Path) -> _Cache:
    try:
        return msgspec.json.decode(read_regular(file, LARGEST), type=_Cache)
    except UNREADABLE:
        return _Cache(START, NO_FIGURES)
