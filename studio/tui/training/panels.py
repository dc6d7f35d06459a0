"""The panels that show a run: progress, curves, device, sample, list of runs, log."""

import time

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.events import Resize

from studio.translation import tr, tr_n
from studio.tui.pane import Pane
from studio.tui.run_in_training import RunInTraining
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.device_panel import EVERY, DevicePanel
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunList
from studio.tui.training.sample_panel import SamplePanel
from studio.tui.training.status_panel import StatusPanel
from studio.tui.training.watched import Watched

# Seconds between two drawings, at least and at most. There can be hundreds of steps per second, and
# drawing slows down the training: a costly drawing is followed by a wait, so that drawing takes at
# most this share of the time.
SOONEST, LATEST, SHARE = 0.25, 1.0, 0.01
# Drawing millions of steps takes tenths of a second: the wait is longer then, for keys, too.
MOST = 0.05


class WatchPanels(Vertical):
    """The panels. A timer draws what has changed, while it is visible."""

    def __init__(self, run: RunInTraining, watched: Watched, plain: bool = False) -> None:
        super().__init__(id="watch")
        self._run, self._watched = run, watched
        self._plain = plain
        self._changed = True
        self._wait_until = 0.0
        # Whether there are curves of more than learning, and a sample: some keys need them.
        self._known = (False, False)

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

    def say_again(self) -> None:
        """Draw all panels in the language of now."""
        self.draw_now()

    def on_resize(self, event: Resize) -> None:
        self.touch()

    @property
    def _is_visible(self) -> bool:
        return self.display and self.query_ancestor(Pane).is_showing

    def touch(self) -> None:
        """Note that something has changed; the timer draws it."""
        self._changed = True

    def draw_now(self) -> None:
        """Draw without waiting for the timer, after the next layout. For answers to keys."""
        self.touch()
        self.call_after_refresh(self.draw)

    def draw_in_time(self) -> None:
        """Draw, unless the last drawing was costly and too recent."""
        if time.monotonic() >= self._wait_until:
            self.call_after_refresh(self._set_wait, time.thread_time())
            self.draw()

    def _set_wait(self, started: float) -> None:
        """Set the wait before the next drawing from the cost of this one."""
        cost = time.thread_time() - started
        wait = min(cost / SHARE, max(LATEST, cost / MOST))
        # The timer is not exact to the millisecond, so half an interval less.
        self._wait_until = time.monotonic() + wait - SOONEST / 2

    def draw(self) -> None:
        """Draw what has changed since the last drawing."""
        if not self._is_visible:
            return
        device = self.query_one(DevicePanel)
        shown = self._watched.shown() if self._changed else None
        if self._changed:
            run = self.query_ancestor(Pane).home.runs / shown.history.run if shown else None
            device.show_run(run, is_here=shown is None or shown.started is not None)
        device.update()
        if not self._changed:
            return
        self._changed = False
        # Another run may be shown while one is prepared.
        hint = self._run.preparing if shown else self._hint()
        self.query_one(StatusPanel).show(shown, hint)
        self.query_one(LogPanel).show(shown)
        samples = self.query_one(SamplePanel)
        histories = self._watched.histories()
        first = histories[0] if histories else None
        samples.show(shown.history if shown else first)
        curves = self.query_one(CurveGrid)
        if curves.cursor is not None:
            # Of another run, too, it is the sample at the cursor.
            samples.choose_at(curves.cursor)
        curves.show(histories, self._watched.reference)
        self.query_one(RunList).mark(curves.colours)
        known = (curves.has_groups, samples.sample is not None)
        if known != self._known:
            self._known = known
            self.query_ancestor(Pane).refresh_bindings()

    def on_curve_grid_cursor_moved(self, event: CurveGrid.CursorMoved) -> None:
        event.stop()
        curves = self.query_one(CurveGrid)
        self.query_one(SamplePanel).choose_at(curves.cursor)
        curves.draw_charts()

    def move_sample(self, by: int) -> None:
        """Show a later (1) or earlier (-1) sample, and the cursor at its step."""
        samples = self.query_one(SamplePanel)
        samples.move(by)
        curves = self.query_one(CurveGrid)
        curves.cursor = samples.step
        curves.draw_charts()

    def _hint(self) -> str:
        if self._run.preparing:
            return self._run.preparing
        if count := len(self._watched.compared):
            return tr_n(
                "Curves of {count} run from the list. In the list (r), enter opens a run.",
                "Curves of {count} runs from the list. In the list (r), enter opens a run.",
                count,
            )
        return tr("No run to show. Press n for a new run, r for earlier runs.")

    def _poll_device(self) -> None:
        # The form for a new run shows the GPUs, too.
        if self.query_ancestor(Pane).is_showing:
            self.query_one(DevicePanel).poll_in_turn()
