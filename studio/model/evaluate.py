"""Perplexity on text that the model was not trained on.

Each poem is read separately, from the begin token and the network's initial state. Every character
of it and then the end token is predicted, in single precision. So the result does not depend on the
batches or the precision of training.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec
import torch

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.model.batches import pad_batch
from studio.model.conditions import describe
from studio.model.device import Device
from studio.model.loss import token_losses
from studio.model.network import Network
from studio.model.parallel import World

# Characters in one batch, with padding: this limits the memory for poems of any length.
_BATCH = 16_384


class Score(msgspec.Struct, frozen=True):
    """Losses summed over some text, in nats; scores can be added with `+`.

    `han` counts the targets that are Han characters, in the vocabulary or unknown; `tokens` counts
    all targets: these, punctuation, and end tokens.
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
        """The share of the Han targets that are not in the vocabulary."""
        return self.unknown / self.han if self.han else 0.0


def total(scores: Sequence[Score]) -> Score:
    """The sum of the poems' scores."""
    return sum(scores, Score())


def score_together(
    network: Network, vocabulary: Vocabulary, texts: Sequence[str], device: Device, world: World
) -> Score:
    """The score of all texts; each process in `world` reads its share of them."""
    own = texts[world.rank :: world.size]
    score = total(score_poems(network, vocabulary, own, device))
    if world.size == 1:
        return score
    nats, tokens, han_nats, *counts = world.sum(list(msgspec.structs.astuple(score)))
    return Score(nats, int(tokens), han_nats, *map(int, counts))


def score_poems(
    network: Network,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    device: Device,
    about: Sequence[About] = (),
) -> list[Score]:
    """Score each poem; the result is in the order of `texts`.

    `about`: what the network may know of each poem; nothing if it is left out.
    """
    reads = bool(about) and network.config.has_conditions
    known = describe(about, vocabulary) if reads else None
    rows = [[BEGIN, *vocabulary.encode(text), END] for text in texts]
    han = torch.tensor(
        [index == UNKNOWN or vocabulary.is_han(index) for index in range(len(vocabulary))]
    )
    scores = [Score()] * len(texts)
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        for indices in _batches_by_length(rows):
            batch = pad_batch(
                [rows[index] for index in indices], known.of(indices) if known else None
            )
            conditions = batch.conditions and batch.conditions.to(device.torch_device)
            features, _ = network(device.put(batch.inputs), conditions=conditions)
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


def _batches_by_length(rows: list[list[int]]) -> Iterator[list[int]]:
    """Indices of rows in batches of similar length; a padded batch has at most `_BATCH` tokens."""
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
