"""Curves in a frame with ticks at round values."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.style import Style

from studio.tui.drawing import braille
from studio.tui.drawing.canvas import Canvas
from studio.tui.drawing.scales import LABEL, Column, log_ticks, ticks, time_ticks

# Cells around the inside of the frame. Left of it are the labels of the values, a space and the
# frame; below it are the frame and the labels of the steps.
LEFT, RIGHT, ABOVE, BELOW = LABEL + 2, 1, 1, 2

Number = TypeVar("Number", float, Column)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order of their steps, joined by a line; `colour` is #rrggbb.

    `stroke` is the character of the line: "" for braille, None for no line. `mark` is a character
    at each point.
    """

    x: Column
    y: Column
    colour: str
    stroke: str | None = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The range of steps and of values in view, and the size of the view in cells."""

    steps: tuple[float, float]
    values: tuple[float, float]
    width: int
    height: int

    def across(self, step: Number, dots: int = 1) -> Number:
        """The distance of a step from the left edge, in cells, or in `dots` per cell."""
        left, right = self.steps
        return (step - left) / (right - left) * self.width * dots

    def down(self, value: Number, dots: int = 1) -> Number:
        """The distance of a value from the upper edge."""
        low, high = self.values
        return (high - value) / (high - low) * self.height * dots

    def under(self, column: int, row: int) -> tuple[float, float]:
        """The step and the value in the middle of a cell."""
        (left, right), (low, high) = self.steps, self.values
        step = left + (column + 0.5) / self.width * (right - left)
        return step, high - (row + 0.5) / self.height * (high - low)


class Frame:
    """A frame on a canvas, with labels around it and curves inside."""

    def __init__(self, canvas: Canvas, base: Style, frame: Style, labels: Style) -> None:
        self._canvas = canvas
        self._base, self._frame, self._labels = base, frame, labels
        self._width = canvas.width - LEFT - RIGHT
        # The row of the lower edge and the column of the right edge. The others are 0 and LEFT - 1.
        self._bottom, self._right = canvas.height - BELOW, canvas.width - RIGHT
        canvas.put(0, LEFT - 1, f"┏{'━' * self._width}┓", frame)
        canvas.put(self._bottom, LEFT - 1, f"┗{'━' * self._width}┛", frame)
        for column in (LEFT - 1, self._right):
            canvas.fill(slice(ABOVE, self._bottom), column, "┃", frame)

    def write_message(self, text: str) -> None:
        """Write a short text in the middle."""
        text = set_cell_size(text, min(cell_len(text), self._width))
        column = LEFT + (self._width - cell_len(text)) // 2
        self._canvas.put(self._bottom // 2, column, text, self._labels)

    def draw(self, view: View, curve: Curve) -> None:
        """Draw a curve over the earlier ones."""
        size = (view.width, view.height)
        style = self._base + Style.parse(curve.colour)
        if curve.stroke is not None:
            across, down = (1, 1) if curve.stroke else (braille.ACROSS, braille.DOWN)
            x, y = view.across(curve.x, across), view.down(curve.y, down)
            dots = braille.trace(x, y, view.width * across, view.height * down)
            stroke = curve.stroke
            cells = braille.marks(*dots, *size, stroke) if stroke else braille.cells(*dots, *size)
            self._canvas.lay(ABOVE, LEFT, cells, style)
        if curve.mark:
            x, y = view.across(curve.x), view.down(curve.y)
            seen = (x >= 0) & (x <= view.width) & (y >= 0) & (y <= view.height)
            # A point on the right or the lower edge is drawn in the last cell.
            columns = np.minimum(x[seen].astype(np.int64), view.width - 1)
            rows = np.minimum(y[seen].astype(np.int64), view.height - 1)
            self._canvas.lay(ABOVE, LEFT, braille.marks(columns, rows, *size, curve.mark), style)

    def put_ticks(self, view: View, log: bool, times: bool = False) -> None:
        """Draw ticks, with labels left and below.

        With `log`, values are decimal logarithms; with `times`, steps are seconds since 1970.
        """
        room = max(2, (view.height + 1) // 2)
        for value, label in (log_ticks if log else ticks)(*view.values, room):
            row = ABOVE + min(view.height - 1, int(view.down(value)))
            self._canvas.put(row, LEFT - 2 - len(label), label, self._labels)
            self._canvas.put(row, LEFT - 1, "┫", self._frame)
            self._canvas.put(row, self._right, "┣", self._frame)
        most = max(2, self._width // (LABEL + 3))
        for step, label in (time_ticks if times else ticks)(*view.steps, most):
            column = _column(view, step)
            self._canvas.put(0, column, "┻", self._frame)
            self._canvas.put(self._bottom, column, "┳", self._frame)
            start = min(column - len(label) // 2, self._canvas.width - len(label))
            self._canvas.put(self._bottom + 1, start, label, self._labels)

    def put_cursor(self, view: View, step: float, colour: str, label: str) -> None:
        """Draw a vertical line at a step, if it is in view, and its label over the ticks."""
        left, right = view.steps
        if left <= step <= right:
            column = _column(view, step)
            style = self._base + Style.parse(colour)
            self._canvas.fill(slice(ABOVE, self._bottom), column, "│", style)
            for row, inward in ((0, "┳"), (self._bottom, "┻")):
                end = inward if self._canvas.at(row, column) == "━" else "╋"
                self._canvas.put(row, column, end, self._frame)
            if label:
                # Blanks keep it apart from the labels of ticks.
                text = f" {label} "
                width = cell_len(text)
                start = max(0, min(column - width // 2, self._canvas.width - width))
                self._canvas.put(self._bottom + 1, start, text, style)


def _column(view: View, step: float) -> int:
    return LEFT + min(view.width - 1, int(view.across(step)))
