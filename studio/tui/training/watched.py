"""The runs that the training pane shows: from events, and from their folders."""

from dataclasses import replace

from studio.messages import TrainingStarted
from studio.model.events import TrainingEvent
from studio.tui.run_in_training import RunInTraining
from studio.tui.training.history import History
from studio.tui.training.run_reader import RunNews
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
        # The run that the others are compared with; "" without one.
        self.reference = ""
        # Events since a run was resumed, while its earlier ones are read from its folder.
        self._since: list[TrainingEvent] | None = None

    def is_live(self, run: str) -> bool:
        """Whether it is the run in training, or the last one."""
        return self.live is not None and self.live.run == run

    def is_shown_live(self, run: str) -> bool:
        """Whether it is shown, and not from its folder."""
        return self.is_live(run) and self.opened is None

    def start_run(self, started: TrainingStarted, is_awaited: bool = True) -> None:
        """A run was started or resumed. `join_past` adds its earlier events.

        Until then what is known of it stays on the screen. Another run that is shown stays there
        unless the start is awaited.
        """
        known = self._known(started.run)
        known.drop_after(started.step)
        self.live = known
        if is_awaited or (self.opened and self.opened.history.run == started.run):
            self.opened = None
        self._since = [] if started.step else None
        self.compared.pop(started.run, None)

    def _known(self, run: str) -> History:
        opened = [self.opened.history] if self.opened else []
        live = [self.live] if self.live else []
        known = [each for each in [*opened, *self.compared.values(), *live] if each.run == run]
        return known[0] if known else History(run)

    def add(self, event: TrainingEvent) -> None:
        """Add an event of the run in training."""
        assert self.live
        self.live.add(event)
        if self._since is not None:
            self._since.append(event)

    def join_past(self, past: History, step: int) -> None:
        """Put the events up to `step`, where the run was resumed, in front of those since.

        They are read in a thread, which may end after the run was resumed once more.
        """
        is_last = self._run.started is not None and self._run.started.step == step
        if is_last and self.is_live(past.run) and self._since is not None:
            for event in self._since:
                past.add(event)
            self.live, self._since = past, None

    def add_news(self, news: RunNews) -> None:
        """Add what another process has trained since, unless it was added already."""
        if self.opened and self._is_next(self.opened.history, news):
            history = news.add_to(self.opened.history)
            self.opened = news.shown_by(replace(self.opened, history=history))
            if news.run in self.compared:
                self.compared[news.run] = history
        elif news.run in self.compared and self._is_next(self.compared[news.run], news):
            self.compared[news.run] = news.add_to(self.compared[news.run])

    def _is_next(self, history: History, news: RunNews) -> bool:
        return history.run == news.run and history.place == news.since

    def on_disk(self) -> list[History]:
        """The runs that are shown from their folders."""
        found = [self.opened.history] if self.opened else []
        found += [each for each in self.compared.values() if each.run not in [f.run for f in found]]
        return [each for each in found if each.run != self._run.name]

    def forget(self, run: str) -> None:
        """Stop showing a run that was deleted."""
        self.compared.pop(run, None)
        if self.reference == run:
            self.reference = ""
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
        """The runs whose curves are drawn: the reference, the run to show, those compared."""
        shown = self.shown()
        histories = [shown.history] if shown else []
        histories += [
            each for each in self.compared.values() if not shown or each.run != shown.history.run
        ]
        return sorted(histories, key=lambda each: each.run != self.reference)
