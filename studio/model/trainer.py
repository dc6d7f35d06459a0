"""The training loop: an iterator that yields the events of each step."""

import hashlib
import math
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec
from torch import Tensor

from studio.corpus.poem import UNKNOWN_POEM, About
from studio.corpus.vocabulary import Vocabulary
from studio.errors import ConfigError, DamageError, RunError, is_of_gpu, no_room_message
from studio.model import checkpoint
from studio.model.batches import Epoch, Text, make_epoch, with_ends
from studio.model.checkpoint import Progress
from studio.model.checkpoint_names import name_of
from studio.model.checkpoint_store import CheckpointStore
from studio.model.conditions import describe
from studio.model.config import RunConfig
from studio.model.device import Device
from studio.model.evaluate import score_together
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    Noted,
    Outcome,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.learner import Learner
from studio.model.mixture import Others
from studio.model.network import Network
from studio.model.optimiser import learning_rate
from studio.model.parallel import ALONE, World
from studio.model.teachers import Teachers
from studio.model.unreported import DivergenceError, UnreportedSteps
from studio.translation import marked, tr

_TOO_FEW_ROWS = marked(
    "A batch has {rows} rows, too few for {count} processes. "
    "Use a larger batch_size, or fewer processes."
)
_NOTHING = marked("There is nothing to train on: {reason}")
_SELDOM = marked(
    "no Chinese character occurs {count} times in the training poems. Use a smaller min_count, or "
    "more poems."
)
_OTHER_POEMS = marked(
    "{folder} was trained on other poems than those of the corpus now. Fetch the old corpus again "
    "to continue, or start a new run from this checkpoint (--from)."
)
_TOO_FAR = marked(
    "{file}: position must be below {most}, the batches of an epoch, not {position}. "
    "Choose another checkpoint."
)
_MISFIT = marked(
    "{file} does not fit this run: {reason}. "
    "Delete that folder to continue from the checkpoint before."
)
_CLIP_MORE = marked("Try a lower learning_rate, or a smaller clip.")
_CLIP = marked("Try a lower learning_rate, or clip=1: the gradient is not clipped now.")
_NOT_RECORDED = marked(
    "This GPU launches each step kernel by kernel, which is slower: the step could not be recorded "
    "as a CUDA graph ({reason})."
)


class Trainer:
    """Trains a network on poems.

    Iterate over `run()`: each item is a tuple with the events of one step. It is often empty,
    because losses are fetched from the device every `report_every` steps. Before each checkpoint
    the events so far are a separate item, and `saves_next` is true. So if every item is written to
    disk before the next one is requested, no checkpoint is newer than the log. Between two items
    the network may be used, but its weights must not change.
    """

    def __init__(
        self,
        config: RunConfig,
        vocabulary: Vocabulary,
        train: Sequence[str],
        valid: Sequence[str],
        device: Device,
        checkpoints: Path,
        world: World = ALONE,
        about: Sequence[About] = (),
        others: int = 0,
        teachers: Sequence[Network] = (),
    ) -> None:
        """Raises RunError if there are too few poems for one batch, or no characters to learn.

        Of the processes in `world`, only process 0 writes checkpoints. `about`: what is known of
        each poem of `train`, if the network reads it; nothing if it is left out. `others`: how many
        poems at the end of `train` are of another corpus, of which fewer and fewer are read.
        `teachers` have the same vocabulary.
        """
        if world.size > config.train.batch_size:
            raise ConfigError(tr(_TOO_FEW_ROWS, rows=config.train.batch_size, count=world.size))
        self.config = config
        self.vocabulary = vocabulary
        self.progress = Progress(poems=poems_sha256(train))
        self._valid = valid
        self._others = Others(others, config.mixing_epochs or config.train.epochs)
        self._poems = _encoded(vocabulary, train, config.train.min_count)
        known = about or [UNKNOWN_POEM] * len(train)
        self._known = describe(known, vocabulary) if config.model.has_conditions else None
        try:
            self._epoch = self._make_epoch(1)
        except ValueError as error:
            raise RunError(tr(_NOTHING, reason=error)) from error
        if not config.mixing_epochs:
            # Up to the step that ends the run. The first epoch reads all of the others anyway.
            self._others = Others(others, math.ceil(self.total_steps / len(self._epoch)))
        device.make_current()
        self.network = Network(
            config.model, len(vocabulary), config.train.seed, vocabulary.stops
        ).to(device.torch_device)
        self._world = world
        of_device = [teacher.to(device.torch_device) for teacher in teachers]
        taught_by = Teachers(of_device, config.teaching) if teachers else None
        self.learner = Learner(self.network, config.train, device, world, taught_by)
        self._store = CheckpointStore(
            checkpoints, config.train.keep, self.network, vocabulary, world
        )
        self._unreported = UnreportedSteps(math.log(len(vocabulary)), world)
        self._validated: Validated | None = None
        self._saved: int | None = None
        # Whether a checkpoint is due and not written yet: an earlier attempt may have failed.
        self._checkpoint_due = False
        self._noted = self._stopping = self.saves_next = False

    @property
    def device(self) -> Device:
        """The device that the network is trained on."""
        return self.learner.device

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over the poems."""
        return len(self._epoch)

    @property
    def total_steps(self) -> int:
        """The number of the last step."""
        planned = self.steps_per_epoch * self.config.train.epochs
        limit = self.config.train.max_steps
        return min(planned, limit) if limit else planned

    def stop(self) -> None:
        """End training with the next items: a checkpoint, then a TrainingEnded.

        Several processes end at their next report, all after the same step.
        """
        self._stopping = True

    def save(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """Save a checkpoint now, between two steps; yields items like those of `run`.

        Training ends if it has diverged. Raises OSError if the checkpoint cannot be written.
        """
        yield from self._in_items(chain(self._report(), self._checkpoint()))

    def run(self) -> Generator[tuple[TrainingEvent, ...]]:
        """Train from `progress` to the end; the last item has a TrainingEnded.

        Raises OSError if a checkpoint cannot be written, after it has yielded the events before it.
        No training is lost: another `run` continues from there.
        """
        ended = False
        while not ended:
            alone = self._world.size == 1
            stops = self._stopping if alone else self._unreported.stop_agreed
            training = self.progress.step < self.total_steps and not stops
            try:
                ended = yield from self._in_items(self._one_step() if training else self._end())
            except (OSError, GeneratorExit):
                # The request to stop ends here: the caller decides whether to stop again.
                self._stopping = False
                raise

    def _in_items(
        self, events: Iterable[TrainingEvent | None]
    ) -> Generator[tuple[TrainingEvent, ...], None, bool]:
        """Group events into items; a None ends an item. Returns whether training ended."""
        item: list[TrainingEvent] = []
        ended = False
        try:
            for event in events:
                if event is None:
                    self.saves_next = True
                    try:
                        yield tuple(item)
                    finally:
                        self.saves_next = False
                    item.clear()
                else:
                    item.append(event)
                    ended = isinstance(event, TrainingEnded)
        except DivergenceError as error:
            advice = tr(_CLIP_MORE if self.config.train.clip else _CLIP)
            item.append(self._ended("diverged", str(error), advice))
            ended = True
        except (MemoryError, RuntimeError) as error:
            if not (message := no_room_message(error)):
                raise
            # Losses that cannot be fetched any more are lost, too.
            self._unreported.clear()
            advice = tr("Resume with --device, or start a new run from it with --from.")
            item.append(self._ended("failed", message, advice if self._saved is not None else ""))
            ended = True
        yield tuple(item)
        return ended

    def load(self, folder: Path) -> None:
        """Continue from a checkpoint as if training had never stopped.

        Raises RunError if it is damaged, of another model, or was trained on other poems.
        """
        checkpoint.load_weights(self.network, folder)
        tensors, progress = checkpoint.load_training(folder)
        if progress.poems not in ("", self.progress.poems):
            raise RunError(tr(_OTHER_POEMS, folder=folder))
        if progress.position >= self.steps_per_epoch:
            raise DamageError(
                tr(
                    _TOO_FAR,
                    file=folder / "training.json",
                    most=self.steps_per_epoch,
                    position=progress.position,
                )
            )
        try:
            self.resume(tensors, progress)
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            if is_of_gpu(error) or no_room_message(error):
                raise  # the checkpoint may be whole
            misfit = tr(_MISFIT, file=folder / "training.safetensors", reason=error)
            raise DamageError(misfit) from error

    def resume(self, tensors: dict[str, Tensor], progress: Progress) -> None:
        """Continue from what a checkpoint holds besides the weights.

        Raises KeyError, ValueError, TypeError or RuntimeError if it does not fit.
        """
        self.progress = msgspec.structs.replace(progress, poems=self.progress.poems)
        self.learner.restore(tensors, self._epoch[0])
        self._saved = self.progress.step
        self._epoch = self._make_epoch(self.progress.epoch)

    def _make_epoch(self, number: int) -> Epoch:
        return make_epoch(self._poems, self.config.train, number, self._known, self._others)

    def _one_step(self) -> Iterator[TrainingEvent | None]:
        if self._checkpoint_due:
            yield from self._checkpoint()
        started = time.perf_counter()
        progress = self.progress
        batch = self._epoch[progress.position]
        step = progress.step + 1
        rate = learning_rate(self.config.train, step, self.total_steps)
        measured = self.learner.learn(batch, rate)
        elapsed = progress.elapsed + time.perf_counter() - started
        self.progress = msgspec.structs.replace(
            progress, step=step, position=progress.position + 1, elapsed=elapsed
        )
        event = StepDone(step, progress.epoch, 0.0, 0.0, rate, batch.characters, elapsed)
        self._unreported.add(event, measured)
        if self.learner.not_recorded and not self._noted:
            self._noted = True
            yield Noted(step, tr(_NOT_RECORDED, reason=self.learner.not_recorded))

        settings = self.config.train
        epoch_ends = self.progress.position == self.steps_per_epoch
        last = epoch_ends or step == self.total_steps
        validates = last or _due(step, settings.validate_every)
        saves = last or _due(step, settings.checkpoint_every)
        if validates or saves or self._unreported.is_due(settings.report_every):
            yield from self._report()
        if validates and self._valid:
            validated = self._validate()
            saves = saves or validated.best
            yield validated
        if epoch_ends:
            yield self._next_epoch()
        if saves:
            yield from self._checkpoint()

    def _report(self) -> Iterator[StepDone]:
        """Read the losses of the last steps; only here the processor waits for the device."""
        for event in self._unreported.read(self._stopping):
            progress = self.progress
            self.progress = msgspec.structs.replace(
                progress,
                nats=progress.nats + event.loss * event.characters,
                characters=progress.characters + event.characters,
                elapsed=event.elapsed,
            )
            yield event

    def _next_epoch(self) -> EpochDone:
        progress = self.progress
        done = EpochDone(progress.step, progress.epoch, progress.nats / progress.characters)
        self.progress = msgspec.structs.replace(
            progress, epoch=progress.epoch + 1, position=0, nats=0.0, characters=0
        )
        self.learner.reset_state()
        self._epoch = self._make_epoch(self.progress.epoch)
        return done

    def _validate(self) -> Validated:
        score = score_together(self.network, self.vocabulary, self._valid, self.device, self._world)
        progress = self.progress
        if not math.isfinite(score.perplexity + score.perplexity_all):
            raise DivergenceError(
                tr(
                    "After step {step} the perplexity was {perplexity:.4g}.",
                    step=progress.step,
                    perplexity=score.perplexity_all,
                )
            )
        best = progress.best_all is None or score.perplexity_all < progress.best_all
        if best:
            self.progress = msgspec.structs.replace(
                progress, best=None, best_all=score.perplexity_all, best_step=progress.step
            )
        self._validated = Validated(
            progress.step, progress.epoch, score.perplexity, score.perplexity_all, best
        )
        return self._validated

    def _checkpoint(self) -> Iterator[TrainingEvent | None]:
        """Save a checkpoint, in an item after the events before it."""
        # Set now: a caller that cannot record the events may drop this iterator.
        self._checkpoint_due = True
        yield None
        yield self._save()

    def _save(self) -> CheckpointSaved:
        step = self.progress.step
        saved = CheckpointSaved(step, name_of(step))
        if self._saved == step:
            self._checkpoint_due = False
            return saved
        validated = self._validated
        if validated and validated.step != step:
            validated = None
        self._store.save(self.progress, self.learner.tensors, validated)
        self._saved, self._checkpoint_due = step, False
        return saved

    def _end(self) -> Iterator[TrainingEvent | None]:
        yield from self._report()
        step = self.progress.step
        if self._saved != step:
            yield from self._checkpoint()
        yield TrainingEnded(step, "finished" if step >= self.total_steps else "stopped")

    def _ended(self, outcome: Outcome, why: str, advice: str) -> TrainingEnded:
        """The end of a run that cannot continue; the steps after its checkpoint are lost."""
        last = tr("There is no checkpoint.")
        if self._saved is not None:
            last = tr("The last good checkpoint is at step {step}.", step=self._saved)
        reason = tr("{why} {last}", why=why, last=last)
        if advice:
            reason = tr("{why} {last} {advice}", why=why, last=last, advice=advice)
        return TrainingEnded(self.progress.step, outcome, reason)


def _encoded(vocabulary: Vocabulary, texts: Sequence[str], min_count: int) -> list[Text]:
    """The poems as tokens; raises RunError if the vocabulary has no Chinese character."""
    if texts and not any(map(vocabulary.is_han, range(len(vocabulary)))):
        raise RunError(tr(_NOTHING, reason=tr(_SELDOM, count=min_count)))
    return [with_ends(vocabulary.encode(text)) for text in texts]


def poems_sha256(texts: Sequence[str]) -> str:
    """The checksum of training texts, which a checkpoint records."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0
