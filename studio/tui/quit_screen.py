"""Asking before quitting while a run is in training."""

from collections.abc import Callable

from textual.widgets import Static

from studio.tui.widgets.ask_screen import AskScreen


class QuitScreen(AskScreen):
    """Asks whether to save the run and quit; then stays open until the run has been saved."""

    def __init__(self, run: str, save: Callable[[], None]) -> None:
        """`save` starts to save the run; the studio quits once that is done."""
        super().__init__(
            f"{run} is in training.\n\nSave a checkpoint and quit? The run can be resumed later.",
            yes="Save and quit",
            no="Stay",
        )
        self._save = save
        self._saving = False

    def action_answer(self, yes: bool) -> None:
        """Stay, or save the run. A second answer is ignored."""
        if self._saving:
            return
        if not yes:
            self.dismiss(False)
            return
        self._saving = True
        self.query_one("#question", Static).update("Saving a checkpoint ...")
        self.query_one("#answers").display = False
        self._save()
