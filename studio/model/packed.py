"""A network's weights packed in half precision, for single steps on the processor.

A step of one poem reads every weight once, and takes as long as that: half as many bytes, half the
time. The products themselves are in single precision, so that weights which are half precision
anyway, as a shipped model's are, lose nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.model.lines import above_last

Product = Callable[[Tensor], Tensor]
Parts = tuple[Tensor, ...]


def can_pack(network: nn.Module) -> bool:
    """Whether the processor can, and no weight of a product would change by it."""
    return "fbgemm" in torch.backends.quantized.supported_engines and all(
        torch.equal(weight, weight.half().to(weight.dtype))
        for weight in network.parameters()
        if weight.dim() > 1
    )


class Packed:
    """One time step of an LSTM network, as `Network.forward` and `logits` take it.

    Rows are batches of one step, (batch, features). What is side by side is one product, and what
    is looked up is numpy's, whose calls cost less.
    """

    def __init__(
        self,
        embedding: Tensor,
        above: Sequence[Tensor],
        breaks: Tensor | None,
        layers: Sequence[nn.LSTM],
        skips: Sequence[Tensor],
        softmax: tuple[Tensor, Tensor],
    ) -> None:
        """`above`: a matrix for each line above that is read along; `breaks` as there."""
        embedding = embedding.detach()
        self.embedding = embedding.numpy()
        # What each character gives where it stands above, (vocabulary, width) for each line.
        self.above = [F.linear(embedding, matrix).detach().numpy() for matrix in above]
        self.breaks = None if breaks is None else breaks.numpy()
        self.layers = [_product(*_one_matrix(layer)) for layer in layers]
        self.skips = _product(torch.cat(tuple(skips), dim=1)) if skips else None
        self.logits = _product(*softmax)

    def step(self, tokens: Tensor, state: Sequence[Parts]) -> tuple[Tensor, tuple[Parts, ...]]:
        """Read `tokens` (batch, 1), going on from `state`.

        Returns the features (batch, 1, features) and the state after it.
        """
        seen = tokens.numpy()
        inputs = [self.embedding[seen[:, 0]]]
        if self.breaks is not None:
            seen = np.concatenate([state[-1][0][0].numpy(), seen], axis=1)
            found = above_last(seen, self.breaks, len(self.above))
            inputs += [table[each] for table, each in zip(self.above, found, strict=True)]
        features = torch.from_numpy(np.concatenate(inputs, axis=1))
        read: list[Tensor] = []
        after: list[Parts] = []
        for gates, (hidden, cell) in zip(self.layers, state, strict=False):
            read.append(features)
            opened, kept, new, shown = gates(torch.cat([features, hidden[0]], dim=1)).chunk(4, 1)
            cell = (kept.sigmoid_() * cell[0]).addcmul_(opened.sigmoid_(), new.tanh_())
            features = shown.sigmoid_() * cell.tanh()
            after.append((features[None], cell[None]))
        if self.skips:
            features = features + self.skips(torch.cat(read, dim=1))
        if self.breaks is not None:
            after.append((torch.from_numpy(seen[None, :, 1:]),))
        return features[:, None], tuple(after)


def _one_matrix(layer: nn.LSTM) -> tuple[Tensor, Tensor]:
    inward, recurrent, inward_bias, recurrent_bias = layer.parameters()
    return torch.cat([inward, recurrent], dim=1), inward_bias + recurrent_bias


def _product(weight: Tensor, bias: Tensor | None = None) -> Product:
    packed = torch.ops.quantized.linear_prepack_fp16(
        weight.detach(), bias if bias is None else bias.detach()
    )
    return lambda inputs: torch.ops.quantized.linear_dynamic_fp16(inputs, packed)
