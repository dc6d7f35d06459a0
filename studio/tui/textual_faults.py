"""Fixes for faults of Textual 8.2 that fast or random input and Chinese texts trigger."""

from typing import Any, Literal

import rich.text
import textual.content
from textual.content import Content
from textual.events import Click
from textual.widgets import Input, OptionList

from studio.line_breaks import line_breaks
from studio.tui.wide_cuts import repair_cuts
from studio.wording import printable


def repair() -> None:
    """Apply the fixes in this process. Called before an application starts."""
    move_page, click = OptionList._move_page, OptionList._on_click
    wrap, replace = Content._wrap_and_format, Input.replace

    def move_page_if_drawn(self: OptionList, direction: Literal[-1, 1]) -> None:
        # A list too small to be drawn has no lines, and looking up an option there raises a
        # KeyError.
        if (self.highlighted or 0) in self._index_to_line:
            move_page(self, direction)

    async def click_if_present(self: OptionList, event: Click) -> None:
        # The click has the index of the option as it was drawn; the list may be shorter now.
        option = event.style.meta.get("option")
        if option is None or option < len(self._options):
            await click(self, event)

    def wrap_in_some_width(
        self: Content,
        width: int,
        align: Any = "left",
        overflow: Any = "fold",
        no_wrap: bool = False,
        line_pad: int = 0,
        **options: Any,
    ) -> Any:
        # Where padding leaves no width, a word is cut into pieces of length 0.
        width = max(width, 2 * line_pad + 1)
        return wrap(self, width, align, overflow, no_wrap, line_pad, **options)

    def replace_by_printable(self: Input, text: str, start: int, end: int) -> None:
        # A field draws its text as it is: control characters that are pasted would reach the
        # terminal.
        replace(self, printable(text).replace("\n", ""), start, end)

    repair_cuts()
    Input.replace = replace_by_printable  # type: ignore[method-assign]
    textual.content.divide_line = line_breaks  # type: ignore[attr-defined]
    rich.text.divide_line = line_breaks  # type: ignore[attr-defined]
    Content._wrap_and_format = wrap_in_some_width  # type: ignore[assignment, method-assign]
    OptionList._move_page = move_page_if_drawn  # type: ignore[method-assign]
    OptionList._on_click = click_if_present  # type: ignore[method-assign]
