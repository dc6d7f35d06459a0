"""Faults of Textual 8.2 that a fast or random hand meets, repaired in one place."""

from typing import Literal

from textual.events import Click
from textual.widgets import OptionList


def repair() -> None:
    """Repair them for this process; called before an application starts."""
    move_page, click = OptionList._move_page, OptionList._on_click

    def move_page_once_drawn(self: OptionList, direction: Literal[-1, 1]) -> None:
        # Page up and down look options up among the lines, which a list too small to be drawn
        # does not have: a KeyError.
        if (self.highlighted or 0) in self._index_to_line:
            move_page(self, direction)

    async def click_on_what_is_there(self: OptionList, event: Click) -> None:
        # What was clicked is known by its number, and the options may be others by now.
        option = event.style.meta.get("option")
        if option is None or option < len(self._options):
            await click(self, event)

    OptionList._move_page = move_page_once_drawn  # type: ignore[method-assign]
    OptionList._on_click = click_on_what_is_there  # type: ignore[method-assign]
