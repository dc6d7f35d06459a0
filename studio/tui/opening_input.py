"""The field for the characters that a poem shall begin with."""

from textual.events import Paste
from textual.message import Message

from studio.corpus.cleaning import typed_opening
from studio.errors import StudioError
from studio.tui.line_input import LineInput


class OpeningInput(LineInput):
    """Takes what is typed or pasted, several lines too, but nothing a terminal cannot show."""

    class Refused(Message):
        """What was typed is not text; `reason` says what to do."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, id: str) -> None:
        # Typed elsewhere, the first character brings the focus here: it must not be selected.
        super().__init__(id=id, placeholder="first characters, or nothing", select_on_focus=False)
        self.border_title = "Opening"

    def on_focus(self) -> None:
        self.border_subtitle = "enter writes · escape leaves"

    def on_blur(self) -> None:
        self.border_subtitle = ""

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert what can be shown; lone surrogates are refused with the reason."""
        try:
            typed_opening(text)
        except StudioError as error:
            self.post_message(self.Refused(str(error)))
            return
        super().insert_text_at_cursor("".join(filter(str.isprintable, text)))

    def _on_paste(self, event: Paste) -> None:
        # Input itself takes the first line only.
        self.insert_text_at_cursor(event.text)
        event.prevent_default()
        event.stop()
