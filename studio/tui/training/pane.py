"""The training pane: start a run, watch it, compare it with earlier ones."""

from typing import ClassVar, Literal, get_args

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from studio.messages import (
    Estimated,
    EstimateRun,
    Event,
    Failed,
    NetworkRead,
    Pause,
    Preparing,
    ReadNetwork,
    Ready,
    Resume,
    SaveCheckpoint,
    Stop,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.config import GPU_RECIPE, RECIPES
from studio.model.events import CheckpointSaved, TrainingEnded
from studio.paths import is_there
from studio.translation import tr
from studio.tui.training.comparison_screen import show_comparison
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.curves_pane import CurvesPane
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.keys import KEYS
from studio.tui.training.log_panel import LogPanel, event_line, log_line
from studio.tui.training.network_screen import NetworkScreen
from studio.tui.training.panels import WatchPanels
from studio.tui.training.readings_follower import READINGS_EVERY, ReadingsFollower
from studio.tui.training.run_actions import RunActions
from studio.tui.training.run_files import RunFiles
from studio.tui.training.run_list import FilterWanted, RunAction, RunList
from studio.tui.training.run_names import RunNames
from studio.tui.training.sample_panel import SamplePanel
from studio.tui.training.settings_form import SettingsForm
from studio.tui.training.watched import Watched
from studio.verse.network_reading import NetworkReading

View = Literal["new", "watch", "runs", "log"]
WIDE, TALL = 116, 34
# From this height a narrow pane has room for the log too.
NARROW_TALL = 40
# Seconds between two looks at runs that other processes train.
FOLLOW_EVERY = 0.5


class TrainingPane(CurvesPane):
    """The training pane: a form for a new run, or the panels that show one."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    STYLED_BY_CLASSES = (
        "#form, #watch, #panels, #charts, #device, #sample, #runs, #log, #groups, #run-name"
    )
    # As `view` says, so that all children are styled only once.
    DEFAULT_CLASSES = "-new"
    view: reactive[View] = reactive[View]("new", init=False, bindings=True)

    _has_asked_to_save = False

    def compose(self) -> ComposeResult:
        self._run = self.studio.run_in_training
        self._watched = Watched(self._run)
        names = RunNames(self.home.runs, self._run)
        self._runs = RunActions(self, self._watched, names, self.show_curves)
        self._files = RunFiles(self, self._watched)
        self._readings = ReadingsFollower(self, self._watched)
        yield SettingsForm(names)
        yield WatchPanels(self._run, self._watched, self.studio.settings.plain_charts)

    def on_mount(self) -> None:
        self.set_interval(FOLLOW_EVERY, self._follow)
        self.set_interval(READINGS_EVERY, self._follow_readings)

    def _follow(self) -> None:
        if self.is_showing and self.view != "new":
            self._runs.elsewhere.follow()

    def _follow_readings(self) -> None:
        if self.is_showing and self.view != "new":
            self._readings.follow()

    def size_classes(self, size: Size) -> dict[str, bool]:
        classes = super().size_classes(size)
        tall = NARROW_TALL if classes["-narrow"] else TALL
        return classes | {"-wide": size.width >= WIDE, "-tall": size.height >= tall}

    def watch_view(self) -> None:
        self.update_classes({f"-{name}": self.view == name for name in get_args(View)})
        self._panels.touch()

    def refresh_from_disk(self) -> None:
        """Read the run folders: another process may have trained a run."""
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

    # --- events of the worker -------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        match event:
            case Trained(run, trained):
                if not self._watched.is_live(run):
                    return
                self._watched.add(trained)
                if isinstance(trained, CheckpointSaved) and self._has_asked_to_save:
                    # A small terminal has no room for the log.
                    self._has_asked_to_save = False
                    self.studio.show_notice(event_line(trained), title=run)
                if isinstance(trained, TrainingEnded):
                    self._runs.elsewhere.follow_ended(run)
                    self.query_one(RunList).read()
                    self.query_one(SettingsForm).propose_name()
                    self.refresh_bindings()
            case Estimated():
                self.query_one(SettingsForm).show_estimate(event)
            case Ready():
                self.query_one(DevicePanel).use(event.gpu, event.cuda)
                self._runs.waiting.remind()
            case TrainingStarted():
                self._training_started(event)
            case TrainingPaused() | TrainingResumed():
                self.refresh_bindings()
            case NetworkRead(reading):
                self._show_inside(reading)
                return
            case Failed(ticket=int(), run_ended=False, bug=""):
                # The playground asked for it, and says it.
                return
            case Failed():
                self._failed(event)
            case Preparing():
                pass
            case _:
                return
        if line := log_line(event):
            self._log(line)
        self._panels.touch()

    def _show_inside(self, reading: NetworkReading) -> None:
        # The key may have been pressed again while the network was read.
        if not any(isinstance(each, NetworkScreen) for each in self.app.screen_stack):
            self.app.push_screen(NetworkScreen(reading, self.studio.settings.plain_charts))

    def _training_started(self, event: TrainingStarted) -> None:
        is_awaited = not event.waited and self._runs.is_awaited(event.run)
        self._watched.start_run(event, is_awaited)
        self.query_one(DevicePanel).use(event.gpu)
        if event.step:
            self._runs.read_past(event.run, event.step)
        self.refresh_bindings()
        self.query_one(RunList).read()
        # Otherwise the user may be doing something else by now.
        if is_awaited:
            self.view = "watch"
            if self.studio.current == self.id:
                self.focus_first()

    def _failed(self, event: Failed) -> None:
        self.query_one(SettingsForm).show_estimate(None)
        failed = tr("failed: {what}: {reason}", what=event.what, reason=event.message)
        self._log(failed, "bold")
        for line in event.bug.splitlines():
            self._log(line)
        self.refresh_bindings()

    def _log(self, text: str, style: str = "") -> None:
        self.query_one(LogPanel).add(text, style)

    # --- keys -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide and disable the keys that do nothing in the current state."""
        match action:
            case "pause":
                return self._run.state == "training"
            case "resume":
                return self._run.state == "paused"
            case "stop" | "checkpoint":
                return self._run.state in ("training", "paused")
            case "watch":
                is_shown = self.view == "watch" and self._watched.opened is None
                return self._watched.live is not None and not is_shown
            case "take_over":
                return self._runs.elsewhere.can_take_over
            case "metric" | "axis" | "grid" | "log_scale" | "smoothing" | "picture":
                return self._has(CurveGrid)
            case "group":
                return self._has(CurveGrid) and self.query_one(CurveGrid).has_groups
            case "sample":
                return self._has(SamplePanel) and self.query_one(SamplePanel).sample is not None
        return True

    def _has(self, panel: type[Widget]) -> bool:
        return self.view != "new" and self.query_one(panel).display

    def action_view(self, view: View) -> None:
        """Show the form, the curves, the runs or the log."""
        self._runs.stop_opening()
        self.view = view
        if view == "runs":
            self.query_one(RunList).read()
        if view == "new":
            self.query_one(SettingsForm).propose_name()
        self.focus_first()
        self._panels.draw_now()

    def show_curves(self, *, focus: bool) -> None:
        """Show the curves. Without `focus`, the focus stays in another pane that has it."""
        if focus or self.studio.current == self.id:
            self.action_view("watch")
        else:
            self.view = "watch"

    def action_toggle_view(self, view: View) -> None:
        """Show the runs or the log; the same key shows the curves again."""
        self.action_view("watch" if self.view == view else view)

    def action_watch(self) -> None:
        """Show the run in training."""
        self._runs.close_opened()
        self.action_view("watch")

    def action_take_over(self) -> None:
        """Train here the run that another process trains."""
        self._runs.take_over()

    def action_back(self) -> None:
        """Leave a text field, or go back to the curves."""
        if self.query_one(RunList).leave_filter():
            return
        if self.view != "watch" and (self._watched.shown() or self._watched.compared):
            self.action_view("watch")
        else:
            self.focus_first()

    @on(FilterWanted)
    def action_filter(self) -> None:
        """Show the runs and focus their filter."""
        self._runs.stop_opening()
        self.view = "runs"
        self.call_after_refresh(self.query_one(RunList).focus_filter)

    def action_comparison(self) -> None:
        """Show the runs that are compared side by side."""
        show_comparison(self, self._watched.histories())

    def action_inside(self) -> None:
        """Let the run shown read its sample, and look inside its network."""
        shown, sample = self._watched.shown(), self.query_one(SamplePanel).sample
        if shown and sample:
            self.send(ReadNetwork(shown.history.run, sample.text))
        else:
            self.studio.show_notice(
                tr("Open a run that has a sample (r), or wait for the first one.")
            )

    def action_report(self) -> None:
        """Write the report of the runs whose curves are shown."""
        self._files.write_report()

    def action_picture(self) -> None:
        """Save the charts as they stand."""
        self._files.save_picture()

    def action_pause(self) -> None:
        """Pause the training between two steps."""
        self.send(Pause())

    def action_resume(self) -> None:
        """Resume the paused run."""
        self.send(Resume(self._run.name))

    def action_stop(self) -> None:
        """Save a checkpoint and stop after the current step."""
        self.send(Stop())
        self.refresh_bindings()
        self._panels.draw_now()

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        self._has_asked_to_save = True
        self.send(SaveCheckpoint())

    @on(DevicePanel.Taken)
    def _offer_gpus(self, event: DevicePanel.Taken) -> None:
        event.stop()
        self._runs.gpus = event.gpus
        mixed = self.home.library_beside(RECIPES[GPU_RECIPE].mixed)
        self.query_one(SettingsForm).offer(event.gpus, is_there(mixed))

    # --- runs -----------------------------------------------------------------------------------

    def action_open_run(self, run: str) -> None:
        """Show a run, from its folder if it is not in training here."""
        self._runs.open(run)

    def action_delete_run(self, run: str) -> None:
        """Delete a run, if the user confirms it."""
        self._runs.ask_to_delete(run)

    def action_train_recipe(self, recipe: str) -> None:
        """Start a new run with a recipe's settings, unchanged."""
        self._runs.train_recipe(recipe)

    def action_resume_run(self, run: str) -> None:
        """Resume a run. One that has finished needs more epochs."""
        self._runs.resume(run)

    @on(SettingsForm.Start)
    def _start(self, event: SettingsForm.Start) -> None:
        event.stop()
        self._runs.train(event.run, event.config)

    @on(SettingsForm.EstimateWanted)
    def _estimate(self, event: SettingsForm.EstimateWanted) -> None:
        event.stop()
        self.send(EstimateRun(event.config))

    @on(RunAction)
    def _act_on_run(self, event: RunAction) -> None:
        event.stop()
        self._runs.act(event.action, event.row)
