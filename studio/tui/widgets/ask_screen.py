"""A question before something is deleted or lost."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from studio.translation import again, marked
from studio.tui.widgets.modal import Modal


class AskScreen(Modal[bool]):
    """A question with two answers. The harmless answer has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", marked("Yes"), id="ask.yes"),
        Binding("n,escape", "answer(False)", marked("No"), id="ask.no"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def answers(self) -> dict[str, str]:
        """The label of each answer by its id, in the order of the buttons."""
        return {"no": f"{again(self._no)} (n)", "yes": f"{again(self._yes)} (y)"}

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False, id="question")
            with Horizontal(id="answers"):
                for name, label in self.answers().items():
                    button = Button(label, id=name, compact=True)
                    button.variant = "primary" if name == "yes" else "default"
                    yield button

    def say_again(self) -> None:
        """Name the answers in the language of now."""
        for name, label in self.answers().items():
            self.query_one(f"#{name}", Button).label = label

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Give the answer."""
        self.dismiss(yes)
