"""Asking before quitting while a run is in training."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from studio.tui.run_in_training import RunInTraining
from studio.tui.widgets.ask_screen import AskScreen
from studio.wording import counted


class QuitScreen(AskScreen):
    """Stay, save the run and quit, or leave it training; stays open until the run is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "leave", "Leave it training", id="quit.leave"),
    ]

    def __init__(
        self, run: RunInTraining, waiting: int, save: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        """`waiting` runs wait for this one. `save` and `leave` start to save it; the studio quits
        once that is done.
        """
        paused = run.state == "paused"
        text = f"{run.name} is paused." if paused else f"{run.name} is in training."
        leave_it = "Or leave it training: a process without a terminal trains it."
        if waiting:
            text += f" Waiting behind it: {counted(waiting, 'run')}."
            leave_it = (
                "Or leave it training: a process without a terminal trains it, and then what waits."
            )
        text += "\n\nSave a checkpoint and quit? The run can be resumed later. " + leave_it
        super().__init__(text, yes="Save and quit", no="Stay")
        self._save, self._leave = save, leave
        self._saving = False

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield Static(self._question, markup=False, id="question")
            with Horizontal(id="answers"):
                yield Button(f"{self._no} (n)", id="no", compact=True)
                yield Button("Leave it training (l)", id="leave", compact=True)
                yield Button(f"{self._yes} (y)", id="yes", variant="primary", compact=True)

    def action_answer(self, yes: bool) -> None:
        """Stay, or save the run and quit."""
        if yes:
            self._start("Saving a checkpoint ...", self._save)
        elif not self._saving:
            self.dismiss(False)

    def action_leave(self) -> None:
        """Leave the run to a process of its own, and quit."""
        self._start("Saving a checkpoint for the process that takes the run over ...", self._leave)

    @on(Button.Pressed, "#leave")
    def _leave_pressed(self, event: Button.Pressed) -> None:
        event.prevent_default()
        event.stop()
        self.action_leave()

    def _start(self, doing: str, action: Callable[[], None]) -> None:
        """Do it once; a second answer is ignored."""
        if self._saving:
            return
        self._saving = True
        self.query_one("#question", Static).update(doing)
        self.query_one("#answers").display = False
        action()
