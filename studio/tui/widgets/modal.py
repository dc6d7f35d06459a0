"""Screens over the panes."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A screen that is dismissed once, and never takes another one with it.

    Textual's own pops whatever is on top: two fast keys, a click that also bubbles, or work that
    ends while another screen is on top would close that one, or fail.
    """

    _late: tuple[T | None] | None = None

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the screen: at once where it is on top, otherwise as soon as it is."""
        if self.is_active:
            return super().dismiss(result)
        if self in self.app.screen_stack:
            self._late = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close where it was dismissed while another screen was on top."""
        if self._late:
            self.dismiss(*self._late)


class Palette(CommandPalette):
    """The command palette, dismissed once."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette; does nothing where it is not on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
