"""A widget for one of a few values."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studio.translation import marked


class Stepper(Widget, can_focus=True):
    """One of a few values, changed with left and right."""

    KEYS_HEADING = marked("On a value of the form for a new run")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", marked("Previous value"), show=False, id="form.before"),
        Binding("right,space", "step(1)", marked("Next value"), show=False, id="form.next"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"stepper--mark"}

    value: reactive[str] = reactive("", layout=True)

    class Stepped(Message):
        """Another value was chosen."""

        def __init__(self, stepper: "Stepper") -> None:
            super().__init__()
            self.stepper = stepper

        @property
        def control(self) -> "Stepper":
            return self.stepper

    def __init__(
        self,
        values: Sequence[str],
        value: str,
        id: str | None = None,
        said: Callable[[str], str] = str,
    ) -> None:
        """`said` returns how a value is shown."""
        super().__init__(id=id)
        self.values, self._said = values, said
        self.set_reactive(Stepper.value, value)

    def render(self) -> RenderResult:
        shown = self._said(self.value)
        if cell_len(shown) + 4 > self.content_size.width:
            # The value is more important than the marks.
            return Text(shown, no_wrap=True, overflow="ellipsis")
        mark = self.get_component_rich_style("stepper--mark", partial=True)
        return Text.assemble(("< ", mark), shown, (" >", mark), no_wrap=True)

    def action_step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) value."""
        at = self.values.index(self.value)
        self.value = self.values[(at + by) % len(self.values)]
        self.post_message(self.Stepped(self))

    def on_click(self) -> None:
        self.action_step(1)
