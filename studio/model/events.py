"""Events reported by training, as frozen records. Imports no torch.

Losses are nats per target character; `elapsed` is the seconds of training since the run started,
without pauses and interruptions.
"""

from typing import Literal

import msgspec

Outcome = Literal["finished", "stopped", "diverged", "failed"]


class StepDone(msgspec.Struct, frozen=True, tag_field="event"):
    """One optimiser step; `gradient_norm` is the norm before clipping."""

    step: int
    epoch: int
    loss: float
    gradient_norm: float
    learning_rate: float
    characters: int
    elapsed: float


class EpochDone(msgspec.Struct, frozen=True, tag_field="event"):
    """One pass over the training poems is complete; `loss` is the mean over the epoch."""

    step: int
    epoch: int
    loss: float


class Validated(msgspec.Struct, frozen=True, tag_field="event"):
    """Perplexity on the validation split.

    `perplexity` counts Han characters only; `perplexity_all` counts every target, including
    punctuation and end tokens. `best`: whether it is the lowest of the run so far.
    """

    step: int
    epoch: int
    perplexity: float
    perplexity_all: float
    best: bool


class CheckpointSaved(msgspec.Struct, frozen=True, tag_field="event"):
    """A checkpoint folder is complete on disk."""

    step: int
    name: str


class SampleWritten(msgspec.Struct, frozen=True, tag_field="event"):
    """A poem from the run's fixed sample seed, written with the weights of `step`."""

    step: int
    text: str


class TrainingEnded(msgspec.Struct, frozen=True, tag_field="event"):
    """The run takes no more steps.

    `stopped`: on request; `diverged` and `failed` (the memory is full): see `reason`.
    """

    step: int
    outcome: Outcome
    reason: str = ""


TrainingEvent = StepDone | EpochDone | Validated | CheckpointSaved | SampleWritten | TrainingEnded
