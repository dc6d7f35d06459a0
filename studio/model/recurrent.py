"""A recurrent layer of torch over a batch of text: its precision, its weights, and its rows."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.model.device import processor_has, recurrent_precision

# The state of one layer, in the form that torch's layers take and return.
LayerState = Tensor | tuple[Tensor, ...]

# The rows of a tile of AMX. With other numbers of rows oneDNN 3.12, in torch 2.13, can be much
# slower: reading with 640 units, 127 rows take 9 times as long as 128, and 239 rows 24 times as
# long as 240. Up to 48 rows there is hardly a difference.
_TILE, _FEW = 16, 48

# cuDNN copies the weights of a layer if they are not contiguous; ours are new tensors at each step.
warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk")


def run_layer(
    layer: nn.Module, features: Tensor, before: LayerState | None, mask: Tensor | None
) -> tuple[Tensor, LayerState]:
    """`layer(features, before)`, with some of its recurrent weights zeroed by the mask.

    `features` (batch, time, width). It runs in the precision of `recurrent_precision`, if that is
    not None.
    """
    if not layer.training and features.shape[1] == 1:
        return _single_step(layer, features, before)
    precision = recurrent_precision(features.device)
    missing = _missing_rows(layer, features)
    if mask is None and precision is None and not missing:
        run: Callable[[Tensor, LayerState | None], tuple[Tensor, LayerState]] = layer
        return run(features, before)
    weights: list[Tensor] = list(layer.parameters())
    if mask is not None:
        weights[1] = weights[1] * mask.to(weights[1].dtype)
    before = _state_or_zero(layer, features, before)
    if missing:
        return _run_with_more_rows(layer, features, before, weights, missing)
    if precision is None:
        return _run_with_weights(layer, features, before, weights)
    weights = [each.to(precision) for each in weights]
    if isinstance(before, tuple):
        before = tuple(part.to(precision) for part in before)
    else:
        before = before.to(precision)
    with torch.autocast(features.device.type, enabled=False):
        return _run_with_weights(layer, features.to(precision), before, weights)


def _missing_rows(layer: nn.Module, features: Tensor) -> int:
    """How many rows the batch lacks to fill the tiles of AMX; 0 where they are not used."""
    rows = len(features)
    if rows <= _FEW or features.device.type != "cpu" or not isinstance(layer, nn.LSTM):
        return 0
    has_tiles = torch.is_autocast_enabled("cpu") and processor_has("amx_tile")
    return -rows % _TILE if has_tiles else 0


def _run_with_more_rows(
    layer: nn.Module, features: Tensor, before: LayerState, weights: list[Tensor], missing: int
) -> tuple[Tensor, LayerState]:
    """`_run_with_weights` with `missing` more rows of zeros, which are left out of the result."""
    rows = len(features)
    features = F.pad(features, (0, 0, 0, 0, 0, missing))
    before = tuple(F.pad(part, (0, 0, 0, missing)) for part in before)
    features, after = _run_with_weights(layer, features, before, weights)
    return features[:rows], tuple(part[:, :rows] for part in after)


def _single_step(
    layer: nn.Module, features: Tensor, before: LayerState | None
) -> tuple[Tensor, LayerState]:
    """`layer(features, before)` for one time step: features (batch, 1, features).

    The layer itself would prepare its weights at each call, and that takes longer than the step of
    a single poem.
    """
    inputs = features[:, 0]
    before = _state_or_zero(layer, features, before)
    weights = tuple(layer.parameters())
    if isinstance(before, tuple):
        hidden, cell = torch.lstm_cell(inputs, [part[0] for part in before], *weights)
        return hidden[:, None], (hidden[None], cell[None])
    hidden = (torch.gru_cell if isinstance(layer, nn.GRU) else torch.rnn_tanh_cell)(
        inputs, before[0], *weights
    )
    return hidden[:, None], hidden[None]


def _run_with_weights(
    layer: nn.Module, features: Tensor, before: LayerState, weights: list[Tensor]
) -> tuple[Tensor, LayerState]:
    """`layer(features, before)` with `weights` in place of its own."""
    # Biases, one layer, no dropout between layers, training, one direction, batch first.
    options = (True, 1, 0.0, layer.training, False, True)
    if isinstance(before, tuple):
        features, *new = torch.lstm(features, before, weights, *options)
        return features, tuple(new)
    return (torch.gru if isinstance(layer, nn.GRU) else torch.rnn_tanh)(
        features, before, weights, *options
    )


def _state_or_zero(layer: nn.Module, features: Tensor, before: LayerState | None) -> LayerState:
    """The state that `layer` starts from: `before`, or zero if that is None."""
    if before is not None:
        return before
    assert isinstance(layer, nn.RNN | nn.GRU | nn.LSTM)
    zeros = features.new_zeros(1, len(features), layer.hidden_size)
    return (zeros, zeros) if isinstance(layer, nn.LSTM) else zeros
