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

# From this width on the panes are side by side.
COLUMNS_FROM = 120


class StudioScreen(Screen[None]):
    """Three panes, the line of tabs above one that is alone, and the line of keys.

    `zoomed`: the current pane has the whole terminal though there is room for all three.
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
        """The pane that starts runs."""
        return self.query_one(TrainingPane)

    @property
    def panes(self) -> list[Pane]:
        """The panes, from left to right."""
        # Not by a query, which walks through every widget: this is asked at every event.
        return [each for each in self.query_one("#panes").children if isinstance(each, Pane)]

    def pane(self, name: str) -> Pane:
        """The pane of a name."""
        return self.query_one(f"#{name}", Pane)

    def on_mount(self) -> None:
        """Give the panes titles, and the classes of the size that they will have.

        The first frame needs the classes. The style sheet gives the current pane half the width,
        the others a quarter each.
        """
        self._width, height = self.app.size
        current = host_of(self).current
        self.tabs.current = current
        self._arrange()
        beside = self.has_columns
        for number, pane in enumerate(self.panes, start=1):
            pane.border_title = f"{number} {TITLES[pane.id or '']}"
            quarters = 4 if not beside else 2 if pane.id == current else 1
            size = Size(self._width * quarters // 4, height - 1 - (not beside))
            pane.update_classes(pane.size_classes(size) | {"-current": pane.id == current})

    def mark_current(self, current: str) -> None:
        """Show which pane is the current one."""
        for pane in self.panes:
            pane.restyle({"-current": pane.id == current}, [pane])
            if pane.id == current:
                pane.look_again()
        self.tabs.current = current

    # --- the layout -----------------------------------------------------------------------------

    @property
    def has_columns(self) -> bool:
        """Whether there is room, and the wish, for panes side by side."""
        layout = host_of(self).settings.layout
        return layout == "columns" or (layout == "auto" and self._width >= COLUMNS_FROM)

    def zoom(self, zoomed: bool) -> None:
        """Give the current pane the whole terminal, or arrange the panes as the settings say."""
        self.zoomed = zoomed
        self._arrange()
        self.refresh_bindings()

    def _screen_resized(self, size: Size) -> None:
        # Together with the new size, not when the terminal reports it: between the two, the panes
        # would have the layout of one size and the style of the other.
        self._width = size.width
        self._arrange()
        self.refresh_bindings()
        super()._screen_resized(size)

    def _arrange(self) -> None:
        single = self.zoomed or not self.has_columns
        if self.has_class("-single") != single:
            self.set_class(single, "-single", update=False)
            self.app.stylesheet.update_nodes([self, *self.query("#tabs, Pane")])
