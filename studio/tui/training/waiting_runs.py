"""Runs that wait their turn: new ones, and earlier ones that are to be resumed."""

from collections.abc import Callable

from studio.errors import RunError
from studio.messages import TrainNext
from studio.model.config import RunConfig
from studio.runs import folders, queue
from studio.translation import marked, tr, tr_n
from studio.tui.pane import Pane
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunList
from studio.tui.training.settings_form import SettingsForm
from studio.tui.widgets.ask_screen import AskScreen
from studio.wording import ordinal


class WaitingRuns:
    """Puts runs into the queue, and takes them out of it. Folders are read in threads."""

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self._tasks = FolderTasks(pane)
        self._in_training = pane.studio.run_in_training

    def add_new(self, run: str, config: RunConfig) -> None:
        """Make the folder of a run that is trained later."""
        runs = self._pane.home.runs
        self._add(
            run,
            marked("{run} waits to be trained, {place} in the queue."),
            lambda: queue.join(folders.create(runs, run, config).folder),
        )

    def add(self, run: str, epochs: int) -> None:
        """Let a run that was trained before wait until it is resumed, with more epochs."""

        def join() -> int:
            found = folders.find(self._pane.home.runs, run)
            if found.is_busy():
                raise RunError(tr("{run} is in training. Stop it first.", run=run))
            # It keeps its place if it waits already.
            return queue.place(found.folder) or queue.join(found.folder, epochs)

        self._add(run, marked("{run} waits to be resumed, {place} in the queue."), join)

    def _add(self, run: str, message: str, join: Callable[[], int]) -> None:
        def waits(place: int) -> None:
            text = tr(message, run=run, place=ordinal(place))
            self._pane.studio.show_notice(tr("{what} The list of runs (r) shows it.", what=text))
            self._changed(text)
            self._pane.query_one(SettingsForm).propose_name()
            if not self._in_training.is_busy:
                # The other run has ended meanwhile.
                self._pane.send(TrainNext())

        self._tasks.run("wait", run, join, waits)

    def remind(self) -> None:
        """Name the runs that wait while no process trains, as after a crash."""

        def look() -> list[str]:
            waiting = queue.waiting(self._pane.home.runs)
            busy = waiting and any(run.is_busy() for run in folders.all_runs(self._pane.home.runs))
            return [] if busy else waiting

        def remind(waiting: list[str]) -> None:
            if waiting and not self._in_training.is_busy:
                self._pane.studio.show_notice(
                    tr_n(
                        "{count:,} run waiting to be trained: {runs}. "
                        "In the list of runs (r), u starts one; the others follow it.",
                        "{count:,} runs waiting to be trained: {runs}. "
                        "In the list of runs (r), u starts one; the others follow it.",
                        len(waiting),
                        runs=tr(", ").join(waiting),
                    )
                )

        self._tasks.run("wait", "", look, remind, quiet=True)

    def ask_to_remove(self, run: str) -> None:
        """Take a run that was trained before out of the queue, if the user confirms it."""
        text = tr(
            "{run} waits to be resumed. Take it out of the queue? The run itself is kept.", run=run
        )
        question = AskScreen(text, tr("Take it out"), tr("Let it wait"))
        self._pane.app.push_screen(question, lambda yes: self._remove(run) if yes else None)

    def _remove(self, run: str) -> None:
        def leave() -> None:
            found = folders.find(self._pane.home.runs, run)
            with found.lock():
                queue.leave(found.folder)

        def left(_: None) -> None:
            self._changed(tr("{run} does not wait any more", run=run))

        self._tasks.run("wait", run, leave, left)

    def _changed(self, line: str) -> None:
        self._pane.query_one(LogPanel).add(line)
        self._pane.query_one(RunList).read()
