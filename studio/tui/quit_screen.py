"""Asking before something is lost."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from studio.tui.widgets.modal import Modal


class AskScreen(Modal[bool]):
    """A question with two answers; the focus stands on the harmless one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="ask.yes"),
        Binding("n,escape", "answer(False)", "No", id="ask.no"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False, id="question")
            with Horizontal(id="answers"):
                yield Button(f"{self._no} (n)", id="no", compact=True)
                yield Button(f"{self._yes} (y)", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Give the answer."""
        self.dismiss(yes)


class QuitScreen(AskScreen):
    """Leaving while a run is in training. It stays, saying so, until the run has been saved."""

    def __init__(self, run: str, save: Callable[[], None]) -> None:
        """`save` has the run saved and the studio left."""
        super().__init__(
            f"{run} is in training.\n\nSave a checkpoint and quit? The run can be resumed later.",
            yes="Save and quit",
            no="Stay",
        )
        self._save = save
        self._saving = False

    def action_answer(self, yes: bool) -> None:
        """Stay, or have the run saved; a second yes changes nothing."""
        if self._saving:
            return
        if not yes:
            self.dismiss(False)
            return
        self._saving = True
        self.query_one("#question", Static).update("Saving a checkpoint ...")
        self.query_one("#answers").display = False
        self._save()


class EpochsScreen(Modal[int | None]):
    """How many more epochs a finished run is to get; None where the person thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="epochs.cancel"),
    ]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            text = f"{self._run} has finished its epochs. How many more?"
            yield Static(text, markup=False, id="question")
            yield Input("1", type="integer", max_length=4, compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        epochs = int(event.value) if event.value.isdigit() else 0
        if epochs > 0:
            self.dismiss(epochs)
