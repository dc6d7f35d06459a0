"""A look inside a network that reads a poem: its gates, weights and gradients.

Imports torch only when a network is read.
"""

from typing import TYPE_CHECKING

from studio.verse.network_reading import GateReading, Histogram, NetworkReading, TensorReading

if TYPE_CHECKING:
    from torch import Tensor

    from studio.verse.writer import Writer

# Units shown of each gate, and bins of a histogram.
UNITS, BINS = 6, 32


def read_network(writer: "Writer", text: str) -> NetworkReading:
    """Read a text, and note the gates at each of its characters."""
    import torch

    from studio.corpus.vocabulary import BEGIN
    from studio.model.gates import read_gates

    tokens = writer.device.put(torch.tensor([[BEGIN, *writer.vocabulary.encode(text)]]))
    gates = []
    for gate in read_gates(writer.network, tokens) if text else ():
        values = gate.values[1:].cpu()
        varying = values.std(dim=0, correction=0).argsort(descending=True)[:UNITS].tolist()
        units = tuple((unit, tuple(values[:, unit].tolist())) for unit in varying)
        gates.append(GateReading(gate.layer, gate.name, tuple(values.mean(dim=1).tolist()), units))
    tensors = tuple(
        TensorReading(name, _histogram(each), None if each.grad is None else _histogram(each.grad))
        for name, each in writer.network.named_parameters()
    )
    return NetworkReading(writer.name, text, tuple(gates), tensors)


def _histogram(values: "Tensor") -> Histogram:
    flat = values.detach().float().flatten().cpu()
    low, high = float(flat.min()), float(flat.max())
    if not low < high:
        return Histogram(low, high, (flat.numel(),))
    return Histogram(low, high, tuple(map(int, flat.histc(BINS, low, high).tolist())))
