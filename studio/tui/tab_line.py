"""The line above a single pane: the names of all panes, and the progress of training."""

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from studio.translation import tr


class TabLine(Widget):
    """The panes' names with the current one marked, and a summary of the training."""

    COMPONENT_CLASSES = {  # noqa: RUF012  # Textual's own shape
        "tab-line--current",
        "tab-line--other",
        "tab-line--state",
    }
    ALLOW_SELECT = False

    current: reactive[str] = reactive("")
    state: reactive[str] = reactive("")

    def __init__(self, titles: dict[str, str]) -> None:
        """`titles` maps the panes' ids to their names."""
        super().__init__(id="tabs")
        self.auto_links = False
        self._titles = titles

    def render(self) -> RenderResult:
        line = Text(no_wrap=True, end="")
        for number, (pane, title) in enumerate(self._titles.items(), start=1):
            part = "current" if pane == self.current else "other"
            style = self.get_component_rich_style(f"tab-line--{part}", partial=True)
            click = Style(meta={"@click": f"app.pane({pane!r})"})
            line.append(f" {number} {tr(title)} ", style + click)
        state = Text(f" {self.state} ", self.get_component_rich_style("tab-line--state"))
        room = self.size.width - line.cell_len - state.cell_len
        if self.state and room >= 0:
            line.append(" " * room)
            line.append_text(state)
        return line
