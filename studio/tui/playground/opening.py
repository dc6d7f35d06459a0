"""The opening of the poem: a field to type in, a note under it, and a summary of the request."""

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from studio.collection.in_words import settings_in_words
from studio.errors import StudioError
from studio.translation import marked, tr, tr_n
from studio.tui.playground.model_choices import model_in_words
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.verse.request import ComposeRequest


class Opening(Vertical):
    """Takes the first characters of a poem; also shows notes, and the request if it is narrow."""

    def compose(self) -> ComposeResult:
        yield OpeningInput(id="opening")
        yield Static(id="opening-note", markup=False)
        yield Static(id="request-summary", markup=False)

    @property
    def input(self) -> "OpeningInput":
        """The field for the first characters."""
        return self.query_one(OpeningInput)

    def start_with(self, text: str) -> None:
        """Start a new opening with text typed outside the field; what follows is typed into it."""
        if self.screen.focused is not self.input:
            self.input.value = ""
            self.screen.set_focus(self.input)
        self.input.insert_text_at_cursor(text)

    def show_note(self, text: str, error: bool = False) -> None:
        """Show a text under the field."""
        note = self.query_one("#opening-note", Static)
        # Each update lays the whole screen out again.
        if str(note.content) != text:
            note.update(text)
        note.display = bool(text)
        note.set_class(error, "error")

    def take_back(self, text: str) -> None:
        """Remove a text from under the field, if it is still there."""
        if str(self.query_one("#opening-note", Static).content) == text:
            self.show_note("")

    def show_summary(self, request: ComposeRequest | None, new_seed: bool) -> None:
        """Show a request in a few words; None if a setting of it is not usable."""
        summary = self.query_one("#request-summary", Static)
        if request is None:
            summary.update(tr("a setting is not usable: press o"))
            return
        words = [settings_in_words(request)]
        if request.candidates > 1:
            words.append(tr_n("{count} poem", "{count} poems", request.candidates))
        words.append(tr("new seed") if new_seed else tr("seed {seed}", seed=request.seed))
        if request.model != "auto":
            words.append(model_in_words(request.model))
        summary.update(Content(" · ".join(words)))

    @on(Input.Changed)
    def _show_converted(self, event: Input.Changed) -> None:
        event.stop()
        try:
            converted = ComposeRequest(first=event.value).first
        except StudioError as error:
            self.show_note(str(error), error=True)
        else:
            self.show_note(f"→ {converted}" if converted != event.value else "")


_TITLE = marked("i Opening")
# What to type, the longest text first.
_HINTS = (
    marked("first characters or pinyin, or nothing"),
    marked("characters, pinyin or nothing"),
    marked("characters or pinyin"),
    marked("characters"),
)


class OpeningInput(PinyinInput):
    """Takes Chinese, or pinyin for it; its frame shows its keys."""

    def __init__(self, id: str) -> None:
        # The first character typed elsewhere moves the focus here: it must not be selected.
        super().__init__(id=id, select_on_focus=False)
        self.border_title = tr(_TITLE)

    def say_again(self) -> None:
        """Name its keys, and say what to type, in the language of now."""
        self.border_title = tr(_TITLE)
        if self.has_focus:
            self.on_focus()
        self.on_resize()

    def on_resize(self) -> None:
        room = self.content_size.width
        hints = [tr(hint) for hint in _HINTS]
        self.placeholder = next((hint for hint in hints if cell_len(hint) <= room), hints[-1])

    def on_focus(self) -> None:
        self.border_subtitle = tr("enter writes · escape leaves")

    def on_blur(self) -> None:
        self.border_subtitle = ""
