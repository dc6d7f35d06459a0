"""The log of the training: events with their times."""

import time
from collections import deque
from collections.abc import Iterable

from rich.segment import Segment
from rich.text import Text
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studio.messages import (
    Event,
    Preparing,
    Ready,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    Noted,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.translation import again, marked, tr
from studio.tui.training.status_panel import Shown
from studio.wording import device_in_words, figure, perplexities, printable

KEPT, MOST_ROWS = 500, 2000


class LogPanel(ScrollView, can_focus=True):
    """The last few hundred lines, wrapped to the width. Only those in view are drawn.

    For a run that is shown from its folder these are the run's, otherwise the studio's.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="log")
        self.border_title = tr("Log{of_run}", of_run="")
        # The studio's lines: time, text, style.
        self._kept: deque[tuple[str, str, str]] = deque(maxlen=KEPT)
        # The run shown from its folder, and the number of its lines.
        self._shown: Shown | None = None
        self._count = 0
        # The lines as they were wrapped for this width; it is 0 until the log is first shown.
        self.rows: list[Text] = []
        self._width = 0

    def add(self, text: str, style: str = "") -> None:
        """Add a line of the studio."""
        self._kept.append((time.strftime("%H:%M:%S "), printable(text), style))
        if self._shown is None and self._width:
            self.rows = [*self.rows, *self._wrapped(_line(*self._kept[-1]))][-MOST_ROWS:]
            self._show_rows(to_end=self.is_vertical_scroll_end)

    def say_again(self) -> None:
        """Write the log in the language of now."""
        self._write_title()
        self._wrap_again(to_end=True)

    def show(self, shown: Shown | None) -> None:
        """Show the log of a run that is shown from its folder; of any other, the studio's."""
        before, known = self._shown, self._count
        self._shown = shown if shown and shown.started is None else None
        self._count = len(self._shown.history.notable) if self._shown else 0
        if before is None or self._shown is None:
            is_same_run, changed = False, before is not self._shown
        else:
            is_same_run = before.history.run == self._shown.history.run
            changed = (
                before.history is not self._shown.history
                or before.error != self._shown.error
                or known != self._count
            )
        if changed:
            self._write_title()
            # If the user reads earlier lines, they stay while the run is followed.
            self._wrap_again(to_end=not is_same_run or self.is_vertical_scroll_end)

    def _write_title(self) -> None:
        run = printable(self._shown.history.run) if self._shown else ""
        of_run = tr(" of {run}", run=run) if run else ""
        self.border_title = tr("Log{of_run}", of_run=of_run)

    def _wrap_again(self, to_end: bool) -> None:
        if self._width:
            self.rows = [row for line in self._lines() for row in self._wrapped(line)]
            self._show_rows(to_end)

    def _wrapped(self, line: Text) -> Iterable[Text]:
        # To wrap a line takes much longer than to measure it.
        fits = line.cell_len <= self._width
        return [line] if fits else line.wrap(self.app.console, self._width)

    def _show_rows(self, to_end: bool) -> None:
        self.virtual_size = Size(self._width, len(self.rows))
        self.refresh()
        if to_end:
            self.scroll_end(animate=False)

    def _lines(self) -> Iterable[Text]:
        if self._shown is None:
            return [_line(when, again(text), style) for when, text, style in self._kept]
        events = self._shown.history.notable[-KEPT:]
        return [
            *(Text(event_line(event)) for event in events),
            *(Text(line, "bold") for line in self._shown.error),
        ]

    def on_resize(self, event: Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._wrap_again(to_end=True)
        # The newest line stays visible at every size.
        self.scroll_end(animate=False)

    def render_line(self, y: int) -> Strip:
        style, at = self.rich_style, round(self.scroll_y) + y
        if at >= len(self.rows):
            return Strip.blank(self._width, style)
        segments = Segment.apply_style(self.rows[at].render(self.app.console), style)
        return Strip(segments).adjust_cell_length(self._width, style)


def _line(when: str, text: str, style: str) -> Text:
    return Text(when, "dim").append(text, f"not dim {style}")


def log_line(event: Event) -> str:
    """The log line for an event; "" if it gets none."""
    match event:
        case Ready(torch, device):
            return tr("torch {version} on {device}", version=torch, device=device_in_words(device))
        case Preparing(what):
            return what
        case TrainingStarted(run=run, step=step):
            if step:
                return tr("{run} resumed at step {step:,}", run=run, step=step)
            return tr("{run} started", run=run)
        case TrainingPaused(run):
            return tr("{run} paused", run=run)
        case TrainingResumed(run):
            return tr("{run} resumed", run=run)
        case Trained(_, trained):
            return event_line(trained)
    return ""


def event_line(event: TrainingEvent) -> str:
    """The log line for an event of a run; "" if it gets none."""
    match event:
        case EpochDone():
            return tr("epoch {epoch} done, loss {loss}", epoch=event.epoch, loss=figure(event.loss))
        case Validated():
            both = perplexities(event.perplexity_all, event.perplexity)
            line = marked("step {step:,}: perplexity {perplexity}")
            if event.best:
                line = marked("step {step:,}: perplexity {perplexity}, the best so far")
            return tr(line, step=event.step, perplexity=both)
        case Noted():
            return printable(event.text)
        case CheckpointSaved():
            return tr("checkpoint {name}", name=printable(event.name))
        case TrainingEnded():
            ended = tr("{outcome} at step {step:,}", outcome=tr(event.outcome), step=event.step)
            if event.reason:
                ended = tr("{what} {reason}", what=ended, reason=event.reason)
            return printable(ended)
    return ""
