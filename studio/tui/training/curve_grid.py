"""The charts of the training pane: all of a group if there is room, or one."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Container
from textual.events import Resize
from textual.message import Message

from studio.collection.picture import Sheet
from studio.translation import language, marked, tr
from studio.tui.drawing.plot import Plot
from studio.tui.drawing.scales import Column
from studio.tui.themes import series_colour
from studio.tui.training.axes import AXES, Axis
from studio.tui.training.charts_picture import Label, Shades, charts_sheet
from studio.tui.training.curve_chart import Cursor, CurveChart, Series
from studio.tui.training.history import History
from studio.tui.training.metrics import METRICS, SMOOTHINGS, Metric
from studio.tui.training.run_legend import LegendEntry, RunLegend

# With this much room all curves are shown, unless the user wants one.
GRID_WIDTH, GRID_HEIGHT = 96, 26
# A page is this share of the steps in view.
PAGE = 0.1


class CurveGrid(Container):
    """A chart for each metric, and a cursor over all of them."""

    KEYS_HEADING = marked("The cursor on the curves")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cursor(-1)", marked("Earlier step"), show=False, id="cursor.left"),
        Binding("right", "cursor(1)", marked("Later step"), show=False, id="cursor.right"),
        Binding(
            "pageup",
            "cursor(-1, True)",
            marked("A tenth earlier"),
            show=False,
            id="cursor.page_left",
        ),
        Binding(
            "pagedown",
            "cursor(1, True)",
            marked("A tenth later"),
            show=False,
            id="cursor.page_right",
        ),
        Binding("home", "cursor_to(0)", marked("First step"), show=False, id="cursor.first"),
        Binding("end", "cursor_to(-1)", marked("Last step"), show=False, id="cursor.last"),
        Binding("escape", "no_cursor", marked("No cursor"), show=False, id="cursor.none"),
    ]

    class CursorMoved(Message):
        """The user has moved the cursor, or removed it."""

    def __init__(self, plain: bool = False) -> None:
        super().__init__(id="charts")
        self._plain = plain
        # What is shown: the metric that the user wants, if a run has recorded it.
        self._chosen = self._wanted = METRICS[0]
        self._one_wanted = False
        self._log: set[str] = set()
        self._smoothing = 0.9
        self._shades: dict[str, tuple[str, str]] = {}
        self._histories: Sequence[History] = ()
        # What all curves depend on.
        self._shown: object = None
        # What is drawn along: the chosen axis, unless it is not known for all runs.
        self._axis = self._chosen_axis = AXES[0]
        # Where the steps of each run are on the axis, as far as it was needed.
        self._places: dict[str, Column] = {}
        # The step at which the cursor is; None without one.
        self.cursor: int | None = None

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each run."""
        return {run: colour for run, (colour, _) in self._shades.items()}

    def compose(self) -> ComposeResult:
        yield RunLegend(self._plain)
        for metric in METRICS:
            if metric.group == self._chosen.group:
                yield CurveChart(metric, self._plain)

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        self._arrange()
        # Those that were hidden before have no curves yet.
        self.draw_charts()

    @property
    def _is_roomy(self) -> bool:
        return self.size.width >= GRID_WIDTH and self.size.height >= GRID_HEIGHT

    def _arrange(self) -> None:
        self.set_class(self._is_roomy and not self._one_wanted, "-grid")
        available = self._available()
        self._chosen = self._wanted if self._wanted in available else METRICS[0]
        shown = [metric for metric in available if metric.group == self._chosen.group]
        self.set_class(len(shown) <= 3, "-few")
        self.set_class(self._chosen.group != "learning", "-even")
        for chart in self.query(CurveChart):
            chart.set_class(chart.metric in shown, "-shown")
            chart.set_class(chart.metric is self._chosen, "-chosen")

    def focus_chosen(self) -> None:
        """Focus the chosen chart."""
        self.query_one(f"#chart-{self._chosen.name} Plot", Plot).focus()

    # --- which curves ---------------------------------------------------------------------------

    def _current(self) -> Metric:
        """The metric of the focused chart, or else the chosen one."""
        focused = self.app.focused
        chart = focused.parent if focused else None
        return chart.metric if isinstance(chart, CurveChart) else self._chosen

    def _available(self) -> list[Metric]:
        """The metrics of learning, and those that the runs have recorded."""
        return [
            metric
            for metric in METRICS
            if metric.group == "learning"
            or any(metric.is_recorded(history) for history in self._histories)
        ]

    @property
    def has_groups(self) -> bool:
        """Whether there are curves of more than learning."""
        return any(metric.group != "learning" for metric in self._available())

    async def choose(self, by: int) -> None:
        """Choose the metric after (1) or before (-1) the current one."""
        available = self._available()
        current = self._current()
        await self._choose(available[(available.index(current) + by) % len(available)])

    async def choose_group(self) -> None:
        """Choose the first metric of the next group."""
        firsts = {metric.group: metric for metric in reversed(self._available())}
        groups = list(firsts)[::-1]
        at = groups.index(self._chosen.group)
        await self._choose(firsts[groups[(at + 1) % len(groups)]])

    async def _choose(self, metric: Metric) -> None:
        self._chosen = self._wanted = metric
        # The charts of a group are made when it is first shown.
        made = {chart.metric for chart in self.query(CurveChart)}
        wanted = [each for each in METRICS if each.group == metric.group and each not in made]
        await self.mount_all(CurveChart(each, self._plain) for each in wanted)
        self._arrange()
        self.call_after_refresh(self.focus_chosen)

    def toggle_grid(self) -> bool:
        """Show all curves, or only the chosen one. Returns False if there is no room for all."""
        if not self._is_roomy:
            return False
        self._chosen = self._wanted = self._current()
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

    def next_axis(self) -> None:
        """Draw the curves along the next axis that is known for all runs."""
        at = AXES.index(self._axis)
        self._axis = self._chosen_axis = next(filter(self._is_known, (*AXES[at + 1 :], AXES[0])))

    def _is_known(self, axis: Axis) -> bool:
        return axis is AXES[0] or all(
            np.isfinite(axis.at(history)).all() for history in self._histories
        )

    def _places_of(self, history: History) -> Column:
        """Where the steps of a run are on the axis. Of a long run that takes a while to find."""
        known = self._places.get(history.run)
        if known is None or len(known) != len(history.steps):
            known = self._places[history.run] = self._axis.at(history)
        return known

    # --- the cursor -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without steps there is no place for the cursor; without it, escape is for the pane."""
        if action == "no_cursor":
            return self.cursor is not None
        if action in ("cursor", "cursor_to"):
            return bool(self._histories and self._histories[0].steps)
        return True

    def action_cursor(self, by: int, page: bool = False) -> None:
        """Move the cursor by a cell or a page, at least to the next step of the first run."""
        steps = self._histories[0].steps
        places = self._places_of(self._histories[0])
        view = self.query_one(f"#chart-{self._current().name} Plot", Plot).reach
        if self.cursor is None:
            last = len(steps) - 1
            at = min(last, int(np.searchsorted(places, view[1], "right")) - 1) if view else last
            self._move_to(max(0, at))
            return
        here = min(len(steps) - 1, int(np.searchsorted(steps, self.cursor)))
        low, high, width = view or (places[0], places[-1], 1)
        distance = (high - low) * (PAGE if page else 1 / width)
        there = int(np.searchsorted(places, places[here] + by * distance))
        at = max(here + 1, there) if by > 0 else min(here - 1, there)
        self._move_to(min(max(at, 0), len(steps) - 1))

    def action_cursor_to(self, place: int) -> None:
        """Move the cursor to the first (0) or the last (-1) step."""
        self._move_to(place)

    def _move_to(self, index: int) -> None:
        self.cursor = int(self._histories[0].steps[index])
        self.post_message(self.CursorMoved())

    def action_no_cursor(self) -> None:
        """Remove the cursor."""
        self.cursor = None
        self.post_message(self.CursorMoved())

    def _cursor(self) -> Cursor | None:
        if self.cursor is None or not self._histories or not self._histories[0].steps:
            return None
        first = self._histories[0]
        (place,) = self._axis.of([self.cursor], first, self._places_of(first)).tolist()
        words = AXES[0].text(self.cursor)
        if self._axis is not AXES[0]:
            words = tr("{step}, {place}", step=words, place=self._axis.text(place))
        return Cursor(place, words, self._axis.mark(place))

    def picture(self) -> Sheet | None:
        """The charts as they stand; None if there are no curves."""
        shown = [chart.drawn() for chart in self.query(CurveChart) if chart.display]
        drawn = [chart for chart in shown if chart]
        variables = self.app.theme_variables
        names = [Label(history.run, self._shades[history.run][0]) for history in self._histories]
        roles = ("background", "foreground", "secondary")
        shades = Shades(*(Color.parse(variables[role]).hex6 for role in roles))
        return charts_sheet(drawn, names, shades) if drawn else None

    # --- drawing --------------------------------------------------------------------------------

    def show(self, histories: Sequence[History], reference: str = "") -> None:
        """Draw these runs; `reference` is the one that the others are compared with."""
        variables = self.app.theme_variables
        if [each.run for each in histories[:1]] != [each.run for each in self._histories[:1]]:
            # What is in view are steps and values of another run.
            for plot in self.query(Plot):
                plot.forget_window()
        self._histories = histories
        self._axis = self._chosen_axis if self._is_known(self._chosen_axis) else AXES[0]
        self._places = {}
        self._shades = {
            history.run: series_colour(variables, index) for index, history in enumerate(histories)
        }
        self._arrange()
        self.query_one(RunLegend).show(
            [
                LegendEntry(each, self._shades[each.run][0], each.run == reference)
                for each in histories
            ]
        )
        look = (self.app.theme, language(), self._axis.words, self._smoothing)
        self._shown = (look, *(each.state for each in histories))
        self.draw_charts()

    def draw_charts(self) -> None:
        """Draw the charts in sight as they are to be shown, and the cursor.

        If they are drawn so already, only the cursor moves: to draw long curves takes a while.
        """
        cursor = self._cursor()
        for chart in self.query(CurveChart):
            if not (self.display and chart.display):
                continue
            log = chart.metric.name in self._log
            if chart.of_what == (self._shown, log):
                chart.move_cursor(cursor)
            else:
                chart.show(self._series(chart.metric), log, cursor, self._axis)
                chart.of_what = (self._shown, log)

    def _series(self, metric: Metric) -> list[Series]:
        series = []
        alone = len(self._histories) == 1
        for number, history in enumerate(self._histories):
            colour, faint = self._shades[history.run]
            smoothing = self._smoothing if metric.noisy else 0.0
            beside = metric.beside if history.validations else None
            label = tr(beside.first).rstrip() if beside and alone else ""
            steps, y = metric.read(history)
            x = self._axis.of(steps, history, self._places_of(history))
            points = not metric.noisy and len(x) < 60
            series.append(Series(label, colour, faint, x, y, smoothing, points, number))
            if beside and (alone or beside.of_each):
                steps, y = beside.read(history)
                x = self._axis.of(steps, history, self._places_of(history))
                if alone:
                    number = 1
                    colour, faint = series_colour(self.app.theme_variables, number)
                label = tr(beside.second) if alone else ""
                series.append(Series(label, colour, faint, x, y, points=True, number=number))
        return series
