"""What a report is made of, as frozen records. Imports no torch."""

import msgspec

from studio.corpus.statistics import Statistics
from studio.model.config import RunConfig
from studio.model.events import SampleWritten, StepDone, TrainingEnded, Validated, VerseMeasured
from studio.report.recorded import DeviceSeries, TrainedOn
from studio.runs.card import SplitFigures
from studio.verse.figures import VerseFigures
from studio.verse.request import ComposeRequest


class RunHistory(msgspec.Struct, frozen=True):
    """What a run's folder records: no model is loaded for it. `ended` is None if it did not end."""

    name: str
    config: RunConfig
    steps: tuple[StepDone, ...]
    validations: tuple[Validated, ...]
    samples: tuple[SampleWritten, ...]
    ended: TrainingEnded | None
    is_busy: bool
    device_series: tuple[DeviceSeries, ...]
    trained_on: tuple[TrainedOn, ...]
    verses: tuple[VerseMeasured, ...] = ()

    @property
    def step(self) -> int:
        """The last step."""
        return self.steps[-1].step if self.steps else 0

    @property
    def seconds(self) -> float:
        """The training time."""
        return self.steps[-1].elapsed if self.steps else 0.0

    @property
    def characters(self) -> int:
        """The characters that were read in training."""
        return sum(each.characters for each in self.steps)

    @property
    def speed(self) -> float | None:
        """Characters per second of training."""
        return self.characters / self.seconds if self.seconds else None

    def validation_at(self, step: int) -> Validated | None:
        """The validation of a step."""
        return next((each for each in self.validations if each.step == step), None)


class Part(msgspec.Struct, frozen=True):
    """A tensor of the model: its name in the checkpoint and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """The number of its entries."""
        count = 1
        for each in self.shape:
            count *= each
        return count


class OpeningPoem(msgspec.Struct, frozen=True):
    """A poem for an opening, or the reason why there is none (`refusal`).

    `sources` name each copied span of five or more characters, as (span, poet, title, number of
    the poem).
    """

    request: ComposeRequest
    text: str = ""
    complete: bool = True
    refusal: str = ""
    sources: tuple[tuple[str, str, str, int], ...] = ()


class ModelResults(msgspec.Struct, frozen=True):
    """What the best checkpoint of a run, at `step`, is and does.

    `perplexities` has the whole validation split, and the test split if it was asked for; it is
    empty without a library. `preferred`: whether its weights learnt what readers prefer, after the
    training. `free` and `formed` are figures of quatrains: of those that it writes
    without any rule, and of those in a form.
    """

    step: int
    vocabulary: int
    parts: tuple[Part, ...]
    perplexities: tuple[SplitFigures, ...]
    poems: tuple[OpeningPoem, ...]
    free: VerseFigures
    formed: VerseFigures | None
    preferred: bool = False

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(each.parameters for each in self.parts)

    def perplexity(self, split: str) -> SplitFigures | None:
        """The perplexity on a split."""
        return next((each for each in self.perplexities if each.split == split), None)


class ReportedRun(msgspec.Struct, frozen=True):
    """A run in a report. Without a usable checkpoint, `lacking` says why there are no results.

    `same_poems` says whether the library has the poems that the run was trained on; None if that
    is not recorded.
    """

    history: RunHistory
    results: ModelResults | None
    lacking: str
    same_poems: bool | None

    @property
    def name(self) -> str:
        """The run's name."""
        return self.history.name


class ReportData(msgspec.Struct, frozen=True):
    """Everything that a report says. Without a library, `no_library` says why.

    `to_train` has the settings, by name, of each run and of those whose models it starts or learns
    from; a run comes after those that it needs. `missing` are those that cannot be read any more.
    """

    runs: tuple[ReportedRun, ...]
    to_train: dict[str, RunConfig]
    missing: tuple[str, ...]
    library: Statistics | None
    no_library: str
    with_test: bool
    written: str
    studio: str
    python: str
    torch: str
    device: str
