"""The corpus pane: find and read poems, see statistics of the library."""

import random
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.geometry import Size
from textual.widgets import Input

from studio.corpus.library import Library, PoemRow, Query, Sort
from studio.corpus.statistics import Counts, Statistics
from studio.errors import CorpusError
from studio.prosody.forms import forms
from studio.translation import tr
from studio.tui.corpus.figures import CorpusFigures
from studio.tui.corpus.form_line import FormLine
from studio.tui.corpus.found_line import FoundLine
from studio.tui.corpus.keys import KEYS
from studio.tui.corpus.poem_list import PoemList
from studio.tui.corpus.poem_view import PoemView
from studio.tui.corpus.poets_screen import ChosenPoems, PoetsScreen
from studio.tui.corpus.search import Search
from studio.tui.pane import Pane
from studio.tui.widgets.pinyin_input import PinyinInput

if TYPE_CHECKING:
    from studio.tui.corpus.missing import CorpusMissing

# From these sizes the figures are shown beside or under the poems.
WIDE, TALL = 116, 36
# Libraries of this many poems open at the poem of the day.
LARGE = 1000
# Of so many poems, two of three in a fixed form, one is the poem of the day.
_DRAWN = 20
SORTS: tuple[Sort, ...] = ("source", "length", "poet")

T = TypeVar("T")


class CorpusPane(Pane):
    """The corpus pane."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS
    STYLED_BY_CLASSES = (
        "#corpus-missing, #corpus-library, #corpus-body, #corpus-browser, PoemView, CorpusFigures"
    )

    _library: Library | None = None
    _missing: "CorpusMissing | None" = None
    _statistics: Statistics | None = None
    # The figures of the poems that are listed, once they are counted.
    _counts: Counts | None = None
    # Whether the first frame is drawn.
    _is_complete = False
    _sort: Sort = "source"
    _go_to_poem = 0

    def compose(self) -> ComposeResult:
        self._searches = Search(self, self._found, self._counted, self._show_missing)
        with Vertical(id="corpus-library"):
            with Horizontal(id="corpus-fields"):
                yield PinyinInput(
                    placeholder=tr("/ text or title"), id="corpus-words", compact=True
                )
                yield PinyinInput(placeholder=tr("p poet"), id="corpus-poet", compact=True)
            yield FormLine(id="corpus-form")
            yield FoundLine(id="corpus-found", markup=False)
            with Container(id="corpus-body"):
                with Container(id="corpus-browser"):
                    yield PoemList(self._rows, id="corpus-poems")
                    yield PoemView(id="corpus-poem")
                yield CorpusFigures(id="corpus-figures")

    def on_mount(self) -> None:
        self._open()

    def on_unmount(self) -> None:
        if self._library is not None:
            self._library.close()

    def size_classes(self, size: Size) -> dict[str, bool]:
        return super().size_classes(size) | {
            "-wide": size.width >= WIDE,
            "-tall": size.height >= TALL,
        }

    def refresh_from_disk(self) -> None:
        """Open the library if it has been built meanwhile."""
        missing = self._missing
        if self._library is None and not (missing and missing.is_busy):
            self._open()
            # The focus must not return to the fetch button, which is hidden now.
            self.last_focus = None

    def focus_first(self) -> None:
        """Focus the list, or the fetch button if there is no library."""
        for widget in self.query("#corpus-fetch" if self._library is None else "#corpus-poems"):
            widget.focus()

    def _open(self) -> None:
        """Open the library if there is one. Reading its statistics takes a few milliseconds."""
        try:
            self._library = Library.open(self.home.library)
            statistics = self._library.statistics()
            # All poems, in the order of the source, are found at once: the first frame has them.
            all_poems = None if self._is_filtered else self._library.ids(Query())
            if all_poems and len(all_poems) >= LARGE:
                # A book of one's own opens at its beginning.
                self._go_to_poem = _of_the_day(self._library, all_poems)
        except CorpusError as error:
            self._show_missing(str(error))
            return
        self.remove_class("-missing")
        self._statistics = statistics
        self.query_one(FormLine).counts = statistics.forms
        if all_poems is None:
            # What is listed are numbers of another library, which may have fewer poems.
            self.query_one(PoemList).show([])
            self._search()
        else:
            self._searches.cancel()
            self._list(all_poems)
        self.refresh_bindings()

    async def complete(self) -> None:
        """Draw the figures."""
        self._is_complete = True
        self._show_figures()

    def _show_figures(self) -> None:
        if self._is_complete and self._counts:
            self.query_one(CorpusFigures).show(self._counts, self.studio.settings.plain_charts)

    def say_again(self) -> None:
        """Draw the figures in the language of now."""
        self._show_figures()

    def _show_missing(self, reason: str) -> None:
        """Show why there are no poems and how to get them."""
        if self._library is not None:
            self._library.close()
            self._library = None
        # Imported here: most people have the poems, and the first frame does not wait for it.
        from studio.tui.corpus.missing import CorpusMissing

        if self._missing is None:
            self._missing = CorpusMissing(self.home, self.studio.settings.mirror, reason)
            self.mount(self._missing)
        else:
            self._missing.explain(reason)
        if self.query_one("#corpus-library").has_focus_within:
            # What is hidden must not have the keys.
            self.call_after_refresh(self.focus_first)
        self.add_class("-missing")

    def on_corpus_missing_arrived(self) -> None:
        self._open()
        self.studio.pinyin.reload()
        if self._missing and self._missing.has_focus_within:
            self.query_one("#corpus-poems").focus()

    # --- searching --------------------------------------------------------------------------------

    @property
    def current_query(self) -> Query:
        """The search that the fields describe."""
        return Query(
            words=self.query_one("#corpus-words", Input).value,
            poet=self.query_one("#corpus-poet", Input).value,
            form=self.query_one(FormLine).chosen,
        )

    @property
    def _is_filtered(self) -> bool:
        return self.current_query != Query() or self._sort != "source"

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id in ("corpus-words", "corpus-poet"):
            self._searches.start_soon(self._search)

    def on_input_submitted(self) -> None:
        self.action_list()

    def on_form_line_changed(self) -> None:
        self._search()

    def _search(self) -> None:
        if self._library is not None:
            self._searches.start(self._library.path, self.current_query, self._sort)

    def _found(self, ids: Sequence[int], file: tuple[int, int]) -> None:
        if self._library is None:
            return
        if file != self._library.file:
            # Another process has rebuilt the library: these ids belong to other poems.
            self._library.close()
            self._open()
            return
        self._list(ids)

    def _list(self, ids: Sequence[int]) -> None:
        poems = self.query_one(PoemList)
        poems.show(ids, show_length=self._sort == "length")
        if self._go_to_poem:
            poems.go_to(self._go_to_poem)
            self._go_to_poem = 0
        # The figures before stay until the new ones are counted.
        self._counts = self._statistics if self.current_query == Query() else None
        self._show_figures()
        self._show_count(len(ids))

    def _counted(self, counts: Counts) -> None:
        """Show the figures of the poems that were found."""
        self._counts = counts
        self._show_figures()
        self._show_count(counts.poems)

    def _show_count(self, count: int) -> None:
        poems = self._statistics.poems if self._statistics else 0
        self.query_one(FoundLine).show(count, poems, self._sort, self._counts)

    def _rows(self, ids: Sequence[int]) -> list[PoemRow]:
        return self._read(lambda library: library.rows(ids), [])

    def _read(self, read: Callable[[Library], T], nothing: T) -> T:
        """Read something from the library; if it is damaged, show why there are no poems."""
        if self._library is not None:
            try:
                return read(self._library)
            except CorpusError as error:
                # Later: rows are read while the list is drawn.
                self.call_later(self._show_missing, str(error))
        return nothing

    # --- reading ----------------------------------------------------------------------------------

    def on_poem_list_moved(self, message: PoemList.Moved) -> None:
        message.stop()
        # After several fast moves, only the last poem is shown.
        number = message.poem
        if number == self.query_one(PoemList).poem:
            poem = self._read(lambda library: library.poem(number), None) if number else None
            self.query_one(PoemView).poem = poem

    def on_poem_list_opened(self, message: PoemList.Opened) -> None:
        message.stop()
        self.query_one(PoemView).focus()

    # --- keys -------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable all keys but the list's while there is no library."""
        return self._library is not None or action == "list"

    def action_field(self, name: str) -> None:
        """Focus a search field."""
        self.remove_class("-figures")
        self.query_one(f"#corpus-{name}").focus()

    def action_list(self) -> None:
        """Focus the list; open the library if it has been built meanwhile."""
        self.remove_class("-figures")
        self.refresh_from_disk()
        self.focus_first()

    def action_form(self, step: int) -> None:
        """List the next or previous form."""
        self.query_one(FormLine).choose_next(step)

    def action_sort(self) -> None:
        """Change the order: source, length, poet."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._search()

    def action_random(self) -> None:
        """Go to a random poem of the list."""
        self.query_one(PoemList).go_to_random()

    def action_figures(self) -> None:
        """Show the figures in the whole pane, or the poems again."""
        self.toggle_class("-figures")
        self.query_one("#corpus-figures" if self.has_class("-figures") else "#corpus-poems").focus()

    def action_script(self) -> None:
        """Switch between simplified characters and those of the source."""
        view = self.query_one(PoemView)
        view.source_script = not view.source_script

    def action_same_poet(self) -> None:
        """List all poems by the poet of this one."""
        poem = self.query_one(PoemView).poem
        if poem is None or not poem.author:
            return
        before = self.current_query
        self._list_poet(poem.author)
        if self.current_query != before:
            # Once they are found.
            self._go_to_poem = poem.id

    def _list_poet(self, poet: str, form: str = "") -> None:
        """Search for the poems of a poet, all or those of one form."""
        self.query_one("#corpus-words", Input).value = ""
        self.query_one("#corpus-poet", Input).value = poet
        self.query_one(FormLine).chosen = form

    def action_poets(self) -> None:
        """Choose a poet, or one of a poet's forms, from a list."""
        if self._library is None:
            return
        self.app.push_screen(PoetsScreen(self._library.path), self._chosen)

    def _chosen(self, chosen: ChosenPoems | None) -> None:
        if chosen is not None:
            self._list_poet(chosen.poet, chosen.form)
            self.action_list()

    def action_copy(self) -> None:
        """Send the poem to the terminal's clipboard."""
        if text := self.query_one(PoemView).plain_text:
            self.app.copy_to_clipboard(text)
            self.studio.show_notice(tr("Sent to the terminal's clipboard with title and poet."))

    def action_clear(self) -> None:
        """Clear the search and show all poems."""
        for name in ("words", "poet"):
            self.query_one(f"#corpus-{name}", Input).value = ""
        self.query_one(FormLine).chosen = ""
        self._search()


def _of_the_day(library: Library, poems: list[int]) -> int:
    """A poem in one of the fixed forms if there are any, another one each day."""
    drawn = random.Random(date.today().toordinal()).sample(poems, _DRAWN)
    fixed = {name for name, form in forms().items() if form.fixed}
    return next((each for each in drawn if library.poem(each).form in fixed), drawn[0])
