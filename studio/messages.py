"""Commands to the worker and events from it: frozen records, no torch."""

import msgspec

from studio.model.config import RunConfig
from studio.model.events import TrainingEvent
from studio.prosody.report import Scansion
from studio.verse.inspection import Place
from studio.verse.novelty import CopiedSpan
from studio.verse.request import ComposeRequest, WrittenPoem

# --- commands -------------------------------------------------------------------------------


class Train(msgspec.Struct, frozen=True):
    """Begin a new run; the name must be free."""

    run: str
    config: RunConfig


class Pause(msgspec.Struct, frozen=True):
    """Hold the training between two steps; poems can still be asked for."""


class Resume(msgspec.Struct, frozen=True):
    """Go on with `run`: the one that is paused, or one that stands on disk.

    `epochs` above 0 gives a finished run more epochs.
    """

    run: str
    epochs: int = 0


class Stop(msgspec.Struct, frozen=True):
    """Save a checkpoint and end the training."""


class SaveCheckpoint(msgspec.Struct, frozen=True):
    """Save a checkpoint now."""


class Compose(msgspec.Struct, frozen=True):
    """Write poems; the answers carry `ticket`."""

    ticket: int
    request: ComposeRequest


class CancelCompose(msgspec.Struct, frozen=True):
    """Give up writing the poems of `ticket`."""

    ticket: int


class Inspect(msgspec.Struct, frozen=True):
    """Read a poem back: with the model of `request`, the scanner and the index of the corpus."""

    ticket: int
    request: ComposeRequest
    text: str


Command = Train | Pause | Resume | Stop | SaveCheckpoint | Compose | CancelCompose | Inspect


# --- events ---------------------------------------------------------------------------------


class Ready(msgspec.Struct, frozen=True):
    """The worker has loaded torch. `device` is its name in words, `gpu` NVML's UUID or ""."""

    torch: str
    device: str
    gpu: str


class Preparing(msgspec.Struct, frozen=True):
    """Something that takes a while has begun: `what` says it in a few words."""

    what: str


class TrainingStarted(msgspec.Struct, frozen=True):
    """A run begins or is resumed at `step`; `notice` says what was unusual about it."""

    run: str
    config: RunConfig
    step: int
    total_steps: int
    steps_an_epoch: int
    parameters: int
    vocabulary: int
    device: str
    precision: str
    notice: str = ""


class TrainingPaused(msgspec.Struct, frozen=True):
    """The run holds between two steps."""

    run: str


class TrainingResumed(msgspec.Struct, frozen=True):
    """The run that was paused goes on."""

    run: str


class Trained(msgspec.Struct, frozen=True):
    """Something the run told; it stands in its folder already."""

    run: str
    event: TrainingEvent


class Wrote(msgspec.Struct, frozen=True):
    """The next character of each candidate; "" for one that has ended."""

    ticket: int
    characters: tuple[str, ...]


class Composed(msgspec.Struct, frozen=True):
    """The poems of `ticket` are complete, in the order of the candidates of `Wrote`.

    `model` names what wrote them: a run and step, or the default model.
    """

    ticket: int
    request: ComposeRequest
    model: str
    poems: tuple[WrittenPoem, ...]
    seconds: float


class ComposeCancelled(msgspec.Struct, frozen=True):
    """The poems of `ticket` will not come."""

    ticket: int


class Inspected(msgspec.Struct, frozen=True):
    """A poem read back: a place for each character of `text`, stops included.

    `model` names what read it. `copied` are the spans that stand in the corpus; None while their
    index is not at hand.
    """

    ticket: int
    text: str
    model: str
    places: tuple[Place, ...]
    scansion: Scansion
    copied: tuple[CopiedSpan, ...] | None


class Failed(msgspec.Struct, frozen=True):
    """A command could not be done: `what` and `message` say it to a person.

    `run_ended`: the run in training ended with it. `bug` holds a traceback if it was a bug.
    """

    what: str
    message: str
    ticket: int | None = None
    run_ended: bool = False
    bug: str = ""


Event = (
    Ready
    | Preparing
    | TrainingStarted
    | TrainingPaused
    | TrainingResumed
    | Trained
    | Wrote
    | Composed
    | ComposeCancelled
    | Inspected
    | Failed
)
