"""A run as the charts need it: its events as columns, live or from its folder."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    Noted,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
    VerseMeasured,
)
from studio.runs.event_log import START, Place
from studio.runs.readings import TrainingReading, without_repeated
from studio.tui.drawing.scales import Column

# Speed is measured over this many steps, because steps are reported in bursts.
SPEED_STEPS = 20


def _numbers() -> "array[float]":
    return array("d")


@dataclass
class History:
    """The events of a run so far, in order of their steps.

    `notable` are those for the log. `place` is where its later events are in the run's folder, if
    these are from there. `readings` are those of the device, in order of their steps.
    """

    run: str
    steps: "array[float]" = field(default_factory=_numbers)
    losses: "array[float]" = field(default_factory=_numbers)
    norms: "array[float]" = field(default_factory=_numbers)
    rates: "array[float]" = field(default_factory=_numbers)
    characters: "array[float]" = field(default_factory=_numbers)
    elapsed: "array[float]" = field(default_factory=_numbers)
    epochs: "array[float]" = field(default_factory=_numbers)
    validations: list[Validated] = field(default_factory=list)
    verses: list[VerseMeasured] = field(default_factory=list)
    readings: list[TrainingReading] = field(default_factory=list)
    samples: list[SampleWritten] = field(default_factory=list)
    checkpoints: list[CheckpointSaved] = field(default_factory=list)
    notable: list[TrainingEvent] = field(default_factory=list)
    epoch: int = 0
    ended: TrainingEnded | None = None
    place: Place = START
    # Another one as soon as anything that is known changes, and not only more becomes known.
    _edition: object = field(default_factory=object, compare=False)

    @property
    def state(self) -> tuple[object, ...]:
        """Equal to what it was before exactly if the curves are the same."""
        return self._edition, len(self.steps), len(self.validations), len(self.verses)

    @classmethod
    def of(cls, run: str, events: Iterable[TrainingEvent]) -> "History":
        """The history made of these events."""
        history = cls(run)
        for event in events:
            history.add(event)
        return history

    def add(self, event: TrainingEvent) -> None:
        """Add an event."""
        if isinstance(event, EpochDone | Validated | CheckpointSaved | Noted | TrainingEnded):
            self.notable.append(event)
        match event:
            case StepDone():
                self.steps.append(event.step)
                self.losses.append(event.loss)
                self.norms.append(event.gradient_norm)
                self.rates.append(event.learning_rate)
                self.characters.append(event.characters)
                self.elapsed.append(event.elapsed)
                self.epochs.append(event.epoch)
                self.epoch = event.epoch
                self.ended = None
            case Validated():
                self.validations.append(event)
            case SampleWritten():
                self.samples.append(event)
            case VerseMeasured():
                self.verses.append(event)
            case CheckpointSaved():
                self.checkpoints.append(event)
            case EpochDone():
                self.epoch = event.epoch
            case TrainingEnded():
                self.ended = event

    def drop_after(self, step: int) -> None:
        """Drop the events after `step`, where the run is resumed."""
        self._edition = object()
        kept = bisect_right(self.steps, step)
        for column in (
            self.steps,
            self.losses,
            self.norms,
            self.rates,
            self.characters,
            self.elapsed,
            self.epochs,
        ):
            del column[kept:]
        self.validations = [each for each in self.validations if each.step <= step]
        self.samples = [each for each in self.samples if each.step <= step]
        self.verses = [each for each in self.verses if each.step <= step]
        self.readings = [each for each in self.readings if each.step <= step]
        self.checkpoints = [each for each in self.checkpoints if each.step <= step]
        self.notable = [
            each
            for each in self.notable
            if each.step <= step and not isinstance(each, TrainingEnded)
        ]
        self.ended = None

    def take_readings(self, readings: Sequence[TrainingReading]) -> None:
        """Set the readings, without those of steps that a resumed run has repeated."""
        self.readings = without_repeated(readings)
        self._edition = object()

    @property
    def has_whole_epoch(self) -> bool:
        """Whether an epoch is complete."""
        return any(isinstance(event, EpochDone) for event in self.notable)

    def sample_at(self, step: int) -> SampleWritten | None:
        """The last sample up to that step."""
        return next((each for each in reversed(self.samples) if each.step <= step), None)

    @property
    def lowest_epoch_loss(self) -> float | None:
        """The lowest mean loss of a complete epoch."""
        losses = [event.loss for event in self.notable if isinstance(event, EpochDone)]
        return min(losses, default=None)

    @property
    def step(self) -> int:
        """The last step."""
        return int(self.steps[-1]) if self.steps else 0

    @property
    def best(self) -> Validated | None:
        """The validation with the lowest perplexity over all targets."""
        return min(self.validations, key=lambda each: each.perplexity_all, default=None)

    def validation_at(self, step: int) -> Validated | None:
        """The validation at that step."""
        return next((each for each in self.validations if each.step == step), None)

    def speed(self) -> Column:
        """Characters per second at each step, over the steps before it; NaN at the first step."""
        characters = np.cumsum(np.array(self.characters))
        elapsed = np.array(self.elapsed)
        before = np.maximum(np.arange(len(elapsed)) - SPEED_STEPS, 0)
        seconds = elapsed - elapsed[before]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(seconds > 0, (characters - characters[before]) / seconds, np.nan)

    def speed_now(self) -> float | None:
        """Characters per second over the last steps."""
        seconds, steps = self._recent()
        return sum(self.characters[-steps:]) / seconds if seconds > 0 else None

    def seconds_left(self, total_steps: int) -> float | None:
        """The time for the remaining steps, at the speed of the last ones."""
        seconds, steps = self._recent()
        return (total_steps - self.step) * seconds / steps if seconds > 0 else None

    def _recent(self) -> tuple[float, int]:
        """The duration of the last steps, and how many these are."""
        steps = min(SPEED_STEPS, len(self.steps) - 1)
        return (self.elapsed[-1] - self.elapsed[-1 - steps], steps) if steps > 0 else (0.0, 0)
