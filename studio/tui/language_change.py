"""Another language at once: every text on the screen is translated again; nothing else changes."""

from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.widget import Widget
from textual.widgets import Input, Static

from studio.translation import again


@runtime_checkable
class Speaking(Protocol):
    """A widget that keeps texts, or draws only what has changed."""

    def say_again(self) -> None:
        """Show the same in the language of now."""


def say_all_again(app: App[Any]) -> None:
    """Show all screens, and the notices, in the language of now."""
    for notice in app._notifications:
        notice.message, notice.title = again(notice.message), again(notice.title)
    for screen in list(app.screen_stack):
        for node in screen.walk_children(Widget, with_self=True):
            if isinstance(node, Static) and isinstance(node.content, str):
                node.update(again(node.content))
            elif isinstance(node, Input):
                node.placeholder = again(node.placeholder)
            if isinstance(node, Speaking):
                node.say_again()
            node.refresh(layout=True)
