"""One zoomable chart: a line of title and legend, and the curves under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical
from textual.widgets import Static
from textual_plot import HiResMode, PlotWidget

from studio.tui.curves import LABEL, Axis, LogAxis, Metric, finite, smooth, thin
from studio.tui.history import Column
from studio.tui.wording import figure

_PLAIN_MARKS = "*o+x#@"


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: its name in the legend, its colour (#rrggbb), its points, how it is smoothed."""

    label: str
    colour: str
    x: Column
    y: Column
    smoothing: float = 0.0
    points: bool = False


class Plot(PlotWidget, inherit_bindings=False):
    """The drawing. Keys that every terminal has, and ours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom_in", "Zoom in", show=False, id="chart.in"),
        Binding("minus", "zoom_out", "Zoom out", show=False, id="chart.out"),
        Binding("left", "pan_left", "Pan left", show=False, id="chart.left"),
        Binding("right", "pan_right", "Pan right", show=False, id="chart.right"),
        Binding("up", "pan_up", "Pan up", show=False, id="chart.up"),
        Binding("down", "pan_down", "Pan down", show=False, id="chart.down"),
        Binding("greater_than_sign", "zoom_x_in", "Zoom the steps in", show=False, id="chart.x_in"),
        Binding("less_than_sign", "zoom_x_out", "Zoom the steps out", show=False, id="chart.x_out"),
        Binding("0", "reset_scales", "Show all", show=False, id="chart.reset"),
    ]

    def __init__(self) -> None:
        super().__init__()
        # The title has a line of its own, and the axes need no names.
        self.set_reactive(PlotWidget.margin_top, 0)
        self.set_reactive(PlotWidget.margin_bottom, 1)
        self.set_reactive(PlotWidget.margin_left, LABEL + 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Without a drawing there is no scale to move: panning would divide by its width.
        return bool(self.display and self._scale_rectangle)

    def use_axes(self, log: bool) -> None:
        """Set the axes for a linear or logarithmic scale, with as many ticks as there is room."""
        steps, values = Axis(), LogAxis() if log else Axis()
        steps.room = max(2, (self.size.width - self.margin_left) // (LABEL + 3))
        values.room = max(2, (self.size.height - self.margin_bottom) // 2)
        self.set_x_formatter(steps)
        self.set_y_formatter(values)

    @property
    def window(self) -> tuple[float, float] | None:
        """The steps in view after zooming or panning; None while all are shown."""
        return None if self._auto_x_min else (self._x_min, self._x_max)


class CurveChart(Vertical):
    """A chart of one metric for one or several runs."""

    def __init__(self, metric: Metric, plain: bool = False) -> None:
        super().__init__(id=f"chart-{metric.name}")
        self.metric = metric
        self._plain = plain
        self._series: Sequence[Series] = ()
        self._log = False
        self._cursor: float | None = None

    def compose(self) -> ComposeResult:
        yield Static(classes="chart-title")
        yield Plot()
        yield Static("No steps yet.", classes="chart-empty")

    def show(self, series: Sequence[Series], log: bool, cursor: float | None) -> None:
        """Draw these curves, on a logarithmic scale with `log`; `cursor` marks a step."""
        plot = self.query_one(Plot)
        if log != self._log:
            plot.set_ylimits(None, None)
        self._series, self._log, self._cursor = series, log, cursor
        self._draw()

    def on_resize(self) -> None:
        # How many points and ticks there is room for is known after the layout.
        self.call_after_refresh(self._draw)

    @on(PlotWidget.ScaleChanged)
    def _scale_changed(self) -> None:
        # Zoomed in, there is room for points that were thinned out.
        self._draw()

    def _draw(self) -> None:
        plot = self.query_one(Plot)
        drawn = [curve for each in self._series if (curve := self._curve(each, plot.window))]
        self.query_one(".chart-title", Static).update(self._title(drawn))
        plot.display = bool(drawn)
        self.query_one(".chart-empty").display = not drawn
        if not drawn:
            return
        with self.app.batch_update():
            plot.clear()
            plot.use_axes(self._log)
            for each, x, raw, y in drawn:
                self._line(plot, each, x, raw, y)
            if self._cursor is not None and self._is_in_view(self._cursor, drawn):
                plot.add_v_line(self._cursor, line_style=self._faint(self._accent, 0.3))

    def _is_in_view(
        self, step: float, drawn: Sequence[tuple[Series, Column, Column, Column]]
    ) -> bool:
        low, high = self.query_one(Plot).window or (
            min(x[0] for _, x, _, _ in drawn),
            max(x[-1] for _, x, _, _ in drawn),
        )
        return low <= step <= high

    def _curve(
        self, series: Series, window: tuple[float, float] | None
    ) -> tuple[Series, Column, Column, Column] | None:
        """The points to draw, on the scale to draw them: steps, raw values, smoothed values."""
        x, raw = finite(series.x, series.y, positive=self._log)
        if len(x) == 0:
            return None
        y = smooth(raw, series.smoothing)
        if window:
            first, last = np.searchsorted(x, window)
            seen = slice(max(0, int(first) - 1), int(last) + 1)
            if len(x[seen]):
                x, raw, y = x[seen], raw[seen], y[seen]
        if self._log:
            raw, y = np.log10(raw), np.log10(y)
        return series, x, raw, y

    def _line(self, plot: Plot, each: Series, x: Column, raw: Column, y: Column) -> None:
        buckets = max(20, plot.size.width - plot.margin_left)
        if self._plain:
            mark = _PLAIN_MARKS[list(self._series).index(each) % len(_PLAIN_MARKS)]
            columns = np.linspace(x[0], x[-1], buckets) if not each.points else x
            plot.scatter(columns, np.interp(columns, x, y), marker=mark, marker_style=each.colour)
            return
        if each.smoothing:
            faint = self._faint(each.colour, 0.68)
            plot.plot(*thin(x, raw, buckets), faint, hires_mode=HiResMode.BRAILLE)
        plot.plot(*thin(x, y, buckets), each.colour, hires_mode=HiResMode.BRAILLE)
        if each.points or len(x) == 1:
            plot.scatter(x, y, marker="o", marker_style=each.colour)

    def _title(self, drawn: Sequence[tuple[Series, Column, Column, Column]]) -> Text:
        title = Text(f" {self.metric.title}", "bold", no_wrap=True, overflow="ellipsis")
        if self._log:
            title.append(" (log)", "not bold")
        named = [each for each in drawn if each[0].label or len(drawn) == 1]
        marks = _PLAIN_MARKS if self._plain else ["━━"]
        # Long names are shortened alike, so that each has some of the line.
        room = (self.size.width - title.cell_len) // max(1, len(named)) - 5
        for number, (each, _, _, y) in enumerate(named):
            label = Text(each.label)
            label.truncate(max(4, room), overflow="ellipsis")
            mark = marks[number % len(marks)]
            title.append(f"  {mark} {label.plain}".rstrip(), f"not bold {each.colour}")
            if len(drawn) == 1:
                title.append(f" {figure(10.0 ** y[-1] if self._log else y[-1])}", "not bold")
        return title

    @property
    def _accent(self) -> str:
        return self.app.theme_variables["accent"]

    def _faint(self, colour: str, share: float) -> str:
        """The colour blended into the background."""
        background = Color.parse(self.app.theme_variables["background"])
        return Color.parse(colour).blend(background, share).hex6.lower()
