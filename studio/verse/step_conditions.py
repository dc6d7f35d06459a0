"""The conditions of poems that are being written, step by step."""

import torch
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import Vocabulary
from studio.model.conditions import Conditions, describe, place_at
from studio.verse.constraints import Rules


class StepConditions:
    """What is known of all poems of a batch: the same, because they have one request."""

    def __init__(
        self, about: About, rules: Rules, vocabulary: Vocabulary, device: torch.device
    ) -> None:
        self._about = describe([about], vocabulary).about.to(device)
        self._device = device
        length = rules.fixed.shape[1]
        stride = rules.stride if about.form else 0
        # (positions, 3): where each token of the poem is; its end token is the last one.
        lines = (length - 1) // stride if stride else 0
        places = [place_at(at, stride, lines) if stride else [0, 0, 0] for at in range(length)]
        self._places = torch.tensor(places, device=device)

    def before(self, start: int, end: int, rows: int) -> Conditions:
        """Those for predicting the tokens at positions from `start` to before `end`."""
        places: Tensor = self._places[None, start:end].expand(rows, -1, -1)
        poems = torch.zeros(rows, end - start, dtype=torch.long, device=self._device)
        return Conditions(places, poems, self._about)
