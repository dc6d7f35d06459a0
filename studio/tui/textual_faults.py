"""Faults of Textual 8.2 that a fast or random hand meets, repaired in one place."""

from typing import Literal

from textual.widgets import OptionList


def repair() -> None:
    """Repair them for this process; called before an application starts."""
    move_page = OptionList._move_page

    def move_page_once_drawn(self: OptionList, direction: Literal[-1, 1]) -> None:
        # Page up and down look options up among the lines, which a list too small to be drawn
        # does not have: a KeyError.
        if (self.highlighted or 0) in self._index_to_line:
            move_page(self, direction)

    OptionList._move_page = move_page_once_drawn  # type: ignore[method-assign]
