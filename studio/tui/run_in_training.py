"""The run in training: its name, state and progress."""

from dataclasses import dataclass
from typing import Literal

from studio.messages import (
    Command,
    Event,
    Failed,
    Preparing,
    Resume,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.events import Outcome, StepDone, TrainingEnded
from studio.translation import again, tr

State = Literal["", "training", "paused", "stopping", "failed"] | Outcome


@dataclass
class RunInTraining:
    """The run in training, or the last one, known from commands and events.

    Until the first run starts, `started` is None and `state` is "". `preparing` says what happens
    before a run starts; otherwise it is "". `asked`: what the user has started or resumed, and does
    not train yet.
    """

    started: TrainingStarted | None = None
    state: State = ""
    step: int = 0
    preparing: str = ""
    asked: Train | Resume | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run has started and not ended; it may be paused."""
        return self.state in ("training", "paused", "stopping")

    @property
    def is_busy(self) -> bool:
        """Whether a run is in training, or about to be."""
        return self.is_running or bool(self.preparing)

    @property
    def name(self) -> str:
        """The name of the run in training; "" if there is none."""
        return self.started.run if self.started and self.is_running else ""

    @property
    def share(self) -> float | None:
        """How much of the run in training is done, from 0 to 1; None if there is none."""
        if not self.started or not self.is_running:
            return None
        return min(1.0, self.step / max(1, self.started.total_steps))

    @property
    def summary(self) -> str:
        """The run in training and its progress, in a few words; "" if there is none."""
        if not self.started or not self.is_running:
            return ""
        if self.state == "paused":
            return tr("{run} paused {share:.0%}", run=self.name, share=self.share)
        return f"{self.name} {self.share:.0%}"

    def say_again(self) -> None:
        """Say what is prepared in the language of now."""
        self.preparing = again(self.preparing)

    def sent(self, command: Command) -> None:
        """Note a command to the worker."""
        match command:
            case Train(run):
                self.preparing, self.asked = tr("starting {run}", run=run), command
            case Resume(run) if run != self.name:
                self.preparing, self.asked = tr("resuming {run}", run=run), command
            case Stop() if self.is_running:
                self.state = "stopping"

    def receive(self, event: Event) -> bool:
        """Note an event of the worker; returns whether it leaves room for the next run."""
        match event:
            case Preparing(what):
                self.preparing = what
            case TrainingStarted():
                self.started, self.state, self.step = event, "training", event.step
                self.preparing, self.asked = "", None
            case TrainingPaused():
                self.state = "paused"
            case TrainingResumed():
                self.state = "training"
            case Trained(_, StepDone(step=step)):
                self.step = step
            case Trained(_, TrainingEnded(outcome=outcome)):
                self.state = outcome
                return True
            case Failed(run_ended=True) if self.is_running:
                self.state = "failed"
                return True
            case Failed(ticket=None):
                asked, self.preparing, self.asked = self.asked, "", None
                return asked is not None and not self.is_running
        return False
