"""A network's weights packed in half precision, for single steps on the processor.

A step of one poem reads every weight once, and this reading takes most of the time: half the bytes
take half the time. The products are computed in single precision. So weights that fit half
precision, as those of a published model do, lose nothing; others are rounded to it, by at most one
part in 2,048.

A step of many poems spends its time on the products themselves. They are computed in the format
that the processor multiplies fastest: bfloat16 with AMX, else eight bits with VNNI, else bfloat16
if it has that. In eight bits each row of the input has its own scale, so that a poem does not
depend on the others; the perplexity of the default model rises by less than 0.1%.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from studio.corpus.vocabulary import PAD
from studio.model.device import has_bfloat16, processor_has
from studio.model.lines import REACH, last_tokens_above, line_marks

Floats = NDArray[np.float32]
Product = Callable[[Tensor], Tensor]
Parts = tuple[Tensor, ...]

# From this many rows on, products are in bfloat16 or eight bits. On 2 cores with AMX, those of a
# step with 896 units take 0.46 ms for one row, and 0.91 in bfloat16; for 16 rows 1.4 and 1.1, for
# 64 rows 4.3 and 1.9, for 128 rows 8.4 and 2.5. Without AMX, 2,048 x 5,120: for 8 rows 1.4 ms, 1.6
# in bfloat16 and 1.6 in eight bits; for 32 rows 4.3, 3.1 and 2.3; for 128 rows 16.1, 8.2 and 5.1.
MANY_ROWS = 32
_LARGEST = 127  # the largest signed 8-bit integer


def can_pack(network: nn.Module) -> bool:
    """Whether the processor supports it and no weight is too large for half precision."""
    largest = torch.finfo(torch.half).max
    return "fbgemm" in torch.backends.quantized.supported_engines and all(
        bool((weight.detach().abs() <= largest).all()) for weight in network.parameters()
    )


class PackedLstm:
    """Computes one time step of an LSTM network, like `Network.forward` and `Network.logits`.

    The contribution of a token to the first layer, and to the output through its skip connection,
    is looked up in a table. That of what is known of the poem is computed once for all steps. Each
    layer is one product with its skip connection. The look-ups use numpy, because its calls cost
    less than torch's.
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
        """`above`: a matrix for each previous line that is read; `breaks` as in `lines.above`."""
        self.widths = [layer.hidden_size for layer in layers]
        skips = skips or [embedding.new_empty(0, layer.input_size) for layer in layers]
        matrices = [_one_matrix(layer) for layer in layers]
        first, bias = matrices[0]
        parts = [embedding.shape[1], sum(map(len, above))]
        # The rest of the input is what is known of the poem.
        parts.append(layers[0].input_size - sum(parts))
        own, from_above, from_known, recurrent = torch.split(
            first, [*parts, layers[0].hidden_size], dim=1
        )
        own_skip, skip_above, skip_known = torch.split(skips[0], parts, dim=1)
        # The contribution of each character to the gates of the first layer, (vocabulary,
        # 4 hidden), and to the output through the skip connection, (vocabulary, features).
        self.gates = _table(embedding, own, bias)
        self.skip = _table(embedding, own_skip)
        # The same for a character of each previous line: the input of the first layer, (vocabulary,
        # width), and the skip connection.
        self.above = [_table(embedding, matrix) for matrix in above]
        self.skip_above = [
            _table(embedding, part @ matrix)
            for matrix, part in zip(
                above, torch.split(skip_above, [len(each) for each in above], dim=1), strict=True
            )
        ]
        self.marks = None if breaks is None else line_marks(breaks.numpy())
        # From the vectors of what is known (rows, time, width) to what they add to the gates of the
        # first layer and to the output, (rows, time, 4 hidden + features).
        self.known = _product_of_few(torch.cat([from_known, skip_known]))
        self.layers = [_product(torch.cat([from_above, recurrent], dim=1))]
        for (matrix, bias), part in zip(matrices[1:], skips[1:], strict=True):
            # The skip connection takes the layer's input only, not its hidden state.
            part = F.pad(part, (0, matrix.shape[1] - part.shape[1]))
            self.layers.append(_product(torch.cat([matrix, part]), F.pad(bias, (0, len(part)))))
        self.logits = _product(*softmax)

    def step(
        self, tokens: Tensor, state: tuple[Parts, ...] | None, known: Tensor | None
    ) -> tuple[Tensor, tuple[Parts, ...]]:
        """Read `tokens` (batch, 1) from `state`; None is the zero state.

        `known` (1 or batch, 1, 4 hidden + features): what `known` gives for this place.

        Returns the features (batch, 1, features) and the new state.
        """
        seen = tokens.numpy()
        state = state or self._initial_state(len(seen))
        # From here on arrays have the shape of the state: (1, batch, features).
        gates, skip = self.gates[seen.T], self.skip[seen.T]
        inputs = [skip[:, :, :0]]
        if self.marks is not None:
            seen = np.concatenate([state[-1][0][0].numpy(), seen], axis=1)
            above = last_tokens_above(seen, self.marks, len(self.above))[:, None]
            inputs = [table[each] for table, each in zip(self.above, above, strict=True)]
            for table, each in zip(self.skip_above, above, strict=True):
                skip += table[each]
        features, skipped = torch.from_numpy(np.concatenate(inputs, axis=2)), torch.from_numpy(skip)
        first_gates = torch.from_numpy(gates)
        if known is not None:
            known = known.transpose(0, 1)
            first_gates += known[:, :, : gates.shape[2]]
            skipped += known[:, :, gates.shape[2] :]
        after: list[Parts] = []
        for product, width, (hidden, cell) in zip(self.layers, self.widths, state, strict=False):
            sums = product(torch.cat([features, hidden], dim=2))
            if after:
                skipped += sums[:, :, 4 * width :]
            else:
                sums += first_gates
            input_gate, forget_gate, output_gate = (
                sums[:, :, : 3 * width].sigmoid_().chunk(3, dim=2)
            )
            candidate = sums[:, :, 3 * width : 4 * width].tanh_()
            cell = (forget_gate * cell).addcmul_(input_gate, candidate)
            features = output_gate * cell.tanh()
            after.append((features, cell))
        if self.skip.shape[1]:
            features = features + skipped
        if self.marks is not None:
            after.append((torch.from_numpy(seen[None, :, 1:]),))
        return features.transpose(0, 1), tuple(after)

    def _initial_state(self, rows: int) -> tuple[Parts, ...]:
        """The state before the first token: zeros, and padding as the previous tokens."""
        zeros = [torch.zeros(1, rows, width) for width in self.widths]
        previous = torch.full((1, rows, REACH - 1), PAD)
        return (*((each, each) for each in zeros), (previous,))


def _one_matrix(layer: nn.LSTM) -> tuple[Tensor, Tensor]:
    """Both matrices side by side and the sum of both biases; candidate rows are last, not third."""
    input_weight, recurrent_weight, input_bias, recurrent_bias = layer.parameters()
    matrix = torch.cat([input_weight, recurrent_weight], dim=1)
    bias = input_bias + recurrent_bias
    input_gate, forget_gate, candidate, output_gate = torch.arange(len(bias)).chunk(4)
    order = torch.cat([input_gate, forget_gate, output_gate, candidate])
    return matrix[order], bias[order]


def _table(embedding: Tensor, weight: Tensor, bias: Tensor | None = None) -> Floats:
    return F.linear(embedding, weight, bias).detach().numpy()


def _product(weight: Tensor, bias: Tensor | None = None) -> Product:
    """A function that multiplies inputs (..., rows, width) with the weights and adds the bias."""
    weight, bias = weight.detach(), None if bias is None else bias.detach()
    few, many = _product_of_few(weight, bias), _product_of_many(weight)
    if many is None:
        return few

    def multiply(inputs: Tensor) -> Tensor:
        if inputs.shape[-2] < MANY_ROWS:
            return few(inputs)
        sums = many(inputs)
        return sums if bias is None else sums.add_(bias)

    return multiply


def _product_of_few(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The same in half precision, computed in single precision."""
    packed = torch.ops.quantized.linear_prepack_fp16(weight.detach(), bias)
    multiply: Callable[..., Tensor] = torch.ops.quantized.linear_dynamic_fp16.default
    return lambda inputs: multiply(inputs, packed)


def _product_of_many(weight: Tensor) -> Product | None:
    """The same for many rows, without a bias; None where half precision is as fast."""
    if weight.shape[1] == 1:
        return None  # torch 2.13 leaves the product of integers with one column empty
    if not processor_has("amx_tile") and processor_has("vnni"):
        return _product_in_eight_bits(weight)
    if not has_bfloat16():
        return None
    # Packed once: `F.linear` would read the weights in an order that AMX cannot use directly.
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.bfloat16())
    multiply: Callable[..., Tensor] = torch.ops.mkldnn._linear_pointwise.default
    return lambda inputs: multiply(inputs.bfloat16(), packed, None, "none", [], "").float()


def _product_in_eight_bits(weight: Tensor) -> Product:
    scales = _scales(weight)
    numbers = (weight / scales).round().to(torch.int8).t()

    def multiply(inputs: Tensor) -> Tensor:
        rows = inputs.reshape(-1, inputs.shape[-1])
        own = _scales(rows)
        sums = torch._int_mm((rows / own).round_().to(torch.int8), numbers).float()
        return sums.mul_(own).mul_(scales.T).view(*inputs.shape[:-1], -1)

    return multiply


def _scales(rows: Tensor) -> Tensor:
    """The quantisation scale of each row of a matrix, (rows, 1)."""
    largest = rows.abs().amax(dim=1, keepdim=True)
    return largest.mul_(1 / _LARGEST).clamp_(min=torch.finfo(rows.dtype).tiny)
