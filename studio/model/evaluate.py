"""Perplexity of text that the model did not learn.

Each poem is read by itself, from the begin token and the network's initial state, and every
character of it is predicted, then the end token, all in single precision; so the figure depends
neither on how training cut its batches nor on what it was worked out in.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec
import torch

from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.model.batches import padded
from studio.model.device import Device
from studio.model.loss import token_losses
from studio.model.network import Network

# Characters in one batch, padding included: bounds the memory, whatever the lengths.
_BATCH = 16_384


class Score(msgspec.Struct, frozen=True):
    """Losses summed over some text, in nats; they add up with `+`.

    `han` counts the targets that are Han characters of the vocabulary or unknown to it; `tokens`
    all targets: these, the punctuation, the end tokens.
    """

    nats: float = 0.0
    tokens: int = 0
    han_nats: float = 0.0
    han: int = 0
    unknown: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.nats + other.nats,
            self.tokens + other.tokens,
            self.han_nats + other.han_nats,
            self.han + other.han,
            self.unknown + other.unknown,
        )

    @property
    def perplexity(self) -> float:
        """exp(nats / tokens) over Han characters."""
        return _exp_mean(self.han_nats, self.han)

    @property
    def perplexity_all(self) -> float:
        """exp(nats / tokens) over all targets."""
        return _exp_mean(self.nats, self.tokens)

    @property
    def unknown_share(self) -> float:
        """The share of the Han targets that the vocabulary lacks; they count as unknown tokens."""
        return self.unknown / self.han if self.han else 0.0


def total(scores: Sequence[Score]) -> Score:
    """The sum of the poems' scores."""
    return sum(scores, Score())


def score_poems(
    network: Network, vocabulary: Vocabulary, texts: Sequence[str], device: Device
) -> list[Score]:
    """Score each poem; the result is in the order of `texts`."""
    rows = [[BEGIN, *vocabulary.encode(text), END] for text in texts]
    han = torch.tensor(
        [index == UNKNOWN or vocabulary.is_han(index) for index in range(len(vocabulary))]
    )
    scores = [Score()] * len(texts)
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        for indices in _by_length(rows):
            batch = padded([rows[index] for index in indices])
            features, _ = network(device.put(batch.inputs))
            flat = token_losses(
                features.flatten(0, 1),
                network.softmax_weight,
                network.softmax_bias,
                device.put(batch.targets).flatten(),
            )
            losses = flat.view(batch.targets.shape).cpu().double()
            is_han = han[batch.targets]
            counts = batch.targets != PAD
            table = torch.stack(
                [
                    losses.sum(1),
                    counts.sum(1),
                    (losses * is_han).sum(1),
                    is_han.sum(1),
                    (batch.targets == UNKNOWN).sum(1),
                ],
                dim=1,
            ).tolist()
            for index, (nats, tokens, han_nats, han_count, unknown) in zip(
                indices, table, strict=True
            ):
                scores[index] = Score(nats, int(tokens), han_nats, int(han_count), int(unknown))
    network.train(was_training)
    return scores


def _by_length(rows: list[list[int]]) -> Iterator[list[int]]:
    """Indices of rows of like length, so many that a padded batch holds at most `_BATCH`."""
    batch: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: len(rows[index])):
        if batch and (len(batch) + 1) * len(rows[index]) > _BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _exp_mean(nats: float, count: int) -> float:
    if not count:
        return math.nan
    mean = nats / count
    return math.exp(mean) if mean < 700 else math.inf
