"""The runs that the training pane shows: what it is told of them, and what is read from disk."""

from studio.messages import TrainingStarted
from studio.model.events import TrainingEnded, TrainingEvent
from studio.paths import Home
from studio.runs import folders
from studio.tui.training.history import History
from studio.tui.training.run_list import RunRow
from studio.tui.training.status_panel import Shown


class Watched:
    """The run in training, the one that is looked at instead, and those compared with it.

    `state` is that of the run in training: training, paused, stopping, failed, or how it ended;
    `preparing` says what is done before there is one.
    """

    def __init__(self) -> None:
        self.live: History | None = None
        self.state = ""
        self.preparing = ""
        self.opened: Shown | None = None
        self.compared: dict[str, History] = {}
        self._started: TrainingStarted | None = None
        # What the run told while its earlier events are still being read from its folder.
        self._since: list[TrainingEvent] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, be it in a pause."""
        return self.state in ("training", "paused", "stopping")

    def is_live(self, run: str) -> bool:
        """Whether it is the run in training, or that which was so last."""
        return self.live is not None and self.live.run == run

    def begin(self, started: TrainingStarted) -> None:
        """A run begins or goes on; what it told before is still to be joined by `join_past`."""
        self._started, self.state, self.preparing = started, "training", ""
        self.live, self.opened = History(started.run), None
        self._since = [] if started.step else None
        self.compared.pop(started.run, None)

    def add(self, told: TrainingEvent) -> None:
        """The run in training tells something."""
        assert self.live
        self.live.add(told)
        if self._since is not None:
            self._since.append(told)
        if isinstance(told, TrainingEnded):
            self.state = told.outcome

    def join_past(self, run: str, past: list[TrainingEvent]) -> None:
        """Put what a run told before it was interrupted in front of what it has told since."""
        if self.is_live(run) and self._since is not None:
            self.live = History.of(run, [*past, *self._since])
            self._since = None

    def forget(self, run: str) -> None:
        """A run has been deleted."""
        self.compared.pop(run, None)
        if self.opened and self.opened.history.run == run:
            self.opened = None
        if self.is_live(run):
            self.live = self._started = None

    def shown(self) -> Shown | None:
        """The run to show; None where there is none."""
        if self.opened:
            return self.opened
        if self.live is None or self._started is None:
            return None
        started = self._started
        return Shown(self.live, self.state, started.config, started, started.total_steps)

    def histories(self) -> list[History]:
        """The runs whose curves are drawn, the one to show first."""
        shown = self.shown()
        histories = [shown.history] if shown else []
        return histories + [each for each in self.compared.values() if each not in histories]


def read_run(home: Home, row: RunRow) -> Shown:
    """A run as its folder tells it. A long one has many megabytes of events.

    Raises StudioError or OSError where the folder cannot be read.
    """
    run = folders.find(home.runs, row.name)
    config, history = run.config(), History.of(run.name, run.events())
    state = row.summary.status if row.summary else ""
    total = history.step if state == "finished" else config.train.max_steps
    return Shown(history, state, config, None, total)


def read_past(home: Home, run: str, step: int) -> list[TrainingEvent]:
    """What a run told up to the step where it goes on. Raises like `read_run`."""
    return [event for event in folders.find(home.runs, run).events() if event.step <= step]
