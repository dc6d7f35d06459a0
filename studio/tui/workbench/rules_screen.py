"""The rules that a poem is measured by, as switches."""

from typing import ClassVar, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from studio.prosody.books import rhyme_books
from studio.prosody.measure import BookKey, Measure, Rescue
from studio.translation import marked, tr
from studio.tui.widgets.form_fields import ChoiceField, Option
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal
from studio.tui.widgets.switch import Switch

_ABOUT: dict[str, str] = {
    "pingshui": marked("the 106 rhymes, with the tones of the Tang"),
    "cilin": marked("19 groups for ci, with the tones of the Tang"),
    "tongyun": marked("the standard of 2019, with the tones of today"),
    "xinyun": marked("14 rhymes, with the tones of today"),
}
_RESCUES: dict[Rescue, str] = {
    "self": marked("Rescue within a line: 仄平平仄平, 平平仄平仄"),
    "next": marked("Rescue by the next line of the couplet"),
}


class RulesScreen(Modal[Measure | None]):
    """Rhyme book and rescues; the result is the new measure, or None if nothing is changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", marked("Next rule"), id="rules.next"),
        Binding("escape", "use", marked("Use and go back"), id="rules.use"),
    ]

    def __init__(self, measure: Measure) -> None:
        super().__init__()
        self._measure = measure

    def compose(self) -> ComposeResult:
        forbidden = self._measure.no_rescue
        with Vertical(classes="dialog", id="rules"):
            yield Label(tr("Rules of this poem"), classes="title", markup=False)
            yield ChoiceField("rules-book", tr("Rhymes"), _books())
            for each, text in _RESCUES.items():
                yield Switch(tr(text), each not in forbidden, id=f"rules-{each}", compact=True)
            yield Static(
                tr("They say what counts as a fault, and the model writes by them."),
                classes="hint",
                markup=False,
            )
        yield KeyBar()

    def say_again(self) -> None:
        """Name the rules in the language of now."""
        self._book.rename(_books())
        for name, text in _RESCUES.items():
            self.query_one(f"#rules-{name}", Switch).label = tr(text)

    def on_mount(self) -> None:
        self._book.value = self._measure.rhymes
        self._book.editor.focus()

    @property
    def _book(self) -> ChoiceField:
        return self.query_one("#field-rules-book", ChoiceField)

    def action_use(self) -> None:
        """Measure the poem by what is chosen."""
        chosen = msgspec.structs.replace(
            self._measure,
            rhymes=cast(BookKey, self._book.value),
            no_rescue=tuple(
                each for each in _RESCUES if not self.query_one(f"#rules-{each}", Switch).value
            ),
        )
        self.dismiss(None if chosen == self._measure else chosen)


def _books() -> list[Option]:
    """The rhyme books with what each is for."""
    return [
        Option(each.key, f"{each.name} {tr(_ABOUT[each.key])}") for each in rhyme_books().values()
    ]
