"""Steps of training that are recorded once and then replayed, each with one launch.

A step launches hundreds of small kernels, and the processor takes longer to launch them than a GPU
to run them. A recording launches them together. It always reads and writes the same memory: so the
batch, and a state that comes from elsewhere, are copied there first. Weights, optimiser and
recurrent state change in place.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from studio.model.batches import Batch
from studio.model.conditions import Conditions
from studio.model.device import Device
from studio.model.network import State

# Takes a step. Returns what a report reads of it, and the state after the batch, if it is carried.
TakeStep = Callable[[Batch, State | None], tuple[Tensor, State | None]]

# Steps of a shape that are taken before it is recorded: libraries set themselves up in the first
# ones, and a shape that is rare is not worth a recording.
WARM_UP = 3
# Recordings that are kept: poems of many lengths make batches of many shapes.
MOST = 24


class Recorder(Protocol):
    """Records work on a device: the seam to `cuda_graphs`."""

    def warm_up(self, work: Callable[[], None]) -> None:
        """Do the work in the way in which it will be recorded."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return what does the work again and again; it is not done now.

        Raises RuntimeError if a part of it cannot be recorded.
        """


# A batch has room for a poem for each of so many of its characters: the number of poems differs.
_SHORTEST = 8
_Shape = tuple[int, ...]


class _Recording(NamedTuple):
    """A recorded step: the batch that it reads, and what it leaves after each `replay`.

    `gradients` are those of the weights, in their order.
    """

    batch: Batch
    results: list[Tensor]
    gradients: list[Tensor | None]
    replay: Callable[[], None]


class RecordedSteps:
    """Takes steps with a function; those of a shape that comes often are recorded and replayed."""

    def __init__(
        self, take_step: TakeStep, weights: Sequence[Tensor], device: Device, recorder: Recorder
    ) -> None:
        """`weights`: those whose gradients the function sets."""
        self._take_step = take_step
        self._weights = weights
        self._device = device
        self._recorder = recorder
        self._seen: Counter[_Shape] = Counter()
        self._recordings: dict[_Shape, _Recording] = {}
        # The state that all recordings read and change; None if none is carried.
        self._state: State | None = None
        # Why steps are not recorded any more; "" while they are.
        self.failure = ""

    def forget(self) -> None:
        """Record anew: the optimiser and the state are in other memory now."""
        self._seen.clear()
        self._recordings.clear()
        self._state = None

    def take(self, batch: Batch, state: State | None) -> tuple[Tensor, State | None]:
        """What the function returns for a batch and the state before it; None is the zero state."""
        batch = _with_room(batch)
        shape = _shape_of(batch)
        # If no target counts, the loss is computed in another way.
        if self.failure or not batch.characters:
            return self._take_step(batch, state)
        if self._seen[shape] < WARM_UP:
            self._seen[shape] += 1
            return self._warm_up(batch, state)
        if shape not in self._recordings and (
            len(self._recordings) == MOST or not self._record(batch)
        ):
            return self._take_step(batch, state)
        return self._replay(self._recordings[shape], batch, state)

    def _warm_up(self, batch: Batch, state: State | None) -> tuple[Tensor, State | None]:
        taken: list[tuple[Tensor, State | None]] = []
        self._recorder.warm_up(lambda: taken.append(self._take_step(batch, state)))
        _, after = taken[0]
        if self._state is None and after is not None:
            self._state = tuple(tuple(torch.zeros_like(part) for part in each) for each in after)
        return taken[0]

    def _record(self, batch: Batch) -> bool:
        """Record the step of a batch of this shape; if that fails, no other one is recorded."""
        inputs, targets, *known = (
            torch.zeros_like(each, device=self._device.torch_device) for each in _tensors(batch)
        )
        conditions = Conditions(*known) if known else None
        own = Batch(inputs, targets, batch.resets_state, batch.characters, conditions)
        results: list[Tensor] = []

        def work() -> None:
            measured, after = self._take_step(own, self._state)
            if self._state is not None and after is not None:
                _copy_state(after, self._state)
            results[:] = [measured]

        try:
            replay = self._recorder.record(work)
        except RuntimeError as error:
            self.forget()
            self.failure = str(error).partition("\n")[0] or type(error).__name__
            return False
        gradients = [weight.grad for weight in self._weights]
        self._recordings[_shape_of(batch)] = _Recording(own, results, gradients, replay)
        return True

    def _replay(
        self, recording: _Recording, batch: Batch, state: State | None
    ) -> tuple[Tensor, State | None]:
        for each, place in zip(_tensors(batch), _tensors(recording.batch), strict=True):
            self._device.copy(each, place)
        if self._state is not None and state is not self._state:
            if state is None:
                for part in (part for layer in self._state for part in layer):
                    part.zero_()
            else:
                _copy_state(state, self._state)
        recording.replay()
        # The step before may have been another one, with gradients in other memory.
        for weight, gradient in zip(self._weights, recording.gradients, strict=True):
            weight.grad = gradient
        # The next replay writes to the same place, and others may use it for something else.
        return recording.results[0].clone(), self._state


def _with_room(batch: Batch) -> Batch:
    if batch.conditions is None:
        return batch
    return replace(batch, conditions=batch.conditions.padded(batch.inputs.numel() // _SHORTEST))


def _shape_of(batch: Batch) -> _Shape:
    return (*batch.inputs.shape, len(batch.conditions.about) if batch.conditions else 0)


def _tensors(batch: Batch) -> list[Tensor]:
    """Inputs and targets, then the fields of the conditions, if there are any."""
    tensors = [batch.inputs, batch.targets]
    if known := batch.conditions:
        tensors += [known.places, known.poems, known.about]
    return tensors


def _copy_state(source: State, target: State) -> None:
    for parts, into in zip(source, target, strict=True):
        for part, place in zip(parts, into, strict=True):
            place.copy_(part)
