"""The runs that the training pane shows: from events, and from their folders."""

from studio.messages import TrainingStarted
from studio.model.events import TrainingEvent
from studio.paths import Home
from studio.runs import folders
from studio.tui.run_in_training import RunInTraining
from studio.tui.training.history import History
from studio.tui.training.run_list import RunRow
from studio.tui.training.status_panel import Shown


class Watched:
    """The run in training, the one opened instead, and those compared with it.

    `live` is the history of the run in training, or of the last one.
    """

    def __init__(self, run: RunInTraining) -> None:
        self._run = run
        self.live: History | None = None
        self.opened: Shown | None = None
        self.compared: dict[str, History] = {}
        # Events since a run was resumed, while its earlier ones are read from its folder.
        self._since: list[TrainingEvent] | None = None

    def is_live(self, run: str) -> bool:
        """Whether it is the run in training, or the last one."""
        return self.live is not None and self.live.run == run

    def start_run(self, started: TrainingStarted) -> None:
        """A run was started or resumed. `join_past` adds its earlier events."""
        self.live, self.opened = History(started.run), None
        self._since = [] if started.step else None
        self.compared.pop(started.run, None)

    def add(self, event: TrainingEvent) -> None:
        """Add an event of the run in training."""
        assert self.live
        self.live.add(event)
        if self._since is not None:
            self._since.append(event)

    def join_past(self, run: str, past: list[TrainingEvent]) -> None:
        """Put the events from before the interruption in front of those since."""
        if self.is_live(run) and self._since is not None:
            self.live = History.of(run, [*past, *self._since])
            self._since = None

    def forget(self, run: str) -> None:
        """Stop showing a run that was deleted."""
        self.compared.pop(run, None)
        if self.opened and self.opened.history.run == run:
            self.opened = None
        if self.is_live(run):
            self.live = None

    def shown(self) -> Shown | None:
        """The run to show, if there is one."""
        if self.opened:
            return self.opened
        started = self._run.started
        if self.live is None or started is None:
            return None
        return Shown(self.live, self._run.state, started.config, started, started.total_steps)

    def histories(self) -> list[History]:
        """The runs whose curves are drawn: first the run to show, then those compared."""
        shown = self.shown()
        histories = [shown.history] if shown else []
        return histories + [each for each in self.compared.values() if each not in histories]


def read_run(home: Home, row: RunRow) -> Shown:
    """Read a run from its folder. A long one has many megabytes of events.

    Raises StudioError or OSError if the folder cannot be read.
    """
    run = folders.find(home.runs, row.name)
    config, history = run.config(), History.of(run.name, run.events())
    state = row.summary.status if row.summary else ""
    total = history.step if state == "finished" else config.train.max_steps
    return Shown(history, state, config, None, total)


def read_past(home: Home, run: str, step: int) -> list[TrainingEvent]:
    """The events of a run up to the step where it is resumed. Raises like `read_run`."""
    return [event for event in folders.find(home.runs, run).events() if event.step <= step]
