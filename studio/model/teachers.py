"""What trained networks expect of the next character, for another one to learn.

Source: Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network".
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from studio.model.conditions import Conditions
from studio.model.loss import softmax_parts
from studio.model.network import Network, State


class Teachers:
    """Networks that read the same text, each with its state; their weights do not change."""

    def __init__(self, networks: Sequence[Network], weight: float) -> None:
        """`weight` is that of their predictions in the loss."""
        self.weight = weight
        self._networks = [network.eval().requires_grad_(False) for network in networks]

    @property
    def state_parts(self) -> int:
        """The length of their state."""
        return sum(network.state_parts for network in self._networks)

    @torch.no_grad()
    def read(
        self, tokens: Tensor, state: State, conditions: Conditions | None
    ) -> tuple[Tensor, State]:
        """Read `tokens` (batch, time) from the state after the text before; () is the zero state.

        Returns the mean of their probabilities of each next character, (tokens, vocabulary or
        more), and the state after the last token: those of all networks, one after the other.
        """
        mean: Tensor | None = None
        after: State = ()
        for network in self._networks:
            parts = network.state_parts
            before = state[:parts] or network.zero_state(len(tokens))
            state = state[parts:]
            features, new = network(tokens, before, conditions=conditions)
            probabilities = _probabilities(network, features.flatten(0, 1))
            mean = probabilities if mean is None else mean.add_(probabilities)
            after = (*after, *new)
        assert mean is not None
        return mean.div_(len(self._networks)), after


def _probabilities(network: Network, features: Tensor) -> Tensor:
    # In the precision of the features: autocast would compute the softmax in single precision.
    with torch.autocast(features.device.type, enabled=False):
        matrix, offset = softmax_parts(features, network.softmax_weight, network.softmax_bias)
        logits = torch.addmm(offset, features, matrix.t())
        return nn.functional.softmax(logits, dim=-1)
