"""A plot in characters: curves in a frame, with zoom and pan by keys and mouse."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from textual.binding import Binding, BindingType
from textual.events import MouseEvent, MouseMove, MouseScrollDown, MouseScrollUp, Resize
from textual.strip import Strip
from textual.widget import Widget

from studio.translation import marked, tr
from studio.tui.drawing.canvas import Canvas
from studio.tui.drawing.frame import ABOVE, BELOW, LEFT, RIGHT, Curve, Frame, View
from studio.tui.drawing.scales import CONSTANT, Column, core, thin

# Shares of the window, and cells.
KEY_ZOOM, WHEEL_ZOOM = 0.15, 0.05
KEY_PAN = 2.0
# From this number of points a curve may have values that are far from the others.
MANY = 40

Limits = tuple[float, float]


class Plot(Widget, can_focus=True):
    """Curves in a frame. Only the cells that change are repainted."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plot--axis", "plot--tick"}
    ALLOW_SELECT = False
    KEYS_HEADING = marked("On a curve")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom(1)", marked("Zoom in"), show=False, id="chart.in"),
        Binding("minus", "zoom(-1)", marked("Zoom out"), show=False, id="chart.out"),
        Binding("comma,shift+left", "pan(-1, 0)", marked("Pan left"), show=False, id="chart.left"),
        Binding(
            "full_stop,shift+right", "pan(1, 0)", marked("Pan right"), show=False, id="chart.right"
        ),
        Binding("up", "pan(0, 1)", marked("Pan up"), show=False, id="chart.up"),
        Binding("down", "pan(0, -1)", marked("Pan down"), show=False, id="chart.down"),
        Binding(
            "greater_than_sign",
            "zoom(1, True)",
            marked("Zoom in on steps"),
            show=False,
            id="chart.x_in",
        ),
        Binding(
            "less_than_sign",
            "zoom(-1, True)",
            marked("Zoom out of steps"),
            show=False,
            id="chart.x_out",
        ),
        Binding(
            "0",
            "show_all",
            marked("Show all"),
            show=False,
            id="chart.reset",
            tooltip=marked(
                "Show all steps and values; again: leave out the values that are far off"
            ),
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.curves: Sequence[Curve] = ()
        self.cursor: float | None = None
        self._log = self._times = False
        self._cursor_colour = self._cursor_label = ""
        # Whether values that are far from the others are in view, too.
        self._everything = False
        # The ranges in view after zooming or panning; None while everything is in view.
        self._steps: Limits | None = None
        self._values: Limits | None = None
        self._view: View | None = None
        self._canvas: Canvas | None = None
        # The curves as they are drawn, with what that depends on. A long one takes a while.
        self._thinned: tuple[object, list[Curve], Limits, Limits] | None = None

    def show(
        self,
        curves: Sequence[Curve],
        log: bool,
        cursor: float | None,
        cursor_colour: str,
        times: bool = False,
        cursor_label: str = "",
    ) -> None:
        """Draw these curves. `cursor` marks a step, which is brought into view when it moves.

        With `log`, their values are logarithms; with `times`, their steps are seconds since 1970.
        """
        if log != self._log:
            self._values = None
        self.curves, self._log, self._times = curves, log, times
        self._thinned = None
        self._cursor_colour = cursor_colour
        self.move_cursor(cursor, cursor_label)

    def move_cursor(self, cursor: float | None, label: str) -> None:
        """Mark another step, or none; the curves stay."""
        if cursor is not None and cursor != self.cursor and self._steps:
            self._steps = _around(self._steps, cursor)
        self.cursor, self._cursor_label = cursor, label
        self._draw()

    @property
    def window(self) -> Limits | None:
        """The steps in view after zooming or panning; None while all are in view."""
        return self._steps

    @property
    def reach(self) -> tuple[float, float, int] | None:
        """The first and the last step in view, and the width of the view in cells."""
        return (*self._view.steps, self._view.width) if self._view else None

    @property
    def view(self) -> View | None:
        """What is in view; None without curves."""
        return self._view

    def forget_steps(self) -> None:
        """Show all steps from now on, because they are counted in another way."""
        self._steps = None

    def forget_window(self) -> None:
        """Show all steps and values from now on, because the curves are others."""
        self._steps = self._values = None

    # --- drawing --------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        # The styles of the axis are found after this.
        self.call_next(self._draw)

    def render_line(self, y: int) -> Strip:
        # Until on_resize is called, the canvas still has the previous size.
        if self._canvas is None or y >= self._canvas.height:
            return Strip.blank(self.size.width, self.rich_style)
        return self._canvas.line(y).adjust_cell_length(self.size.width)

    def _draw(self) -> None:
        width, height = self.size.width - LEFT - RIGHT, self.size.height - ABOVE - BELOW
        if width < 1 or height < 1:
            self._view = self._canvas = None
            return
        curves = list[Curve]()
        self._view = None
        if self.curves:
            curves, steps, values = self._in_view()
            self._view = View(self._steps or steps, self._values or values, width, height)
        before, self._canvas = self._canvas, self._drawn(curves)
        regions = self._canvas.changes(before) if before else None
        if regions is None:
            self.refresh()
        elif regions:
            self.refresh(*regions)

    def _in_view(self) -> tuple[list[Curve], Limits, Limits]:
        """The curves for this width, and the ranges of steps and values that they take."""
        key = (self._steps, self._everything, self.size.width)
        if self._thinned is None or self._thinned[0] != key:
            curves = [self._thin(each) for each in self.curves]
            steps = _range([each.x for each in curves])
            self._thinned = (key, curves, steps, self._value_range(curves))
        return self._thinned[1:]

    def _value_range(self, thinned: Sequence[Curve]) -> Limits:
        """The values in view: all, or without those that are far off."""
        columns = [each.y for each in thinned]
        if not self._everything:
            columns = [
                np.array(core(self._seen(curve)[1])) if len(few) >= MANY else few
                for curve, few in zip(self.curves, columns, strict=True)
            ]
        return _range(columns)

    def _seen(self, curve: Curve) -> tuple[Column, Column]:
        """The points in view, and one beyond each limit."""
        if not self._steps:
            return curve.x, curve.y
        first, last = np.searchsorted(curve.x, self._steps)
        seen = slice(max(0, int(first) - 1), int(last) + 1)
        return curve.x[seen], curve.y[seen]

    def _thin(self, curve: Curve) -> Curve:
        """The points in view and one beyond each limit, thinned to the width of the plot."""
        x, y = thin(*self._seen(curve), max(20, self.size.width - LEFT))
        return Curve(x, y, curve.colour, curve.stroke, curve.mark)

    def _drawn(self, curves: Sequence[Curve]) -> Canvas:
        base = self.rich_style
        canvas = Canvas(self.size.width, self.size.height, base)
        frame = Frame(
            canvas, base, *map(self.get_component_rich_style, ("plot--axis", "plot--tick"))
        )
        if self._view is None:
            frame.write_message(tr("No values yet."))
            return canvas
        for curve in curves:
            frame.draw(self._view, curve)
        frame.put_ticks(self._view, self._log, self._times)
        if self.cursor is not None:
            frame.put_cursor(self._view, self.cursor, self._cursor_colour, self._cursor_label)
        return canvas

    # --- zooming and panning --------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without curves there is nothing to zoom or pan."""
        return self._view is not None or action not in ("zoom", "pan", "show_all")

    def action_zoom(self, sign: int, only_steps: bool = False) -> None:
        """Zoom in (1) or out (-1) about the middle."""
        if view := self._view:
            step, value = sum(view.steps) / 2, sum(view.values) / 2
            self._zoom(view, sign * KEY_ZOOM, step, None if only_steps else value)

    def action_pan(self, right: int, up: int) -> None:
        """Move the view over the curves."""
        self._pan(right * KEY_PAN, up * KEY_PAN)

    def action_show_all(self) -> None:
        """Show all steps and values; if they are in view, leave out the values far off."""
        is_all = self._steps is None and self._values is None and self._everything
        self._everything = not is_all
        self._steps = self._values = None
        self._draw()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._zoom_at(event, WHEEL_ZOOM)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._zoom_at(event, -WHEEL_ZOOM)

    def on_mouse_move(self, event: MouseMove) -> None:
        if event.button:
            self._pan(-event.delta_x, event.delta_y)

    def _zoom_at(self, event: MouseEvent, factor: float) -> None:
        """Zoom about the pointer. On the labels of an axis, zoom only this axis."""
        event.stop()
        place, view = event.get_content_offset(self), self._view
        if place is None or view is None:
            return
        step, value = view.under(place.x - LEFT, place.y - ABOVE)
        beside, below = place.x < LEFT, place.y >= ABOVE + view.height
        self._zoom(view, factor, None if beside else step, None if below else value)

    def _zoom(self, view: View, factor: float, step: float | None, value: float | None) -> None:
        """Zoom about this step and value; None leaves the axis unchanged."""
        if step is not None:
            self._steps = _zoomed(view.steps, factor, step)
        if value is not None:
            self._values = _zoomed(view.values, factor, value)
        self._draw()

    def _pan(self, right: float, up: float) -> None:
        """Move the view by this many cells."""
        if view := self._view:
            if right:
                self._steps = _moved(view.steps, right / view.width)
            if up:
                self._values = _moved(view.values, up / view.height)
            self._draw()


def _range(columns: Sequence[Column]) -> Limits:
    low = min(float(column.min()) for column in columns)
    high = max(float(column.max()) for column in columns)
    # A constant, up to rounding, is drawn in the middle. The margins differ a little, because the
    # exact middle may be the border between two rows of dots.
    size = max(abs(low), abs(high))
    margin = 0.0 if high - low > 1e-9 * size else CONSTANT / 2 * size if size else 1.0
    return low - margin, high + 0.9 * margin


def _around(limits: Limits, step: float) -> Limits:
    """The limits, moved so that the step is between them."""
    low, high = limits
    by = min(0.0, step - low) + max(0.0, step - high)
    return low + by, high + by


def _zoomed(limits: Limits, factor: float, about: float) -> Limits:
    """Zoom in by a factor above 0, out by one below 0; unchanged at the limits of floats."""
    low, high = ((end + factor * about) / (1 + factor) for end in limits)
    can_be_drawn = 1e-9 * max(abs(low), abs(high), 1e-9) < high - low < 1e30
    return (low, high) if can_be_drawn else limits


def _moved(limits: Limits, share: float) -> Limits:
    by = share * (limits[1] - limits[0])
    return limits[0] + by, limits[1] + by
