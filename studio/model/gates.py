"""The gates of the recurrent cells while a text is read: how far each is open at each character.

The cells of torch do not report them, so that each layer is computed once more, step by step.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.model.network import LayerInput, Network


class Gate(NamedTuple):
    """A gate of a layer, counted from 1: its values (time, units).

    They are from 0 to 1; the activation of the plain cell is from -1 to 1.
    """

    layer: int
    name: str
    values: Tensor


def read_gates(network: Network, tokens: Tensor) -> list[Gate]:
    """The gates of all layers while the network reads `tokens` (1, time).

    The input, forget and output gate of an LSTM, the reset and update gate of a GRU, and the
    activation of the plain cell.
    """
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        read = network.layer_inputs(tokens)
        found = [
            Gate(number, name, values)
            for number, each in enumerate(read, start=1)
            for name, values in layer_gates(each)[0].items()
        ]
    network.train(was_training)
    return found


def layer_gates(read: LayerInput) -> tuple[dict[str, Tensor], Tensor]:
    """The gates of a layer by their names, and its output; all are (time, units)."""
    layer, features, before = read
    weight_ih, weight_hh, bias_ih, bias_hh = (each.float() for each in layer.parameters())
    inputs = features[0].float() @ weight_ih.T + bias_ih
    size = weight_hh.shape[1]
    hidden = inputs.new_zeros(size)
    cell = inputs.new_zeros(size)
    if isinstance(before, tuple):
        hidden, cell = before[0][0, 0].float(), before[1][0, 0].float()
    elif before is not None:
        hidden = before[0, 0].float()
    steps: list[tuple[Tensor, ...]] = []
    opened: tuple[Tensor, ...]
    for each in inputs:
        recurrent = weight_hh @ hidden + bias_hh
        if isinstance(layer, nn.LSTM):
            into, forget, new, out = (each + recurrent).chunk(4)
            opened = (into.sigmoid(), forget.sigmoid(), out.sigmoid())
            cell = opened[1] * cell + opened[0] * new.tanh()
            hidden = opened[2] * cell.tanh()
        elif isinstance(layer, nn.GRU):
            reset, update = (each + recurrent)[: 2 * size].sigmoid().chunk(2)
            opened = (reset, update)
            new = (each[2 * size :] + reset * recurrent[2 * size :]).tanh()
            hidden = (1 - update) * new + update * hidden
        else:
            hidden = (each + recurrent).tanh()
            opened = (hidden,)
        steps.append((*opened, hidden))
    *gates, output = (torch.stack(column) for column in zip(*steps, strict=True))
    names = {nn.LSTM: ("input", "forget", "output"), nn.GRU: ("reset", "update")}
    return dict(zip(names.get(type(layer), ("activation",)), gates, strict=True)), output
