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

from studio.corpus.vocabulary import PAD
from studio.model.lines import REACH, above_last, marked

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

    Rows are batches of one step, (batch, features). What a token gives to the first layer and past
    it is looked up, not multiplied; what is side by side is one product. Looking up is numpy's,
    whose calls cost less.
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
        width = embedding.shape[1]
        matrices = [_one_matrix(layer) for layer in layers]
        first, bias = matrices[0]
        past = torch.cat(tuple(skips), dim=1) if skips else first[:0]
        # What each character gives to the gates of the first layer, and to the skips beside them,
        # (vocabulary, 4 hidden + features).
        of_token = F.linear(embedding, torch.cat([first[:, :width], past[:, :width]]))
        of_token[:, : len(bias)] += bias
        self.of_token = of_token.detach().numpy()
        # What each character gives where it stands above, (vocabulary, width) for each line.
        self.above = [F.linear(embedding, matrix).detach().numpy() for matrix in above]
        self.marks = None if breaks is None else marked(breaks.numpy())
        self.widths = [layer.hidden_size for layer in layers]
        self.layers = [_product(first[:, width:])]
        self.layers += [_product(*matrix) for matrix in matrices[1:]]
        self.skips = _product(past[:, width:]) if skips else None
        self.logits = _product(*softmax)

    def step(
        self, tokens: Tensor, state: tuple[Parts, ...] | None
    ) -> tuple[Tensor, tuple[Parts, ...]]:
        """Read `tokens` (batch, 1), going on from `state`; zero state where it is None.

        Returns the features (batch, 1, features) and the state after it.
        """
        seen = tokens.numpy()
        state = state or self._begun(len(seen))
        of_token = torch.from_numpy(self.of_token[seen[:, 0]])
        read: list[Tensor] = []
        if self.marks is not None:
            seen = np.concatenate([state[-1][0][0].numpy(), seen], axis=1)
            found = above_last(seen, self.marks, len(self.above))
            read += [torch.from_numpy(t[each]) for t, each in zip(self.above, found, strict=True)]
        inputs = read
        after: list[Parts] = []
        for gates, (hidden, cell) in zip(self.layers, state, strict=False):
            sums = gates(torch.cat([*inputs, hidden[0]], dim=1))
            if not after:
                sums += of_token[:, : sums.shape[1]]
            opened, kept, new, shown = sums.chunk(4, 1)
            cell = (kept.sigmoid_() * cell[0]).addcmul_(opened.sigmoid_(), new.tanh_())
            features = shown.sigmoid_() * cell.tanh()
            after.append((features[None], cell[None]))
            inputs = [features]
            read = [*read, features]
        if self.skips and len(read) > 1:
            features = features + self.skips(torch.cat(read[:-1], dim=1))
        if self.skips:
            features = features + of_token[:, -features.shape[1] :]
        if self.marks is not None:
            after.append((torch.from_numpy(seen[None, :, 1:]),))
        return features[:, None], tuple(after)

    def _begun(self, rows: int) -> tuple[Parts, ...]:
        """The state before the first token, as if there had been padding alone."""
        zeros = [torch.zeros(1, rows, width) for width in self.widths]
        last = torch.full((1, rows, REACH - 1), PAD)
        return (*((each, each) for each in zeros), (last,))


def _one_matrix(layer: nn.LSTM) -> tuple[Tensor, Tensor]:
    inward, recurrent, inward_bias, recurrent_bias = layer.parameters()
    return torch.cat([inward, recurrent], dim=1), inward_bias + recurrent_bias


def _product(weight: Tensor, bias: Tensor | None = None) -> Product:
    packed = torch.ops.quantized.linear_prepack_fp16(
        weight.detach(), bias if bias is None else bias.detach()
    )
    product = torch.ops.quantized.linear_dynamic_fp16.default
    return lambda inputs: product(inputs, packed)
