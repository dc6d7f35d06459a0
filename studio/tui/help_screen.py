"""The help screen: all keys, read from the bindings so that it is never out of date, and terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Input, Static

from studio.translation import marked, tr
from studio.tui.help_section import HelpSection, Row
from studio.tui.host import host_of
from studio.tui.pane import TITLES, Pane
from studio.tui.poem.glossary import glossary
from studio.tui.widgets.modal import Modal

NOTES = marked(
    """\
To change a key, write its name from the right column and the new keys under [keymap] in \
{settings}, for example "studio.zoom" = "f5". In a field, letters are text; Escape leaves the field.

Copying goes through the terminal (OSC 52). In tmux it needs `set -g set-clipboard on`; over SSH \
your own terminal must allow it. Saving to a file always works.

To select text with the mouse, hold Shift while dragging. Or set `mouse = false` in {settings}: \
the studio then does not use the mouse."""
)


Section = tuple[str, list[DOMNode]]
"""A heading, and the nodes whose keys are listed under it."""


class HelpScreen(Modal[None]):
    """All keys, grouped by where they work, and the meaning of the Chinese terms.

    It opens with a few sections. `complete` adds the others one by one: laying out all of them at
    once would hold up keys.
    """

    AUTO_FOCUS = "#help-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "close", marked("Close"), id="help.close"),
        Binding("slash", "search", marked("Search"), id="help.search"),
    ]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield Input(placeholder=tr("search keys and terms"), compact=True, id="help-search")
            with VerticalScroll(id="help-text"):
                yield Static(tr("Nothing matches."), id="help-nothing")
                for heading, nodes in self._sections:
                    yield HelpSection(heading, list(self._rows(nodes)))

    def say_again(self) -> None:
        """Close: its sections are in the language before. The key shows them in that of now."""
        self.dismiss()

    def on_mount(self) -> None:
        frame = self.query_one("#help")
        frame.border_title = tr("Keys and glossary")
        frame.border_subtitle = tr("/ searches, Escape closes")
        self.query_one(Input).display = False
        self.query_one("#help-nothing").display = False

    async def complete(self, sections: Sequence[Section]) -> None:
        """Show these sections, the glossary and the notes; keys are handled in between."""
        self._sections = sections
        notes = tr(NOTES, settings=host_of(self).home.settings).split("\n\n")
        parts: list[tuple[str, list[Row]]] = [
            *((heading, list(self._rows(nodes))) for heading, nodes in sections),
            (tr("Glossary"), list(glossary().items())),
            (tr("Notes"), [(f"{note}\n",) for note in notes]),
        ]
        known = {each.heading: each for each in self.query(HelpSection)}
        last: Widget | None = self._place
        for heading, rows in parts:
            if not self._place:
                return
            if heading in known:
                known[heading].change(rows)
            else:
                known[heading] = HelpSection(heading, rows, self.query_one(Input).value)
                await self.query_one("#help-text").mount(known[heading], after=last)
            last = known[heading]
        self._note_if_nothing_matches()

    @property
    def _place(self) -> Widget | None:
        """The text that the sections follow; None once the screen is being closed."""
        return next(iter(self.query("#help-nothing")), None)

    def action_search(self) -> None:
        """Type words to search for."""
        self.query_one(Input).display = True
        self.query_one(Input).focus()

    def action_close(self) -> None:
        """Leave the search, or close the help."""
        search = self.query_one(Input)
        if search.has_focus:
            search.value = ""
            search.display = False
            self.query_one("#help-text").focus()
        else:
            self.dismiss()

    def on_input_changed(self, event: Input.Changed) -> None:
        for section in self.query(HelpSection):
            section.filter(event.value)
        self._note_if_nothing_matches()
        self.query_one("#help-text").scroll_home(animate=False)

    def on_input_submitted(self) -> None:
        self.query_one("#help-text").focus()

    def _note_if_nothing_matches(self) -> None:
        if place := self._place:
            place.display = not any(section.display for section in self.query(HelpSection))

    def _rows(self, nodes: Iterable[DOMNode]) -> Iterator[Row]:
        """Keys, effects and names. One row for keys whose effect depends on what happens."""
        rows: dict[str, tuple[str, str]] = {}
        keymap = host_of(self).settings.keymap
        for keys, effect, name in key_rows(nodes, self.app.get_key_display, keymap):
            if keys in rows:
                others, names = rows[keys]
                effect, name = f"{others}\n{effect}", f"{names}\n{name}"
            rows[keys] = effect, name
        for keys, (effect, name) in rows.items():
            yield keys, effect, name


def sections_of(pane: Pane) -> Iterator[Section]:
    """The sections for the keys of a pane and of the widgets in it.

    As in the line of keys, those of the focused widget come first.
    """
    title = TITLES[pane.id or ""]
    in_pane = tr("In {pane}", pane=tr(title))

    def heading(node: DOMNode) -> str:
        return tr(own) if (own := getattr(node, "KEYS_HEADING", "")) else in_pane

    focused = pane.last_focus
    sections: dict[str, list[DOMNode]] = {}
    if focused and focused.is_attached and pane.is_displayed(focused):
        around = takewhile(lambda node: node is not pane, focused.ancestors_with_self)
        shown = (node for node in around if any(each.show for each in own_bindings([node])))
        sections = {heading(node): [] for node in shown if hasattr(node, "KEYS_HEADING")}
    for node in (pane, *pane.query("*")):
        sections.setdefault(heading(node), []).append(node)
    yield from sections.items()


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
        effect = tr(binding.tooltip or binding.description)
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
