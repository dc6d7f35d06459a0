"""A list of poems to choose from: what was written in this sitting, or what was saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from studio.collection.in_words import describe, first_line, matches
from studio.collection.saved import Collection, SavedPoem
from studio.errors import StudioError
from studio.messages import Composed
from studio.tui.playground.export_screen import ExportScreen
from studio.tui.playground.model_choices import in_words
from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import SETTINGS, TIGHTEST, shape_of
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal
from studio.wording import local_time


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: to see again, or with `again` to be written again with its seed.

    `saved` where it stands in the collection.
    """

    composed: Composed
    again: bool
    saved: SavedPoem | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the list shows; `saved` where it stands in the collection."""

    composed: Composed
    saved: SavedPoem | None = None

    @classmethod
    def of_saved(cls, saved: SavedPoem) -> "Entry":
        """A saved poem as if it had just been written."""
        return cls(Composed(0, saved.request, saved.model, (saved.poem,), 0.0), saved)


class PoemChooser(Modal[Choice | None]):
    """Shows what was composed, the newest first, with the poem beside the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "See it", id="poems.choose", priority=True),
        Binding("r", "again", "Write it again", id="poems.again"),
        Binding("down", "to_list", show=False, id="poems.list"),
        Binding("slash", "search", "Search", id="poems.search"),
        Binding("d", "delete", "Delete", id="poems.delete"),
        Binding("e", "export", "Export all listed", id="poems.export"),
        Binding("escape", "back", "Back", id="poems.back"),
    ]

    def __init__(
        self,
        title: str,
        entries: Sequence[Entry],
        nothing: str,
        collection: Collection | None = None,
        exports: Path | None = None,
    ) -> None:
        """`entries` oldest first; `nothing` is said where there are none.

        Entries of a `collection` can be deleted, and exported to the folder `exports`.
        """
        super().__init__()
        self._title, self._nothing = title, nothing
        self._entries = list(entries)[::-1]
        self._listed: list[Entry] = []
        self._collection, self._exports = collection, exports
        self._doomed: Entry | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large"):
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder="search: characters or pinyin, form, model", compact=True)
            with Horizontal():
                yield OptionList(compact=True)
                with Vertical(id="preview"):
                    yield PoemCard()
                    yield Static(id="about", markup=False)
            yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._list()
        self.query_one(OptionList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Saved poems can be deleted and exported, a sitting's cannot."""
        return self._collection is not None or action not in ("delete", "export")

    @property
    def _marked(self) -> Entry | None:
        index = self.query_one(OptionList).highlighted
        return None if index is None else self._listed[index]

    @on(Input.Changed)
    def _list(self) -> None:
        """List the entries that hold all the words searched for."""
        words = self.query_one(Input).value
        self._listed = [each for each in self._entries if _has(each.composed, words)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_row(each.composed)) for each in self._listed])
        options.highlighted = 0 if self._listed else None
        self._say("" if self._listed else self._nothing if not self._entries else "None has that.")
        self._preview()

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        marked = self._marked
        card, about = self.query_one(PoemCard), self.query_one("#about", Static)
        card.text = marked.composed.poems[0].text if marked else ""
        about.update(_about(marked) if marked else "")
        width, height = card.size
        shape = shape_of(card.text)
        card.setting = next(
            (s for s in SETTINGS if s.size(shape)[0] <= width and s.size(shape)[1] <= height),
            TIGHTEST,
        )

    def on_resize(self) -> None:
        self.call_after_refresh(self._preview)

    def action_to_list(self) -> None:
        """From the search to the list."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        """See the poem."""
        if marked := self._marked:
            self.dismiss(Choice(marked.composed, again=False, saved=marked.saved))

    def action_again(self) -> None:
        """Write the poem again."""
        if marked := self._marked:
            self.dismiss(Choice(marked.composed, again=True, saved=marked.saved))

    def action_search(self) -> None:
        """Type words to search for."""
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """From the search to the list, from the list to the studio."""
        if self.query_one(Input).has_focus:
            self.action_to_list()
        else:
            self.dismiss(None)

    def action_delete(self) -> None:
        """Take the poem out of the collection, asked for twice."""
        marked = self._marked
        if marked is None or marked.saved is None or self._collection is None:
            return
        if self._doomed is not marked:
            self._doomed = marked
            self._say(f"Press d again to delete {first_line(marked.saved.poem.text)}.")
            return
        try:
            self._collection.remove(marked.saved)
        except StudioError as error:
            self._say(str(error))
            return
        self._entries.remove(marked)
        self._list()

    def action_export(self) -> None:
        """Export the poems that are listed."""
        poems = [entry.saved for entry in self._listed if entry.saved]
        if poems and self._exports:
            self.app.push_screen(ExportScreen(poems, self._exports), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path:
            self._say(f"Exported to {path}")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(text)


def _about(entry: Entry) -> str:
    composed = entry.composed
    when = f" · {local_time(entry.saved.saved)}" if entry.saved else ""
    return f"{in_words(composed.model)} · {describe(composed.request)}{when}"


def _row(composed: Composed) -> Content:
    count = len(composed.poems)
    more = f"  {count} poems" if count > 1 else ""
    form = composed.request.form or "free"
    name = first_line(composed.poems[0].text, 9)
    return Content.assemble(name, (f"  {form}{more}", "$foreground-muted"))


def _has(composed: Composed, words: str) -> bool:
    texts = [poem.text for poem in composed.poems]
    return matches(words, texts, composed.model, composed.request)
