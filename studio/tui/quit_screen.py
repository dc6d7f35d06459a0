"""Quitting while a run is in training."""

from collections.abc import Callable

from textual.widgets import Static

from studio.tui.widgets.ask_screen import AskScreen


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
