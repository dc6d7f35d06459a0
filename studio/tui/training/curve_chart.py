"""A chart of one metric: a line with title and legend, and the curves below it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from studio.tui.drawing.charts import shortened
from studio.tui.drawing.frame import Curve
from studio.tui.drawing.plot import Plot
from studio.tui.drawing.scales import Column, finite, smooth
from studio.tui.training.metrics import Metric
from studio.wording import figure

# Distinguish the curves in plain charts.
_PLAIN_SIGNS = "*o+x#@"


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: name in the legend, colours (#rrggbb), points, strength of smoothing.

    The points before smoothing get the colour `faint`.
    """

    label: str
    colour: str
    faint: str
    x: Column
    y: Column
    smoothing: float = 0.0
    points: bool = False


class CurveChart(Vertical):
    """A chart of one metric for one or several runs."""

    def __init__(self, metric: Metric, plain: bool = False) -> None:
        super().__init__(id=f"chart-{metric.name}")
        self.metric = metric
        self._plain = plain
        self._legend: list[tuple[Series, str, float]] = []
        self._log = False
        self._title = Text()

    def compose(self) -> ComposeResult:
        yield Static(classes="chart-title")
        yield Plot()

    def show(self, series: Sequence[Series], log: bool, cursor: float | None) -> None:
        """Draw these curves; with `log`, on a logarithmic scale. `cursor` marks a step."""
        curves: list[Curve] = []
        legend = []
        for number, each in enumerate(series):
            x, raw = finite(each.x, each.y, positive=log)
            if len(x) == 0:
                continue
            y = smooth(raw, each.smoothing)
            sign = _PLAIN_SIGNS[number % len(_PLAIN_SIGNS)] if self._plain else "━━"
            legend.append((each, sign, float(y[-1])))
            if log:
                raw, y = np.log10(raw), np.log10(y)
            if self._plain:
                stroke, mark = (None, sign) if each.points else (sign, "")
                curves.append(Curve(x, y, each.colour, stroke, mark))
                continue
            if each.smoothing:
                curves.append(Curve(x, raw, each.faint))
            mark = "o" if each.points or len(x) == 1 else ""
            curves.append(Curve(x, y, each.colour, mark=mark))
        self._legend, self._log = legend, log
        self._show_title()
        accent = self.app.theme_variables["accent-faint"]
        self.query_one(Plot).show(curves, log, cursor, accent)

    def on_resize(self) -> None:
        self._show_title()

    def _show_title(self) -> None:
        """Show the metric and the names of the curves; for a single curve, its last value."""
        legend = self._legend
        title = Text(f" {self.metric.title}", "bold", no_wrap=True, overflow="ellipsis")
        if self._log:
            title.append(" (log)", "not bold")
        named = [each for each in legend if each[0].label or len(legend) == 1]
        # Long names are shortened to the same length, so that each has room.
        room = (self.size.width - title.cell_len) // max(1, len(named)) - 5
        for series, sign, last in named:
            label = shortened(series.label, max(4, room))
            title.append(f"  {sign} {label}".rstrip(), f"not bold {series.colour}")
            if len(legend) == 1:
                title.append(f" {figure(last)}", "not bold")
        if title != self._title:
            self._title = title
            self.query_one(".chart-title", Static).update(title, layout=False)
