"""An LSTM's weights packed in half precision, for single steps on the processor.

A step of one poem reads every weight once, and takes as long as that: half as many bytes, half the
time. The products themselves are in single precision, so that weights which are half precision
anyway, as a shipped model's are, lose nothing.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Product = Callable[[Tensor], Tensor]
Step = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, tuple[Tensor, ...]]]


def can_pack(network: nn.Module) -> bool:
    """Whether the processor can, and no weight of a product would change by it."""
    return "fbgemm" in torch.backends.quantized.supported_engines and all(
        torch.equal(weight, weight.half().to(weight.dtype))
        for weight in network.parameters()
        if weight.dim() > 1
    )


def product(weight: Tensor, bias: Tensor) -> Product:
    """`F.linear` with these weights, for inputs (batch, features)."""
    packed = torch.ops.quantized.linear_prepack_fp16(weight.detach(), bias.detach())
    return lambda inputs: torch.ops.quantized.linear_dynamic_fp16(inputs, packed)


def step(layer: nn.LSTM) -> Step:
    """One time step: inputs (batch, features), the state before and after (1, batch, hidden).

    Returns the features (batch, hidden) and the state. The two products of a step are one.
    """
    inward, recurrent, *biases = layer.parameters()
    gates = product(torch.cat([inward, recurrent], dim=1), sum(biases, torch.zeros(())))

    def run(inputs: Tensor, before: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        hidden, cell = (part[0] for part in before)
        opened, kept, new, shown = gates(torch.cat([inputs, hidden], dim=1)).chunk(4, dim=1)
        cell = kept.sigmoid() * cell + opened.sigmoid() * new.tanh()
        hidden = shown.sigmoid() * cell.tanh()
        return hidden, (hidden[None], cell[None])

    return run
