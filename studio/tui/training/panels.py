"""The panels that show a run: progress, curves, device, sample, the list of runs, the log."""

import time

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.events import Resize

from studio.tui.pane import Pane
from studio.tui.run_in_training import RunInTraining
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.device_panel import EVERY, DevicePanel
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunList
from studio.tui.training.sample_panel import SamplePanel
from studio.tui.training.status_panel import StatusPanel
from studio.tui.training.watched import Watched

# Seconds between two drawings: steps come by the hundred, eyes do not. What drawing costs is taken
# from the training, so it waits until it was that share of the time, but shows life each second.
SOONEST, LATEST, SHARE = 0.25, 1.0, 0.01


class WatchPanels(Vertical):
    """The panels, drawn by a timer: only what changed, and only while it can be seen."""

    def __init__(self, run: RunInTraining, watched: Watched, plain: bool = False) -> None:
        super().__init__(id="watch")
        self._run, self._watched = run, watched
        self._plain = plain
        self._changed = True
        self._rests_until = 0.0

    def compose(self) -> ComposeResult:
        yield StatusPanel(self._plain)
        with Container(id="panels"):
            yield CurveGrid(self._plain)
            yield DevicePanel(self._plain)
            yield SamplePanel()
            yield RunList()
            yield LogPanel()

    def on_mount(self) -> None:
        self.set_interval(SOONEST, self.draw_in_time)
        self.set_interval(EVERY, self._poll_device)
        self.app.theme_changed_signal.subscribe(self, lambda _: self.touch())

    def on_resize(self, event: Resize) -> None:
        self.touch()

    @property
    def _can_be_seen(self) -> bool:
        return self.display and self.query_ancestor(Pane).is_showing

    def touch(self) -> None:
        """Something has changed that is to be drawn in time."""
        self._changed = True

    def draw_now(self) -> None:
        """Draw without waiting, as the answer to a key, once what it changes is laid out."""
        self.touch()
        self.call_after_refresh(self.draw)

    def draw_in_time(self) -> None:
        """Draw, unless the last drawing is not worth its cost yet."""
        if time.monotonic() >= self._rests_until:
            self.call_after_refresh(self._rest, time.thread_time())
            self.draw()

    def _rest(self, began: float) -> None:
        """Let the next drawing wait for as long as this one, now on the screen, is worth."""
        wait = (time.thread_time() - began) / SHARE
        # Half a beat of the timer less, which does not strike to the millisecond.
        self._rests_until = time.monotonic() + min(wait, LATEST) - SOONEST / 2

    def draw(self) -> None:
        """Draw what has changed since the last time."""
        if not self._can_be_seen:
            return
        self.query_one(DevicePanel).update()
        if not self._changed:
            return
        self._changed = False
        shown = self._watched.shown()
        self.query_one(StatusPanel).show(shown, self._hint())
        samples = self.query_one(SamplePanel)
        samples.show(shown.history if shown else None)
        curves = self.query_one(CurveGrid)
        curves.show(self._watched.histories(), samples.step)
        self.query_one(RunList).mark(curves.colours)

    def _hint(self) -> str:
        nothing = "No run is shown. Press n for a new one, r for those before."
        return self._run.preparing or nothing

    def _poll_device(self) -> None:
        if self._can_be_seen:
            self.query_one(DevicePanel).poll()
