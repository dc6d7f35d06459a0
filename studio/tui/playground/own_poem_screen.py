"""A poem of one's own: typed, pasted or opened from a file, and sent to the workbench."""

import asyncio
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
from studio.corpus.poem import couplets
from studio.corpus.poems_in_files import Readable, Unreadable, read_poems, why
from studio.errors import StudioError
from studio.prosody.rules import with_blanks
from studio.translation import marked, tr, tr_n
from studio.tui.playground.chooser import ChosenPoem, PoemChooser
from studio.tui.playground.own_poem_forms import (
    FOUND,
    entries_of,
    form_named,
    offered_forms,
    possible_forms,
    request_as,
)
from studio.tui.poem.remarks import scansion_of, summary
from studio.tui.widgets.form_fields import ChineseField, ChoiceField
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal
from studio.tui.widgets.pinyin_input import PinyinArea
from studio.tui.widgets.pinyin_typing import PinyinTyping
from studio.verse.own_heading import split_heading, usable_heading
from studio.verse.own_poem import OwnPoemError
from studio.verse.request import BLANK, ComposeRequest
from studio.wording import printable

# The fields for the heading.
_HEADING = ("title", "poet")
_NO_HEADING = Heading()
_HOW_TO_TYPE = marked(
    "Type or paste the poem, in Chinese or in pinyin,\n"
    "below its title if it has one.\n"
    "_ is a character that the model writes later.\n"
    "Enter in an empty last row puts it on the workbench."
)


@dataclass(frozen=True, slots=True)
class TypedPoem:
    """What was typed, the form that was chosen, and the request for it, if it is to be worked on.

    `form` is a name of a form, `FREE`, or "found"; `heading` is what stood in its fields.
    """

    text: str = ""
    form: str = FOUND
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
        self._cleared = TypedPoem()
        # The heading that was found above the poem last.
        self._found = _NO_HEADING

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large", id="own-poem"):
            yield Label(tr("A poem of your own"), classes="title", markup=False)
            yield PoemArea(
                self._before.text,
                placeholder=tr(_HOW_TO_TYPE),
                compact=True,
                id="own-text",
            )
            yield Static(id="said", markup=False)
            with Horizontal(id="own-heading"):
                yield ChineseField("own-title", tr("Title"), "")
                yield ChineseField("own-poet", tr("Poet"), "")
            with Horizontal(id="own-fields"):
                yield ChoiceField("own-form", tr("Form"), offered_forms())
                yield Input(placeholder=tr("a file to open"), compact=True, id="own-file")
        yield KeyBar()

    def say_again(self) -> None:
        """Name the forms in the language of now, in the order that they have."""
        forms = {each.value: each for each in offered_forms()}
        self._form.rename([forms[each] for each in self._form.values])
        self._area.placeholder = tr(_HOW_TO_TYPE)
        self._describe()

    def on_mount(self) -> None:
        self._form.value = self._before.form
        self._heading = self._before.heading
        self._found = self._heading_above()
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

    def _heading_above(self) -> Heading:
        """The heading above the verse in the text."""
        return split_heading(self._area.text, form_named(self._form.value), self._like)[0]

    def _request(self) -> ComposeRequest:
        """The request for the poem as it is; raises OwnPoemError, or VerseError for its title."""
        return request_as(self._form.value, self._area.text, self._heading, self._like)

    def _possible(self) -> dict[str, ComposeRequest]:
        """The request in each form that the text can have."""
        return possible_forms(self._area.text, self._heading, self._like)

    @on(DescendantFocus, "#own-form")
    def _offer_forms(self) -> None:
        """Offer the forms that the text can have first, the others after them."""
        self._form.offer(offered_forms(list(self._possible()) if self._area.text.strip() else []))

    def action_next_form(self) -> None:
        """Choose the next form that the text can have."""
        found = self._possible()
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
        found = self._heading_above()
        if found not in (self._found, _NO_HEADING) or self._heading == self._found:
            self._heading = found
        self._found = found

    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Input.Changed)
    def _show_found(self, event: Message) -> None:
        event.stop()
        if event.control is not self.query_one("#own-file"):
            self._describe()

    def _describe(self) -> None:
        """Show what the poem is, as far as it is typed."""
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
        """Take out poem, title and poet; in an empty screen bring them back."""
        cleared = self._cleared
        if self._area.text.strip() or self._heading != _NO_HEADING:
            cleared = TypedPoem()
            self._cleared = TypedPoem(self._area.text, self._form.value, self._heading)
        self._put(cleared.text, cleared.heading)
        self._form.value = cleared.form

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
            # Not standard input: that is the terminal, and the keys come from there.
            path = "./-" if name == "-" else str(Path(name).expanduser())
            read = await asyncio.to_thread(read_poems, path, printable(name))
            poems = [each for each in read if isinstance(each, Readable)]
            entries = await asyncio.to_thread(entries_of, poems, self._like)
        except (StudioError, RuntimeError) as error:
            self._show(str(error), error=True)
            return
        reasons = [why(each) for each in read if isinstance(each, Unreadable)]
        if poems and reasons:
            message = tr_n(
                "{count} poem of {name} is left out: {reason}",
                "{count} poems of {name} are left out. The first: {reason}",
                len(reasons),
                name=printable(Path(name).name),
                reason=reasons[0],
            )
            self.notify(message, severity="warning", markup=False)
        if len(poems) == 1:
            self._take(poems[0])
        elif poems:
            title = tr("Poems in {name}", name=printable(Path(name).name))
            self._opened = poems
            self.app.push_screen(PoemChooser(title, entries, ""), self._chosen)
            self._show("")
        else:
            self._show(f"{printable(name)}: {reasons[0]}", error=True)

    def _chosen(self, chosen: ChosenPoem | None) -> None:
        if chosen:
            self._take(self._opened[chosen.entry.composed.ticket])

    def _take(self, poem: Readable) -> None:
        """Put a poem in the place of what was typed."""
        heading = usable_heading(Heading(poem.title, poem.author))
        self._put("\n".join(couplets(poem.text)), heading)

    def _put(self, text: str, heading: Heading) -> None:
        self._area.replace(text, (0, 0), self._area.document.end)
        self._heading, self._found = heading, self._heading_above()
        self._area.move_cursor(self._area.document.end)
        self._area.focus()
