"""The help screen: all keys, read from the bindings so that it is never out of date, and terms."""

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
To change a key, write its name from the right column and the new keys under [keymap] in \
{settings}, for example "studio.zoom" = "f5". In a field, letters are text; Escape leaves the field.

Copying goes through the terminal (OSC 52). In tmux it needs `set -g set-clipboard on`; over SSH \
your own terminal must allow it. Saving to a file always works.

To select text with the mouse, hold Shift while dragging. Or set `mouse = false` in {settings}: \
the studio then does not use the mouse."""


class HelpScreen(Modal[None]):
    """All keys, grouped by where they work, and the meaning of the Chinese terms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, sections: list[tuple[str, list[DOMNode]]]) -> None:
        """`sections`: a heading each, and the nodes whose keys are listed under it."""
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = "Keys and glossary"
            scroll.border_subtitle = "Escape closes"
            yield Static(self._content())

    def _content(self) -> Group:
        settings = host_of(self).settings
        parts: list[Table | Text] = []
        for heading, nodes in self._sections:
            rows = list(key_rows(nodes, self.app.get_key_display, settings.keymap))
            if not rows:
                continue
            table = _grid()
            table.add_column(style="dim", no_wrap=True)
            for keys, effect, name in rows:
                table.add_row(Text(keys), Text(effect), Text(name))
            parts += [Text(heading, "bold underline"), table, Text()]
        terms = _grid()
        for term, meaning in glossary().items():
            terms.add_row(Text(term), Text(meaning))
        parts += [Text("Glossary", "bold underline"), terms, Text()]
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
    """The keys, effect and name of each binding that the studio defines."""
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
        effect = binding.tooltip or binding.description
        if effect:
            yield " ".join(dict.fromkeys(keys)), effect, name


def own_bindings(nodes: Iterable[DOMNode]) -> Iterator[Binding]:
    """The bindings that the studio's own classes define for these nodes, each class once."""
    return _bindings_of(dict.fromkeys(kind for node in nodes for kind in type(node).__mro__))


def key_names() -> set[str]:
    """The names of all keys of the studio, including those of screens that are not open."""
    kinds: list[type] = [DOMNode]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {binding.id for binding in _bindings_of(kinds) if binding.id}


def _bindings_of(kinds: Iterable[type]) -> Iterator[Binding]:
    for kind in kinds:
        if kind.__module__.startswith("studio."):
            yield from Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))
