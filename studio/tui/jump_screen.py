"""Jumping: a letter stands on each place of the screen that can have the focus."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.events import Key, Resize
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Label

from studio.tui.widgets.modal import Modal

# Those under the fingers first.
LETTERS = "asdfjklghqweruiotypzxcvnmbASDFJKLGHQWERUIOTYPZXCVNMB"


class JumpScreen(Modal[Widget | None]):
    """Shows the letters; the result is the place whose letter is pressed, or None."""

    def __init__(self, places: Iterable[Widget]) -> None:
        """`places` are on the screen, in the order of the focus."""
        super().__init__()
        self._places = dict(zip(LETTERS, places, strict=False))
        self._drawn_at: Size | None = None

    def compose(self) -> ComposeResult:
        for letter, widget in self._places.items():
            label = Label(letter, markup=False)
            label.styles.offset = widget.content_region.offset
            yield label

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss(self._places.get(event.character or ""))

    def on_resize(self, event: Resize) -> None:
        # The first one comes with the screen. After another the places are elsewhere.
        if self._drawn_at not in (None, event.size):
            self.dismiss(None)
        self._drawn_at = event.size

    def on_click(self) -> None:
        self.dismiss(None)
