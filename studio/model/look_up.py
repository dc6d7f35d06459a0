"""Rows of a matrix by number: embeddings, with a fast gradient on a GPU."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def look_up(weight: Tensor, numbers: Tensor, constant: int | None = None) -> Tensor:
    """The rows of `weight` (count, width) at `numbers` (...), as (..., width).

    Row number `constant` has no gradient. On a GPU the rows have autocast's precision, if it is on.
    """
    if not weight.is_cuda:
        return F.embedding(numbers, weight, constant)
    flat = numbers.flatten()
    found: Tensor = _LookUp.apply(weight, flat, constant)  # type: ignore[no-untyped-call]
    return found.view(*numbers.shape, -1)


class _LookUp(torch.autograd.Function):
    """F.embedding sorts the numbers for its gradient; this adds the gradients up as they come."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, numbers: Tensor, constant: int | None) -> Tensor:
        ctx.save_for_backward(numbers)
        ctx.shape, ctx.dtype, ctx.constant = weight.shape, weight.dtype, constant
        halved = torch.is_autocast_enabled(weight.device.type)
        table = weight.to(torch.get_autocast_dtype(weight.device.type)) if halved else weight
        return table.index_select(0, numbers)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (numbers,), (gradient,) = ctx.saved_tensors, grad_outputs
        total = torch.zeros(ctx.shape, dtype=ctx.dtype, device=gradient.device)
        total.index_add_(0, numbers, gradient.to(ctx.dtype))
        if ctx.constant is not None:
            total[ctx.constant] = 0
        return total, None, None
