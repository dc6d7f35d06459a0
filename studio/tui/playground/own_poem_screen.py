"""A poem of one's own: typed, pasted or opened from a file, and sent to the workbench."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, Label, Select, Static, TextArea

from studio.corpus.poem import couplets, verse_lines
from studio.corpus.poems_in_files import Readable, Unreadable, read_poems, why
from studio.errors import StudioError
from studio.messages import Composed
from studio.translation import marked, tr
from studio.tui.playground.chooser import ChosenPoem, PoemChooser, PoemEntry
from studio.tui.playground.request_options import FREE, form_options
from studio.tui.poem.remarks import scansion_of, summary
from studio.tui.widgets.form_fields import ChoiceField, Option
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal
from studio.tui.widgets.pinyin_input import PinyinArea
from studio.tui.widgets.pinyin_typing import PinyinTyping
from studio.verse.own_poem import OwnPoemError, own_poem
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest, WrittenPoem
from studio.wording import printable

_FOUND = "found"


@dataclass(frozen=True, slots=True)
class TypedPoem:
    """What was typed, the form that was chosen, and the request for it, if it is to be worked on.

    `form` is a name of a form, `FREE`, or "found".
    """

    text: str = ""
    form: str = _FOUND
    request: ComposeRequest | None = None


class PoemArea(PinyinArea):
    """The text of the poem. Enter in an empty last row ends it."""

    class Ended(Message):
        """The person has finished the poem."""

    async def _on_key(self, event: Key) -> None:
        at_end = self.cursor_location == self.document.end
        empty = not self.document.get_line(self.cursor_location[0]).strip()
        if event.key == "enter" and not self.letters and at_end and empty and self.text.strip():
            event.stop()
            event.prevent_default()
            self.post_message(self.Ended())


class OwnPoemScreen(Modal[TypedPoem | None]):
    """Takes a poem; the result has its request if it goes to the workbench."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "work", marked("Work on it"), id="own.work", priority=True),
        Binding("f6", "open", marked("Open a file"), id="own.open", priority=True),
        Binding("f7", "next_form", marked("Another form"), id="own.form", priority=True),
        Binding("escape", "back", marked("Back"), id="own.back"),
    ]

    def __init__(self, typed: TypedPoem, like: ComposeRequest) -> None:
        """`typed` is what was typed before; model and sampling are those of `like`."""
        super().__init__()
        self._before, self._like = typed, like

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large", id="own-poem"):
            yield Label(tr("A poem of your own"), classes="title", markup=False)
            yield PoemArea(
                self._before.text,
                placeholder=tr(
                    "Type or paste the poem, in Chinese or in pinyin.\n"
                    "_ is a character that the model writes later.\n"
                    "Enter in an empty row puts it on the workbench."
                ),
                compact=True,
                id="own-text",
            )
            yield Static(id="said", markup=False)
            with Horizontal(id="own-fields"):
                found = Option(_FOUND, tr("found by its shape"))
                yield ChoiceField("own-form", tr("Form"), [found, *form_options()])
                yield Input(placeholder=tr("a file to open"), compact=True, id="own-file")
        yield KeyBar()

    def on_mount(self) -> None:
        self._form.value = self._before.form
        self._area.move_cursor(self._area.document.end)
        self._area.focus()

    @property
    def _area(self) -> PoemArea:
        return self.query_one(PoemArea)

    @property
    def _form(self) -> ChoiceField:
        return self.query_one("#field-own-form", ChoiceField)

    def _request(self) -> ComposeRequest:
        """The request for the poem as it is; raises OwnPoemError."""
        return self._request_as(self._form.value)

    def _request_as(self, chosen: str) -> ComposeRequest:
        """The same in a form that can be chosen."""
        form = {_FOUND: None, FREE: ""}.get(chosen, chosen)
        return own_poem(self._area.text, form, self._like)

    def action_next_form(self) -> None:
        """Choose the next form that the text can have; a couplet first, if it has two lines."""
        found = {}
        for chosen in self._form.values:
            with contextlib.suppress(StudioError):
                found[chosen] = self._request_as(chosen)
        pair = COUPLET_FORM in found and len(verse_lines(found[COUPLET_FORM].given)) == 2
        order = sorted(found, key=lambda each: (each != _FOUND, pair and each != COUPLET_FORM))
        now = self._form.value
        at = order.index(now) if now in order else -1
        for chosen in order[at + 1 :] + order[:at]:
            if now not in found or found[chosen].form != found[now].form:
                self._form.value = chosen
                return

    @on(TextArea.Changed)
    @on(Select.Changed)
    def _show_found(self, event: Message) -> None:
        """Show what the poem is, as far as it is typed."""
        event.stop()
        if not self._area.text.strip():
            self._show("")
            return
        try:
            request = self._request()
        except StudioError as error:
            self._show(str(error))
            return
        scansion = scansion_of(request.given, request)
        missing = request.given.count(BLANK)
        words = [summary(scansion) if scansion else "", tr("free") if not request.form else ""]
        words.append(tr("{count} to be written", count=missing) if missing else "")
        self._show(" · ".join(filter(None, words)))

    @on(PoemArea.Ended)
    def action_work(self) -> None:
        """Put the poem on the workbench, or show in its place what is wrong with it."""
        try:
            request = self._request()
        except OwnPoemError as error:
            self._area.focus()
            self._area.move_cursor((error.row, error.column))
            self._show(str(error), error=True)
        else:
            self.dismiss(TypedPoem(self._area.text, self._form.value, request))

    def action_back(self) -> None:
        """Go from a field to the text, or close; what is typed is kept."""
        if self._area.has_focus:
            self.dismiss(TypedPoem(self._area.text, self._form.value))
        else:
            self._area.focus()

    @on(PinyinTyping.Refused)
    def _refused(self, event: PinyinTyping.Refused) -> None:
        event.stop()
        self._show(event.reason, error=True)

    def _show(self, text: str, error: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.update(Content(text))
        said.set_class(error, "error")

    # --- files ----------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Type the name of a file."""
        self.query_one("#own-file", Input).focus()

    @on(Input.Submitted, "#own-file")
    def _open(self, event: Input.Submitted) -> None:
        event.stop()
        if name := event.value.strip():
            self._show(tr("Reading ..."))
            self.run_worker(self._read(name), exclusive=True)

    async def _read(self, name: str) -> None:
        try:
            path = str(Path(name).expanduser())
            read = await asyncio.to_thread(read_poems, path, printable(name))
        except (StudioError, RuntimeError) as error:
            self._show(str(error), error=True)
            return
        poems = [each for each in read if isinstance(each, Readable)]
        if len(poems) == 1:
            self._take(poems[0].text)
        elif poems:
            entries = [_entry(each) for each in reversed(poems)]
            title = tr("Poems in {name}", name=printable(Path(name).name))
            self.app.push_screen(PoemChooser(title, entries, ""), self._chosen)
            self._show("")
        else:
            reasons = [why(each) for each in read if isinstance(each, Unreadable)]
            self._show(f"{printable(name)}: {reasons[0]}", error=True)

    def _chosen(self, chosen: ChosenPoem | None) -> None:
        if chosen:
            self._take(chosen.entry.composed.poems[0].text)

    def _take(self, text: str) -> None:
        """Put a poem in the place of what was typed; ctrl+z brings that back."""
        self._area.replace("\n".join(couplets(text)), (0, 0), self._area.document.end)
        self._area.move_cursor(self._area.document.end)
        self._area.focus()


def _entry(poem: Readable) -> PoemEntry:
    request = ComposeRequest(form="")
    return PoemEntry(Composed(0, request, "", (WrittenPoem(poem.text, 0.0, complete=True),), 0.0))
