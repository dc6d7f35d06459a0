"""One optimiser step after another: the network, its optimiser and the recurrent state."""

import math

import torch
from torch import Tensor

from studio.model.batches import Batch
from studio.model.config import TrainConfig
from studio.model.device import Device
from studio.model.loss import chunked_loss, nll_loss, sample_candidates, sampled_loss
from studio.model.network import Network, State, detach_state
from studio.model.optimiser import (
    load_state_tensors,
    make_optimiser,
    set_learning_rate,
    state_tensors,
)


class Learner:
    """Trains a network batch by batch. Its whole state can be saved as named tensors."""

    def __init__(self, network: Network, config: TrainConfig, device: Device) -> None:
        self.network = network
        self.device = device
        self._config = config
        self._optimiser = make_optimiser(network, config)
        self._state: State | None = None

    def learn(self, batch: Batch, learning_rate: float) -> tuple[Tensor, Tensor]:
        """Take one optimiser step; returns the loss and the gradient norm, still on the device."""
        self.network.train()
        set_learning_rate(self._optimiser, learning_rate)
        inputs = self.device.put(batch.inputs)
        state = None if batch.resets_state else self._state
        with self.device.autocast():
            features, after = self.network(inputs, state)
        loss = self._loss(features.flatten(0, 1), batch.targets.flatten())
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip = self._config.clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        self._optimiser.step()
        self._state = detach_state(after) if self._config.batching == "stream" else None
        return loss.detach(), norm

    def _loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """The loss of `features` (tokens, features); `targets` (tokens,) are still on the CPU."""
        weight, bias = self.network.softmax_weight, self.network.softmax_bias
        kind = self._config.loss
        # On a GPU the whole softmax is as fast, and the processor need not draw a sample.
        if kind == "sampled" and not self.device.is_gpu:
            sample = sample_candidates(targets, len(bias), self.network.dropout_generator)
            return sampled_loss(features, weight, bias, *map(self.device.put, sample))
        loss = nll_loss if kind == "nll" else chunked_loss
        return loss(features, weight, bias, self.device.put(targets))

    def reset_state(self) -> None:
        """Forget the recurrent state: the next batch belongs to another epoch."""
        self._state = None

    def tensors(self) -> dict[str, Tensor]:
        """The state of the optimiser, of dropout and of the recurrent layers, without weights."""
        tensors = {f"optimiser.{key}": t for key, t in state_tensors(self._optimiser).items()}
        tensors["dropout"] = self.network.dropout_generator.get_state()
        for layer, parts in enumerate(self._state or ()):
            for part, tensor in enumerate(parts):
                tensors[f"state.{layer}.{part}"] = tensor
        return tensors

    def restore(self, tensors: dict[str, Tensor], batch: Batch) -> None:
        """Load the result of `tensors`. The recurrent state must fit `batch`.

        Raises KeyError, ValueError, TypeError or RuntimeError if the tensors do not fit.
        """
        # An earlier attempt with another checkpoint may have left a state.
        self._state = None
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ValueError(f"{name} holds NaN or infinity")
        load_state_tensors(self._optimiser, _with_prefix("optimiser", tensors))
        self.network.dropout_generator.set_state(tensors["dropout"])
        carried = _with_prefix("state", tensors)
        if carried:
            layers: dict[int, list[Tensor]] = {}
            for layer, part in sorted(tuple(map(int, name.split("."))) for name in carried):
                layers.setdefault(layer, []).append(carried[f"{layer}.{part}"])
            self._state = tuple(
                tuple(_to_float32(part).to(self.device.torch_device) for part in parts)
                for parts in layers.values()
            )
            self._check_shapes(self._state, batch)

    @torch.no_grad()
    def _check_shapes(self, state: State, batch: Batch) -> None:
        """Raise ValueError if the network produces a state of other shapes for `batch`."""
        _, expected = self.network.eval()(self.device.put(batch.inputs[:, :1]))
        shapes = [[[part.shape for part in layer] for layer in each] for each in (state, expected)]
        if shapes[0] != shapes[1]:
            raise ValueError("the recurrent state is that of another network")


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
