"""The training loop: an iterator of what happened, one item a step."""

import contextlib
import hashlib
import math
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from studio.corpus.vocabulary import Vocabulary
from studio.errors import DamageError, RunError
from studio.model import checkpoint
from studio.model.batches import Batch, epoch_of
from studio.model.checkpoint import Progress
from studio.model.config import RunConfig
from studio.model.device import Device
from studio.model.evaluate import score_poems, total
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.loss import chunked_loss, nll_loss, sample_of, sampled_loss
from studio.model.network import Network, State, detach
from studio.model.optimiser import (
    learning_rate,
    make_optimiser,
    restore,
    set_learning_rate,
    state_tensors,
)

# A loss this many times that of guessing blindly, ln(vocabulary), means that training has exploded.
EXPLODED = 3.0

# Where steps are slow, losses are told at least this often, `report_every` or not.
REPORT_SECONDS = 1.0


class _DivergenceError(Exception):
    """The losses or weights are no numbers any more, or far from any use."""


class Trainer:
    """Trains a network on poems.

    Iterate over `run()`: each item is the tuple of events of one step, often empty, because losses
    are fetched from the device once in `report_every` steps. Before each checkpoint the events so
    far are an item of their own, and `saves_next` is true: whoever writes each item to disk before
    asking for the next never has a checkpoint that is newer than the log. Between two items the
    network may be used, but its weights must not change.
    """

    def __init__(
        self,
        config: RunConfig,
        vocabulary: Vocabulary,
        train: Sequence[str],
        valid: Sequence[str],
        device: Device,
        checkpoints: Path,
    ) -> None:
        """Raises RunError where there are too few poems for one batch."""
        self.config = config
        self.vocabulary = vocabulary
        self.device = device
        self.progress = Progress(poems=_sha256(train))
        self._valid = valid
        self._checkpoints = checkpoints
        self._poems = [vocabulary.encode(text) for text in train]
        try:
            self._epoch = epoch_of(self._poems, config.train, 1)
        except ValueError as error:
            raise RunError(
                f"There is nothing to train on: {error}. Use more poems, or a smaller batch_size."
            ) from error
        self.network = Network(
            config.model, len(vocabulary), config.train.seed, vocabulary.stops
        ).to(device.kind)
        self._optimiser = make_optimiser(self.network, config.train)
        self._state: State | None = None
        self._pending: list[tuple[StepDone, Tensor, Tensor]] = []
        self._validated: tuple[int, float] | None = None
        self._saved: int | None = None
        # Whether a checkpoint that was due could not be written.
        self._owed = False
        self._stopping = False
        self.saves_next = False

    @property
    def steps_an_epoch(self) -> int:
        """Batches in one pass over the poems."""
        return len(self._epoch)

    @property
    def total_steps(self) -> int:
        """The step at which training ends."""
        planned = self.steps_an_epoch * self.config.train.epochs
        limit = self.config.train.max_steps
        return min(planned, limit) if limit else planned

    def stop(self) -> None:
        """Let the next item be the last: a checkpoint and a TrainingEnded."""
        self._stopping = True

    def save(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """Save a checkpoint now, between two steps, in items as those of `run`.

        Ends the training if it has diverged. Raises OSError where it cannot be written.
        """
        yield from self._in_items(chain(self._report(), self._checkpoint()))

    def run(self) -> Generator[tuple[TrainingEvent, ...]]:
        """Train to the end, from where `progress` stands; the last item has a TrainingEnded.

        Raises OSError where a checkpoint cannot be written, after the events before it; what was
        learnt is there all the same, and another `run` continues from it.
        """
        ended = False
        while not ended:
            training = self.progress.step < self.total_steps and not self._stopping
            try:
                ended = yield from self._in_items(self._one_step() if training else self._leave())
            except (OSError, GeneratorExit):
                # Whoever wanted it to end decides again.
                self._stopping = False
                raise

    def _in_items(
        self, events: Iterable[TrainingEvent | None]
    ) -> Generator[tuple[TrainingEvent, ...], None, bool]:
        """Gather events into items; None among them ends one. Returns whether training ended."""
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
        except _DivergenceError as error:
            item.append(self._diverged(error))
            ended = True
        yield tuple(item)
        return ended

    def load(self, folder: Path) -> None:
        """Go on from a checkpoint, as if training had never stopped.

        Raises RunError where it is damaged, another model's, or has learnt other poems.
        """
        checkpoint.load_weights(self.network, folder)
        tensors, progress = checkpoint.load_training(folder)
        if progress.poems not in ("", self.progress.poems):
            raise RunError(
                f"{folder} has learnt other poems than those that are there now. Fetch that corpus "
                "again to continue, or start a new run from it (--from)."
            )
        if progress.position >= self.steps_an_epoch:
            raise DamageError(
                f"{folder / 'training.json'}: position must be below {self.steps_an_epoch}, the "
                f"batches of an epoch, not {progress.position}. Choose another checkpoint."
            )
        self.progress = msgspec.structs.replace(progress, poems=self.progress.poems)
        try:
            self._restore(tensors)
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise DamageError(
                f"{folder / 'training.safetensors'} is not what training of this run left: "
                f"{error}. Delete that folder to continue from the checkpoint before."
            ) from error
        self._saved = self.progress.step
        self._epoch = epoch_of(self._poems, self.config.train, self.progress.epoch)

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        # Nothing of a checkpoint that was tried before this one may remain.
        self._state = None
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ValueError(f"{name} holds NaN or infinity")
        restore(self._optimiser, _under("optimiser", tensors))
        self.network.dropout_source.set_state(tensors["dropout"])
        carried = _under("state", tensors)
        if carried:
            layers: dict[int, list[Tensor]] = {}
            for layer, part in sorted(tuple(map(int, name.split("."))) for name in carried):
                layers.setdefault(layer, []).append(carried[f"{layer}.{part}"])
            self._state = tuple(
                tuple(_single(part).to(self.device.kind) for part in parts)
                for parts in layers.values()
            )
            self._check_state(self._state)

    @torch.no_grad()
    def _check_state(self, state: State) -> None:
        """Raise ValueError for a state of another shape than one that this network leaves."""
        _, expected = self.network.eval()(self.device.put(self._epoch[0].inputs[:, :1]))
        shapes = [[[part.shape for part in layer] for layer in each] for each in (state, expected)]
        if shapes[0] != shapes[1]:
            raise ValueError("the recurrent state is that of another network")

    def _one_step(self) -> Iterator[TrainingEvent | None]:
        if self._owed:
            yield from self._checkpoint()
        began = time.perf_counter()
        self.network.train()
        at = self.progress
        batch = self._epoch[at.position]
        step = at.step + 1
        rate = learning_rate(self.config.train, step, self.total_steps)
        set_learning_rate(self._optimiser, rate)
        loss, norm = self._learn(batch)
        elapsed = at.elapsed + time.perf_counter() - began
        self.progress = msgspec.structs.replace(
            at, step=step, position=at.position + 1, elapsed=elapsed
        )
        told = StepDone(step, at.epoch, 0.0, 0.0, rate, batch.characters, elapsed)
        self._pending.append((told, loss, norm))

        settings = self.config.train
        epoch_ends = self.progress.position == self.steps_an_epoch
        last = epoch_ends or step == self.total_steps
        validates = last or _due(step, settings.validate_every)
        saves = last or _due(step, settings.checkpoint_every)
        waited = elapsed - self._pending[0][0].elapsed > REPORT_SECONDS
        if validates or saves or waited or len(self._pending) >= settings.report_every:
            yield from self._report()
        if validates and self._valid:
            validated = self._validate()
            saves = saves or validated.best
            yield validated
        if epoch_ends:
            yield self._next_epoch()
        if saves:
            yield from self._checkpoint()

    def _learn(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One optimiser step; the loss and the gradient's norm stay on the device."""
        inputs = self.device.put(batch.inputs)
        state = None if batch.fresh else self._state
        with self.device.autocast():
            features, after = self.network(inputs, state)
        loss = self._loss(features.flatten(0, 1), batch.targets.flatten())
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip = self.config.train.clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        self._optimiser.step()
        self._state = detach(after) if self.config.train.batching == "stream" else None
        return loss.detach(), norm

    def _loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """The loss of `features` (tokens, features); `targets` (tokens,) are still on the CPU."""
        weight, bias = self.network.softmax_weight, self.network.softmax_bias
        kind = self.config.train.loss
        # On a GPU the whole softmax takes no longer, and needs no sample made on the processor.
        if kind == "sampled" and not self.device.is_gpu:
            sample = sample_of(targets, len(bias), self.network.dropout_source)
            return sampled_loss(features, weight, bias, *map(self.device.put, sample))
        loss = nll_loss if kind == "nll" else chunked_loss
        return loss(features, weight, bias, self.device.put(targets))

    def _report(self) -> Iterator[StepDone]:
        """Fetch the losses of the last steps: the only time that the device is waited for."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        began = time.perf_counter()
        values = torch.stack([torch.stack((loss, norm)) for _, loss, norm in pending]).tolist()
        # What the device still worked on belongs to the steps that are told.
        waited = time.perf_counter() - began
        self.progress = msgspec.structs.replace(
            self.progress, elapsed=self.progress.elapsed + waited
        )
        limit = EXPLODED * math.log(len(self.vocabulary))
        for number, ((told, _, _), (loss, norm)) in enumerate(
            zip(pending, values, strict=True), start=1
        ):
            if not (loss < limit and norm < math.inf):
                raise _DivergenceError(
                    f"At step {told.step} the loss was {loss:.4g} and the gradient's norm "
                    f"{norm:.4g}."
                )
            self.progress = msgspec.structs.replace(
                self.progress,
                nats=self.progress.nats + loss * told.characters,
                characters=self.progress.characters + told.characters,
            )
            elapsed = told.elapsed + waited * number / len(pending)
            yield msgspec.structs.replace(told, loss=loss, gradient_norm=norm, elapsed=elapsed)

    def _next_epoch(self) -> EpochDone:
        at = self.progress
        done = EpochDone(at.step, at.epoch, at.nats / at.characters)
        self.progress = msgspec.structs.replace(
            at, epoch=at.epoch + 1, position=0, nats=0.0, characters=0
        )
        self._state = None
        self._epoch = epoch_of(self._poems, self.config.train, self.progress.epoch)
        return done

    def _validate(self) -> Validated:
        score = total(score_poems(self.network, self.vocabulary, self._valid, self.device))
        at = self.progress
        if not math.isfinite(score.perplexity + score.perplexity_all):
            raise _DivergenceError(
                f"After step {at.step} the perplexity was {score.perplexity_all:.4g}."
            )
        best = at.best is None or score.perplexity < at.best
        if best:
            self.progress = msgspec.structs.replace(at, best=score.perplexity, best_step=at.step)
        self._validated = (at.step, score.perplexity)
        return Validated(at.step, at.epoch, score.perplexity, score.perplexity_all, best)

    def _checkpoint(self) -> Iterator[TrainingEvent | None]:
        """Save a checkpoint, after what happened before it has been handed over."""
        # Set now: whoever cannot record the events may drop this iterator.
        self._owed = True
        yield None
        yield self._save()

    def _save(self) -> CheckpointSaved:
        step = self.progress.step
        saved = CheckpointSaved(step, checkpoint.name_of(step))
        if self._saved == step:
            self._owed = False
            return saved
        for name, parameter in self.network.named_parameters():
            if not torch.isfinite(parameter).all():
                raise _DivergenceError(
                    f"After step {self.progress.step} {name} contained NaN or infinity."
                )
        tensors = {f"optimiser.{key}": t for key, t in state_tensors(self._optimiser).items()}
        tensors["dropout"] = self.network.dropout_source.get_state()
        for layer, parts in enumerate(self._state or ()):
            for part, tensor in enumerate(parts):
                tensors[f"state.{layer}.{part}"] = tensor
        checkpoint.save(
            self._checkpoints / checkpoint.name_of(step),
            self.network,
            self.vocabulary,
            tensors,
            self.progress,
            self._validated[1] if self._validated and self._validated[0] == step else None,
        )
        self._saved, self._owed = step, False
        # Old checkpoints that cannot be deleted now are deleted with the next one.
        with contextlib.suppress(OSError):
            checkpoint.prune(self._checkpoints, self.config.train.keep, self.progress.best_step)
        return saved

    def _leave(self) -> Iterator[TrainingEvent | None]:
        yield from self._report()
        step = self.progress.step
        if self._saved != step:
            yield from self._checkpoint()
        yield TrainingEnded(step, "finished" if step >= self.total_steps else "stopped")

    def _diverged(self, error: _DivergenceError) -> TrainingEnded:
        last = f"that of step {self._saved}" if self._saved is not None else "none"
        return TrainingEnded(
            self.progress.step,
            "diverged",
            f"{error} The last good checkpoint is {last}. "
            "Try a lower learning_rate, or clip the gradient harder.",
        )


def _sha256(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()


def _single(part: Tensor) -> Tensor:
    """A part of a state in single precision, which every precision of training goes on from."""
    return part.float() if part.is_floating_point() else part


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix` and a dot, without them."""
    return {
        key.removeprefix(prefix + "."): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix + ".")
    }
