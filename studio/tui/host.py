"""The part of the application that the panes use."""

from pathlib import Path
from typing import Any, Protocol, cast

from textual.dom import DOMNode

from studio.messages import Command
from studio.paths import Home
from studio.settings import Settings
from studio.tui.pinyin_keeper import PinyinKeeper
from studio.tui.run_in_training import RunInTraining


class Host(Protocol):
    """The application as the panes see it. Panes import this, not the application."""

    home: Home
    """The user's folders."""
    settings: Settings
    pinyin: PinyinKeeper
    run_in_training: RunInTraining
    export_folder: Path
    """The folder that files were exported to last, or else the working directory."""
    current: str
    """The id of the pane that has the focus, or had it last."""

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""

    def show_notice(self, message: str, *, title: str = "", severity: Any = "information") -> None:
        """Show a notification; `message` is text, not markup."""

    def save_settings(self, **changes: object) -> None:
        """Change settings, now and in the settings file."""


def host_of(node: DOMNode) -> Host:
    """The application that a widget belongs to."""
    return cast(Host, node.app)
