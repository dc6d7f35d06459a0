"""Tasks on run folders, done in threads."""

from collections.abc import Callable
from typing import TypeVar

from textual.worker import get_current_worker

from studio.errors import StudioError
from studio.reasons import in_words
from studio.tui.pane import Pane
from studio.tui.training.under_way import is_under_way

T = TypeVar("T")


class FolderTasks:
    """Runs tasks for a pane, and shows why one fails."""

    def __init__(self, pane: Pane) -> None:
        self._pane = pane

    def run(
        self,
        group: str,
        run: str,
        task: Callable[[], T],
        then: Callable[[T], None],
        exclusive: bool = False,
        quiet: bool = False,
        once: bool = False,
    ) -> None:
        """Do a task in a thread, then call `then` with its result in the application's thread.

        If the run's folder cannot be used, a notice says why, unless `quiet`. With `once` nothing
        is done while a task of the group is under way.
        """
        if once and is_under_way(self._pane, group):
            return

        def work() -> None:
            worker = get_current_worker()
            try:
                result = task()
            except Exception as error:
                if not quiet:
                    self._pane.call_later(self.show_error, run, _reason(error))
            else:
                if not worker.is_cancelled:
                    self._pane.call_later(then, result)

        self._pane.run_worker(
            work, thread=True, group=group, exclusive=exclusive, exit_on_error=False
        )

    def show_error(self, run: str, reason: str) -> None:
        """Say why a run's folder cannot be used."""
        self._pane.studio.show_notice(reason, title=run, severity="error")


def _reason(error: Exception) -> str:
    """Why a task failed. A bug or a full memory is named, too: nobody sees the thread end."""
    if isinstance(error, StudioError | OSError):
        return in_words(error)
    return f"{type(error).__name__}: {error}"
