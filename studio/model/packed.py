"""A network's weights packed in half precision, for single steps on the processor.

A step of one poem reads every weight once, and takes as long as that: half as many bytes, half the
time. The products themselves are in single precision, so that weights which are half precision
anyway, as a shipped model's are, lose nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from studio.corpus.vocabulary import PAD
from studio.model.lines import REACH, above_last, marked

Floats = NDArray[np.float32]
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
    all of them is looked up, not multiplied; what a layer gives to the next one and past it is one
    product. Looking up is numpy's, whose calls cost less.
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
        self.widths = [layer.hidden_size for layer in layers]
        past = skips or [embedding.new_empty(0, layer.input_size) for layer in layers]
        matrices = [_one_matrix(layer) for layer in layers]
        first, bias = matrices[0]
        own, *beside = torch.split(past[0], [embedding.shape[1], *map(len, above)], dim=1)
        # What each character gives to the gates of the first layer, (vocabulary, 4 hidden), and
        # past the layers, (vocabulary, features).
        self.gates = _table(embedding, first[:, : own.shape[1]], bias)
        self.past = _table(embedding, own)
        # For each line above what each character gives there to the first layer, (vocabulary,
        # width), and past the layers.
        self.above = [_table(embedding, matrix) for matrix in above]
        self.past_above = [
            _table(embedding, part @ matrix) for matrix, part in zip(above, beside, strict=True)
        ]
        self.marks = None if breaks is None else marked(breaks.numpy())
        self.layers = [_product(first[:, own.shape[1] :])]
        for (matrix, bias), part in zip(matrices[1:], past[1:], strict=True):
            # Only what the layer reads goes past it, not what it remembers.
            part = F.pad(part, (0, matrix.shape[1] - part.shape[1]))
            self.layers.append(_product(torch.cat([matrix, part]), F.pad(bias, (0, len(part)))))
        self.logits = _product(*softmax)

    def step(
        self, tokens: Tensor, state: tuple[Parts, ...] | None
    ) -> tuple[Tensor, tuple[Parts, ...]]:
        """Read `tokens` (batch, 1), going on from `state`; zero state where it is None.

        Returns the features (batch, 1, features) and the state after it.
        """
        seen = tokens.numpy()
        state = state or self._begun(len(seen))
        # From here on as the state is: (1, batch, features).
        gates, past = self.gates[seen.T], self.past[seen.T]
        read = [past[:, :, :0]]
        if self.marks is not None:
            seen = np.concatenate([state[-1][0][0].numpy(), seen], axis=1)
            above = above_last(seen, self.marks, len(self.above))[:, None]
            read = [table[each] for table, each in zip(self.above, above, strict=True)]
            for table, each in zip(self.past_above, above, strict=True):
                past += table[each]
        features, skipped = torch.from_numpy(np.concatenate(read, axis=2)), torch.from_numpy(past)
        after: list[Parts] = []
        for product, width, (hidden, cell) in zip(self.layers, self.widths, state, strict=False):
            sums = product(torch.cat([features, hidden], dim=2))
            if after:
                skipped += sums[:, :, 4 * width :]
            else:
                sums += torch.from_numpy(gates)
            opened, kept, shown = sums[:, :, : 3 * width].sigmoid_().chunk(3, dim=2)
            new = sums[:, :, 3 * width : 4 * width].tanh_()
            cell = (kept * cell).addcmul_(opened, new)
            features = shown * cell.tanh()
            after.append((features, cell))
        if self.past.shape[1]:
            features = features + skipped
        if self.marks is not None:
            after.append((torch.from_numpy(seen[None, :, 1:]),))
        return features.transpose(0, 1), tuple(after)

    def _begun(self, rows: int) -> tuple[Parts, ...]:
        """The state before the first token, as if there had been padding alone."""
        zeros = [torch.zeros(1, rows, width) for width in self.widths]
        last = torch.full((1, rows, REACH - 1), PAD)
        return (*((each, each) for each in zeros), (last,))


def _one_matrix(layer: nn.LSTM) -> tuple[Tensor, Tensor]:
    """Both matrices side by side and both biases as one; the new cell's rows last, not third."""
    inward, recurrent, inward_bias, recurrent_bias = layer.parameters()
    matrix, bias = torch.cat([inward, recurrent], dim=1), inward_bias + recurrent_bias
    opened, kept, new, shown = torch.arange(len(bias)).chunk(4)
    order = torch.cat([opened, kept, shown, new])
    return matrix[order], bias[order]


def _table(embedding: Tensor, weight: Tensor, bias: Tensor | None = None) -> Floats:
    return F.linear(embedding, weight, bias).detach().numpy()


def _product(weight: Tensor, bias: Tensor | None = None) -> Product:
    packed = torch.ops.quantized.linear_prepack_fp16(
        weight.detach(), bias if bias is None else bias.detach()
    )
    product = torch.ops.quantized.linear_dynamic_fp16.default
    return lambda inputs: product(inputs, packed)
