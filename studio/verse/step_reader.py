"""The network's reading of poems that are being written, with what is known of them."""

import numpy as np
import torch
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, Vocabulary
from studio.model.conditions import Conditions, describe, places_of
from studio.model.network import State, select_rows
from studio.verse.constraints import Rules
from studio.verse.sampling import Tokens
from studio.verse.writer import Writer


class StepReader:
    """Reads the tokens of a batch of poems as they are written, one row each.

    `features` (rows, features) are those from which the next token is predicted.
    """

    def __init__(self, writer: Writer, rules: Rules, prefix: list[int], about: About) -> None:
        """Read the begin token and `prefix`, with which each poem of `rules` begins."""
        self._writer = writer
        device = writer.device.torch_device
        conditions = _conditions(about, rules, writer.vocabulary).to(device)
        with torch.inference_mode():
            # For each position. All poems have the same request.
            self._known = writer.network.known(conditions)
        read, state = self._read(torch.tensor([[BEGIN, *prefix]]), None, 0)
        same = torch.zeros(len(rules.fixed), dtype=torch.long, device=device)
        # (1, time, features): those from which each token of the prefix is predicted.
        self.of_prefix = read[:, :-1]
        self.features = read[:, -1].index_select(0, same)
        self._state = select_rows(state, same)
        # Computed from the features only if needed: before a fixed stop they may not be.
        self._logits: Tensor | None = None

    @property
    def logits(self) -> Tensor:
        """The logits of the next token, (rows, vocabulary), on the CPU."""
        if self._logits is None:
            with torch.inference_mode():
                self._logits = self._writer.network.logits(self.features).float().cpu()
        return self._logits

    def read(self, written: Tokens) -> None:
        """Read the last tokens of `written` (rows, time): all tokens so far."""
        last = torch.from_numpy(written[:, -1:])
        read, self._state = self._read(last, self._state, written.shape[1])
        self.features = read[:, -1]
        self._logits = None

    def select_rows(self, rows: Tensor) -> None:
        """Keep only `rows` (any number,), in this order; rows may repeat."""
        if self._logits is not None:
            self._logits = self._logits.index_select(0, rows)
        rows = rows.to(self._writer.device.torch_device)
        self.features = self.features.index_select(0, rows)
        self._state = select_rows(self._state, rows)

    @torch.inference_mode()
    def _read(self, tokens: Tensor, state: State | None, start: int) -> tuple[Tensor, State]:
        """Read `tokens` (rows, time), the first of which is at position `start`.

        Returns the features (rows, time, features) after each of them, and the state.
        """
        network = self._writer.network
        known = self._known and self._known.during(start, start + tokens.shape[1])
        # `eval` and `train` visit every module, which is slow compared to one step of one poem.
        was_training = network.training
        if was_training:
            network.eval()
        try:
            read: tuple[Tensor, State] = network(
                self._writer.device.put(tokens), state, conditions=known
            )
            return read
        finally:
            if was_training:
                network.train()


def _conditions(about: About, rules: Rules, vocabulary: Vocabulary) -> Conditions:
    """What is known at each position of the poems, one row: all of them have the same stops."""
    places = places_of(np.array([BEGIN, *rules.fixed[0]]), vocabulary.stops)[:-1]
    poems = torch.zeros(1, len(places), dtype=torch.long)
    known_places = torch.from_numpy(places * bool(about.form)).long()[None]
    return Conditions(known_places, poems, describe([about], vocabulary).about)
