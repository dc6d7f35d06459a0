"""A grid of characters with styles, which finds its differences from another one."""

import itertools

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from studio.tui.drawing.braille import Cells

_SECOND = 0  # the second cell of a wide character


class Canvas:
    """A character and a style for each of `height` by `width` cells; at first all are blank."""

    def __init__(self, width: int, height: int, style: Style) -> None:
        self.width, self.height = width, height
        self._styles = [style]
        self._characters = np.full((height, width), ord(" "), np.uint32)
        # The index of each cell's style in the list.
        self._style = np.zeros((height, width), np.uint8)

    def put(self, row: int, column: int, text: str, style: Style) -> None:
        """Write text, from this place to the right; what does not fit is cut off."""
        codes = [ord(each) for each in text]
        if not text.isascii():
            codes = [code for each in text for code in (ord(each), _SECOND)[: cell_len(each)]]
        codes = codes[: max(0, self.width - column)]
        place = (row, slice(column, column + len(codes)))
        self._characters[place] = codes
        self._style[place] = self._number(style)

    def fill(self, rows: slice, column: int, character: str, style: Style) -> None:
        """Write a character into each of these rows."""
        self._characters[rows, column] = ord(character)
        self._style[rows, column] = self._number(style)

    def lay(self, row: int, column: int, codes: Cells, style: Style) -> None:
        """Draw characters over the canvas, from this corner. Cells of 0 are transparent."""
        place = (slice(row, row + codes.shape[0]), slice(column, column + codes.shape[1]))
        drawn = codes > 0
        self._characters[place][drawn] = codes[drawn]
        self._style[place][drawn] = self._number(style)

    def at(self, row: int, column: int) -> str:
        """The character in a cell."""
        return chr(self._characters[row, column])

    def line(self, row: int) -> Strip:
        """A row as the terminal shows it."""
        text = self._characters[row].tobytes().decode("utf-32-le")
        styles = self._style[row]
        edges = [0, *(np.flatnonzero(np.diff(styles)) + 1).tolist(), len(text)]
        runs = itertools.pairwise(edges)
        return Strip(
            [
                Segment(text[a:b].replace(chr(_SECOND), ""), self._styles[styles[a]])
                for a, b in runs
            ],
            len(text),
        )

    def changes(self, before: "Canvas") -> list[Region] | None:
        """The parts of rows that differ from another canvas; None if anything may differ."""
        if before._styles != self._styles or before._style.shape != self._style.shape:
            return None
        differs = (self._characters != before._characters) | (self._style != before._style)
        # Both cells of a wide character are drawn.
        differs[:, 1:] |= differs[:, :-1] & (self._characters[:, 1:] == _SECOND)
        regions = []
        for row in np.flatnonzero(differs.any(axis=1)).tolist():
            columns = np.flatnonzero(differs[row])
            first, last = int(columns[0]), int(columns[-1])
            regions.append(Region(first, row, last - first + 1, 1))
        return regions

    def _number(self, style: Style) -> int:
        if style not in self._styles:
            self._styles.append(style)
        return self._styles.index(style)
