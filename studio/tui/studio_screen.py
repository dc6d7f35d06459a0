"""The screen with the three panes, side by side or one at a time."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.screen import Screen

from studio.tui.corpus.pane import CorpusPane
from studio.tui.host import host_of
from studio.tui.pane import TITLES, Pane
from studio.tui.playground.pane import PlaygroundPane
from studio.tui.tab_line import TabLine
from studio.tui.training.pane import TrainingPane
from studio.tui.widgets.key_bar import KeyBar

# From this width the panes are side by side.
COLUMNS_FROM = 120


class StudioScreen(Screen[None]):
    """Three panes, a line of tabs if only one is shown, and the line of keys.

    `zoomed`: the current pane has the whole terminal although all three would fit.
    """

    PANES: ClassVar[dict[str, type[Pane]]] = {
        "corpus": CorpusPane,
        "training": TrainingPane,
        "playground": PlaygroundPane,
    }

    def __init__(self) -> None:
        super().__init__(id="_default")
        self.zoomed = False
        self._width = 0

    def compose(self) -> ComposeResult:
        yield TabLine(TITLES)
        with Horizontal(id="panes"):
            for name, kind in self.PANES.items():
                yield kind(id=name)
        yield KeyBar()

    @property
    def tabs(self) -> TabLine:
        """The line of tabs."""
        return self.query_one(TabLine)

    @property
    def training(self) -> TrainingPane:
        """The training pane."""
        return self.query_one(TrainingPane)

    @property
    def panes(self) -> list[Pane]:
        """The panes, from left to right."""
        # A query would walk through every widget; this is called at every event.
        return [each for each in self.query_one("#panes").children if isinstance(each, Pane)]

    def pane(self, name: str) -> Pane:
        """The pane with this id."""
        return self.query_one(f"#{name}", Pane)

    def on_mount(self) -> None:
        """Give the panes their titles, and the classes for the size that they will get.

        The first frame needs the classes. In the style sheet the current pane gets half the width
        and the others a quarter each.
        """
        self._width, height = self.app.size
        current = host_of(self).current
        self.tabs.current = current
        self._arrange()
        columns = self.has_columns
        for number, pane in enumerate(self.panes, start=1):
            pane.border_title = f"{number} {TITLES[pane.id or '']}"
            quarters = 4 if not columns else 2 if pane.id == current else 1
            size = Size(self._width * quarters // 4, height - 1 - (not columns))
            pane.update_classes(pane.size_classes(size) | {"-current": pane.id == current})

    def set_current(self, current: str) -> None:
        """Mark the current pane, and update it from disk."""
        for pane in self.panes:
            pane.restyle({"-current": pane.id == current}, [pane])
            if pane.id == current:
                pane.refresh_from_disk()
        self.tabs.current = current

    # --- the layout -----------------------------------------------------------------------------

    @property
    def has_columns(self) -> bool:
        """Whether the settings and the width allow panes side by side."""
        layout = host_of(self).settings.layout
        return layout == "columns" or (layout == "auto" and self._width >= COLUMNS_FROM)

    def zoom(self, zoomed: bool) -> None:
        """Give the current pane the whole terminal, or lay the panes out by the settings."""
        self.zoomed = zoomed
        self._arrange()
        self.refresh_bindings()

    def _screen_resized(self, size: Size) -> None:
        # Here, not in on_resize, which comes later: in between, the panes would have the layout of
        # one size and the style of another.
        self._width = size.width
        self._arrange()
        self.refresh_bindings()
        super()._screen_resized(size)

    def _arrange(self) -> None:
        single = self.zoomed or not self.has_columns
        if self.has_class("-single") != single:
            self.set_class(single, "-single", update=False)
            self.app.stylesheet.update_nodes([self, *self.query("#tabs, Pane")])
