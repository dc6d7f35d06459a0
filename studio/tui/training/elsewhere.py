"""Runs that other processes train: follow them, and take one over."""

from collections.abc import Callable
from functools import partial

from textual.worker import get_current_worker

from studio.runs import folders, processes
from studio.runs.event_log import Place
from studio.translation import tr
from studio.tui.pane import Pane
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.panels import WatchPanels
from studio.tui.training.run_reader import RunNews, read_news, read_run
from studio.tui.training.status_panel import Shown
from studio.tui.training.watched import Watched


class RunsElsewhere:
    """Follows the runs that are shown from their folders, which are read in threads."""

    def __init__(self, pane: Pane, watched: Watched) -> None:
        self._pane, self._watched = pane, watched
        self._tasks = FolderTasks(pane)
        self._in_training = pane.studio.run_in_training

    def follow(self) -> None:
        """Read what was appended to the runs that are shown from their folders."""
        for history in self._watched.on_disk():
            read = partial(self._news, history.run, history.place)
            take = partial(self._add_news, history.run)
            # To read a long run takes longer than the time between two looks.
            group = f"follow {history.run}"
            self._tasks.run(group, history.run, read, take, quiet=True, once=True)

    def _news(self, run: str, since: Place) -> RunNews | None:
        """What was appended to a run; None if the run was deleted."""
        is_there = (self._pane.home.runs / run).exists()
        return read_news(self._pane.home, run, since) if is_there else None

    def _add_news(self, run: str, news: RunNews | None) -> None:
        if news is None:
            self._watched.forget(run)
            self._panels.touch()
            self._pane.refresh_bindings()
            return
        opened = self._watched.opened
        changed = opened and opened.history.run == news.run and opened != news.shown_by(opened)
        if news.is_new or changed:
            self._watched.add_news(news)
            self._panels.touch()
            self._pane.refresh_bindings()

    def follow_ended(self, run: str) -> None:
        """Show from its folder a run that ended here because another process takes it over."""

        def read() -> Shown | None:
            folder = folders.find(self._pane.home.runs, run)
            asked = processes.is_stop_requested(folder) or folder.is_busy()
            return read_run(self._pane.home, run) if asked else None

        def show(shown: Shown | None) -> None:
            if shown and self._watched.is_shown_live(run) and not self._in_training.is_running:
                self._watched.opened = shown
                self._panels.touch()

        self._tasks.run("ended", run, read, show, quiet=True)

    @property
    def can_take_over(self) -> bool:
        """Whether the run shown is trained by another process."""
        opened = self._watched.opened
        return opened is not None and opened.is_trained_elsewhere

    def take_over(self, resume: Callable[[str], None]) -> None:
        """Stop the other process that trains the run shown; then `resume` it here."""
        if not self.can_take_over:
            return
        assert self._watched.opened
        name = self._watched.opened.history.run

        def stop() -> bool:
            run = folders.find(self._pane.home.runs, name)
            processes.request_stop(run)
            # Otherwise the studio could not quit while the other process hangs.
            worker = get_current_worker()
            return processes.wait_until_stopped(run, lambda: None, lambda: worker.is_cancelled)

        def stopped_there(stopped: bool) -> None:
            if stopped:
                resume(name)
            else:
                self._pane.studio.show_notice(
                    tr("{name}: another process was faster; it trains now.", name=name)
                )

        self._pane.studio.show_notice(
            tr("{name}: the other process saves a checkpoint and ends.", name=name)
        )
        self._tasks.run(f"take over {name}", name, stop, stopped_there, once=True)

    @property
    def _panels(self) -> WatchPanels:
        return self._pane.query_one(WatchPanels)
