"""The recurrent language model: embedding, recurrent layers, softmax over the characters."""

import math
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.config import ModelConfig
from studio.model.device import dropped, recurrent_precision
from studio.model.lines import REACH, above
from studio.model.packed import Packed, can_pack

# For each layer its hidden state, for an LSTM with its cell, each (1, batch, hidden); where the
# network looks at the lines above, then the last tokens, (1, batch, REACH - 1).
State = tuple[tuple[Tensor, ...], ...]

# cuDNN wants a layer's weights in one piece and copies those that are not; ours are new each step.
warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")

# The state of one layer, as torch's layers take and give it.
_Carried = Tensor | tuple[Tensor, ...]

_CELLS: dict[str, type[nn.RNN | nn.GRU | nn.LSTM]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}


class Network(nn.Module):
    """P(next character | characters so far).

    With `tied`, the softmax uses the embedding's matrix, and the last layer is as wide as the
    embedding (Press and Wolf 2017; Merity et al. 2018).

    With `lines_above`, the first layer reads beside each character those that stand in the lines
    above where the next one will stand: what it answers in a couplet, what it rhymes with. A
    recurrent layer would have to carry them along for a whole line. Each passes through a matrix of
    its own, a quarter as wide as the embedding.

    The random numbers of initialisation and dropout come from the network's own generators, so
    that nothing else that draws numbers in the process can change a training run.
    """

    def __init__(
        self, config: ModelConfig, vocabulary: int, seed: int = 0, stops: Sequence[int] = ()
    ) -> None:
        """`stops`: the tokens that end a line; they matter to `lines_above` alone."""
        super().__init__()
        self.config = config
        above_width = max(1, config.embedding // 4)
        widths = [config.embedding + config.lines_above * above_width]
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
        self._packed: Packed | None = None
        self.dropout_source = torch.Generator()
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Draw the initial weights from `seed`."""
        source = torch.Generator().manual_seed(seed)
        self.dropout_source.manual_seed(seed + 1)
        width = self.embedding.embedding_dim
        nn.init.normal_(self.embedding.weight, std=width**-0.5, generator=source)
        if not self.config.tied:
            width = self.softmax_weight.shape[1]
            nn.init.normal_(self.softmax_weight, std=width**-0.5, generator=source)
        for layer in self.layers:
            _reset_layer(layer, source)
        for matrix in (*self.above, *self.skips):
            weight = matrix.get_parameter("weight")
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=source)

    @property
    def softmax_weight(self) -> Tensor:
        """The matrix of the softmax, (vocabulary, features)."""
        return self.embedding.weight if self.config.tied else self.own_softmax_weight

    @property
    def parameter_count(self) -> int:
        """How many numbers training sets."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read `tokens` (batch, time), going on from `state`; the initial state where it is None.

        Returns the features from which `logits` predicts each next character,
        (batch, time, features), and the state after the last one.
        """
        if state is None and not self.training:
            state = self.initial(len(tokens))
        return self._read(tokens, state)

    def initial(self, rows: int) -> State | None:
        """The state in which so many poems begin; None for zeros, as training begins."""
        if self.config.initial_state == "zero":
            return None
        ends = torch.full((rows, 1), END, device=self.softmax_bias.device)
        return self._read(ends, None)[1]

    def _read(self, tokens: Tensor, state: State | None) -> tuple[Tensor, State]:
        """What `forward` gives; zero state where `state` is None."""
        if self._packed and tokens.shape[1] == 1:
            return self._packed.step(tokens, state)
        found: tuple[Tensor, ...] = ()
        context: tuple[tuple[Tensor, ...], ...] = ()
        if self.above:
            nothing = tokens.new_full((len(tokens), REACH - 1), PAD)
            seen = torch.cat([nothing if state is None else state[-1][0][0], tokens], dim=1)
            context = ((seen[None, :, 1 - REACH :],),)
            found = above(seen, self.breaks, len(self.above)).unbind(dim=-1)
        embedded = self._embed(tokens, *found)
        beside = [
            self._drop(matrix(each)) for matrix, each in zip(self.above, embedded[1:], strict=True)
        ]
        features = self._drop(embedded[0])
        features = torch.cat([features, *beside], dim=-1)
        past = []
        after = []
        for index, layer in enumerate(self.layers):
            before: _Carried | None = None
            if state is not None:
                before = state[index] if self.config.cell == "lstm" else state[index][0]
            if self.skips:
                past.append(self.skips[index](features))
            features, end = self._run(layer, features, before)
            after.append(end if isinstance(end, tuple) else (end,))
            if index + 1 == len(self.layers):
                features = sum(past, features)
            features = self._drop(features)
        return features, (*after, *context)

    def logits(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities (..., vocabulary) from features (..., features)."""
        if self._packed and features.dim() == 2:
            return self._packed.logits(features)
        return F.linear(features, self.softmax_weight, self.softmax_bias)

    def pack(self) -> None:
        """Make single steps faster, where that changes nothing; the weights must stay from then on.

        For an LSTM on the processor whose weights are half precision anyway.
        """
        layers = [layer for layer in self.layers if isinstance(layer, nn.LSTM)]
        if layers and can_pack(self):
            self._packed = Packed(
                self.embedding.weight,
                [matrix.get_parameter("weight") for matrix in self.above],
                self.breaks if self.above else None,
                layers,
                [matrix.get_parameter("weight") for matrix in self.skips],
                (self.softmax_weight, self.softmax_bias),
            )

    def _embed(self, *tokens: Tensor) -> tuple[Tensor, ...]:
        """The embeddings of each of `tokens`; in training, some characters are seen nowhere."""
        # In one call: each has a gradient as large as the whole matrix.
        together = torch.stack(tokens)
        embedded: Tensor = self.embedding(together)
        share = self.config.embedding_dropout
        if self.training and share:
            weight = self.embedding.weight
            embedded = embedded * F.embedding(together, self._mask((len(weight), 1), share, weight))
        return embedded.unbind()

    def _drop(self, features: Tensor) -> Tensor:
        """Locked dropout: the same units are silent at all time steps (Gal and Ghahramani 2016)."""
        share = self.config.dropout
        if not self.training or share == 0:
            return features
        return features * self._mask((len(features), 1, features.shape[2]), share, features)

    def _run(
        self, layer: nn.Module, features: Tensor, before: _Carried | None
    ) -> tuple[Tensor, _Carried]:
        """`layer(features, before)`; in training, with some of its recurrent weights left out.

        In the precision that `recurrent_precision` names, where it names one.
        """
        share = self.config.recurrent_dropout if self.training else 0
        if not self.training and features.shape[1] == 1:
            return _step(layer, features, before)
        precision = recurrent_precision(features.device)
        if not share and precision is None:
            run: Callable[[Tensor, _Carried | None], tuple[Tensor, _Carried]] = layer
            return run(features, before)
        weights: list[Tensor] = list(layer.parameters())
        if share:
            weights[1] = weights[1] * self._mask(weights[1].shape, share, weights[1])
        before = _begun(layer, features, before)
        if precision is None:
            return _whole(layer, features, before, weights)
        weights = [each.to(precision) for each in weights]
        if isinstance(before, tuple):
            before = tuple(part.to(precision) for part in before)
        else:
            before = before.to(precision)
        with torch.autocast(features.device.type, enabled=False):
            return _whole(layer, features.to(precision), before, weights)

    def _mask(self, shape: Sequence[int], share: float, like: Tensor) -> Tensor:
        """What `dropped` draws, in the precision of `like`: half precision stays what it is."""
        return dropped(shape, share, like.device, self.dropout_source).to(like.dtype)


def detach(state: State) -> State:
    """Cut the graph: what truncates backpropagation through time."""
    return tuple(tuple(part.detach() for part in layer) for layer in state)


def select(state: State, rows: Tensor) -> State:
    """The state of some rows of the batch, in the order of `rows` (batch,)."""
    return tuple(tuple(part.index_select(1, rows) for part in layer) for layer in state)


def _step(layer: nn.Module, features: Tensor, before: _Carried | None) -> tuple[Tensor, _Carried]:
    """What `layer(features, before)` is for one time step: features (batch, 1, features).

    The layer itself prepares its weights anew at each call, which takes longer than the step of a
    single poem.
    """
    inputs = features[:, 0]
    before = _begun(layer, features, before)
    weights = tuple(layer.parameters())
    if isinstance(before, tuple):
        hidden, cell = torch.lstm_cell(inputs, [part[0] for part in before], *weights)
        return hidden[:, None], (hidden[None], cell[None])
    hidden = (torch.gru_cell if isinstance(layer, nn.GRU) else torch.rnn_tanh_cell)(
        inputs, before[0], *weights
    )
    return hidden[:, None], hidden[None]


def _whole(
    layer: nn.Module, features: Tensor, before: _Carried, weights: list[Tensor]
) -> tuple[Tensor, _Carried]:
    """What `layer(features, before)` is with other weights than its own."""
    # Biases, one layer, no dropout between layers, one direction, batch first.
    how = (True, 1, 0.0, layer.training, False, True)
    if isinstance(before, tuple):
        features, *end = torch.lstm(features, before, weights, *how)
        return features, tuple(end)
    return (torch.gru if isinstance(layer, nn.GRU) else torch.rnn_tanh)(
        features, before, weights, *how
    )


def _begun(layer: nn.Module, features: Tensor, before: _Carried | None) -> _Carried:
    """The state that `layer` starts from: zero where there is none before."""
    if before is not None:
        return before
    assert isinstance(layer, nn.RNN | nn.GRU | nn.LSTM)
    zeros = features.new_zeros(1, len(features), layer.hidden_size)
    return (zeros, zeros) if isinstance(layer, nn.LSTM) else zeros


def _reset_layer(layer: nn.Module, source: torch.Generator) -> None:
    """Uniform weights, orthogonal recurrence for the plain cell, an open forget gate for the LSTM.

    Sources: Le et al. 2015 for the plain cell, Jozefowicz et al. 2015 for the forget gate.
    """
    assert isinstance(layer, nn.RNN | nn.GRU | nn.LSTM)
    bound = 1 / math.sqrt(layer.hidden_size)
    for name, parameter in layer.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif isinstance(layer, nn.RNN) and name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter, generator=source)
        else:
            nn.init.uniform_(parameter, -bound, bound, generator=source)
    if isinstance(layer, nn.LSTM):
        with torch.no_grad():
            layer.get_parameter("bias_ih_l0")[layer.hidden_size : 2 * layer.hidden_size].fill_(1.0)
