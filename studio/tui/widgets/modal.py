"""Screens over the panes."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A screen that is dismissed once, and never closes another one.

    Textual's screen closes whatever is on top. Two fast keys, a click that bubbles, or work that
    ends while another screen is on top would close that screen, or raise an error.
    """

    _pending_result: tuple[T | None] | None = None

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the screen: at once if it is on top, otherwise as soon as it is."""
        if self.is_active:
            return super().dismiss(result)
        if self in self.app.screen_stack:
            self._pending_result = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close if it was dismissed while another screen was on top."""
        if self._pending_result:
            self.dismiss(*self._pending_result)


class Palette(CommandPalette):
    """The command palette; it is dismissed only once."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette if it is on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
