"""Summary figures of a run's events, read from the end of the file, so that long runs take no time.

They are cached, and what was found before is not looked for again. If the cache is missing, out of
date or damaged, it is made again.
"""

import contextlib
from pathlib import Path

import msgspec

from studio.files import read_regular, replacing
from studio.model.events import StepDone, TrainingEnded, Validated
from studio.reasons import UNREADABLE
from studio.runs.event_log import START, EventReader, Place

SUMMARY = "summary.json"
LARGEST = 4096  # bytes; many times the size of the file
# In the line of a validation that was the best so far. In a text the quotes would be escaped.
_BEST = b'"best":true'


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
    step, best, outcome = None, None, ""
    for block in reader.from_end():
        for event in reversed(block.events() if step is None else block.last(_BEST)):
            if isinstance(event, StepDone):
                step = step or event
            elif isinstance(event, Validated):
                best = event.perplexity if best is None and event.best else best
            elif isinstance(event, TrainingEnded) and step is None:
                outcome = outcome or event.outcome
        if step is not None and best is not None:
            break
    if best is None:
        best = known.best_perplexity
    if step is None:
        return msgspec.structs.replace(
            known, best_perplexity=best, outcome=outcome or known.outcome
        )
    return RunFigures(step.step, step.epoch, step.loss, step.elapsed, best, outcome)


def _read(file: Path) -> _Cache:
    try:
        return msgspec.json.decode(read_regular(file, LARGEST), type=_Cache)
    except UNREADABLE:
        return _Cache(START, NO_FIGURES)
