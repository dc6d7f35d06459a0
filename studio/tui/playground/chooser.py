"""A list of poems to choose from: those written since the studio started, or those saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from studio.collection.in_words import Findable, heading_of, name_of, source_in_words
from studio.collection.saved import Collection, SavedPoem
from studio.errors import StudioError
from studio.messages import Composed
from studio.translation import marked, tr, tr_n
from studio.tui.host import host_of
from studio.tui.playground.export_screen import ExportScreen
from studio.tui.playground.finding import Finding
from studio.tui.playground.model_choices import model_in_words
from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import SETTINGS, TIGHTEST
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.lazy_row import LazyRow
from studio.tui.widgets.modal import Modal
from studio.wording import local_time

# Cells of a name, at least.
_NAME = 6


@dataclass(frozen=True, slots=True)
class PoemEntry:
    """An entry of the list; `saved` if it is from the collection.

    `faults` if they were counted; `is_scanned` unless not even the form was looked for.
    """

    composed: Composed
    saved: SavedPoem | None = None
    faults: int | None = None
    is_scanned: bool = True

    @classmethod
    def of_saved(cls, saved: SavedPoem) -> "PoemEntry":
        """A saved poem as if it had just been written."""
        return cls(Composed(0, saved.request, saved.model, (saved.poem,), 0.0), saved)


@dataclass(frozen=True, slots=True)
class ChosenPoem:
    """The entry that was chosen: to be shown, or with `again` to be written with its seed."""

    entry: PoemEntry
    again: bool


class PoemChooser(Modal[ChosenPoem | None]):
    """Lists poems, newest first, with a preview; the result is the poem chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", marked("Show"), id="poems.choose", priority=True),
        Binding("r", "again", marked("Write again"), id="poems.again"),
        Binding("down", "to_list", show=False, id="poems.list"),
        Binding("slash", "search", marked("Search"), id="poems.search"),
        Binding("d", "delete", marked("Delete"), id="poems.delete"),
        Binding("e", "export", marked("Export list"), id="poems.export"),
        Binding("escape", "back", marked("Back"), id="poems.back"),
    ]

    def __init__(
        self,
        title: str,
        entries: Sequence[PoemEntry],
        nothing: str,
        collection: Collection | None = None,
    ) -> None:
        """`entries` are oldest first; `nothing` is the message if there are none.

        Entries of a `collection` can be deleted and exported.
        """
        super().__init__()
        self._title, self._nothing = title, nothing
        self._entries = list(entries)[::-1]
        self._listed: list[PoemEntry] = []
        self._collection = collection
        self._to_delete: PoemEntry | None = None
        self._finding = Finding(self, _findable, self._list, self._say_slow)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large"):
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=tr("search: characters or pinyin, form, model"), compact=True)
            with Horizontal():
                yield OptionList(compact=True)
                with Vertical(id="preview"):
                    yield PoemCard()
                    yield Static(id="about", markup=False)
            yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._list(self._entries)
        self.query_one(OptionList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only saved poems can be deleted and exported. Those of a file were not written here."""
        if action == "again" and not any(each.composed.model for each in self._entries):
            return self._collection is not None
        return self._collection is not None or action not in ("delete", "export")

    @property
    def _highlighted(self) -> PoemEntry | None:
        index = self.query_one(OptionList).highlighted
        return None if index is None else self._listed[index]

    @on(Input.Changed)
    def _search_for(self, event: Input.Changed) -> None:
        """List the entries that match all the words searched for."""
        event.stop()
        self._finding.start(self._entries, event.value)

    def _say_slow(self) -> None:
        self._show(tr("looking it up"))

    def _list(self, entries: Sequence[PoemEntry]) -> None:
        """List some of the entries."""
        self._listed = list(entries)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_row(each)) for each in self._listed])
        options.highlighted = 0 if self._listed else None
        no_match = tr("No saved poem matches.") if self._collection else tr("No poem matches.")
        self._show("" if self._listed else no_match if self._entries else self._nothing)
        self._preview()

    def say_again(self) -> None:
        """Describe the poems in the language of now."""
        self._finding.forget()
        for index, entry in enumerate(self._listed):
            self.query_one(OptionList).replace_option_prompt_at_index(index, _row(entry))
        self._preview()

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        highlighted = self._highlighted
        card, about = self.query_one(PoemCard), self.query_one("#about", Static)
        card.text = highlighted.composed.poems[0].text if highlighted else ""
        composed = highlighted.composed if highlighted else None
        card.form = composed.request.form if composed else ""
        card.heading = heading_of(composed.model, composed.request) if composed else ""
        about.update(_about(highlighted) if highlighted else "")
        width, height = card.size.width, card.size.height - card.heading_height
        shape = card.shape(width)
        card.setting = next(
            (s for s in SETTINGS if s.size(shape)[0] <= width and s.size(shape)[1] <= height),
            TIGHTEST,
        )

    def on_resize(self) -> None:
        self.call_after_refresh(self._preview)

    def action_to_list(self) -> None:
        """Go from the search to the list."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        """Show the poem."""
        self._finding.when_done(self._choose)

    def _choose(self) -> None:
        if highlighted := self._highlighted:
            self.dismiss(ChosenPoem(highlighted, again=False))

    def action_again(self) -> None:
        """Write the poem again."""
        self._finding.when_done(self._write_again)

    def _write_again(self) -> None:
        highlighted = self._highlighted
        if highlighted and not highlighted.composed.model:
            self._show(tr("You wrote it by hand. Enter shows it."))
        elif highlighted:
            self.dismiss(ChosenPoem(highlighted, again=True))

    def action_search(self) -> None:
        """Type words to search for."""
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Go from the search to the list, or from the list to the studio."""
        if self.query_one(Input).has_focus:
            self.action_to_list()
        else:
            self.dismiss(None)

    def action_delete(self) -> None:
        """Delete the poem from the collection when the key is pressed twice."""
        self._finding.when_done(self._delete)

    def _delete(self) -> None:
        highlighted = self._highlighted
        if highlighted is None or highlighted.saved is None or self._collection is None:
            return
        if self._to_delete is not highlighted:
            saved = highlighted.saved
            name = name_of(saved.model, saved.request, saved.poem.text)
            self._show(tr("Press d again to delete {name}.", name=name))
            self._to_delete = highlighted
            return
        try:
            self._collection.remove(highlighted.saved)
        except StudioError as error:
            self._show(str(error))
            return
        self._entries.remove(highlighted)
        at = self._listed.index(highlighted)
        self._list([each for each in self._listed if each is not highlighted])
        if self._listed:
            self.query_one(OptionList).highlighted = min(at, len(self._listed) - 1)

    def action_export(self) -> None:
        """Export the poems that are listed."""
        self._finding.when_done(self._export)

    def _export(self) -> None:
        poems = [entry.saved for entry in self._listed if entry.saved]
        if poems:
            self.app.push_screen(ExportScreen(poems, host_of(self).export_folder), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path:
            host_of(self).export_folder = path.parent
            self._show(tr("Exported to {path}", path=path))

    def _show(self, text: str) -> None:
        # The question before deleting is replaced: it has to be asked again.
        self._to_delete = None
        self.query_one("#said", Static).update(text)


def _about(entry: PoemEntry) -> str:
    composed = entry.composed
    when = f" · {local_time(entry.saved.saved)}" if entry.saved else ""
    return f"{source_in_words(model_in_words(composed.model), composed.request)}{when}"


def _findable(entry: PoemEntry) -> Findable:
    composed = entry.composed
    return Findable([poem.text for poem in composed.asked], composed.model, composed.request)


def _row(entry: PoemEntry) -> LazyRow:
    """The row of an entry; where there is little room the name is shortened, not the facts."""

    def make(width: int) -> Content:
        name, facts = _in_words(entry)
        room = max(_NAME, width - cell_len(facts))
        return Content.assemble(
            Content(name).truncate(room, ellipsis=True), (facts, "$foreground-muted")
        )

    return LazyRow(make)


def _in_words(entry: PoemEntry) -> tuple[str, str]:
    """The name of an entry, and what is said of it."""
    composed = entry.composed
    count = len(composed.asked)
    form = composed.request.form or (tr("free") if entry.is_scanned else "")
    more = [tr_n("{count} poem", "{count} poems", count)] if count > 1 else []
    if entry.faults:
        more.append(tr_n("{count} fault", "{count} faults", entry.faults))
    name = name_of(composed.model, composed.request, composed.poems[0].text, 9)
    return name, "".join(f"  {each}" for each in (form, *more) if each)
