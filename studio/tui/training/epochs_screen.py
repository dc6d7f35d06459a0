"""A question: how many more epochs to train."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from studio.translation import marked, tr
from studio.tui.widgets.modal import Modal


class EpochsScreen(Modal[int | None]):
    """Asks how many epochs to add to a finished run. The result is None if the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", marked("Cancel"), id="epochs.cancel"),
    ]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            text = tr("{run} has finished its epochs. How many more?", run=self._run)
            yield Static(text, markup=False, id="question")
            yield Input("1", type="integer", max_length=4, compact=True)
            remark = Static(tr("Type a number from 1 to 9999."), markup=False, id="said")
            remark.display = False
            yield remark

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        epochs = int(event.value) if event.value.isdigit() else 0
        if epochs > 0:
            self.dismiss(epochs)
        else:
            self.query_one("#said").display = True
