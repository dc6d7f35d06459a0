"""The log of the training: events with their times."""

import time
from collections import deque

from rich.text import Text
from textual.events import Resize
from textual.widgets import RichLog

from studio.messages import (
    Event,
    Preparing,
    Ready,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.events import CheckpointSaved, EpochDone, TrainingEnded, Validated
from studio.wording import figure, printable

KEPT = 500


class LogPanel(RichLog):
    """The last few hundred lines, wrapped again when the width changes."""

    def __init__(self) -> None:
        super().__init__(id="log", max_lines=KEPT * 4, min_width=1, wrap=True, markup=False)
        self.border_title = "Log"
        self._lines_kept: deque[Text] = deque(maxlen=KEPT)
        self._width = 0

    def add(self, text: str, style: str = "") -> None:
        """Add a line."""
        line = Text(time.strftime("%H:%M:%S "), "dim")
        line.append(printable(text), f"not dim {style}")
        self._lines_kept.append(line)
        self.write(line)

    def on_resize(self, event: Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            self.clear()
            for line in self._lines_kept:
                self.write(line, scroll_end=False)
        # The newest line stays visible at every size.
        self.scroll_end(animate=False)


def log_line(event: Event) -> str:
    """The log line for an event; "" if it gets none."""
    match event:
        case Ready(torch, device):
            return f"torch {torch} on {device}"
        case Preparing(what):
            return what
        case TrainingStarted(run=run, step=step):
            return f"{run} resumed at step {step:,}" if step else f"{run} started"
        case TrainingPaused(run):
            return f"{run} paused"
        case TrainingResumed(run):
            return f"{run} resumed"
        case Trained(_, EpochDone() as done):
            return f"epoch {done.epoch} done, loss {figure(done.loss)}"
        case Trained(_, Validated() as validated):
            best = ", the best so far" if validated.best else ""
            return f"step {validated.step:,}: perplexity {figure(validated.perplexity)}{best}"
        case Trained(_, CheckpointSaved() as saved):
            return f"checkpoint {saved.name}"
        case Trained(_, TrainingEnded() as ended):
            return f"{ended.outcome} at step {ended.step:,} {ended.reason}".rstrip()
    return ""
