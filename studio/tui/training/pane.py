"""The training pane: begin a run, watch it, look at those before it."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Input
from textual.worker import get_current_worker

from studio.errors import StudioError
from studio.messages import (
    Event,
    Failed,
    Pause,
    Preparing,
    Ready,
    Resume,
    SaveCheckpoint,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.config import RECIPES, RunConfig
from studio.model.events import TrainingEnded, TrainingEvent
from studio.runs import folders
from studio.tui.pane import Pane
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.epochs_screen import EpochsScreen
from studio.tui.training.history import History
from studio.tui.training.log_panel import LogPanel, in_words
from studio.tui.training.panels import WatchPanels
from studio.tui.training.run_list import RunAction, RunList, RunRow
from studio.tui.training.sample_panel import SamplePanel
from studio.tui.training.settings_form import SettingsForm
from studio.tui.training.status_panel import Shown
from studio.tui.training.watched import Watched, read_past, read_run
from studio.tui.widgets.ask_screen import AskScreen

View = Literal["new", "watch", "runs", "log"]
WIDE, TALL = 116, 34


class TrainingPane(Pane):
    """The training pane: a form for a new run, or the panels that show one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "view('new')", "New run", id="training.new"),
        Binding("space,p", "pause", "Pause", id="training.pause"),
        Binding("space,p", "go_on", "Go on", id="training.go_on", tooltip="Go on after a pause"),
        Binding("x", "stop", "Stop", id="training.stop", tooltip="Save a checkpoint and stop"),
        Binding(
            "c", "checkpoint", "Save", id="training.checkpoint", tooltip="Save a checkpoint now"
        ),
        Binding("m", "metric(1)", "Curve", id="training.metric", tooltip="The next curve"),
        Binding(
            "M", "metric(-1)", show=False, id="training.metric_before", tooltip="The curve before"
        ),
        Binding("y", "log_scale", "Log", id="training.log_scale", tooltip="Logarithmic scale"),
        Binding("s", "smoothing", "Smooth", id="training.smoothing", tooltip="Smooth the curves"),
        Binding("g", "grid", "Grid", id="training.grid", tooltip="All curves, or one"),
        Binding(
            "left_square_bracket",
            "sample(-1)",
            "Earlier",
            id="training.sample_before",
            tooltip="The sample poem before, marked on the curve",
        ),
        Binding(
            "right_square_bracket",
            "sample(1)",
            "Later",
            id="training.sample_after",
            tooltip="The sample poem after",
        ),
        Binding("r", "toggle_view('runs')", "Runs", id="training.runs", tooltip="The runs, back"),
        Binding("l", "toggle_view('log')", "Log lines", id="training.log", tooltip="The log, back"),
        Binding("w", "watch", "Watch", id="training.watch", tooltip="Back to the run in training"),
        Binding("slash", "filter", "Filter", id="training.filter", tooltip="Filter the runs"),
        Binding("escape", "back", show=False, id="training.back", tooltip="Back to the curves"),
    ]

    view: reactive[View] = reactive[View]("new", bindings=True)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        # The run that is being read, to be opened.
        self._opening = ""

    def compose(self) -> ComposeResult:
        self._run = self.studio.run_in_training
        self._watched = Watched(self._run)
        yield SettingsForm(self.home.runs)
        yield WatchPanels(self._run, self._watched, self.studio.settings.plain_charts)

    def on_mount(self) -> None:
        self.watch_view()

    @property
    def _panels(self) -> WatchPanels:
        return self.query_one(WatchPanels)

    def size_classes(self, size: Size) -> dict[str, bool]:
        return super().size_classes(size) | {
            "-wide": size.width >= WIDE,
            "-tall": size.height >= TALL,
        }

    def styled_nodes(self) -> Iterable[DOMNode]:
        """The form and the panels, and what is in the one of them that shows."""
        form, panels = self.query_one(SettingsForm), self._panels
        yield from (self, form, panels)
        yield from (form if self.view == "new" else panels).walk_children()

    def watch_view(self) -> None:
        views = ("new", "watch", "runs", "log")
        self.restyle({f"-{name}": self.view == name for name in views}, self.styled_nodes())
        self._panels.touch()

    def refresh_from_disk(self) -> None:
        """Read the run folders: runs may have been trained elsewhere."""
        self.query_one(RunList).read()

    def focus_first(self) -> None:
        match self.view:
            case "new":
                self.query_one(SettingsForm).focus_start()
            case "runs":
                self.query_one(RunList).focus_list()
            case "log":
                self.query_one(LogPanel).focus()
            case "watch":
                self.query_one(CurveGrid).focus_chosen()

    # --- what the worker tells ------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        match event:
            case Trained(run, trained):
                if not self._watched.is_live(run):
                    return
                self._watched.add(trained)
                if isinstance(trained, TrainingEnded):
                    self.query_one(RunList).read()
                    self.query_one(SettingsForm).propose_name()
                    self.refresh_bindings()
            case Ready(gpu=gpu):
                self.query_one(DevicePanel).use(gpu)
            case TrainingStarted():
                self._training_started(event)
            case TrainingPaused() | TrainingResumed():
                self.refresh_bindings()
            case Failed():
                self._failed(event)
            case Preparing():
                pass
            case _:
                return
        if words := in_words(event):
            self._log(words)
        self._panels.touch()

    def _training_started(self, event: TrainingStarted) -> None:
        self._watched.begin(event)
        if event.step:
            self._read_past(event.run, event.step)
        self.view = "watch"
        self.refresh_bindings()
        self.query_one(RunList).read()
        if self.studio.current == self.id:
            self.focus_first()

    def _failed(self, event: Failed) -> None:
        self._log(f"failed: {event.what}: {event.message}", "bold")
        for line in event.bug.splitlines():
            self._log(line)
        self.refresh_bindings()

    def _log(self, what: str, style: str = "") -> None:
        self.query_one(LogPanel).tell(what, style)

    # --- keys -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing now are neither shown nor obeyed."""
        match action:
            case "pause":
                return self._run.state == "training"
            case "go_on":
                return self._run.state == "paused"
            case "stop" | "checkpoint":
                return self._run.state in ("training", "paused")
            case "watch":
                return self._watched.live is not None
            case "filter":
                # Textual does not know that a field takes this character.
                return not isinstance(self.app.focused, Input)
            case "metric" | "grid" | "log_scale" | "smoothing" | "sample":
                return self.view != "new"
        return True

    def action_view(self, view: View) -> None:
        """Show the form, the curves, the runs or the log."""
        self.view = view
        if view == "runs":
            self.query_one(RunList).read()
        if view == "new":
            self.query_one(SettingsForm).propose_name()
        self.focus_first()
        self._panels.draw_now()

    def _show_view(self, view: View) -> None:
        """The same, of itself: whoever is in another pane by now stays there."""
        if self.studio.current == self.id:
            self.action_view(view)
        else:
            self.view = view

    def action_toggle_view(self, view: View) -> None:
        """Show the runs or the log; the same key leads back."""
        self.action_view("watch" if self.view == view else view)

    def action_watch(self) -> None:
        """Back to the run in training."""
        self._close_opened()
        self.action_view("watch")

    def action_back(self) -> None:
        """Leave a field, or go back to the curves."""
        if self.view != "watch" and (self._watched.shown() or self._watched.compared):
            self.action_view("watch")
        elif isinstance(self.app.focused, Input):
            self.focus()
        else:
            self.focus_first()

    def action_filter(self) -> None:
        """Type a part of a run's name."""
        self.view = "runs"
        self.call_after_refresh(self.query_one(RunList).focus_filter)

    def action_pause(self) -> None:
        """Hold the training between two steps."""
        self.send(Pause())

    def action_go_on(self) -> None:
        """Go on after a pause."""
        self.send(Resume(self._run.name))

    def action_stop(self) -> None:
        """Save a checkpoint and end the training, once the step under way is done."""
        self.send(Stop())
        self.refresh_bindings()
        self._panels.draw_now()

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        self.send(SaveCheckpoint())

    def action_metric(self, by: int) -> None:
        """Show another curve."""
        self.query_one(CurveGrid).choose(by)
        self._panels.draw_now()

    def action_grid(self) -> None:
        """All curves, or one."""
        if self.query_one(CurveGrid).toggle_grid():
            self._panels.draw_now()
        else:
            self.notify("No room for all curves: zoom with z, or enlarge the terminal.")

    def action_log_scale(self) -> None:
        """Linear or logarithmic scale."""
        self.query_one(CurveGrid).toggle_log()
        self._panels.draw_now()

    def action_smoothing(self) -> None:
        """The next strength of smoothing."""
        self.query_one(CurveGrid).next_smoothing()
        self._panels.draw_now()

    def action_sample(self, by: int) -> None:
        """An earlier or later sample."""
        self.query_one(SamplePanel).move(by)
        self._panels.draw_now()

    # --- runs -----------------------------------------------------------------------------------

    @on(SettingsForm.Start)
    def _start(self, event: SettingsForm.Start) -> None:
        event.stop()
        self._train(event.run, event.config)

    def start_recipe(self, recipe: str) -> None:
        """Start a new run with a recipe's settings as they are."""
        config = RECIPES[recipe]
        self._train(folders.new_name(self.home.runs, recipe, config.model.cell), config)

    def _train(self, run: str, config: RunConfig) -> None:
        if self._refuses():
            return
        self._close_opened()
        self.send(Train(run, config))
        self.action_view("watch")

    def resume(self, run: str) -> None:
        """Go on with a run; one that has finished needs more epochs."""
        if run == self._run.name and self._run.state == "paused":
            self.action_go_on()
        else:
            self._read_status(run)

    @work(thread=True, exclusive=True, group="status", exit_on_error=False)
    def _read_status(self, run: str) -> None:
        worker = get_current_worker()
        try:
            status = folders.summary(folders.find(self.home.runs, run)).status
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, run, str(error))
        else:
            # Pressed again meanwhile: the later reading counts.
            if not worker.is_cancelled:
                self.app.call_later(self._resume_from, run, status)

    def _resume_from(self, run: str, status: str) -> None:
        """Resume a run whose status is known."""
        if self._refuses() or isinstance(self.app.screen, EpochsScreen):
            return
        if status == "finished":
            self.app.push_screen(
                EpochsScreen(run), lambda epochs: self._resume(run, epochs) if epochs else None
            )
        else:
            self._resume(run, 0)

    def _resume(self, run: str, epochs: int) -> None:
        self._close_opened()
        self.send(Resume(run, epochs))
        self.action_view("watch")

    def _refuses(self) -> bool:
        """One run at a time: say so if another is in training."""
        if self._run.is_running:
            self.studio.show_notice(f"{self._run.name} is in training. Stop it first (x).")
        return self._run.is_running

    @on(RunAction)
    def _run_action(self, event: RunAction) -> None:
        event.stop()
        row = event.row
        if event.what == "delete":
            self._ask_to_delete(row.name)
        elif row.summary is None:
            self.studio.show_notice(row.problem, title=row.name, severity="error")
        elif event.what == "resume":
            self.resume(row.name)
        elif event.what == "open":
            self._open(row)
        else:
            self._compare(row)

    def _open(self, row: RunRow) -> None:
        if self._watched.is_live(row.name):
            self.action_watch()
        else:
            self._opening = row.name
            self._read_run(row, self._look_at)

    def _close_opened(self) -> None:
        """Look at no run but that in training."""
        self._watched.opened = None
        self._opening = ""

    def _look_at(self, shown: Shown) -> None:
        """Show a run that has been read, unless another was asked for since."""
        if shown.history.run == self._opening:
            self._opening = ""
            self._watched.opened = shown
            self._show_view("watch")

    def _compare(self, row: RunRow) -> None:
        """Put a run's curves beside the others, or take them away."""
        live, compared = self._watched.live, self._watched.compared
        if row.name in compared:
            del compared[row.name]
            self._panels.draw_now()
        elif live and live.run == row.name:
            self._put_beside(live)
        else:
            self._read_run(row, lambda shown: self._put_beside(shown.history))

    def _put_beside(self, history: History) -> None:
        self._watched.compared[history.run] = history
        self._panels.draw_now()

    @work(thread=True, group="open", exit_on_error=False)
    def _read_run(self, row: RunRow, then: Callable[[Shown], None]) -> None:
        try:
            shown = read_run(self.home, row)
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, row.name, str(error))
        else:
            self.app.call_later(then, shown)

    @work(thread=True, group="past", exit_on_error=False)
    def _read_past(self, run: str, step: int) -> None:
        past: list[TrainingEvent] = []
        try:
            past = read_past(self.home, run, step)
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, run, str(error))
        self.app.call_later(self._join_past, run, past)

    def _join_past(self, run: str, past: list[TrainingEvent]) -> None:
        self._watched.join_past(run, past)
        self._panels.touch()

    def _ask_to_delete(self, name: str) -> None:
        question = AskScreen(f"Delete {name} with its checkpoints for ever?", "Delete", "Keep")

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(name)

        self.app.push_screen(question, answered)

    @work(thread=True, group="delete", exit_on_error=False)
    def _delete(self, name: str) -> None:
        try:
            folders.delete(folders.find(self.home.runs, name))
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, name, str(error))
        else:
            self.app.call_later(self._deleted, name)

    def _deleted(self, name: str) -> None:
        self._watched.forget(name)
        self._log(f"{name} deleted")
        self.query_one(RunList).read()
        self._panels.touch()

    def _cannot(self, name: str, reason: str) -> None:
        self.studio.show_notice(reason, title=name, severity="error")
