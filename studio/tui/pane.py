"""What the three panes share."""

from typing import TYPE_CHECKING, cast

from textual.containers import Container
from textual.events import Resize

from studio.messages import Command, Event
from studio.paths import Home

if TYPE_CHECKING:
    from studio.tui.app import StudioApp

NARROW = 64


class Pane(Container):
    """One of the studio's panes: shows what the worker tells, sends it commands.

    A pane has the class `-narrow` while it is less than `NARROW` columns wide.
    """

    @property
    def studio(self) -> "StudioApp":
        """The application."""
        return cast("StudioApp", self.app)

    @property
    def home(self) -> Home:
        """The user's folders."""
        return self.studio.home

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        self.studio.send(command)

    def receive(self, event: Event) -> None:
        """Hear an event of the worker; called on the application's thread, in order."""

    def focus_first(self) -> None:
        """Put the focus where a person who comes to this pane would begin."""

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width < NARROW, "-narrow")
