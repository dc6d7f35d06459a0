"""Lines on a grid of dots, and the characters that show them: braille, or one mark per cell."""

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Cells = NDArray[np.uint32]

# Dots in a cell of braille, and the first character of the block.
ACROSS, DOWN = 2, 4
BLANK = 0x2800
# The bits of a cell, by row and column of its dots.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint32)


def trace(
    x: NDArray[np.float64], y: NDArray[np.float64], across: int, down: int
) -> tuple[Places, Places]:
    """The columns and rows of the dots on the line through these points; some may be repeated.

    The grid has `across` by `down` dots. The points are in dots from its upper left corner; parts
    outside the grid are cut off.
    """
    if len(x) == 1:
        x, y = np.repeat(x, 2), np.repeat(y, 2)
    enter, leave = _within(x, across, y, down)
    seen = enter <= leave
    enter, leave = enter[seen], leave[seen]
    sides = []
    for values, size in ((x, across), (y, down)):
        start, span = values[:-1][seen], np.diff(values)[seen]
        ends = (start + enter * span, start + leave * span)
        sides.append([np.clip(np.floor(each).astype(np.int64), 0, size - 1) for each in ends])
    steps = np.max([np.abs(last - first) for first, last in sides], axis=0)
    # The dots of all lines, one line after the other; `share` is how far along its line a dot is.
    line = np.repeat(np.arange(len(steps)), steps + 1)
    done = np.arange(len(line)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    share = done / np.maximum(steps, 1)[line]
    columns, rows = (
        np.rint(first[line] + share * (last - first)[line]).astype(np.int64)
        for first, last in sides
    )
    return columns, rows


def _within(
    x: NDArray[np.float64], across: int, y: NDArray[np.float64], down: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each line enters and leaves the grid, from 0 to 1 (Liang and Barsky 1984)."""
    enter, leave = np.zeros(len(x) - 1), np.ones(len(x) - 1)
    for values, size in ((x, across), (y, down)):
        start, span = values[:-1], np.diff(values)
        with np.errstate(all="ignore"):
            edges = np.sort([-start / span, (size - start) / span], axis=0)
        # A line parallel to the edges is between them everywhere or nowhere.
        along = span == 0
        outside = (start < 0) | (start > size)
        edges[0][along], edges[1][along] = np.where(outside[along], np.inf, -np.inf), np.inf
        enter, leave = np.maximum(enter, edges[0]), np.minimum(leave, edges[1])
    return enter, leave


def cells(columns: Places, rows: Places, width: int, height: int) -> Cells:
    """The braille characters for these dots, as code points; 0 for a cell without dots."""
    bits = np.zeros((height, width), np.uint32)
    np.bitwise_or.at(bits, (rows // DOWN, columns // ACROSS), _BITS[rows % DOWN, columns % ACROSS])
    return np.where(bits > 0, bits + BLANK, 0).astype(np.uint32)


def marks(columns: Places, rows: Places, width: int, height: int, character: str) -> Cells:
    """Cells with a character at these places, as its code point, and 0 elsewhere."""
    marked = np.zeros((height, width), np.uint32)
    marked[rows, columns] = ord(character)
    return marked
