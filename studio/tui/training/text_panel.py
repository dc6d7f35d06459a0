"""A panel of a few lines of text."""

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget


class TextPanel(Widget):
    """Repainted only when its text changes, and laid out again only when its line count changes."""

    _drawn: tuple[str, list[Text]] = ("", [])
    _width = 0

    def title(self) -> str:
        """The text in the border."""
        return ""

    def lines(self, width: int) -> list[Text]:
        """The current text, in lines of at most `width` cells."""
        raise NotImplementedError

    def say_again(self) -> None:
        """Draw the text in the language of now."""
        self.update()

    def update(self) -> None:
        """Repaint the panel if its text has changed."""
        before, lines_before = self._drawn
        self._width = self.content_size.width
        title, lines = self._drawn = (self.title(), self.lines(self._width))
        if title != before:
            self.border_title = Text(title)
        if _differ(lines, lines_before):
            self.refresh(layout=len(lines) != len(lines_before))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def render(self) -> RenderResult:
        width = self.content_size.width
        lines = self._drawn[1] if width == self._width else self.lines(width)
        return Text("\n", end="").join(lines)


def _differ(lines: list[Text], before: list[Text]) -> bool:
    # Comparing texts leaves out their style, which another theme changes.
    return lines != before or [line.style for line in lines] != [line.style for line in before]
