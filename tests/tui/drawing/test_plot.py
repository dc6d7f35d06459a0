"""Lines of dots, and a plot that repaints only the cells that change."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.events import MouseMove, MouseScrollUp
from textual.geometry import Region
from textual.widgets import Static

from studio.tui.drawing import braille
from studio.tui.drawing.canvas import Canvas
from studio.tui.drawing.frame import Curve
from studio.tui.drawing.plot import Plot
from studio.tui.terminal_app import TerminalApp
from studio.tui.training.curve_chart import Cursor, CurveChart, Series
from studio.tui.training.metrics import METRICS
from tests.tui.waiting import until

BLUE = "#0067a3"
far = st.floats(-1e9, 1e9)


class Alone(App[None]):
    """Nothing but a plot."""

    def compose(self) -> ComposeResult:
        yield Plot()

    @property
    def plot(self) -> Plot:
        return self.query_one(Plot)

    def lines(self) -> list[str]:
        return [line.text for line in self.screen._compositor.render_strips()]


def curve(*values: float, stroke: str | None = "", mark: str = "") -> Curve:
    return Curve(np.arange(len(values), dtype=float), np.array(values), BLUE, stroke, mark)


def show(app: Alone, *curves: Curve, log: bool = False, cursor: float | None = None) -> None:
    app.plot.show(curves, log, cursor, BLUE)


@given(st.lists(st.tuples(far, far), min_size=1, max_size=20))
def test_no_dot_is_outside_the_grid(
    points: list[tuple[float, float]],
) -> None:
    x, y = np.array(points).T
    columns, rows = braille.trace(x, y, 30, 20)
    assert ((columns >= 0) & (columns < 30) & (rows >= 0) & (rows < 20)).all()


within = st.floats(0, 29.99), st.floats(0, 19.99)


@given(st.lists(st.tuples(*within), min_size=1, max_size=20))
def test_adjacent_dots_lead_through_all_points(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    columns, rows = braille.trace(x, y, 30, 20)
    assert np.abs(np.diff(columns)).max(initial=0) <= 1
    assert np.abs(np.diff(rows)).max(initial=0) <= 1
    reached = set(zip(columns.tolist(), rows.tolist(), strict=True))
    assert {(math.floor(left), math.floor(top)) for left, top in points} <= reached


def test_a_line_that_crosses_the_grid_is_drawn_from_edge_to_edge() -> None:
    columns, rows = braille.trace(np.array([-1e6, 1e6]), np.array([5.0, 5.0]), 30, 20)
    assert (columns.tolist(), set(rows.tolist())) == (list(range(30)), {5})


def test_dots_in_one_cell_become_one_character() -> None:
    columns, rows = np.array([0, 1, 2]), np.array([0, 3, 0])
    assert braille.cells(columns, rows, 3, 1).tolist() == [[0x2881, 0x2801, 0]]


async def test_a_plot_without_curves_says_so_and_cannot_be_zoomed_or_panned() -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        app.plot.focus()
        await pilot.press("plus", "left", "0")
        assert any("No values yet." in line for line in app.lines())
        assert app.plot.window is None


async def test_a_curve_runs_from_corner_to_corner_between_labelled_ticks() -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(0, 10, stroke="*"))
        await pilot.pause()
        lines = app.lines()
        assert lines[1].endswith("*┃") or lines[1].endswith("*┣")
        assert lines[9].lstrip(" 0")[:2] in ("┃*", "┫*")
        assert lines[5].startswith("     5 ┫")
        assert lines[11].split() == ["0.0", "0.5", "1.0"]


async def test_the_axis_shows_at_once_whether_the_plot_has_the_focus() -> None:
    class Lit(Alone):
        CSS = "Plot > .plot--axis { color: #202020; } Plot:focus > .plot--axis { color: #f0f0f0; }"

    def colours(app: Lit) -> set[str]:
        strips = app.screen._compositor.render_strips()
        cells = (each for strip in strips for each in strip if "┃" in each.text and each.style)
        return {each.style.color.name for each in cells if each.style and each.style.color}

    app = Lit()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(0, 10))
        for _ in range(2):
            app.plot.focus()
            await pilot.pause()
            assert colours(app) == {"#f0f0f0"}
            app.set_focus(None)
            await pilot.pause()
            assert colours(app) == {"#202020"}


async def test_points_at_the_edge_are_marked_inside_the_frame() -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(0, 10, stroke=None, mark="o"))
        await pilot.pause()
        assert "".join(app.lines()).count("o") == 2


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Region, ...]]:
    """What plots have asked to be painted again; () is everything."""
    asked: list[tuple[Region, ...]] = []
    refresh = Plot.refresh

    def noting(self: Plot, *regions: Region, **how: bool) -> Plot:
        asked.append(regions)
        return refresh(self, *regions, **how)

    monkeypatch.setattr(Plot, "refresh", noting)
    return asked


async def test_only_the_cells_that_change_are_repainted(
    painted: list[tuple[Region, ...]],
) -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(0, 5, 5, 5, 10))
        await pilot.pause()
        painted.clear()
        show(app, curve(0, 5, 5, 5, 10))
        assert painted == []
        show(app, curve(0, 5, 5, 6, 10))
        assert len(painted) == 1
        assert painted[0]
        assert all(region.height == 1 and region.x > 20 for region in painted[0])


async def test_the_wheel_zooms_about_the_pointer_and_a_drag_moves_the_window() -> None:
    app = Alone()
    async with app.run_test(size=(47, 23)) as pilot:
        show(app, curve(*range(101)))
        await pilot.pause()
        wheel = MouseScrollUp(
            app.plot, 27, 10, 0, 1, 0, False, False, False, screen_x=27, screen_y=10
        )
        app.plot.post_message(wheel)
        await pilot.pause()
        window = app.plot.window
        assert window is not None
        low, high = window
        assert (low, high) == (pytest.approx(2.4, abs=0.5), pytest.approx(97.6, abs=0.5))
        drag = MouseMove(app.plot, 20, 10, -4, 0, 1, False, False, False, screen_x=20, screen_y=10)
        app.plot.post_message(drag)
        await pilot.pause()
        moved = app.plot.window
        assert moved is not None
        assert moved[0] > low
        assert moved[1] - moved[0] == pytest.approx(high - low)


async def test_steps_can_be_zoomed_alone_and_all_shown_again() -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(*range(101)))
        await pilot.pause()
        app.plot.focus()
        await pilot.press("greater_than_sign")
        left, right = app.plot.window or (0.0, 0.0)
        assert 0 < left < right < 100
        await pilot.press("less_than_sign", "0")
        assert app.plot.window is None


async def test_the_cursor_is_at_its_step_while_that_is_in_view() -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(*range(101)), cursor=50)
        await pilot.pause()
        assert "│" in app.lines()[1]
        show(app, curve(*range(41)), cursor=50)
        await pilot.pause()
        assert "│" not in app.lines()[1]


def test_what_does_not_fit_beside_a_plot_is_cut_off() -> None:
    canvas = Canvas(10, 4, Style())
    canvas.put(1, 0, " 1,000,000 ", Style())
    canvas.put(2, 7, "12:34:56", Style())
    assert [canvas.line(row).text for row in (1, 2)] == [" 1,000,000", "       12:"]


async def test_the_step_of_the_cursor_stands_below_it_instead_of_a_tick() -> None:
    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.show([curve(*range(101))], False, 50.0, BLUE, cursor_label="50.0")
        await pilot.pause()
        line, labels = app.lines()[5], app.lines()[11]
        assert "50.0" in labels.split()
        assert abs(labels.index("50.0") + 2 - line.index("│")) <= 1
        app.plot.show([curve(*range(101))], False, 0.0, BLUE, cursor_label="the first")
        await pilot.pause()
        assert "the first" in app.lines()[11]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("key", ["plus", "minus", "greater_than_sign", "up", "left"])
async def test_a_key_held_down_never_zooms_beyond_what_can_be_drawn(key: str, log: bool) -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(*range(101)), log=log)
        await pilot.pause()
        action, arguments = {
            "plus": (app.plot.action_zoom, (1,)),
            "minus": (app.plot.action_zoom, (-1,)),
            "greater_than_sign": (app.plot.action_zoom, (1, True)),
            "up": (app.plot.action_pan, (0, 1)),
            "left": (app.plot.action_pan, (-1, 0)),
        }[key]
        for _ in range(500):
            action(*arguments)
        await pilot.pause()
        assert app.lines()[0].lstrip().startswith("┏")


@pytest.mark.parametrize("value", [0.0, 0.004, 1e13, -3e38])
@pytest.mark.parametrize("rounding", [0, 1e-13])
async def test_a_constant_is_drawn_in_the_middle(value: float, rounding: float) -> None:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        show(app, curve(value, value * (1 + rounding), stroke="*"))
        await pilot.pause()
        assert "****" in app.lines()[5]


async def test_a_curve_that_is_zero_has_round_labels() -> None:
    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        show(app, curve(0.0, 0.0))
        await pilot.pause()
        labels = [line.split("┫")[0].strip() for line in app.lines() if "┫" in line]
        assert "0" in labels or "0.0" in labels
        assert not any("e-" in label for label in labels)


@pytest.mark.parametrize("log", [False, True])
async def test_a_constant_has_one_tick_with_its_value(log: bool) -> None:
    app = Alone()
    async with app.run_test(size=(60, 24)) as pilot:
        show(app, curve(-2.0, -2.0) if log else curve(0.01, 0.01), log=log)
        await pilot.pause()
        (tick,) = [line for line in app.lines() if "┫" in line]
        assert tick.split("┫")[0].strip() == "0.01"
        assert tick == app.lines()[11]


class Titled(TerminalApp):
    """A chart and nothing else."""

    def on_mount(self) -> None:
        self.use_colours("truecolor", "ink")

    def compose(self) -> ComposeResult:
        yield CurveChart(METRICS[0])


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, " loss  step 2  ━━ one 2.000  ━━ two 2.000  ━━ three 2.000"),
        (50, " loss  ━━ one 2.000  ━━ two 2.000  ━━ three 2.000"),
        (45, " loss  step 2  ━━ 2.000  ━━ 2.000  ━━ 2.000"),
        (38, " loss  ━━ 2.000  ━━ 2.000  ━━ 2.000"),
        (30, " loss ━2.00 ━2.00 ━2.00"),
    ],
)
async def test_the_values_at_the_cursor_are_the_last_to_be_left_out(width: int, shown: str) -> None:
    app = Titled()
    async with app.run_test(size=(width, 12)) as pilot:
        chart = app.query_one(CurveChart)
        column = np.arange(3.0)
        series = [Series(name, BLUE, BLUE, column, column) for name in ("one", "two", "three")]
        chart.show(series, False, Cursor(2.0, "step 2"))
        await pilot.pause()
        assert str(chart.query_one(".chart-title", Static).content) == shown


async def test_names_use_the_room_after_a_change_of_size() -> None:
    app = Titled()
    async with app.run_test(size=(40, 12)) as pilot:
        chart = app.query_one(CurveChart)
        column = np.arange(3.0)
        names = ["the first of two long names", "the second of two long names"]
        chart.show([Series(name, BLUE, BLUE, column, column) for name in names], False, None)
        await pilot.pause()
        title = chart.query_one(".chart-title", Static)
        assert not any(name in str(title.content) for name in names)
        await pilot.resize_terminal(100, 12)
        await until(pilot, lambda: all(name in str(title.content) for name in names))
