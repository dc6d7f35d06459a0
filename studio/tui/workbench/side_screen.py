"""A screen at the side of the poem: a list of what can be taken into it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from studio.translation import marked
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Modal

# A panel that is wider is under the poem.
WIDEST = 33

T = TypeVar("T")
Row = tuple[Content, T | None]


def turning(following: str, before: str) -> list[BindingType]:
    """The keys that turn to the next page and the one before, with what they turn to."""
    return [
        Binding("right,tab", "turn(1)", following, id="side.next"),
        Binding("left,shift+tab", "turn(-1)", before, show=False, id="side.before"),
    ]


class SideScreen(Modal[T | None]):
    """A heading, a text and a list. The result is what was taken, or None.

    The poem stays in sight: the screen covers the panel beside it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", marked("Take"), id="side.take", priority=True),
        Binding("escape", "dismiss(None)", marked("Back"), id="side.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row[T]] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="side"):
            yield Label(id="side-heading", markup=False)
            # Over the list: a long one leaves no room under it.
            yield Static(id="side-said", markup=False)
            yield OptionList(compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self._place_over()
        self.query_one(OptionList).focus()
        self.turned()

    def say_again(self) -> None:
        """Show the page in the language of now."""
        self.turned()

    def on_resize(self) -> None:
        self.call_after_refresh(self._place_over)

    def _place_over(self) -> None:
        """Take the place of the panel beside the poem, or under it."""
        panel = self.app.screen_stack[0].query_one("#reading").region
        side = self.query_one("#side")
        side.styles.offset = panel.offset
        side.styles.width, side.styles.height = panel.width, panel.height
        side.set_class(panel.width > WIDEST, "-under")

    def turned(self) -> None:
        """Show another page: it was turned to."""
        raise NotImplementedError

    def action_turn(self, step: int) -> None:
        """Turn to the next or the previous page."""
        raise NotImplementedError

    def head(self, heading: Content | str) -> None:
        """Show a heading."""
        self.query_one("#side-heading", Label).update(heading)

    def say(self, text: str, error: bool = False) -> None:
        """Show a text over the list; "" hides it."""
        said = self.query_one("#side-said", Static)
        said.update(Content(text))
        said.display = bool(text)
        said.set_class(error, "error")

    def show(self, rows: Iterable[Row[T]]) -> None:
        """Show what was found; a row with None cannot be taken."""
        self._rows = tuple(rows)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(row) for row, _ in self._rows])
        taken = (at for at, (_, each) in enumerate(self._rows) if each is not None)
        options.highlighted = next(taken, 0) if self._rows else None
        self.refresh_bindings()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be taken is."""
        return action != "take" or self._highlighted_row() is not None

    def _highlighted_row(self) -> T | None:
        highlighted = self.query_one(OptionList).highlighted if self.is_mounted else None
        if highlighted is None or highlighted >= len(self._rows):
            return None
        return self._rows[highlighted][1]

    @on(OptionList.OptionSelected)
    def action_take(self) -> None:
        """Take what is highlighted into the poem."""
        if (taken := self._highlighted_row()) is not None:
            self.dismiss(taken)
