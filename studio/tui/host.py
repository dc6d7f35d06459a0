"""What a pane may ask of the studio that it is in."""

from typing import Any, Protocol, cast

from textual.dom import DOMNode

from studio.messages import Command
from studio.paths import Home
from studio.settings import Settings
from studio.tui.pinyin_keeper import PinyinKeeper
from studio.tui.run_in_training import RunInTraining


class Host(Protocol):
    """The studio as its panes see it. Panes import this, not the application."""

    home: Home
    """The user's folders."""
    settings: Settings
    pinyin: PinyinKeeper
    run_in_training: RunInTraining
    current: str
    """The pane that has the focus, or had it last."""

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""

    def say(self, message: str, *, title: str = "", severity: Any = "information") -> None:
        """Show a notification; `message` is text, not markup."""

    def remember(self, **changes: object) -> None:
        """Keep settings for the next time."""


def host_of(node: DOMNode) -> Host:
    """The studio that a widget is in."""
    return cast(Host, node.app)
