"""The charts as they stand, as a picture: SVG, or PNG drawn with Pillow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from studio.collection.picture import Box, Polyline, Sheet, Word
from studio.tui.drawing.frame import Curve, View
from studio.tui.drawing.scales import log_ticks, thin, ticks, time_ticks

_WIDTH, _HEIGHT, _GAP = 620, 340, 24
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 12, 52, 30
_SIZE, _SMALL = 16, 13
# Points of a curve: more cannot be told apart.
_POINTS = 600


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the legend, in the colour of its curve."""

    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """A chart with what is in view; with `log`, values are decimal logarithms.

    `times`: steps are seconds since 1970.
    """

    title: str
    legend: tuple[Label, ...]
    curves: tuple[Curve, ...]
    view: View
    log: bool
    times: bool
    cursor: float | None


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of paper, ink and what is less important, as #rrggbb."""

    paper: str
    ink: str
    faint: str


def charts_sheet(charts: Sequence[DrawnChart], runs: Sequence[Label], shades: Shades) -> Sheet:
    """The charts in two columns, or one if it is alone; above them the names of the runs."""
    columns = min(2, len(charts))
    top = _GAP + (2 * _SIZE if runs else 0)
    rows = -(-len(charts) // columns)
    width = columns * (_WIDTH + _GAP) + _GAP
    height = top + rows * (_HEIGHT + _GAP)
    marks: list[Box | Word | Polyline] = [Box(0, 0, width, height, shades.paper, is_filled=True)]
    marks += _legend(runs, 2 * _GAP, 1.5 * _GAP)
    for number, chart in enumerate(charts):
        left = _GAP + number % columns * (_WIDTH + _GAP)
        marks += _chart(chart, left, top + number // columns * (_HEIGHT + _GAP), shades)
    return Sheet(width, height, tuple(marks))


def _chart(
    chart: DrawnChart, left: float, top: float, shades: Shades
) -> Iterator[Box | Word | Polyline]:
    yield Word(left + _LEFT, top + 12, _SIZE, chart.title, shades.ink, "start")
    yield from _legend(chart.legend, left + _LEFT, top + 36)
    inner = (left + _LEFT, top + _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)
    x, y, width, height = inner
    view = View(chart.view.steps, chart.view.values, width, height)
    for value, label in (log_ticks if chart.log else ticks)(*view.values, 6):
        row = y + view.down(value)
        yield Polyline(((x, row), (x + width, row)), shades.faint, 0.3)
        yield Word(x - 6, row, _SMALL, label, shades.faint, "end")
    for step, label in (time_ticks if chart.times else ticks)(*view.steps, 8):
        column = x + view.across(step)
        yield Polyline(((column, y + height), (column, y + height + 5)), shades.faint, 1)
        yield Word(column, y + height + 16, _SMALL, label, shades.faint)
    for curve in chart.curves:
        yield from _curve(curve, view, x, y)
    if chart.cursor is not None and view.steps[0] <= chart.cursor <= view.steps[1]:
        column = x + view.across(chart.cursor)
        yield Polyline(((column, y), (column, y + height)), shades.faint, 1)
    yield Box(*inner, shades.faint, is_filled=False)


def _curve(curve: Curve, view: View, left: float, top: float) -> Iterator[Box | Polyline]:
    """The curve, at the edge where it is out of view."""
    low, high = view.steps
    first, last = np.searchsorted(curve.x, [low, high])
    seen = slice(max(0, int(first) - 1), int(last) + 1)
    steps, values = thin(curve.x[seen], curve.y[seen], _POINTS // 2)
    x = left + view.across(np.clip(steps, low, high))
    y = top + view.down(np.clip(values, *view.values))
    points = tuple(zip(x.round(2).tolist(), y.round(2).tolist(), strict=True))
    if len(points) > 1:
        yield Polyline(points, curve.colour, 2)
    if curve.mark or len(points) == 1:
        for across, down in points:
            yield Box(across - 3, down - 3, 6, 6, curve.colour, is_filled=True, radius=3)


def _legend(labels: Sequence[Label], x: float, y: float) -> Iterator[Word | Polyline]:
    for label in labels:
        yield Polyline(((x, y), (x + 18, y)), label.colour, 3)
        yield Word(x + 24, y, _SMALL, label.text, label.colour, "start")
        # Chinese characters are twice as wide as Latin ones.
        x += 44 + sum(_SMALL * (1.0 if each > "\u2e80" else 0.62) for each in label.text)
