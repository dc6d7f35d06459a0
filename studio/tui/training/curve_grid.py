"""The charts of the training pane: all of them if there is room, or one."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize

from studio.tui.drawing.plot import Plot
from studio.tui.themes import series_colour
from studio.tui.training.curve_chart import CurveChart, Series
from studio.tui.training.history import History
from studio.tui.training.metrics import METRICS, SMOOTHINGS, Metric

# With this much room all curves are shown, unless the user wants one.
GRID_WIDTH, GRID_HEIGHT = 96, 26


class CurveGrid(Container):
    """A chart for each metric."""

    def __init__(self, plain: bool = False) -> None:
        super().__init__(id="charts")
        self._plain = plain
        self._chosen = METRICS[0]
        self._one_wanted = False
        self._log: set[str] = set()
        self._smoothing = 0.9
        self._shades: dict[str, tuple[str, str]] = {}

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each run."""
        return {run: colour for run, (colour, _) in self._shades.items()}

    def compose(self) -> ComposeResult:
        for metric in METRICS:
            yield CurveChart(metric, self._plain)

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    @property
    def _is_roomy(self) -> bool:
        return self.size.width >= GRID_WIDTH and self.size.height >= GRID_HEIGHT

    def _arrange(self) -> None:
        self.set_class(self._is_roomy and not self._one_wanted, "-grid")
        for chart in self.query(CurveChart):
            chart.set_class(chart.metric is self._chosen, "-chosen")

    def focus_chosen(self) -> None:
        """Focus the chosen chart."""
        self.query_one(f"#chart-{self._chosen.name} Plot", Plot).focus()

    def _current(self) -> Metric:
        """The metric of the focused chart, or else the chosen one."""
        focused = self.app.focused
        chart = focused.parent if focused else None
        return chart.metric if isinstance(chart, CurveChart) else self._chosen

    def choose(self, by: int) -> None:
        """Choose the metric after (1) or before (-1) the current one."""
        at = METRICS.index(self._current())
        self._chosen = METRICS[(at + by) % len(METRICS)]
        self._arrange()
        self.call_after_refresh(self.focus_chosen)

    def toggle_grid(self) -> bool:
        """Show all curves, or only the chosen one. Returns False if there is no room for all."""
        if not self._is_roomy:
            return False
        self._chosen = self._current()
        self._one_wanted = not self._one_wanted
        self._arrange()
        self.call_after_refresh(self.focus_chosen)
        return True

    def toggle_log(self) -> None:
        """Switch the current metric between a linear and a logarithmic scale."""
        self._log ^= {self._current().name}

    def next_smoothing(self) -> None:
        """Switch to the next strength of smoothing; after the last comes the first."""
        at = SMOOTHINGS.index(self._smoothing)
        self._smoothing = SMOOTHINGS[(at + 1) % len(SMOOTHINGS)]

    def show(self, histories: Sequence[History], cursor: float | None) -> None:
        """Draw these runs. `cursor` marks a step."""
        variables = self.app.theme_variables
        self._shades = {
            history.run: series_colour(variables, index) for index, history in enumerate(histories)
        }
        for chart in self.query(CurveChart):
            if self.display and chart.display:
                log = chart.metric.name in self._log
                chart.show(self._series(chart.metric, histories), log, cursor)

    def _series(self, metric: Metric, histories: Sequence[History]) -> list[Series]:
        series = []
        alone = len(histories) == 1
        for history in histories:
            colour, faint = self._shades[history.run]
            smoothing = self._smoothing if metric.noisy else 0.0
            beside = metric.beside if history.validations else None
            label = "" if alone else history.run
            if beside and alone:
                label = beside.first
            x, y = metric.read(history)
            series.append(
                Series(
                    label, colour, faint, x, y, smoothing, points=not metric.noisy and len(x) < 60
                )
            )
            if beside and (alone or beside.of_each):
                x, y = beside.read(history)
                if alone:
                    colour, faint = series_colour(self.app.theme_variables, 1)
                label = beside.second if alone else ""
                series.append(Series(label, colour, faint, x, y, points=True))
        return series
