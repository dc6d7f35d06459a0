"""The vectors that the network reads for what a poem is and where in it the next character is."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.corpus.vocabulary import MOST_POETS, PAD
from studio.model.conditions import COUNTS, FORM, POET, TITLE_FROM, Conditions
from studio.model.config import ModelConfig
from studio.model.look_up import look_up
from studio.prosody.forms import SHAPES


class Known(NamedTuple):
    """What is known of poems as a network reads it, made once for all steps: see `Network.known`.

    `vectors` (rows, time, width), with one row if all poems have the same. `sums` (rows, time,
    4 hidden + features) are what they add to the gates of the first layer and to the output, if the
    network is packed.
    """

    vectors: Tensor
    sums: Tensor | None

    def during(self, start: int, end: int) -> "Known":
        """That of a window of time."""
        return Known(
            self.vectors[:, start:end], None if self.sums is None else self.sums[:, start:end]
        )


class ConditionInputs(nn.Module):
    """One vector for each character, of `width`: the parts that the config has, side by side.

    The form and the place are one part, the sum of an embedding for each of their numbers. The
    title is the mean of its characters' embeddings, with a learnt weight for each character, so
    that 送 counts and 首 does not. What is not known is zero.
    """

    def __init__(self, config: ModelConfig, vocabulary: int) -> None:
        super().__init__()
        width = max(1, config.embedding // 4)
        self.numbers = nn.ModuleList(
            nn.Embedding(count, width, padding_idx=PAD)
            for count in (len(SHAPES) + 1, *COUNTS)
            if config.form_input
        )
        self.poets = nn.ModuleList(
            [nn.Embedding(MOST_POETS + 1, width, padding_idx=PAD)] if config.poet_input else []
        )
        self.title_weights = nn.ModuleList(
            [nn.Embedding(vocabulary, 1)] if config.title_input else []
        )
        self.titles = nn.ModuleList(
            [nn.Linear(config.embedding, 2 * width, bias=False)] if config.title_input else []
        )
        self.width = width * (bool(self.numbers) + len(self.poets) + 2 * len(self.titles))

    def reset(self, generator: torch.Generator) -> None:
        """Draw the initial weights; every character of a title counts the same."""
        for table in (*self.numbers, *self.poets):
            weight = table.get_parameter("weight")
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=generator)
            with torch.no_grad():
                weight[PAD] = 0
        for table in self.title_weights:
            nn.init.zeros_(table.get_parameter("weight"))
        for matrix in self.titles:
            weight = matrix.get_parameter("weight")
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5, generator=generator)

    def forward(self, embedding: nn.Embedding, conditions: Conditions) -> Tensor:
        """The vectors (batch, time, width); `embedding` is that of the characters."""
        about = conditions.about
        poems: list[Tensor] = []
        for table in self.numbers[:1]:
            poems.append(look_up(table.get_parameter("weight"), about[:, FORM], PAD))
        for table in self.poets:
            poems.append(look_up(table.get_parameter("weight"), about[:, POET], PAD))
        for table, matrix in zip(self.title_weights, self.titles, strict=True):
            title = about[:, TITLE_FROM:]
            weights = look_up(table.get_parameter("weight"), title).exp()
            weights = weights * (title != PAD)[:, :, None]
            characters = look_up(embedding.weight, title)
            mean = (weights * characters).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-6)
            poems.append(matrix(mean))
        known = look_up(torch.cat(poems, dim=-1), conditions.poems)
        if not self.numbers:
            return known
        # Beside the form, which comes first, the places: they differ within a poem.
        width = self.numbers[0].get_parameter("weight").shape[1]
        form, rest = known[..., :width], known[..., width:]
        for table, places in zip(self.numbers[1:], conditions.places.unbind(dim=-1), strict=True):
            form = form + look_up(table.get_parameter("weight"), places, PAD)
        return torch.cat([form, rest], dim=-1)
