"""A poem of one's own: typed, pasted or opened from a file, and sent to the workbench."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus, Key
from textual.message import Message
from textual.widgets import Input, Label, Select, Static, TextArea
from textual.widgets.text_area import Edit, EditResult

from studio.corpus.headings import Heading
from studio.corpus.poem import couplets, verse_lines
from studio.corpus.poems_in_files import Readable, Unreadable, read_poems, why
from studio.errors import StudioError
from studio.messages import Composed
from studio.prosody.forms import forms
from studio.prosody.rules import with_blanks
from studio.translation import marked, tr
from studio.tui.playground.chooser import ChosenPoem, PoemChooser, PoemEntry
from studio.tui.playground.request_options import FREE, form_options
from studio.tui.poem.remarks import scansion_of, summary
from studio.tui.widgets.form_fields import ChineseField, ChoiceField, Option
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal
from studio.tui.widgets.pinyin_input import PinyinArea
from studio.tui.widgets.pinyin_typing import PinyinTyping
from studio.verse.own_heading import split_heading, under_heading, usable_heading
from studio.verse.own_poem import OwnPoemError
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest, WrittenPoem
from studio.wording import printable

_FOUND = "found"
# The fields for the heading.
_HEADING = ("title", "poet")
_NO_HEADING = Heading()


@dataclass(frozen=True, slots=True)
class TypedPoem:
    """What was typed, the form that was chosen, and the request for it, if it is to be worked on.

    `form` is a name of a form, `FREE`, or "found"; `heading` is what stood in its fields.
    """

    text: str = ""
    form: str = _FOUND
    heading: Heading = _NO_HEADING
    request: ComposeRequest | None = None


class PoemArea(PinyinArea):
    """The text of the poem, with one sign for a blank. Enter in an empty last row ends it."""

    class Ended(Message):
        """The person has finished the poem."""

    async def _on_key(self, event: Key) -> None:
        at_end = self.cursor_location == self.document.end
        empty = not self.document.get_line(self.cursor_location[0]).strip()
        if event.key == "enter" and not self.letters and at_end and empty and self.text.strip():
            event.stop()
            event.prevent_default()
            self.post_message(self.Ended())

    def edit(self, edit: Edit) -> EditResult:
        """Change the text; whatever was typed for a blank becomes the sign for it."""
        edit.text = with_blanks(edit.text)
        return super().edit(edit)


class OwnPoemScreen(Modal[TypedPoem | None]):
    """Takes a poem; the result has its request if it goes to the workbench."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "work", marked("Work on it"), id="own.work", priority=True),
        Binding("f6", "open", marked("Open a file"), id="own.open", priority=True),
        Binding("f7", "next_form", marked("Another form"), id="own.form", priority=True),
        Binding("f8", "clear", marked("Clear"), id="own.clear", priority=True),
        Binding("escape", "back", marked("Back"), id="own.back"),
    ]

    def __init__(self, typed: TypedPoem, like: ComposeRequest) -> None:
        """`typed` is what was typed before; model and sampling are those of `like`."""
        super().__init__()
        self._before, self._like = typed, like
        # The heading that was found above the poem last.
        self._found = _NO_HEADING

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large", id="own-poem"):
            yield Label(tr("A poem of your own"), classes="title", markup=False)
            yield PoemArea(
                self._before.text,
                placeholder=tr(
                    "Type or paste the poem, in Chinese or in pinyin,\n"
                    "below its title if it has one.\n"
                    "_ is a character that the model writes later.\n"
                    "Enter in an empty row puts it on the workbench."
                ),
                compact=True,
                id="own-text",
            )
            yield Static(id="said", markup=False)
            with Horizontal(classes="own-fields -first"):
                yield ChineseField("own-title", tr("Title"), "")
                yield ChineseField("own-poet", tr("Poet"), "")
            with Horizontal(classes="own-fields"):
                yield ChoiceField("own-form", tr("Form"), [_found_option(), *form_options()])
                yield Input(placeholder=tr("a file to open"), compact=True, id="own-file")
        yield KeyBar()

    def on_mount(self) -> None:
        self._form.value = self._before.form
        self._heading = self._before.heading
        self._area.move_cursor(self._area.document.end)
        self._area.focus()

    @property
    def _area(self) -> PoemArea:
        return self.query_one(PoemArea)

    @property
    def _form(self) -> ChoiceField:
        return self.query_one("#field-own-form", ChoiceField)

    @property
    def _heading(self) -> Heading:
        """The title and the poet in their fields."""
        return Heading(*(self.query_one(f"#own-{each}", Input).value for each in _HEADING))

    @_heading.setter
    def _heading(self, heading: Heading) -> None:
        for name, text in zip(_HEADING, (heading.title, heading.author), strict=True):
            self.query_one(f"#own-{name}", Input).value = text

    def _request(self) -> ComposeRequest:
        """The request for the poem as it is; raises OwnPoemError, or VerseError for its title."""
        return self._request_as(self._form.value)

    def _request_as(self, chosen: str) -> ComposeRequest:
        """The same in a form that can be chosen."""
        form = _form_named(chosen)
        _, verse = split_heading(self._area.text, form, self._like)
        return under_heading(verse, form, self._like, self._heading)

    def _requests(self) -> dict[str, ComposeRequest]:
        """The request in each form that the text can have.

        A couplet comes first, if the text has two lines; then the forms of a fixed length, first
        the one that lacks the least.
        """
        found = {}
        for chosen in [_FOUND, *(each.value for each in form_options())]:
            with contextlib.suppress(StudioError):
                found[chosen] = self._request_as(chosen)
        pair = COUPLET_FORM in found and len(verse_lines(found[COUPLET_FORM].given)) == 2

        def rank(chosen: str) -> tuple[int, ...]:
            form = forms().get(chosen)
            return (
                chosen != _FOUND,
                pair and chosen != COUPLET_FORM,
                chosen == FREE or (form is not None and not form.fixed),
                found[chosen].given.count(BLANK),
            )

        return {chosen: found[chosen] for chosen in sorted(found, key=rank)}

    @on(DescendantFocus, "#own-form")
    def _offer_forms(self) -> None:
        """Offer the forms that the text can have first, the others after them."""
        found = self._requests() if self._area.text.strip() else {}
        fits = [each for each in found if each != _FOUND]
        named = {each.value: each for each in form_options()}
        order = dict.fromkeys([*fits, *named])
        self._form.offer([_found_option(), *(named[each] for each in order)])

    def action_next_form(self) -> None:
        """Choose the next form that the text can have."""
        found = self._requests()
        order = list(found)
        now = self._form.value
        at = order.index(now) if now in order else -1
        for chosen in order[at + 1 :] + order[:at]:
            if now not in found or found[chosen].form != found[now].form:
                self._form.value = chosen
                return

    @on(TextArea.Changed)
    @on(Select.Changed)
    def _look_for_heading(self) -> None:
        """Show the title and the poet above the poem in their fields, unless others were typed."""
        found, _ = split_heading(self._area.text, _form_named(self._form.value), self._like)
        if found not in (self._found, _NO_HEADING) or self._heading == self._found:
            self._heading = found
        self._found = found

    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Input.Changed)
    def _show_found(self, event: Message) -> None:
        """Show what the poem is, as far as it is typed."""
        event.stop()
        if event.control is self.query_one("#own-file"):
            return
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
        except StudioError as error:
            self.query_one("#own-title", Input).focus()
            self._show(str(error), error=True)
        else:
            self.dismiss(TypedPoem(self._area.text, self._form.value, self._heading, request))

    def action_back(self) -> None:
        """Go from a field to the text, or close; what is typed is kept."""
        if self._area.has_focus:
            self.dismiss(TypedPoem(self._area.text, self._form.value, self._heading))
        else:
            self._area.focus()

    @on(Input.Submitted, "#own-title, #own-poet")
    def _end_heading(self, event: Input.Submitted) -> None:
        """Go from the title to the poet, and from there to the text."""
        event.stop()
        if event.input.id == "own-title":
            self.query_one("#own-poet").focus()
        else:
            self._area.focus()

    def action_clear(self) -> None:
        """Take out poem, title and poet; ctrl+z brings the poem back."""
        self._area.replace("", (0, 0), self._area.document.end)
        self._heading = _NO_HEADING
        self._form.value = _FOUND
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
            poems = [each for each in read if isinstance(each, Readable)]
            entries = await asyncio.to_thread(self._entries, poems)
        except (StudioError, RuntimeError) as error:
            self._show(str(error), error=True)
            return
        if len(poems) == 1:
            self._take(poems[0])
        elif poems:
            title = tr("Poems in {name}", name=printable(Path(name).name))
            self._opened = poems
            self.app.push_screen(PoemChooser(title, entries, ""), self._chosen)
            self._show("")
        else:
            reasons = [why(each) for each in read if isinstance(each, Unreadable)]
            self._show(f"{printable(name)}: {reasons[0]}", error=True)

    def _chosen(self, chosen: ChosenPoem | None) -> None:
        if chosen:
            self._take(self._opened[chosen.entry.composed.ticket])

    def _entries(self, poems: Sequence[Readable]) -> list[PoemEntry]:
        """The poems of a file, the last one first, with the form and the faults of each."""
        return [self._entry(at, each) for at, each in enumerate(poems)][::-1]

    def _entry(self, at: int, poem: Readable) -> PoemEntry:
        heading = usable_heading(Heading(poem.title, poem.author))
        try:
            request = under_heading(poem.text, None, self._like, heading)
        except StudioError:
            request = ComposeRequest(form="", title=heading.title, poet=heading.author)
        written = WrittenPoem(poem.text, 0.0, complete=True)
        scansion = scansion_of(poem.text, request)
        faults = len(scansion.broken) if scansion and scansion.regulated else None
        return PoemEntry(Composed(at, request, "", (written,), 0.0), faults=faults)

    def _take(self, poem: Readable) -> None:
        """Put a poem in the place of what was typed; ctrl+z brings that back."""
        self._area.replace("\n".join(couplets(poem.text)), (0, 0), self._area.document.end)
        self._heading = usable_heading(Heading(poem.title, poem.author))
        self._area.move_cursor(self._area.document.end)
        self._area.focus()


def _found_option() -> Option:
    return Option(_FOUND, tr("found by its shape"))


def _form_named(chosen: str) -> str | None:
    """A form of the list as `own_poem` takes it."""
    return {_FOUND: None, FREE: ""}.get(chosen, chosen)
