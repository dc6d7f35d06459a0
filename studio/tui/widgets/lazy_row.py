"""A row of a long list, made when it is drawn."""

from collections.abc import Callable

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual


class LazyRow(Visual):
    """One row of text for a list of options, which may have tens of thousands.

    Textual makes and wraps all of them before it shows the first.
    """

    def __init__(self, make: Callable[[int], Content]) -> None:
        """`make` returns the row for a width in cells."""
        self._make = make

    def __str__(self) -> str:
        return str(self._make(1000))

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """The row; what does not fit is cut off."""
        row = self._make(width).truncate(width, ellipsis=True)
        return row.render_strips(width, 1, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """All the width that there is."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Always one line."""
        return 1
