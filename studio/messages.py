"""Commands to the worker and events from it: frozen records, no torch."""

from typing import TYPE_CHECKING

import msgspec

from studio.corpus.vocabulary import Vocabulary
from studio.devices import CudaDevice
from studio.model.config import RunConfig
from studio.model.events import TrainingEvent
from studio.prosody.report import Remark
from studio.translation import tr
from studio.verse.network_reading import NetworkReading
from studio.verse.reading import CopiedSpan, Prediction
from studio.verse.request import ComposeRequest, WrittenPoem
from studio.verse.suggesting import Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# --- commands -------------------------------------------------------------------------------


class Train(msgspec.Struct, frozen=True):
    """Start a new run; the name must be free."""

    run: str
    config: RunConfig


class Pause(msgspec.Struct, frozen=True):
    """Pause the training between two steps; poems can still be requested."""


class Resume(msgspec.Struct, frozen=True):
    """Resume `run`: the run that is paused, or one on disk.

    `epochs` above 0 adds this many epochs.
    """

    run: str
    epochs: int = 0


class TrainNext(msgspec.Struct, frozen=True):
    """Start the first run that waits, unless a run is in training. See runs/queue.py."""


class Stop(msgspec.Struct, frozen=True):
    """Save a checkpoint and end the training."""


class SaveCheckpoint(msgspec.Struct, frozen=True):
    """Save a checkpoint now."""


class EstimateRun(msgspec.Struct, frozen=True):
    """Find out what a run with this config would come to, by some trial steps."""

    config: RunConfig


class Compose(msgspec.Struct, frozen=True):
    """Write poems; the events about them have the same `ticket`.

    `around`: the given text stays even if it breaks rules; otherwise the request is refused.
    `sparing`: nobody has asked for them, so they take no memory of a GPU.
    """

    ticket: int
    request: ComposeRequest
    around: bool = False
    sparing: bool = False


class CancelCompose(msgspec.Struct, frozen=True):
    """Cancel the command to write the poems of `ticket`."""

    ticket: int


class Inspect(msgspec.Struct, frozen=True):
    """Read a poem with the model of `request`, the scanner and the index of the corpus."""

    ticket: int
    request: ComposeRequest
    text: str


class Weigh(msgspec.Struct, frozen=True):
    """Rank the characters for a place of a poem by all that is kept, before it and after it.

    `kept` are the positions of the characters after it that stay.
    """

    ticket: int
    request: ComposeRequest
    text: str
    place: int
    kept: tuple[int, ...]


class Suggest(msgspec.Struct, frozen=True):
    """Find what clears a fault of a poem, ranked by the model of `request`."""

    ticket: int
    request: ComposeRequest
    text: str
    fault: Remark


class ReadVectors(msgspec.Struct, frozen=True):
    """Read the vectors that a model has for characters."""

    ticket: int
    model: str


class ReadNetwork(msgspec.Struct, frozen=True):
    """Read a text with a model, and look at its gates and weights."""

    model: str
    text: str


Command = (
    Train
    | TrainNext
    | Pause
    | Resume
    | Stop
    | SaveCheckpoint
    | EstimateRun
    | Compose
    | CancelCompose
    | Inspect
    | Weigh
    | Suggest
    | ReadVectors
    | ReadNetwork
)


def described(command: Command) -> str:
    """A short description of a command, for a message about its failure."""
    match command:
        case Train(run, _):
            return tr("training {run}", run=run)
        case Resume(run, _):
            return tr("resuming {run}", run=run)
        case Compose():
            return tr("writing")
        case Inspect() | Weigh():
            return tr("reading the poem")
        case Suggest():
            return tr("looking for what clears the fault")
        case ReadVectors():
            return tr("reading the model")
        case ReadNetwork():
            return tr("looking inside the network")
        case SaveCheckpoint():
            return tr("saving")
        case EstimateRun():
            return tr("trying out the settings")
        case Pause():
            return tr("pause")
        case Stop():
            return tr("stop")
    return type(command).__name__.lower()


# --- events ---------------------------------------------------------------------------------


class Ready(msgspec.Struct, frozen=True):
    """The worker has loaded torch.

    `device` is the name of the device that "auto" would choose; `gpu` is NVML's UUID, or "". `cuda`
    are the GPUs that CUDA sees, in its order.
    """

    torch: str
    device: str
    gpu: str
    cuda: tuple[CudaDevice, ...] = ()


class Preparing(msgspec.Struct, frozen=True):
    """Work that takes a while has started; `what` is a short description."""

    what: str


class TrainingStarted(msgspec.Struct, frozen=True):
    """A run starts or resumes at `step`; `notice` is anything unusual about it.

    `device` is a name to show; `gpu` is its UUID in NVML, or "". `waited`: the run starts because
    its turn has come, not because somebody asked for it now.
    """

    run: str
    config: RunConfig
    step: int
    total_steps: int
    parameters: int
    vocabulary: int
    device: str
    precision: str
    notice: str = ""
    gpu: str = ""
    waited: bool = False


class TrainingPaused(msgspec.Struct, frozen=True):
    """The run is paused between two steps."""

    run: str


class TrainingResumed(msgspec.Struct, frozen=True):
    """The paused run has resumed."""

    run: str


class Trained(msgspec.Struct, frozen=True):
    """An event of the run; it is already recorded in the run's folder."""

    run: str
    event: TrainingEvent


class Estimated(msgspec.Struct, frozen=True):
    """What a run with this config would come to.

    `seconds` are for all `steps`, without validations and checkpoints. `memory` is in bytes: that
    of the process, or what torch has allocated on the GPU.
    """

    config: RunConfig
    parameters: int
    steps: int
    seconds: float
    memory: int
    device: str


class Wrote(msgspec.Struct, frozen=True):
    """The next character of each poem shown while it is written; "" after its end.

    Shown are the first drafts, as many as there are candidates.
    """

    ticket: int
    characters: tuple[str, ...]


class Composed(msgspec.Struct, frozen=True):
    """All drafts of `ticket` are complete, the best first.

    `model` is the name of the model: a run and step, or the default model.
    """

    ticket: int
    request: ComposeRequest
    model: str
    poems: tuple[WrittenPoem, ...]
    seconds: float

    @property
    def asked(self) -> tuple[WrittenPoem, ...]:
        """The poems that the request asks for, without the further drafts."""
        return self.poems[: self.request.candidates]


class ComposeCancelled(msgspec.Struct, frozen=True):
    """The poems of `ticket` will not be written."""

    ticket: int


class Inspected(msgspec.Struct, frozen=True):
    """The reading of a poem: a prediction for each character of `text`, including stops.

    `model` is the name of the model. `copied` are the spans that are in the corpus; None while the
    index of the corpus is not available.
    """

    ticket: int
    text: str
    model: str
    predictions: tuple[Prediction, ...]
    copied: tuple[CopiedSpan, ...] | None


class Weighed(msgspec.Struct, frozen=True):
    """The characters for the place that was asked about, as `Prediction.alternatives`."""

    ticket: int
    alternatives: tuple[tuple[str, float], ...]


class Suggested(msgspec.Struct, frozen=True):
    """What clears the fault that was asked about, the best first."""

    ticket: int
    suggestion: Suggestion


class VectorsRead(msgspec.Struct, frozen=True):
    """The vectors of a model's tokens, as (vocabulary, width). `model` is its name."""

    ticket: int
    model: str
    vocabulary: Vocabulary
    vectors: "NDArray[np.float32]"


class NetworkRead(msgspec.Struct, frozen=True):
    """What is inside a network that was asked for."""

    reading: NetworkReading


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
    | Estimated
    | Wrote
    | Composed
    | ComposeCancelled
    | Inspected
    | Weighed
    | Suggested
    | VectorsRead
    | NetworkRead
    | Failed
)
