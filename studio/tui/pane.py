"""The base class of the three panes."""

from itertools import takewhile
from typing import ClassVar

from textual.containers import Container
from textual.events import DescendantFocus, Resize
from textual.geometry import Size
from textual.widget import Widget

from studio.messages import Command, Event
from studio.paths import Home
from studio.translation import marked
from studio.tui.host import Host, host_of

TITLES = {
    "corpus": marked("Corpus"),
    "training": marked("Training"),
    "playground": marked("Playground"),
}
NARROW = 64


class Pane(Container, can_focus=True):
    """One of the studio's panes: shows the worker's events and sends it commands.

    A pane has the class `-narrow` while it is less than `NARROW` columns wide, and `-current` while
    it has the focus or had it last. `last_focus` is the widget in it that had the focus last.
    """

    # Selects the widgets in the pane whose style depends on the pane's classes.
    STYLED_BY_CLASSES: ClassVar[str] = "*"

    last_focus: Widget | None = None

    @property
    def studio(self) -> Host:
        """The studio that the pane is in."""
        return host_of(self)

    @property
    def home(self) -> Home:
        """The user's folders."""
        return self.studio.home

    @property
    def is_showing(self) -> bool:
        """Whether the pane is visible; while it is not, there is no need to draw or measure."""
        return self.display and self.is_attached and self.screen.is_current

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        self.studio.send(command)

    async def complete(self) -> None:
        """Add what the first frame does without. Called once, when it is drawn."""

    def receive(self, event: Event) -> None:
        """Handle an event of the worker. Called on the application's thread, in order."""

    def focus_first(self) -> None:
        """Focus the widget to start with in this pane."""
        self.focus()

    def refresh_from_disk(self) -> None:
        """Show what other processes have written. Called when the user enters the pane."""

    def is_displayed(self, widget: Widget) -> bool:
        """Whether a widget of the pane is displayed; Textual also focuses hidden ones."""
        within = takewhile(lambda node: node is not self, widget.ancestors_with_self)
        return all(node.display for node in within)

    def restore_focus(self) -> None:
        """Focus the widget that had the focus last in this pane, or else the first one."""
        last = self.last_focus
        if last and last.is_attached and last.focusable and self.is_displayed(last):
            last.focus()
        else:
            self.focus_first()

    def on_focus(self) -> None:
        self.studio.current = self.id or ""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.last_focus = event.widget
        self.studio.current = self.id or ""

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """Restore the focus if its widget was hidden: the pane's keys must still work."""
        if self.studio.current == self.id and self.is_showing and self.screen.focused is None:
            self.restore_focus()

    def on_resize(self, event: Resize) -> None:
        self.update_classes(self.size_classes(event.size))

    def size_classes(self, size: Size) -> dict[str, bool]:
        """The classes that depend on the pane's size."""
        return {"-narrow": size.width < NARROW}

    def update_node_styles(self, animate: bool = True) -> None:
        """Style the pane and the widgets that have rules with its classes (`STYLED_BY_CLASSES`).

        Textual would style every widget in the pane. So a rule with one of these classes must not
        change what other widgets inherit, such as the colour of text.
        """
        nodes = (self, *self.query(self.STYLED_BY_CLASSES))
        self.app.stylesheet.update_nodes(nodes, animate=animate)
