"""Screens over the panes."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A screen that is dismissed once.

    Textual's own pops whatever is on top: two fast keys, or a click that also bubbles, would close
    the screen below as well, or fail where there is none.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the screen; does nothing where it is closed already."""
        return super().dismiss(result) if self.is_current else AwaitComplete()


class Palette(CommandPalette):
    """The command palette, dismissed once."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette; does nothing where it is closed already."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
