"""The conditions of poems that are being written, step by step."""

import numpy as np
import torch
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, Vocabulary
from studio.model.conditions import Conditions, describe, places_of
from studio.verse.constraints import Rules


class StepConditions:
    """What is known of all poems of a batch: the same, because they have one request."""

    def __init__(
        self, about: About, rules: Rules, vocabulary: Vocabulary, device: torch.device
    ) -> None:
        self._about = describe([about], vocabulary).about.to(device)
        self._device = device
        # (positions, 3): where each token of the poem is. All rows have the same stops.
        places = places_of(np.array([BEGIN, *rules.fixed[0]]), vocabulary.stops)[:-1]
        self._places = torch.from_numpy(places * bool(about.form)).to(device)

    def before(self, start: int, end: int, rows: int) -> Conditions:
        """Those for predicting the tokens at positions from `start` to before `end`."""
        places: Tensor = self._places[None, start:end].expand(rows, -1, -1)
        poems = torch.zeros(rows, end - start, dtype=torch.long, device=self._device)
        return Conditions(places, poems, self._about)
