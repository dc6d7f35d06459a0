"""One optimiser step after another: the network, its optimiser and the recurrent state."""

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from studio.errors import RunError
from studio.model.batches import Batch
from studio.model.config import TrainConfig
from studio.model.cuda_graphs import recorder_for
from studio.model.device import Device
from studio.model.loss import (
    IGNORED,
    Taught,
    chunked_loss,
    nll_loss,
    sample_candidates,
    sampled_loss,
)
from studio.model.network import Network, State, detach_state
from studio.model.optimiser import (
    load_state_tensors,
    make_optimiser,
    set_learning_rate,
    state_tensors,
)
from studio.model.parallel import ALONE, Rows, World
from studio.model.recorded_steps import RecordedSteps
from studio.model.teachers import Teachers
from studio.translation import tr


class Learner:
    """Trains a network batch by batch. Its whole state can be saved as named tensors.

    It may learn what teachers expect as well, which read the same text (teachers.py).

    Several processes learn as one would: each reads its rows of the batch. What is drawn is drawn
    for the whole batch in each of them, with the same seed.
    """

    def __init__(
        self,
        network: Network,
        config: TrainConfig,
        device: Device,
        world: World = ALONE,
        teachers: Teachers | None = None,
    ) -> None:
        self.network = network
        self._teachers = teachers
        self.device = device
        self._config = config
        self._world = world
        # Steps of several processes are not recorded: each would have to record at the same time.
        alone = world.size == 1
        recorder = recorder_for(device.torch_device, network.dropout) if alone else None
        self._recorded: RecordedSteps | None = None
        if recorder:
            weights = list(network.parameters())
            self._recorded = RecordedSteps(self._take_step, weights, device, recorder)
        self._optimiser = make_optimiser(network, config, device, recorder is not None)
        self._state: State | None = None

    def learn(self, batch: Batch, learning_rate: float) -> Tensor:
        """Take one optimiser step; returns loss and gradient norm, (2,), still on the device.

        The loss is the part that this process has in the loss of the batch.
        """
        # A model that wrote a poem meanwhile may be on another GPU.
        self.device.make_current()
        self.network.train()
        self.network.dropout.start_step(self.device.torch_device)
        set_learning_rate(self._optimiser, learning_rate)
        before = None if batch.resets_state else self._state
        take_step = self._recorded.take if self._recorded else self._take_step
        measured, self._state = take_step(batch, before)
        return measured

    @property
    def not_recorded(self) -> str:
        """Why steps are launched kernel by kernel on a device that could record them, or ""."""
        return self._recorded.failure if self._recorded else ""

    def _take_step(self, batch: Batch, before: State | None) -> tuple[Tensor, State | None]:
        """Take a step; returns loss and gradient norm, and the state if it is carried.

        Nothing here waits for the device, so the step can be recorded.
        """
        loss, after = self._forward(batch, before)
        self._optimiser.zero_grad(set_to_none=True)
        # Gradients are averaged over the processes, but the parts of the loss add up.
        (loss * self._world.size).backward()
        clip = self._config.clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        self._optimiser.step()
        measured = torch.stack((loss.detach(), norm))
        return measured, detach_state(after) if self._config.batching == "stream" else None

    @cached_property
    def _forward(self) -> nn.Module:
        """`_read`, as a module whose gradients are averaged over the processes."""
        return self._world.average_gradients_of(_Forward(self.network, self._read))

    def _read(self, batch: Batch, state: State | None) -> tuple[Tensor, State]:
        """The part of this process in the loss of the batch, and the state after its rows."""
        rows = self._world.rows(len(batch.inputs))
        own = self.network.state_parts
        inputs = self.device.put(rows.of(batch.inputs).contiguous())
        conditions = batch.conditions and batch.conditions.of(rows).to(self.device.torch_device)
        taught: Taught | None = None
        with self.device.autocast():
            features, after = self.network(inputs, state and state[:own], rows, conditions)
            if self._teachers:
                of_teachers = state[own:] if state else ()
                expected, more = self._teachers.read(inputs, of_teachers, conditions)
                taught, after = Taught(expected, self._teachers.weight), (*after, *more)
        return self._loss(features.flatten(0, 1), batch, rows, taught), after

    def _loss(self, features: Tensor, batch: Batch, rows: Rows, taught: Taught | None) -> Tensor:
        """The part that some rows have in the loss; `features` (tokens, features) are theirs."""
        weight, bias = self.network.softmax_weight, self.network.softmax_bias
        kind = self._config.loss
        # On a GPU the whole softmax is as fast, and the processor need not draw a sample.
        if taught:
            targets = self.device.put(_of_rows(batch.targets, rows))
            loss = chunked_loss(features, weight, bias, targets, taught)
        elif kind == "sampled" and not self.device.is_gpu:
            *sample, positions = sample_candidates(
                batch.targets.flatten(), len(bias), self.network.dropout.generator
            )
            targets = _of_rows(positions.view_as(batch.targets), rows)
            loss = sampled_loss(features, weight, bias, *map(self.device.put, (*sample, targets)))
        else:
            targets = _of_rows(batch.targets, rows)
            # Where no target counts, the mean over those that do is zero only if it is chunked.
            plain = kind == "nll" and self._counted(targets, batch) > 0
            loss = (nll_loss if plain else chunked_loss)(
                features, weight, bias, self.device.put(targets)
            )
        if self._world.size == 1:
            return loss
        return loss * (self._counted(targets, batch) / max(1, batch.characters))

    def _counted(self, targets: Tensor, batch: Batch) -> int:
        """How many targets of this process count in the loss."""
        if self._world.size == 1:
            return batch.characters  # the targets may be on the device already
        return int((targets != IGNORED).sum())

    def reset_state(self) -> None:
        """Forget the recurrent state: the next batch belongs to another epoch."""
        self._state = None

    def tensors(self) -> dict[str, Tensor]:
        """The state of the optimiser, of dropout and of the recurrent layers, without weights.

        The recurrent state is that of all rows, in each process.
        """
        tensors = {f"optimiser.{key}": t for key, t in state_tensors(self._optimiser).items()}
        tensors["dropout"] = self.network.dropout.generator.get_state()
        for layer, parts in enumerate(self._state or ()):
            for part, tensor in enumerate(parts):
                whole = self._world.gather(tensor, self._config.batch_size)
                tensors[f"state.{layer}.{part}"] = whole
        return tensors

    def restore(self, tensors: dict[str, Tensor], batch: Batch) -> None:
        """Load the result of `tensors`. The recurrent state must fit `batch`.

        Raises KeyError, ValueError, TypeError or RuntimeError if the tensors do not fit, RunError
        if they are those of a run with other teachers.
        """
        # An earlier attempt with another checkpoint may have left a state.
        self._state = None
        if self._recorded:
            self._recorded.forget()
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ValueError(tr("{name} holds NaN or infinity", name=name))
        # Copies: the tensors of a file lie at any address, and so do some rows of one. The last bit
        # of a product may depend on that.
        of_optimiser = _with_prefix("optimiser", tensors)
        load_state_tensors(self._optimiser, {key: t.clone() for key, t in of_optimiser.items()})
        self.network.dropout.generator.set_state(tensors["dropout"])
        carried = _with_prefix("state", tensors)
        if carried:
            layers: dict[int, list[Tensor]] = {}
            for layer, part in sorted(tuple(map(int, name.split("."))) for name in carried):
                layers.setdefault(layer, []).append(carried[f"{layer}.{part}"])
            state = tuple(
                tuple(_to_float32(part).to(self.device.torch_device) for part in parts)
                for parts in layers.values()
            )
            self._check_state(state, batch)
            rows = self._world.rows(len(batch.inputs))
            self._state = tuple(tuple(rows.of(part, 1).clone() for part in each) for each in state)

    @torch.no_grad()
    def _check_state(self, state: State, batch: Batch) -> None:
        """Raise ValueError if it is another network's state, RunError if that of other teachers."""
        tokens = self.device.put(batch.inputs[:, :1])
        _, expected = self.network.eval()(tokens)
        own = self.network.state_parts if self._teachers else len(state)
        known = len(self.network.softmax_bias)
        # What is not in floating point are tokens.
        unknown = any(
            not 0 <= int(part.min()) <= int(part.max()) < known
            for layer in state
            for part in layer
            if not part.is_floating_point()
        )
        if unknown or _shapes(state[:own]) != _shapes(expected):
            raise ValueError(tr("the recurrent state is that of another network"))
        of_teachers = self._teachers.read(tokens, (), None)[1] if self._teachers else ()
        if _shapes(state[own:]) != _shapes(of_teachers):
            # The checkpoint is not damaged.
            raise RunError(
                tr(
                    "The teachers of this run are not those that it was trained with. Put the "
                    "old ones back, or start a new run from its model (--from)."
                )
            )


def _shapes(state: State) -> list[list[tuple[torch.Size, torch.dtype]]]:
    """The shape of each part of a state, and its type apart from its precision."""
    return [[(part.shape, _to_float32(part[:0]).dtype) for part in layer] for layer in state]


class _Forward(nn.Module):
    """What a learner does with its network, as a module: DistributedDataParallel wraps modules."""

    def __init__(
        self,
        network: Network,
        read: Callable[[Batch, State | None], tuple[Tensor, State]],
    ) -> None:
        super().__init__()
        self.network = network
        self.forward = read


def _of_rows(targets: Tensor, rows: Rows) -> Tensor:
    """The targets (batch, time) of some rows, (tokens,); those of an idle process do not count."""
    own = rows.of(targets).flatten()
    return torch.full_like(own, IGNORED) if rows.idle else own


def _to_float32(part: Tensor) -> Tensor:
    """A part of a state in float32, from which training in any precision can continue."""
    return part.float() if part.is_floating_point() else part


def _with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix` and a dot; the prefix is removed."""
    return {
        key.removeprefix(prefix + "."): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix + ".")
    }
