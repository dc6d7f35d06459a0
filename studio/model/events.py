"""Events reported by training, as frozen records. Imports no torch.

Losses are nats per target character; `elapsed` is the seconds of training since the run started,
without pauses and interruptions. The limits hold for events that are read from a file.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.limits import Measured
from studio.model.config import Natural

Perplexity = Annotated[float, Meta(gt=0)]
Outcome = Literal["finished", "stopped", "diverged", "failed"]


class StepDone(msgspec.Struct, frozen=True, tag_field="event"):
    """One optimiser step; `gradient_norm` is the norm before clipping."""

    step: Natural
    epoch: Natural
    loss: Measured
    gradient_norm: Measured
    learning_rate: Measured
    characters: Natural
    elapsed: Measured


class EpochDone(msgspec.Struct, frozen=True, tag_field="event"):
    """One pass over the training poems is complete; `loss` is the mean over the epoch."""

    step: Natural
    epoch: Natural
    loss: Measured


class Validated(msgspec.Struct, frozen=True, tag_field="event"):
    """Perplexity on the validation split.

    `perplexity` counts Han characters only; `perplexity_all` counts every target, including
    punctuation and end tokens. `best`: whether `perplexity_all` is the lowest of the run so far;
    version 0.1.0 compared `perplexity`.
    """

    step: Natural
    epoch: Natural
    perplexity: Perplexity
    perplexity_all: Perplexity
    best: bool


class CheckpointSaved(msgspec.Struct, frozen=True, tag_field="event"):
    """A checkpoint folder is complete on disk."""

    step: Natural
    name: str


class SampleWritten(msgspec.Struct, frozen=True, tag_field="event"):
    """A poem from the run's fixed sample seed, written with the weights of `step`."""

    step: Natural
    text: str


class VerseMeasured(msgspec.Struct, frozen=True, tag_field="event"):
    """What the model writes at `step` without a form: `poems` poems, four lines of each.

    - `length_kept`: the share of poems with four lines of five, or of seven, characters.
    - `tones_kept`, `rhyme_kept`: the share of poems that also keep the tones, or the rhyme.
    - `distinct_2`: the share of different pairs of characters among all pairs.
    - `repeats`: the mean number of characters per poem that repeat an earlier one.
    - `grams_copied`: the share of 4-grams that are in the training split; None without its index.
    """

    step: Natural
    poems: Natural
    length_kept: Measured
    tones_kept: Measured
    rhyme_kept: Measured
    distinct_2: Measured
    repeats: Measured
    grams_copied: Measured | None


class Noted(msgspec.Struct, frozen=True, tag_field="event"):
    """Something unusual about the training, in a sentence."""

    step: Natural
    text: str


class TrainingEnded(msgspec.Struct, frozen=True, tag_field="event"):
    """The run takes no more steps.

    `stopped`: on request; `diverged` and `failed` (the memory is full): see `reason`.
    """

    step: Natural
    outcome: Outcome
    reason: str = ""


TrainingEvent = (
    StepDone
    | EpochDone
    | Validated
    | CheckpointSaved
    | SampleWritten
    | VerseMeasured
    | Noted
    | TrainingEnded
)
