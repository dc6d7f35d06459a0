"""The recurrent language model: embedding, recurrent layers, softmax over the characters."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, repeat
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.condition_inputs import ConditionInputs, Known
from studio.model.conditions import Conditions
from studio.model.config import ModelConfig
from studio.model.dropout import Dropout, MaskShape
from studio.model.lines import REACH, above
from studio.model.look_up import look_up
from studio.model.packed import PackedLstm, can_pack
from studio.model.parallel import Rows
from studio.model.recurrent import LayerState, run_layer

# For each layer its hidden state, and for an LSTM its cell state, each (1, batch, hidden). A
# network that reads previous lines adds the last tokens, (1, batch, REACH - 1).
State = tuple[tuple[Tensor, ...], ...]


class LayerInput(NamedTuple):
    """What a layer reads: (batch, time, width), and the state before it; None is the zero state."""

    layer: nn.Module
    features: Tensor
    before: LayerState | None


_CELLS: dict[str, type[nn.RNN | nn.GRU | nn.LSTM]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}


class Network(nn.Module):
    """P(next character | characters so far).

    With `tied`, the softmax uses the embedding's matrix, and the last layer is as wide as the
    embedding (Press and Wolf 2017; Merity et al. 2018).

    With `lines_above`, each character comes with the characters of previous lines that are at the
    same position as the next character: its counterpart in the couplet, the character it rhymes
    with. A recurrent layer would have to remember them for a whole line. Each previous line has its
    own projection, a quarter as wide as the embedding.

    What is known of the poem (`conditions`) is input of the first layer too, and zero if nothing
    is known.

    The random numbers of initialisation and dropout come from the network's own generators, so
    that other random draws in the process cannot change a training run.
    """

    def __init__(
        self, config: ModelConfig, vocabulary: int, seed: int = 0, stops: Sequence[int] = ()
    ) -> None:
        """`stops`: the tokens that end a line; only `lines_above` uses them."""
        super().__init__()
        self.config = config
        above_width = max(1, config.embedding // 4)
        self.condition_inputs = ConditionInputs(config, vocabulary)
        widths = [config.embedding + config.lines_above * above_width + self.condition_inputs.width]
        widths += [config.hidden] * config.layers
        if config.tied:
            widths[-1] = config.embedding
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        self.above = nn.ModuleList(
            nn.Linear(config.embedding, above_width, bias=False) for _ in range(config.lines_above)
        )
        if config.lines_above:
            self.breaks: Tensor
            self.register_buffer("breaks", torch.zeros(vocabulary, dtype=torch.bool))
            self.breaks[[BEGIN, *stops]] = True
        cell = _CELLS[config.cell]
        self.layers = nn.ModuleList(
            cell(width, next_width, batch_first=True) for width, next_width in pairwise(widths)
        )
        self.skips = nn.ModuleList(
            nn.Linear(width, widths[-1], bias=False) for width in widths[:-1] if config.skips
        )
        self.softmax_bias = nn.Parameter(torch.zeros(vocabulary))
        if not config.tied:
            self.own_softmax_weight = nn.Parameter(torch.empty(vocabulary, widths[-1]))
        self._packed: PackedLstm | None = None
        self.dropout = Dropout()
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Draw the initial weights from `seed`."""
        generator = torch.Generator().manual_seed(seed)
        self.dropout.generator.manual_seed(seed + 1)
        width = self.embedding.embedding_dim
        nn.init.normal_(self.embedding.weight, std=width**-0.5, generator=generator)
        if not self.config.tied:
            width = self.softmax_weight.shape[1]
            nn.init.normal_(self.softmax_weight, std=width**-0.5, generator=generator)
        for layer in self.layers:
            _reset_layer(layer, generator)
        for matrix in (*self.above, *self.skips):
            weight = matrix.get_parameter("weight")
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=generator)
        self.condition_inputs.reset(generator)

    @property
    def softmax_weight(self) -> Tensor:
        """The matrix of the softmax, (vocabulary, features)."""
        return self.embedding.weight if self.config.tied else self.own_softmax_weight

    @property
    def parameter_count(self) -> int:
        """The number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(
        self,
        tokens: Tensor,
        state: State | None = None,
        rows: Rows | None = None,
        conditions: Conditions | Known | None = None,
    ) -> tuple[Tensor, State]:
        """Read `tokens` (batch, time) from `state`; None is the initial state.

        `rows`: which rows of a larger batch these are. Dropout is drawn for that one. `conditions`
        are those of these rows, or one row that all of them have, or what `known` makes of them;
        None if nothing is known. A network that reads none ignores them.

        Returns the features from which `logits` predicts each next character,
        (batch, time, features), and the state after the last token.
        """
        if state is None and not self.training:
            state = self.initial_state(len(tokens))
        return self._forward(tokens, state, rows, conditions)

    def known(self, conditions: Conditions) -> Known | None:
        """What `forward` reads of these conditions; None if the network reads nothing of them."""
        if not self.condition_inputs.width:
            return None
        vectors = cast(Tensor, self.condition_inputs(self.embedding, conditions))
        return Known(vectors, self._packed.known(vectors) if self._packed else None)

    def layer_inputs(self, tokens: Tensor) -> list[LayerInput]:
        """What each layer reads for `tokens` (batch, time), from the initial state."""
        read: list[LayerInput] = []
        self._forward(tokens, self.initial_state(len(tokens)), read=read)
        return read

    @property
    def state_parts(self) -> int:
        """The length of a state: the layers, and the last tokens if it reads previous lines."""
        return len(self.layers) + bool(self.above)

    def zero_state(self, rows: int) -> State:
        """The state before any text, of `rows` rows: zeros."""
        weight = self.softmax_bias
        parts = 2 if self.config.cell == "lstm" else 1
        widths = [layer.get_parameter("weight_hh_l0").shape[1] for layer in self.layers]
        state: State = tuple((weight.new_zeros(1, rows, width),) * parts for width in widths)
        if self.above:
            context = torch.full((1, rows, REACH - 1), PAD, device=weight.device)
            state = (*state, (context,))
        return state

    def initial_state(self, rows: int) -> State | None:
        """The state at the start of `rows` poems; None is the zero state, as in training."""
        if self.config.initial_state == "zero":
            return None
        ends = torch.full((rows, 1), END, device=self.softmax_bias.device)
        return self._forward(ends, None)[1]

    def _forward(
        self,
        tokens: Tensor,
        state: State | None,
        rows: Rows | None = None,
        conditions: Conditions | Known | None = None,
        read: list[LayerInput] | None = None,
    ) -> tuple[Tensor, State]:
        """Like `forward`, but a `state` of None is the zero state. Fills the list `read`."""
        known = self.known(conditions) if isinstance(conditions, Conditions) else conditions
        if self._packed and tokens.shape[1] == 1 and read is None:
            return self._packed.step(tokens, state, known and known.sums)
        tokens_above: tuple[Tensor, ...] = ()
        context: tuple[tuple[Tensor, ...], ...] = ()
        if self.above:
            padding = tokens.new_full((len(tokens), REACH - 1), PAD)
            seen = torch.cat([padding if state is None else state[-1][0][0], tokens], dim=1)
            context = ((seen[None, :, 1 - REACH :],),)
            tokens_above = above(seen, self.breaks, len(self.above)).unbind(dim=-1)
        rows = rows or Rows(0, len(tokens), len(tokens))
        masks = self._masks(rows.total)
        embedded = self._embed(next(masks), tokens, *tokens_above)
        projected = [
            _locked_dropout(matrix(each), next(masks), rows)
            for matrix, each in zip(self.above, embedded[1:], strict=True)
        ]
        features = _locked_dropout(embedded[0], next(masks), rows)
        if self.condition_inputs.width:
            width = self.condition_inputs.width
            vectors = known.vectors if known else self.embedding.weight.new_zeros(1, 1, width)
            vectors = vectors.expand(*tokens.shape, -1)
            projected.append(_locked_dropout(vectors, next(masks), rows))
        features = torch.cat([features, *projected], dim=-1)
        skipped = []
        after = []
        for index, layer in enumerate(self.layers):
            before: LayerState | None = None
            if state is not None:
                before = state[index] if self.config.cell == "lstm" else state[index][0]
            if read is not None:
                read.append(LayerInput(layer, features, before))
            if self.skips:
                skipped.append(self.skips[index](features))
            features, new = run_layer(layer, features, before, next(masks))
            after.append(new if isinstance(new, tuple) else (new,))
            if index + 1 == len(self.layers):
                features = sum(skipped, features)
            features = _locked_dropout(features, next(masks), rows)
        return features, (*after, *context)

    def logits(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities (..., vocabulary) from features (..., features)."""
        if self._packed and features.dim() == 2:
            return self._packed.logits(features)
        return F.linear(features, self.softmax_weight, self.softmax_bias)

    def pack(self) -> None:
        """Make single steps faster. Weights are rounded, and must not change afterwards.

        It applies to an LSTM on the processor.
        """
        layers = [layer for layer in self.layers if isinstance(layer, nn.LSTM)]
        if layers and can_pack(self):
            self.half().float()
            self._packed = PackedLstm(
                self.embedding.weight,
                [matrix.get_parameter("weight") for matrix in self.above],
                self.breaks if self.above else None,
                layers,
                [matrix.get_parameter("weight") for matrix in self.skips],
                (self.softmax_weight, self.softmax_bias),
            )

    @property
    def is_packed(self) -> bool:
        """Whether `pack` has packed the weights for single steps."""
        return self._packed is not None

    def copied_to(self, device: torch.device) -> "Network":
        """A copy for reading, with the same weights, on another device."""
        copied = Network(self.config, len(self.softmax_bias)).to(device)
        copied.load_state_dict(self.state_dict())
        return copied.eval()

    def _masks(self, rows: int) -> Iterator[Tensor | None]:
        """What dropout multiplies with, in the order of use; None where nothing is left out.

        One for the characters, one for each of the features of the first layer, and two for each
        layer: for its recurrent weights and its output. `rows`: those of the whole batch.
        """
        if not self.training:
            return repeat(None)
        config, weight = self.config, self.embedding.weight
        inputs = [*(len(matrix.get_parameter("weight")) for matrix in self.above), weight.shape[1]]
        if self.condition_inputs.width:
            inputs.append(self.condition_inputs.width)
        wanted = [MaskShape((len(weight), 1), config.embedding_dropout)]
        wanted += [MaskShape((rows, 1, width), config.dropout) for width in inputs]
        for layer in self.layers:
            recurrent = layer.get_parameter("weight_hh_l0")
            wanted.append(MaskShape(recurrent.shape, config.recurrent_dropout))
            wanted.append(MaskShape((rows, 1, recurrent.shape[1]), config.dropout))
        return self.dropout.masks(wanted, weight.device)

    def _embed(self, mask: Tensor | None, *tokens: Tensor) -> tuple[Tensor, ...]:
        """The embeddings of each of `tokens`, those of some characters zeroed by the mask."""
        # One call for all: the gradient of each call is as large as the whole matrix.
        together = torch.stack(tokens)
        embedded = look_up(self.embedding.weight, together)
        if mask is not None:
            embedded = embedded * F.embedding(together, mask.to(embedded.dtype))
        return embedded.unbind()


def detach_state(state: State) -> State:
    """Cut the graph; this truncates backpropagation through time."""
    return tuple(tuple(part.detach() for part in layer) for layer in state)


def select_rows(state: State, rows: Tensor) -> State:
    """The state of some rows of the batch, in the order of `rows` (batch,)."""
    return tuple(tuple(part.index_select(1, rows) for part in layer) for layer in state)


def _locked_dropout(features: Tensor, mask: Tensor | None, rows: Rows) -> Tensor:
    """Locked dropout: the same units are zero at all time steps (Gal and Ghahramani 2016).

    `mask` is that of the whole batch, of which the features are some rows.
    """
    return features if mask is None else features * rows.of(mask).to(features.dtype)


def _reset_layer(layer: nn.Module, generator: torch.Generator) -> None:
    """Uniform weights, orthogonal recurrence for a plain RNN, an open forget gate for an LSTM.

    Sources: Le et al. 2015 for the plain RNN, Jozefowicz et al. 2015 for the forget gate.
    """
    assert isinstance(layer, nn.RNN | nn.GRU | nn.LSTM)
    bound = 1 / math.sqrt(layer.hidden_size)
    for name, parameter in layer.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif isinstance(layer, nn.RNN) and name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter, generator=generator)
        else:
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
    if isinstance(layer, nn.LSTM):
        with torch.no_grad():
            layer.get_parameter("bias_ih_l0")[layer.hidden_size : 2 * layer.hidden_size].fill_(1.0)
