"""Asking before quitting while a run is in training."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from studio.translation import marked, tr, tr_n
from studio.tui.run_in_training import RunInTraining
from studio.tui.widgets.ask_screen import AskScreen


class QuitScreen(AskScreen):
    """Stay, save the run and quit, or leave it training; stays open until the run is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "leave", marked("Leave it training"), id="quit.leave"),
    ]

    def __init__(
        self, run: RunInTraining, waiting: int, save: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        """`waiting` runs wait for this one. `save` and `leave` start to save it; the studio quits
        once that is done.
        """
        super().__init__(_question(run, waiting), yes=tr("Save and quit"), no=tr("Stay"))
        self._save, self._leave = save, leave
        self._saving = False

    def answers(self) -> dict[str, str]:
        """The label of each answer by its id, in the order of the buttons."""
        (no, yes) = super().answers().items()
        return dict([no, ("leave", tr("Leave it training (l)")), yes])

    def action_answer(self, yes: bool) -> None:
        """Stay, or save the run and quit."""
        if yes:
            self._start(tr("Saving a checkpoint ..."), self._save)
        elif not self._saving:
            self.dismiss(False)

    def action_leave(self) -> None:
        """Leave the run to a process of its own, and quit."""
        doing = tr("Saving a checkpoint for the process that takes the run over ...")
        self._start(doing, self._leave)

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


def _question(run: RunInTraining, waiting: int) -> str:
    if run.state == "paused":
        state = tr("{run} is paused.", run=run.name)
    else:
        state = tr("{run} is in training.", run=run.name)
    if not waiting:
        return tr(
            "{state}\n\nSave a checkpoint and quit? The run can be resumed later. Or leave it "
            "training: a process without a terminal trains it.",
            state=state,
        )
    return tr_n(
        "{state} Waiting behind it: {count:,} run.\n\nSave a checkpoint and quit? The run can be "
        "resumed later. Or leave it training: a process without a terminal trains it, and then "
        "what waits.",
        "{state} Waiting behind it: {count:,} runs.\n\nSave a checkpoint and quit? The run can be "
        "resumed later. Or leave it training: a process without a terminal trains it, and then "
        "what waits.",
        waiting,
        state=state,
    )
