"""Reads the device readings of the runs whose curves are shown, as they are recorded."""

from functools import partial

from studio.runs.readings import ReadingsReader, TrainingReading
from studio.tui.pane import Pane
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.history import History
from studio.tui.training.panels import WatchPanels
from studio.tui.training.watched import Watched

# Seconds between two looks at the files.
READINGS_EVERY = 2.0


class ReadingsFollower:
    """Gives each history its readings. The files are read in threads."""

    def __init__(self, pane: Pane, watched: Watched) -> None:
        self._pane, self._watched = pane, watched
        self._tasks = FolderTasks(pane)
        # A history that is read anew needs all of its readings again.
        self._readers: dict[str, tuple[History, ReadingsReader]] = {}

    def follow(self) -> None:
        """Read what was recorded since."""
        before, self._readers = self._readers, {}
        for history in self._watched.histories():
            known = before.get(history.run)
            if known is None or known[0] is not history:
                known = (history, ReadingsReader(self._pane.home.runs / history.run))
            self._readers[history.run] = known
            take = partial(self._take, history)
            group = f"readings {history.run}"
            self._tasks.run(group, history.run, known[1].read, take, quiet=True, once=True)

    def _take(self, history: History, readings: list[TrainingReading] | None) -> None:
        if readings is not None:
            history.take_readings(readings)
            self._pane.query_one(WatchPanels).touch()
