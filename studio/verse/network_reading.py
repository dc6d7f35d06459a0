"""What is inside a network, as frozen records. Light to import: the first frame needs them."""

import msgspec


class GateReading(msgspec.Struct, frozen=True):
    """A gate of a layer, counted from 1, at each character of a text.

    `mean` is over all units; `units` are those that vary most, each with its number and values. A
    gate is from 0 (closed) to 1 (open); the activation of a plain cell is from -1 to 1.
    """

    layer: int
    gate: str
    mean: tuple[float, ...]
    units: tuple[tuple[int, tuple[float, ...]], ...]


class Histogram(msgspec.Struct, frozen=True):
    """How the values of a tensor are spread from `low` to `high`, in equal bins."""

    low: float
    high: float
    counts: tuple[int, ...]


class TensorReading(msgspec.Struct, frozen=True):
    """A tensor of the network: its weights, and their gradients if it is in training."""

    name: str
    weights: Histogram
    gradients: Histogram | None


class NetworkReading(msgspec.Struct, frozen=True):
    """A network that reads a text: its gates and tensors. `model` is its name."""

    model: str
    text: str
    gates: tuple[GateReading, ...]
    tensors: tuple[TensorReading, ...]
