"""The axes along which curves are drawn: step, epoch, characters, hours, time of day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.translation import marked, tr
from studio.tui.drawing.scales import Column
from studio.tui.training.history import History
from studio.wording import clock, compact


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands below the curves. `at` has its value at each step of a history, NaN if unknown.

    `words` go into the title of a chart; `text` is a value with its `unit`, `mark` without it.
    Both are translated where they are shown.
    """

    words: str
    at: Callable[[History], Column]
    mark: Callable[[float], str]
    unit: str
    is_time: bool = False

    def text(self, value: float) -> str:
        """A value in words."""
        return tr(self.unit, value=self.mark(value))

    def of(self, steps: Sequence[float] | Column, history: History, places: Column) -> Column:
        """The values at some steps; `places` are those at all steps of the history."""
        if self.at is _steps:
            return np.asarray(steps, float)
        if not len(places):
            return np.full(len(steps), np.nan)
        if np.array_equal(steps, history.steps):
            return places
        return np.interp(steps, history.steps, places)


def _steps(history: History) -> Column:
    return np.array(history.steps)


def _epochs(history: History) -> Column:
    """Epochs done, as a fraction: known from the time the first one is complete."""
    epochs = np.array(history.epochs)
    if not len(epochs) or not history.has_whole_epoch:
        return np.full(len(epochs), np.nan)
    of_first = np.searchsorted(epochs, epochs[0], "right")
    done = np.arange(1, len(epochs) + 1) - np.searchsorted(epochs, epochs)
    fractions: Column = epochs - 1 + done / of_first
    return fractions


def _characters(history: History) -> Column:
    characters: Column = np.array(history.characters)
    return np.cumsum(characters)


def _hours(history: History) -> Column:
    return np.array(history.elapsed) / 3600


def _times(history: History) -> Column:
    """Seconds since 1970: from the readings, which have both; around them by training time."""
    steps, elapsed = np.array(history.steps), np.array(history.elapsed)
    if not len(steps) or not history.readings:
        return np.full(len(steps), np.nan)
    marks = np.array([each.step for each in history.readings], float)
    read = np.array([each.at for each in history.readings])
    times: Column = np.interp(steps, marks, read)
    early, late = steps < marks[0], steps > marks[-1]
    first, last = np.interp(marks[[0, -1]], steps, elapsed)
    times[early] = read[0] - (first - elapsed[early])
    times[late] = read[-1] + (elapsed[late] - last)
    return times


AXES = (
    Axis("", _steps, lambda value: f"{value:,.0f}", marked("step {value}")),
    Axis(marked("by epoch"), _epochs, lambda value: f"{value:.2f}", marked("epoch {value}")),
    Axis(marked("by characters"), _characters, compact, marked("{value} characters")),
    Axis(marked("by hours"), _hours, lambda value: f"{value:.3g}", marked("{value} h")),
    Axis(marked("by time of day"), _times, clock, marked("{value}"), is_time=True),
)
