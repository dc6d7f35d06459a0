"""The training pane: begin a run, watch it, look at those before it."""

import time
from collections.abc import Iterable
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.dom import DOMNode
from textual.events import Resize
from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Input

from studio import runs
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
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.tui.curve_grid import CurveGrid
from studio.tui.device_panel import EVERY, DevicePanel
from studio.tui.history import History
from studio.tui.log_panel import LogPanel
from studio.tui.pane import Pane
from studio.tui.quit_screen import AskScreen, EpochsScreen
from studio.tui.run_list import RunAction, RunList, RunRow
from studio.tui.sample_panel import SamplePanel
from studio.tui.settings_form import SettingsForm
from studio.tui.status_panel import Shown, StatusPanel
from studio.tui.wording import figure

View = Literal["new", "watch", "runs", "log"]
# Seconds between two drawings: steps come by the hundred, eyes do not. What drawing costs is taken
# from the training, so it waits until it was that share of the time, but shows life each second.
SOONEST, LATEST, SHARE = 0.25, 1.0, 0.01
WIDE, TALL = 116, 34


class TrainingPane(Pane):
    """The training pane. It is drawn by a timer, and only what changed, while it shows."""

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
        self._live: History | None = None
        self._started: TrainingStarted | None = None
        self._state = ""
        self._preparing = ""
        # What the run told while its earlier events are still being read from its folder.
        self._since: list[TrainingEvent] | None = None
        self._opened: Shown | None = None
        self._compared: dict[str, History] = {}
        self._changed = True
        self._rests_until = 0.0

    def compose(self) -> ComposeResult:
        plain = self.studio.settings.plain_charts
        yield SettingsForm(self.home.runs)
        with Vertical(id="watch"):
            yield StatusPanel(plain)
            with Container(id="panels"):
                yield CurveGrid(plain)
                yield DevicePanel(plain)
                yield SamplePanel()
                yield RunList()
                yield LogPanel()

    def on_mount(self) -> None:
        self.watch_view()
        self.query_one(RunList).read(self.home)
        self.set_interval(SOONEST, self._draw_in_time)
        self.set_interval(EVERY, self._poll_device)
        self.app.theme_changed_signal.subscribe(self, lambda _: self._touch())

    def on_resize(self, event: Resize) -> None:
        self._touch()

    def size_classes(self, size: Size) -> dict[str, bool]:
        return super().size_classes(size) | {
            "-wide": size.width >= WIDE,
            "-tall": size.height >= TALL,
        }

    def styled(self) -> Iterable[DOMNode]:
        """The form and the panels, and what is in the one of them that shows."""
        form, watch = self.query_one("#form"), self.query_one("#watch")
        yield from (self, form, watch)
        yield from (form if self.view == "new" else watch).walk_children()

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
            case Trained(run, told) if self._live and run == self._live.run:
                self._trained(told)
            case Ready(torch, device, gpu):
                self.query_one(DevicePanel).use(gpu)
                self._log(f"torch {torch} on {device}")
            case Preparing(what):
                self._preparing = what
                self._log(what)
            case TrainingStarted():
                self._training_started(event)
            case TrainingPaused() | TrainingResumed():
                self._state = "paused" if isinstance(event, TrainingPaused) else "training"
                self._log(f"{event.run} {'paused' if self._state == 'paused' else 'goes on'}")
                self.refresh_bindings()
            case Failed():
                self._failed(event)
            case _:
                return
        self._touch()

    def _training_started(self, event: TrainingStarted) -> None:
        self._started, self._state, self._preparing = event, "training", ""
        self._live, self._opened = History(event.run), None
        self._compared.pop(event.run, None)
        if event.step:
            self._since = []
            self._read_past(event.run, event.step)
        self._log(f"{event.run} {f'goes on at step {event.step:,}' if event.step else 'begins'}")
        self.view = "watch"
        self.refresh_bindings()
        self.query_one(RunList).read(self.home)
        if self.studio.current == self.id:
            self.focus_first()

    def _trained(self, told: TrainingEvent) -> None:
        assert self._live
        self._live.add(told)
        if self._since is not None:
            self._since.append(told)
        match told:
            case EpochDone():
                self._log(f"epoch {told.epoch} done, loss {figure(told.loss)}")
            case Validated():
                best = ", the best so far" if told.best else ""
                self._log(f"step {told.step:,}: perplexity {figure(told.perplexity)}{best}")
            case CheckpointSaved():
                self._log(f"checkpoint {told.name}")
            case TrainingEnded():
                self._state = told.outcome
                self._log(f"{told.outcome} at step {told.step:,} {told.reason}".rstrip())
                self.query_one(RunList).read(self.home)
                self.query_one(SettingsForm).propose_name()
                self.refresh_bindings()

    def _failed(self, event: Failed) -> None:
        self._preparing = ""
        self._log(f"failed: {event.what}: {event.message}", "bold")
        for line in event.bug.splitlines():
            self._log(line)
        if event.what == "training" and self._is_running:
            self._state = "failed"
            self.refresh_bindings()

    def _log(self, what: str, style: str = "") -> None:
        self.query_one(LogPanel).tell(what, style)

    @property
    def _is_running(self) -> bool:
        return self._state in ("training", "paused", "stopping")

    # --- drawing --------------------------------------------------------------------------------

    def _touch(self) -> None:
        self._changed = True

    def _draw_in_time(self) -> None:
        """Draw, unless the last drawing is not worth its cost yet."""
        if time.monotonic() >= self._rests_until:
            self.call_after_refresh(self._rest, time.thread_time())
            self.redraw()

    def _rest(self, began: float) -> None:
        """Let the next drawing wait for as long as this one, now on the screen, is worth."""
        wait = (time.thread_time() - began) / SHARE
        self._rests_until = time.monotonic() + min(wait, LATEST) - SOONEST / 2

    def redraw(self) -> None:
        """Draw what changed since the last time, if it can be seen."""
        if not self.is_showing or self.view == "new":
            return
        self.query_one(DevicePanel).update()
        if not self._changed:
            return
        self._changed = False
        shown = self._shown()
        self.query_one(StatusPanel).show(shown, self._hint())
        samples = self.query_one(SamplePanel)
        samples.show(shown.history if shown else None)
        curves = self.query_one(CurveGrid)
        histories = [shown.history] if shown else []
        histories += [each for each in self._compared.values() if each not in histories]
        curves.show(histories, samples.step)
        self.query_one(RunList).mark(curves.colours)

    def _shown(self) -> Shown | None:
        if self._opened:
            return self._opened
        if self._live is None or self._started is None:
            return None
        return Shown(
            self._live,
            self._state,
            self._started.config,
            self._started,
            self._started.total_steps,
        )

    def _hint(self) -> str:
        return self._preparing or "No run is shown. Press n for a new one, r for those before."

    def watch_view(self) -> None:
        views = ("new", "watch", "runs", "log")
        self.restyle({f"-{name}": self.view == name for name in views}, self.styled())
        self._touch()

    def _poll_device(self) -> None:
        if self.is_showing and self.view != "new":
            self.query_one(DevicePanel).poll()

    # --- keys -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing now are neither shown nor obeyed."""
        match action:
            case "pause":
                return self._state == "training"
            case "go_on":
                return self._state == "paused"
            case "stop" | "checkpoint":
                return self._state in ("training", "paused")
            case "watch":
                return self._live is not None
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
            self.query_one(RunList).read(self.home)
        if view == "new":
            self.query_one(SettingsForm).propose_name()
        self.focus_first()
        self._draw_now()

    def action_toggle_view(self, view: View) -> None:
        """Show the runs or the log; the same key leads back."""
        self.action_view("watch" if self.view == view else view)

    def action_watch(self) -> None:
        """Back to the run in training."""
        self._opened = None
        self.action_view("watch")

    def action_back(self) -> None:
        """Leave a field, or go back to the curves."""
        if self.view != "watch" and (self._shown() or self._compared):
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
        if self._live:
            self.send(Resume(self._live.run))

    def action_stop(self) -> None:
        """Save a checkpoint and end the training, once the step under way is done."""
        self.send(Stop())
        self._state = "stopping"
        self.refresh_bindings()
        self._draw_now()

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        self.send(SaveCheckpoint())

    def action_metric(self, by: int) -> None:
        """Show another curve."""
        self.query_one(CurveGrid).choose(by)
        self._draw_now()

    def action_grid(self) -> None:
        """All curves, or one."""
        if self.query_one(CurveGrid).toggle_grid():
            self._draw_now()
        else:
            self.notify("No room for all curves: zoom with z, or enlarge the terminal.")

    def action_log_scale(self) -> None:
        """Linear or logarithmic scale."""
        self.query_one(CurveGrid).toggle_log()
        self._draw_now()

    def action_smoothing(self) -> None:
        """The next strength of smoothing."""
        self.query_one(CurveGrid).next_smoothing()
        self._draw_now()

    def action_sample(self, by: int) -> None:
        """An earlier or later sample."""
        self.query_one(SamplePanel).move(by)
        self._draw_now()

    def _draw_now(self) -> None:
        self._touch()
        self.call_after_refresh(self.redraw)

    # --- runs -----------------------------------------------------------------------------------

    @on(SettingsForm.Start)
    def _start(self, event: SettingsForm.Start) -> None:
        event.stop()
        self._train(event.run, event.config)

    def start_recipe(self, recipe: str) -> None:
        """Start a new run with a recipe's settings as they are."""
        config = RECIPES[recipe]
        self._train(runs.new_name(self.home.runs, recipe, config.model.cell), config)

    def _train(self, run: str, config: RunConfig) -> None:
        if self._refuses():
            return
        self._preparing = f"starting {run}"
        self._opened = None
        self.send(Train(run, config))
        self.action_view("watch")

    def resume(self, run: str) -> None:
        """Go on with a run; one that has finished needs more epochs."""
        if self._live and run == self._live.run and self._state == "paused":
            self.action_go_on()
            return
        if self._refuses():
            return
        row = self.query_one(RunList).row(run)
        if row and row.summary and row.summary.status == "finished":
            self.app.push_screen(
                EpochsScreen(run), lambda epochs: self._resume(run, epochs) if epochs else None
            )
        else:
            self._resume(run, 0)

    def _resume(self, run: str, epochs: int) -> None:
        self._preparing = f"resuming {run}"
        self._opened = None
        self.send(Resume(run, epochs))
        self.action_view("watch")

    def _refuses(self) -> bool:
        """One run at a time: say so where another is under way."""
        if self._is_running and self._live:
            self.studio.say(f"{self._live.run} is in training. Stop it first (x).")
        return self._is_running

    @on(RunAction)
    def _run_action(self, event: RunAction) -> None:
        event.stop()
        row = event.row
        if event.what == "delete":
            self._ask_to_delete(row.name)
        elif row.summary is None:
            self.studio.say(row.problem, title=row.name, severity="error")
        elif event.what == "resume":
            self.resume(row.name)
        elif event.what == "open":
            self._open(row)
        elif row.name in self._compared:
            del self._compared[row.name]
            self._draw_now()
        elif self._live and row.name == self._live.run:
            self._compared[row.name] = self._live
            self._draw_now()
        else:
            self._read_run(row, compare=True)

    def _open(self, row: RunRow) -> None:
        if self._live and row.name == self._live.run:
            self.action_watch()
        else:
            self._read_run(row, compare=False)

    def _ask_to_delete(self, name: str) -> None:
        question = AskScreen(f"Delete {name} with its checkpoints for ever?", "Delete", "Keep")

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(name)

        self.app.push_screen(question, answered)

    @work(thread=True, group="delete", exit_on_error=False)
    def _delete(self, name: str) -> None:
        try:
            runs.delete(runs.find(self.home.runs, name))
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, name, str(error))
        else:
            self.app.call_later(self._deleted, name)

    def _deleted(self, name: str) -> None:
        self._compared.pop(name, None)
        if self._opened and self._opened.history.run == name:
            self._opened = None
        if self._live and self._live.run == name:
            self._live = self._started = None
        self._log(f"{name} deleted")
        self.query_one(RunList).read(self.home)
        self._touch()

    def _cannot(self, name: str, reason: str) -> None:
        self.studio.say(reason, title=name, severity="error")

    @work(thread=True, group="open", exit_on_error=False)
    def _read_run(self, row: RunRow, compare: bool) -> None:
        """Read a run's folder on a thread: a long one has many megabytes of events."""
        try:
            run = runs.find(self.home.runs, row.name)
            config, history = run.config(), History.of(run.name, run.events())
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, row.name, str(error))
            return
        if compare:
            self.app.call_later(self._compare, history)
            return
        state = row.summary.status if row.summary else ""
        total = history.step if state == "finished" else config.train.max_steps
        self.app.call_later(self._look_at, Shown(history, state, config, None, total))

    def _compare(self, history: History) -> None:
        self._compared[history.run] = history
        self._draw_now()

    def _look_at(self, shown: Shown) -> None:
        self._opened = shown
        self.action_view("watch")

    @work(thread=True, group="past", exit_on_error=False)
    def _read_past(self, name: str, step: int) -> None:
        """What a run told before it was interrupted, up to the step where it goes on."""
        try:
            told = runs.find(self.home.runs, name).events()
        except (StudioError, OSError) as error:
            self.app.call_later(self._cannot, name, str(error))
            told = []
        past = [event for event in told if event.step <= step]
        self.app.call_later(self._join_past, name, past)

    def _join_past(self, name: str, past: list[TrainingEvent]) -> None:
        if self._live is None or self._live.run != name or self._since is None:
            return
        self._live = History.of(name, [*past, *self._since])
        self._since = None
        self._touch()
