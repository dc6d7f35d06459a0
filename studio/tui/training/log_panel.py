"""What happened, each line with its time."""

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
    """The last few hundred lines; wrapped again where the width changes."""

    def __init__(self) -> None:
        super().__init__(id="log", max_lines=KEPT * 4, min_width=1, wrap=True, markup=False)
        self.border_title = "Log"
        self._told: deque[Text] = deque(maxlen=KEPT)
        self._width = 0

    def tell(self, what: str, style: str = "") -> None:
        """Add a line."""
        line = Text(time.strftime("%H:%M:%S "), "dim")
        line.append(printable(what), f"not dim {style}")
        self._told.append(line)
        self.write(line)

    def on_resize(self, event: Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            self.clear()
            for line in self._told:
                self.write(line, scroll_end=False)
        # The newest line is the one that is wanted, however much of the log there is room for.
        self.scroll_end(animate=False)


def in_words(event: Event) -> str:
    """A line on what happened in a run; "" for what is not worth one."""
    match event:
        case Ready(torch, device):
            return f"torch {torch} on {device}"
        case Preparing(what):
            return what
        case TrainingStarted(run=run, step=step):
            return f"{run} goes on at step {step:,}" if step else f"{run} begins"
        case TrainingPaused(run):
            return f"{run} paused"
        case TrainingResumed(run):
            return f"{run} goes on"
        case Trained(_, EpochDone() as done):
            return f"epoch {done.epoch} done, loss {figure(done.loss)}"
        case Trained(_, Validated() as told):
            best = ", the best so far" if told.best else ""
            return f"step {told.step:,}: perplexity {figure(told.perplexity)}{best}"
        case Trained(_, CheckpointSaved() as saved):
            return f"checkpoint {saved.name}"
        case Trained(_, TrainingEnded() as ended):
            return f"{ended.outcome} at step {ended.step:,} {ended.reason}".rstrip()
    return ""
