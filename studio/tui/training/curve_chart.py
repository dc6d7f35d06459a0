"""A chart of one metric: a line with title and legend, and the curves below it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from studio.translation import tr
from studio.tui.drawing.charts import shortened
from studio.tui.drawing.frame import Curve
from studio.tui.drawing.plot import Plot
from studio.tui.drawing.scales import Column, finite, smooth
from studio.tui.training.axes import AXES, Axis
from studio.tui.training.charts_picture import DrawnChart, Label
from studio.tui.training.metrics import Metric
from studio.tui.training.run_legend import sign_of
from studio.wording import figure


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: name in the legend, colours (#rrggbb), points, strength of smoothing.

    The points before smoothing get the colour `faint`. `number` chooses the sign in plain charts.
    """

    label: str
    colour: str
    faint: str
    x: Column
    y: Column
    smoothing: float = 0.0
    points: bool = False
    number: int = 0

    def value_at(self, place: float) -> float | None:
        """The last value up to that place, not smoothed; all points must be finite."""
        at = int(np.searchsorted(self.x, place, "right")) - 1
        return float(self.y[at]) if at >= 0 else None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place on the axis, the same in words, and in brief for the axis."""

    place: float
    words: str
    mark: str = ""


class CurveChart(Vertical):
    """A chart of one metric for one or several runs."""

    def __init__(self, metric: Metric, plain: bool = False) -> None:
        super().__init__(id=f"chart-{metric.name}")
        self.metric = metric
        self._plain = plain
        # What the curves depend on; None before the first drawing.
        self.of_what: object = None
        # The curves, each with its last value as it is drawn.
        self._shown: list[tuple[Series, float]] = []
        self._legend: list[tuple[Series, float | None]] = []
        self._log = False
        self._axis = AXES[0]
        self._cursor: Cursor | None = None
        self._title = Text()

    def compose(self) -> ComposeResult:
        yield Static(classes="chart-title")
        yield Plot()

    def show(
        self,
        series: Sequence[Series],
        log: bool,
        cursor: Cursor | None,
        axis: Axis = AXES[0],
    ) -> None:
        """Draw these curves along an axis; with `log`, their values on a logarithmic scale.

        At the cursor there is a line, and the legend has the values there.
        """
        curves: list[Curve] = []
        self._shown = []
        for given in series:
            x, raw = finite(given.x, given.y)
            each = replace(given, x=x, y=raw)
            if log:
                x, raw = finite(x, raw, positive=True)
            if len(x) == 0:
                continue
            y = smooth(raw, each.smoothing)
            self._shown.append((each, float(y[-1])))
            if log:
                raw, y = np.log10(raw), np.log10(y)
            if self._plain:
                sign = sign_of(each.number, plain=True)
                stroke, mark = (None, sign) if each.points else (sign, "")
                curves.append(Curve(x, y, each.colour, stroke, mark))
                continue
            if each.smoothing:
                curves.append(Curve(x, raw, each.faint))
            mark = "o" if each.points or len(x) == 1 else ""
            curves.append(Curve(x, y, each.colour, mark=mark))
        plot = self.query_one(Plot)
        if axis is not self._axis:
            plot.forget_steps()
        self._log, self._axis = log, axis
        place, mark = self._take_cursor(cursor)
        accent = self.app.theme_variables["accent-faint"]
        plot.show(curves, log, place, accent, axis.is_time, mark)

    def move_cursor(self, cursor: Cursor | None) -> None:
        """Show the values at another place. The curves stay: to draw long ones takes a while."""
        self.query_one(Plot).move_cursor(*self._take_cursor(cursor))

    def _take_cursor(self, cursor: Cursor | None) -> tuple[float | None, str]:
        """Write the title for a cursor; returns its place in the plot, with the label there."""
        self._cursor = cursor
        self._legend = [
            (series, series.value_at(cursor.place) if cursor else last)
            for series, last in self._shown
        ]
        self._show_title()
        return (cursor.place, cursor.mark) if cursor else (None, "")

    def drawn(self) -> DrawnChart | None:
        """What is to be seen; None without curves."""
        plot = self.query_one(Plot)
        if plot.view is None:
            return None
        words = [tr(self.metric.title), tr("(log)") if self._log else "", tr(self._axis.words)]
        words += [tr("at {place}", place=self._cursor.words) if self._cursor else ""]
        legend = tuple(
            Label(f"{series.label} {figure(value)}".strip(), series.colour)
            for series, value in self._legend
        )
        return DrawnChart(
            " ".join(filter(None, words)),
            legend,
            tuple(plot.curves),
            plot.view,
            self._log,
            self._axis.is_time,
            plot.cursor,
        )

    def on_resize(self) -> None:
        self._show_title()

    def _show_title(self) -> None:
        """Show the metric, the cursor, and the curves with their values there.

        Without a cursor only a single curve has its value, the last. What finds no room is left
        out: first the place of the cursor, then the labels of the curves, then digits and a part
        of the metric's title.
        """
        title = self._titled(with_place=True, with_labels=True)
        for place, labels in ((False, True), (True, False), (False, False)):
            if title.cell_len > self.size.width:
                title = self._titled(place, labels)
        if title.cell_len > self.size.width and self._cursor:
            title = self._briefly_titled()
        if title != self._title:
            self._title = title
            self.query_one(".chart-title", Static).update(title, layout=False)

    def _titled(self, with_place: bool, with_labels: bool) -> Text:
        title = Text(f" {tr(self.metric.title)}", "bold", no_wrap=True, overflow="ellipsis")
        if self._log:
            title.append(f" {tr('(log)')}", "not bold")
        if self._axis.words:
            title.append(f" {tr(self._axis.words)}", "not bold dim")
        if self._cursor and with_place:
            title.append(f"  {self._cursor.words}", "not bold")
        with_values = self._cursor is not None or len(self._legend) == 1
        named = [each for each in self._legend if each[0].label or with_values]
        values = [f" {figure(value)}" if with_values else "" for _, value in named]
        # If there is no room for all, they are shortened to the same length.
        left = self.size.width - title.cell_len - sum(map(len, values)) - 5 * len(named)
        is_room = sum(cell_len(series.label) for series, _ in named) <= left
        room = max(4, left // max(1, len(named)))
        for (series, _), value in zip(named, values, strict=True):
            label = series.label if is_room else shortened(series.label, room)
            label = label if with_labels else ""
            sign = sign_of(series.number, self._plain)
            title.append(f"  {sign} {label}".rstrip(), f"not bold {series.colour}")
            title.append(value, "not bold")
        return title

    def _briefly_titled(self) -> Text:
        values = Text(no_wrap=True, overflow="ellipsis")
        for series, value in self._legend:
            values.append(f" {sign_of(series.number, self._plain)[0]}", series.colour)
            values.append(figure(value, 3))
        room = max(4, self.size.width - values.cell_len - 1)
        title = Text(f" {shortened(tr(self.metric.title), room)}", "bold", no_wrap=True)
        title.overflow = "ellipsis"
        return title.append_text(values)
