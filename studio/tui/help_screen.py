"""The help screen: every key, read from the bindings, so that it cannot drift, and the terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.widgets import Static

from studio.tui.host import host_of
from studio.tui.poem.glossary import glossary
from studio.tui.widgets.modal import Modal

NOTES = """\
Keys can be changed: in {settings}, under [keymap], write the name on the right of a key = its new \
keys, for example "studio.zoom" = "f5". In a field, letters are typed; Escape leaves the field.

Copying goes through the terminal (OSC 52). In tmux it needs `set -g set-clipboard on`; over SSH \
the terminal on your side must allow it. Saving to a file always works.

To select with the mouse as in any terminal, hold Shift while dragging, or write `mouse = false` \
in {settings}: the studio then leaves the mouse to the terminal."""


class HelpScreen(Modal[None]):
    """All keys by where they work, and what the Chinese terms mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, places: list[tuple[str, list[DOMNode]]]) -> None:
        """`places`: a heading, and the nodes whose keys work there."""
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = "Keys and glossary"
            scroll.border_subtitle = "Escape closes"
            yield Static(self._content())

    def _content(self) -> Group:
        settings = host_of(self).settings
        parts: list[Table | Text] = []
        for heading, nodes in self._places:
            rows = list(key_rows(nodes, self.app.get_key_display, settings.keymap))
            if not rows:
                continue
            table = _grid()
            table.add_column(style="dim", no_wrap=True)
            for keys, what, name in rows:
                table.add_row(Text(keys), Text(what), Text(name))
            parts += [Text(heading, "bold underline"), table, Text()]
        words = _grid()
        for word, meaning in glossary().items():
            words.add_row(Text(word), Text(meaning))
        parts += [Text("Words", "bold underline"), words, Text()]
        parts.append(Text(NOTES.format(settings=host_of(self).home.settings), "dim"))
        return Group(*parts)


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", min_width=12, no_wrap=True)
    table.add_column(ratio=1)
    return table


def key_rows(
    nodes: Iterable[DOMNode], display: Callable[[Binding], str], keymap: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Keys, what they do, and the binding's name, for the bindings that the studio defines."""
    grouped: dict[str, tuple[Binding, list[str]]] = {}
    for binding in own_bindings(nodes):
        name = binding.id or binding.action
        first, keys = grouped.setdefault(name, (binding, []))
        if first.action == binding.action:
            keys.append(display(binding))
    for name, (binding, keys) in grouped.items():
        if mapped := keymap.get(name):
            changed = Binding.make_bindings([Binding(mapped, binding.action)])
            keys = [display(each) for each in changed]
        what = binding.tooltip or binding.description
        if what:
            yield " ".join(dict.fromkeys(keys)), what, name


def own_bindings(nodes: Iterable[DOMNode]) -> Iterator[Binding]:
    """The bindings of those nodes that the studio's own classes define, each class once."""
    return _bindings_of(dict.fromkeys(kind for node in nodes for kind in type(node).__mro__))


def key_names() -> set[str]:
    """The name of every key of the studio, also of screens that are not open."""
    kinds: list[type] = [DOMNode]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {binding.id for binding in _bindings_of(kinds) if binding.id}


def _bindings_of(kinds: Iterable[type]) -> Iterator[Binding]:
    for kind in kinds:
        if kind.__module__.startswith("studio."):
            yield from Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))
