"""All poets, those with the most poems first, each with the forms that they wrote in."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, Static, Tree
from textual.widgets.tree import TreeNode

from studio.corpus.library import Library, Poet
from studio.corpus.poem import is_han
from studio.corpus.pronunciation import in_pinyin
from studio.corpus.script import simplified
from studio.errors import CorpusError
from studio.prosody.spelling import searchable
from studio.translation import again, marked, tr, tr_n
from studio.tui.drawing.charts import fitted
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal

NAME = 14  # cells


class ChosenPoems(NamedTuple):
    """The poems of a poet, all or those of one form."""

    poet: str
    form: str = ""


class PoetsScreen(Modal[ChosenPoems | None]):
    """A tree of poets and their forms; the result is what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", marked("List poems"), id="poets.choose", priority=True),
        Binding(
            "right",
            "unfold(True)",
            marked("Forms"),
            id="poets.unfold",
            tooltip=marked("Show the forms"),
        ),
        Binding(
            "left", "unfold(False)", show=False, id="poets.fold", tooltip=marked("Hide the forms")
        ),
        Binding("slash", "search", marked("Search"), id="poets.search"),
        Binding("down", "to_tree", show=False, id="poets.tree"),
        Binding("escape", "back", marked("Back"), id="poets.back"),
    ]

    def __init__(self, library: Path) -> None:
        """The library is read in a thread."""
        super().__init__()
        self._library = library
        self._poets: Sequence[Poet] = ()
        self._forms = dict[str, dict[str, int]]()
        self._letters = dict[str, str]()
        # Why they cannot be read.
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large"):
            yield Label(tr("Poets by number of poems"), classes="title", markup=False)
            yield Input(placeholder=tr("search: a name, or its pinyin"), compact=True)
            tree = Tree[ChosenPoems]("")
            tree.show_root = False
            tree.auto_expand = False
            tree.guide_depth = 2
            yield tree
            yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self._tree.focus()
        self.run_worker(self._load, thread=True)

    @property
    def _tree(self) -> Tree[ChosenPoems]:
        return self.query_one(Tree)

    def _load(self) -> None:
        try:
            with Library.open(self._library) as library:
                poets = library.poets()
        except CorpusError as error:
            self.call_later(self._failed, str(error))
        else:
            self.call_later(self._loaded, poets)
            # Here, so that the first letter that is typed does not wait for it.
            self.call_later(self._learnt, {poet.name: _letters(poet.name) for poet in poets})

    def _learnt(self, letters: dict[str, str]) -> None:
        self._letters = letters

    def _failed(self, reason: str) -> None:
        self._problem = reason
        self._list()

    def _loaded(self, poets: Sequence[Poet]) -> None:
        self._poets = [poet for poet in poets if poet.name]
        self._forms = {poet.name: poet.forms for poet in self._poets}
        self._list()

    @on(Input.Changed)
    def _list(self) -> None:
        """List the poets whose names match."""
        typed = self.query_one(Input).value.strip()
        tree = self._tree
        tree.clear()
        found = [poet for poet in self._poets if self._matches(poet.name, typed)]
        for poet in found:
            tree.root.add(_row(poet.name, NAME, poet.poems), ChosenPoems(poet.name))
        tree.cursor_line = 0
        if found:
            said = tr_n("{count:,} poet", "{count:,} poets", len(found))
        else:
            said = tr("No poet matches.") if self._poets else again(self._problem)
        self.query_one("#said", Static).update(said)

    @on(Tree.NodeExpanded)
    def _show_forms(self, event: Tree.NodeExpanded[ChosenPoems]) -> None:
        self._add_forms(event.node)

    def _add_forms(self, node: TreeNode[ChosenPoems]) -> None:
        """List the forms of a poet. At first no poet has them: there are thousands."""
        if node.children or not (chosen := node.data):
            return
        for form, poems in self._forms[chosen.poet].items():
            node.add_leaf(_row(tr(form), NAME - 2, poems), ChosenPoems(chosen.poet, form))

    def say_again(self) -> None:
        """Name the forms in the language of now."""
        for poet in self._tree.root.children:
            for node in poet.children:
                if chosen := node.data:
                    poems = self._forms[chosen.poet][chosen.form]
                    node.set_label(_row(tr(chosen.form), NAME - 2, poems))

    def _matches(self, name: str, typed: str) -> bool:
        if not typed or typed in name:
            # As it was typed: 徵 alone becomes 征, but not in 魏徵.
            return True
        if any(map(is_han, typed)):
            # A library in traditional characters has such names.
            return simplified(typed) in simplified(name)
        if name not in self._letters:
            self._letters[name] = _letters(name)
        return searchable("".join(typed.split())) in self._letters[name]

    @property
    def _node(self) -> TreeNode[ChosenPoems] | None:
        return self._tree.cursor_node

    @on(Tree.NodeSelected)
    @on(Input.Submitted)
    def action_choose(self) -> None:
        """List these poems."""
        if self._node and self._node.data:
            self.dismiss(self._node.data)

    def action_unfold(self, show: bool) -> None:
        """Show or hide the forms of a poet."""
        node = self._node
        if node is None:
            return
        if not node.allow_expand and node.parent:
            node = node.parent
            self._tree.move_cursor(node)
        if show:
            self._add_forms(node)
            node.expand()
        else:
            node.collapse()

    def action_search(self) -> None:
        """Type a name to search for."""
        self.query_one(Input).focus()

    def action_to_tree(self) -> None:
        """Go from the search to the poets."""
        self._tree.focus()

    def action_back(self) -> None:
        """Go from the search to the poets, or back to the poems."""
        if self.query_one(Input).has_focus:
            self._tree.focus()
        else:
            self.dismiss(None)


def _letters(name: str) -> str:
    return searchable("".join(in_pinyin(name)))


def _row(name: str, width: int, poems: int) -> Text:
    return Text(f"{fitted(name, width)}{poems:>7,}")
