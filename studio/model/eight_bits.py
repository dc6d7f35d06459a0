"""Weights in eight bits: a whole number for each, and a scale for each row of a matrix.

Half as many bytes as half precision. The weights that come back fit half precision, so that
packed.py can use them as they are.
"""

import torch
from torch import Tensor

SCALE = ".scale"  # what follows the name of a matrix in that of its scales
_LARGEST = 127


def in_eight_bits(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix NAME (rows, columns) as int8, with NAME.scale (rows, 1).

    A weight is its whole number times the scale of its row. Vectors are in half precision.
    """
    stored: dict[str, Tensor] = {}
    for name, each in weights.items():
        if not each.is_floating_point():
            stored[name] = each
        elif each.dim() != 2:
            stored[name] = each.half()
        else:
            scale = (each.abs().amax(dim=1, keepdim=True) / _LARGEST).half()
            # A row of zeros has the scale zero.
            numbers = (each / scale.float()).nan_to_num(0.0).round().clamp(-_LARGEST, _LARGEST)
            stored[name], stored[name + SCALE] = numbers.to(torch.int8), scale
    return stored


def from_eight_bits(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that `in_eight_bits` stored; others stay as they are."""
    weights = {name: each for name, each in stored.items() if not name.endswith(SCALE)}
    for name, each in weights.items():
        if each.dtype == torch.int8:
            weights[name] = (each.float() * stored[name + SCALE].float()).half()
    return weights
