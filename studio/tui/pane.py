"""What the three panes share."""

from collections.abc import Iterable, Mapping
from itertools import takewhile

from textual.containers import Container
from textual.dom import DOMNode
from textual.events import DescendantFocus, Resize
from textual.geometry import Size
from textual.widget import Widget

from studio.messages import Command, Event
from studio.paths import Home
from studio.tui.host import Host, host_of

TITLES = {"corpus": "Corpus", "training": "Training", "playground": "Playground"}
NARROW = 64


class Pane(Container, can_focus=True):
    """One of the studio's panes: shows what the worker tells, sends it commands.

    A pane has the class `-narrow` while it is less than `NARROW` columns wide, and `-current` while
    it is the one that has the focus or had it last.
    """

    _last_focus: Widget | None = None

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
        """Whether the pane can be seen: no need to draw or measure anything while it cannot."""
        return self.display and self.is_attached and self.screen.is_current

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        self.studio.send(command)

    def receive(self, event: Event) -> None:
        """Hear an event of the worker; called on the application's thread, in order."""

    def focus_first(self) -> None:
        """Put the focus where a person who comes to this pane would begin."""
        self.focus()

    def look_again(self) -> None:
        """See what has changed outside of the studio; called when a person comes to the pane."""

    def _shows(self, widget: Widget) -> bool:
        """Whether a widget of the pane is displayed: Textual focuses others, too."""
        within = takewhile(lambda node: node is not self, widget.ancestors_with_self)
        return all(node.display for node in within)

    def come_back(self) -> None:
        """Put the focus where it was in this pane, or where one would begin."""
        last = self._last_focus
        if last and last.is_attached and last.focusable and self._shows(last):
            last.focus()
        else:
            self.focus_first()

    def on_focus(self) -> None:
        self.studio.current = self.id or ""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._last_focus = event.widget
        self.studio.current = self.id or ""

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """What had the focus may have been hidden: the pane's keys must work all the same."""
        if self.studio.current == self.id and self.is_showing and self.screen.focused is None:
            self.come_back()

    def on_resize(self, event: Resize) -> None:
        self.restyle(self.size_classes(event.size), self.styled())

    def size_classes(self, size: Size) -> dict[str, bool]:
        """The classes that depend on the pane's size."""
        return {"-narrow": size.width < NARROW}

    def styled(self) -> Iterable[DOMNode]:
        """The nodes whose looks depend on the pane's classes."""
        return self.walk_children(with_self=True)

    def restyle(self, classes: Mapping[str, bool], nodes: Iterable[DOMNode]) -> None:
        """Set classes at once and style only those nodes again: all of them would take too long."""
        before = self.classes
        self.update_classes(classes, update=False)
        if self.classes != before:
            self.app.stylesheet.update_nodes(nodes)
