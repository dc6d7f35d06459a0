"""The vectors that the network reads for what a poem is and where in it the next character is."""

import torch
from torch import Tensor, nn

from studio.corpus.vocabulary import MOST_POETS, PAD
from studio.model.conditions import COUNTS, FORM, POET, TITLE_FROM, Conditions
from studio.model.config import ModelConfig
from studio.prosody.forms import SHAPES


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
        parts = []
        about = conditions.about
        if self.numbers:
            form, *counts = self.numbers
            part = form(about[:, FORM])[conditions.poems]
            for table, numbers in zip(counts, conditions.places.unbind(dim=-1), strict=True):
                part = part + table(numbers)
            parts.append(part)
        for table in self.poets:
            parts.append(table(about[:, POET])[conditions.poems])
        for table, matrix in zip(self.title_weights, self.titles, strict=True):
            title = about[:, TITLE_FROM:]
            weights = table(title).exp() * (title != PAD)[:, :, None]
            mean = (weights * embedding(title)).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-6)
            parts.append(matrix(mean)[conditions.poems])
        return torch.cat(parts, dim=-1)
