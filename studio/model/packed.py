"""A network's weights packed in half precision, for single steps on the processor.

A step of one poem reads every weight once, and takes as long as that: half as many bytes, half the
time. The products themselves are in single precision, so that weights which are half precision
anyway, as a shipped model's are, lose nothing.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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

    Rows are batches of one step, (batch, features). What is side by side is one product.
    """

    def __init__(
        self,
        embedding: Tensor,
        above: Sequence[Tensor],
        layers: Sequence[nn.LSTM],
        skips: Sequence[Tensor],
        softmax: tuple[Tensor, Tensor],
    ) -> None:
        self.embedding = embedding.detach()
        # What each character gives where it stands above, (vocabulary, width) for each line.
        self.above = [F.linear(self.embedding, matrix).detach() for matrix in above]
        self.layers = [_product(*_one_matrix(layer)) for layer in layers]
        self.skips = _product(torch.cat(tuple(skips), dim=1)) if skips else None
        self.logits = _product(*softmax)

    def step(
        self, tokens: Tensor, found: Sequence[Tensor], state: Sequence[Parts]
    ) -> tuple[Tensor, list[Parts]]:
        """Read `tokens` (batch,); `found` (batch,) for each line above, `PAD` where there is none.

        Returns the features (batch, features) and each layer's state, (1, batch, hidden) a part.
        """
        above = [F.embedding(each, table) for each, table in zip(found, self.above, strict=True)]
        features = torch.cat([F.embedding(tokens, self.embedding), *above], dim=1)
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
        return features, after


def _one_matrix(layer: nn.LSTM) -> tuple[Tensor, Tensor]:
    inward, recurrent, inward_bias, recurrent_bias = layer.parameters()
    return torch.cat([inward, recurrent], dim=1), inward_bias + recurrent_bias


def _product(weight: Tensor, bias: Tensor | None = None) -> Product:
    packed = torch.ops.quantized.linear_prepack_fp16(
        weight.detach(), bias if bias is None else bias.detach()
    )
    return lambda inputs: torch.ops.quantized.linear_dynamic_fp16(inputs, packed)
