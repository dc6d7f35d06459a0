"""Asking before quitting while a run is in training or a report is written."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from studio.translation import marked, tr, tr_n
from studio.tui.run_in_training import RunInTraining
from studio.tui.widgets.ask_screen import AskScreen


class QuitScreen(AskScreen):
    """Stay, save the run and quit, or leave it training; stays open until the run is saved.

    If saving has failed, the studio can also be quit without it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "leave", marked("Leave it training"), id="quit.leave"),
        Binding("w", "lose", marked("Quit without saving"), id="quit.lose"),
    ]

    def __init__(
        self,
        run: RunInTraining,
        waiting: int,
        save: Callable[[], None],
        leave: Callable[[], None],
        lose: Callable[[], None] | None = None,
    ) -> None:
        """`waiting` runs wait for this one. `save` and `leave` start to save it; the studio quits
        once that is done. `lose` quits at once; None unless saving has failed.
        """
        question = _question(run, waiting) if lose is None else _unsaved(run)
        super().__init__(question, yes=tr("Save and quit"), no=tr("Stay"))
        self._save, self._leave, self._lose = save, leave, lose
        self._saving = False

    def answers(self) -> dict[str, str]:
        """The label of each answer by its id, in the order of the buttons."""
        (no, yes) = super().answers().items()
        other = ("leave", tr("Leave it training (l)"))
        if self._lose is not None:
            other = ("lose", tr("Quit without saving (w)"))
        return dict([no, other, yes])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what the buttons offer."""
        return action not in ("leave", "lose") or action in self.answers()

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

    def action_lose(self) -> None:
        """Quit; what was trained since the last checkpoint is lost."""
        if self._lose is not None and not self._saving:
            self._lose()

    @on(Button.Pressed, "#leave,#lose")
    def _other_pressed(self, event: Button.Pressed) -> None:
        event.prevent_default()
        event.stop()
        if event.button.id == "leave":
            self.action_leave()
        else:
            self.action_lose()

    def _start(self, doing: str, action: Callable[[], None]) -> None:
        """Do it once; a second answer is ignored."""
        if self._saving:
            return
        self._saving = True
        self.query_one("#question", Static).update(doing)
        self.query_one("#answers").display = False
        action()


class ReportScreen(AskScreen):
    """Quit although a report is being written, or stay."""

    def __init__(self) -> None:
        question = tr("A report is being written. If you quit now, it is lost.")
        super().__init__(question, yes=tr("Quit"), no=tr("Stay"))


def _unsaved(run: RunInTraining) -> str:
    return tr(
        "{run} could not be saved.\n\nTry again, or quit without saving and lose the training "
        "since its last checkpoint.",
        run=run.name,
    )


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
