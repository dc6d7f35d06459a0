"""Start, open, compare, resume and delete runs, as the keys of the training pane ask."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from studio.devices import GpuChoice
from studio.errors import RunError
from studio.messages import Resume, Train
from studio.model.config import RECIPES, RunConfig
from studio.reasons import in_words
from studio.runs import folders, queue
from studio.translation import tr
from studio.tui.pane import Pane
from studio.tui.training.elsewhere import RunsElsewhere
from studio.tui.training.epochs_screen import EpochsScreen
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.history import History
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.panels import WatchPanels
from studio.tui.training.run_list import RunList
from studio.tui.training.run_names import RunNames
from studio.tui.training.run_reader import read_past, read_run
from studio.tui.training.run_rows import RunRow
from studio.tui.training.runs_beside import RunsBeside
from studio.tui.training.status_panel import Shown
from studio.tui.training.under_way import is_under_way
from studio.tui.training.waiting_runs import WaitingRuns
from studio.tui.training.watched import Watched
from studio.tui.widgets.ask_screen import AskScreen

# Seconds after which a run that is still being read counts as long.
LONG = 1.0


class ShowCurves(Protocol):
    """Shows the curves. Without `focus`, the focus stays in another pane that has it."""

    def __call__(self, *, focus: bool) -> None: ...


class RunActions:
    """What the training pane does with runs. Folders are read and deleted in threads."""

    def __init__(
        self, pane: Pane, watched: Watched, names: RunNames, show_curves: ShowCurves
    ) -> None:
        self._pane, self._watched, self._names = pane, watched, names
        self._show_curves = show_curves
        self.elsewhere = RunsElsewhere(pane, watched)
        self.waiting = WaitingRuns(pane)
        self._beside = RunsBeside(pane, self.waiting)
        self._tasks = FolderTasks(pane)
        self._in_training = pane.studio.run_in_training
        # The GPUs of the machine, as they were read last.
        self.gpus: Sequence[GpuChoice] = ()
        # The run that is being read from its folder, to be opened.
        self._opening = ""
        # The run that was about to start when the user chose what to see.
        self._passed_by = ""

    # --- start and resume -----------------------------------------------------------------------

    def train(self, run: str, config: RunConfig) -> None:
        """Start a new run; if one is in training, it goes to a free GPU or waits."""
        self._names.use(run)
        if self._in_training.is_busy:
            self._beside.train(run, config, self.gpus)
            return
        self.close_opened()
        self._start(Train(run, config))

    def train_recipe(self, recipe: str) -> None:
        """Start a new run with a recipe's settings, unchanged."""
        config = RECIPES[recipe]
        self.train(self._names.new(recipe, config.model.cell), config)

    def resume(self, run: str) -> None:
        """Resume the paused run, or a run on disk; while another one is in training, it waits.

        A finished run needs more epochs.
        """
        if run == self._in_training.name and self._in_training.state == "paused":
            self._pane.send(Resume(run))
            return

        def read_status() -> str:
            return folders.summary(folders.find(self._pane.home.runs, run)).status

        resume = partial(self._resume_from, run)
        self._tasks.run(f"status {run}", run, read_status, resume, once=True)

    def _resume_from(self, run: str, status: str) -> None:
        app = self._pane.app
        if isinstance(app.screen, EpochsScreen):
            return
        if status == "finished":
            app.push_screen(
                EpochsScreen(run), lambda epochs: self._resume(run, epochs) if epochs else None
            )
        else:
            self._resume(run, 0)

    def _resume(self, run: str, epochs: int) -> None:
        if self._in_training.is_busy:
            self.waiting.add(run, epochs)
            return
        opened = self._watched.opened
        if not (opened and opened.history.run == run):
            # Otherwise the run stays on the screen until its training starts.
            self.close_opened()
        self._start(Resume(run, epochs))

    def _start(self, command: Train | Resume) -> None:
        self._pane.send(command)
        self._show_curves(focus=True)
        # That was not the user's choice of something else.
        self._passed_by = ""

    def _is_busy(self) -> bool:
        """Whether a run is in training; if so, a notice says it."""
        if self._in_training.is_running:
            self._pane.studio.show_notice(
                tr("{run} is in training. Stop it first (x).", run=self._in_training.name)
            )
        return self._in_training.is_running

    def read_past(self, run: str, step: int) -> None:
        """Add the events of a resumed run up to `step`, where it was interrupted."""

        def join(past: History) -> None:
            self._watched.join_past(past, step)
            self._panels.touch()

        self._tasks.run("past", run, lambda: read_past(self._pane.home, run, step), join)

    # --- open and compare -----------------------------------------------------------------------

    def act(self, action: str, row: RunRow) -> None:
        """Open, compare, resume or delete a run of the list."""
        if action == "delete":
            self.ask_to_delete(row.name)
        elif row.problem:
            self._tasks.show_error(row.name, row.problem)
        elif action == "resume":
            self.resume(row.name)
        elif action == "open":
            self.open(row.name)
        elif action == "reference":
            self._set_reference(row)
        else:
            self._compare(row)

    def close_opened(self) -> None:
        """Show the run in training again, not another one."""
        self._watched.opened = None
        self.stop_opening()

    def stop_opening(self) -> None:
        """Do not show a run that is being read or started: the user does something else by now."""
        self._opening = ""
        asked = self._in_training.asked
        self._passed_by = asked.run if asked else ""

    def is_awaited(self, run: str) -> bool:
        """Whether a run that starts is to be shown: nothing was chosen since it was asked for."""
        return run != self._passed_by

    def open(self, run: str) -> None:
        """Show a run: the one in training, or another from its folder."""
        if run == self._in_training.name:
            self.close_opened()
            self._show_curves(focus=True)
        else:
            self._opening = run
            self._read_run("open", run, self._show_opened)

    def _show_opened(self, shown: Shown) -> None:
        """Show a run that has been read, unless the user has asked for another one since."""
        if shown.history.run == self._opening:
            self.stop_opening()
            self._watched.opened = shown
            self._show_curves(focus=False)

    def _compare(self, row: RunRow) -> None:
        """Add a run's curves to the chart, or remove them."""
        live, compared = self._watched.live, self._watched.compared
        if row.name in compared:
            del compared[row.name]
            self._panels.draw_now()
        elif live and live.run == row.name:
            self._add_to_chart(live)
        else:
            self._read_run("compare", row.name, lambda shown: self._add_to_chart(shown.history))

    def _set_reference(self, row: RunRow) -> None:
        """Compare the others with a run, or no longer with it."""
        is_shown = row.name in [each.run for each in self._watched.histories()]
        is_reference = is_shown and self._watched.reference == row.name
        self._watched.reference = "" if is_reference else row.name
        if is_shown:
            self._panels.draw_now()
        else:
            self._compare(row)

    def _add_to_chart(self, history: History) -> None:
        self._watched.compared[history.run] = history
        self._panels.draw_now()

    def _read_run(self, why: str, run: str, then: Callable[[Shown], None]) -> None:
        """Read a run, then do `then`; `why` is the key, which may be pressed again meanwhile."""
        group = f"{why} {run}"

        def say() -> None:
            if is_under_way(self._pane, group):
                self._pane.studio.show_notice(
                    tr("{run} has many steps. Reading it takes a while.", run=run)
                )

        self._tasks.run(group, run, lambda: read_run(self._pane.home, run), then, once=True)
        self._pane.set_timer(LONG, say)

    def take_over(self) -> None:
        """Resume here the run shown, which another process trains and then stops training."""
        if not self._is_busy():
            self.elsewhere.take_over(lambda run: self._resume(run, 0))

    # --- delete ---------------------------------------------------------------------------------

    def ask_to_delete(self, run: str) -> None:
        """Delete a run, if the user confirms it. The one in training must be stopped first."""
        if run == self._in_training.name and self._is_busy():
            return
        folder = folders.Run(self._pane.home.runs / run)
        try:
            waits = queue.place(folder.folder) > 0
            was_trained = bool(folder.checkpoint_names())
        except OSError as error:
            self._tasks.show_error(run, in_words(error))
            return
        if waits and was_trained:
            self.waiting.ask_to_remove(run)
            return
        if waits:
            text = tr(
                "{run} waits to be trained. Cancel it and delete its settings? No undo.", run=run
            )
            question = AskScreen(text, tr("Cancel the run"), tr("Keep it"))
        else:
            text = tr("Delete {run} and its checkpoints? No undo.", run=run)
            question = AskScreen(text, tr("Delete"), tr("Keep"))
        self._pane.app.push_screen(question, lambda yes: self._delete(run, waits) if yes else None)

    def _delete(self, name: str, waits: bool) -> None:
        def delete() -> None:
            run = folders.find(self._pane.home.runs, name)
            if waits and not queue.place(run.folder):
                raise RunError(tr("{run} has started meanwhile, so it was kept.", run=name))
            folders.delete(run)

        self._tasks.run("delete", name, delete, lambda _: self._deleted(name))

    def _deleted(self, run: str) -> None:
        self._watched.forget(run)
        self._pane.query_one(LogPanel).add(tr("{run} deleted", run=run))
        self._pane.query_one(RunList).read()
        self._panels.touch()

    @property
    def _panels(self) -> WatchPanels:
        return self._pane.query_one(WatchPanels)
