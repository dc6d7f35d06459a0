"""Perplexity on text that the model was not trained on.

Each poem is read separately, from the begin token and the network's initial state. Every character
of it and then the end token is predicted, in single precision. So the result does not depend on the
batches or the precision of training.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec
import torch
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, END, UNKNOWN, Vocabulary
from studio.model.batches import pad_batch
from studio.model.conditions import describe
from studio.model.device import Device
from studio.model.loss import token_losses
from studio.model.network import Network
from studio.model.parallel import World

# Characters in one batch, with padding: this limits the memory for poems of any length.
_BATCH = 8_192


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
    han = torch.tensor(
        [index == UNKNOWN or vocabulary.is_han(index) for index in range(len(vocabulary))]
    )
    return [
        Score(
            float(losses.sum()),
            len(losses),
            float(losses[han[targets]].sum()),
            int(han[targets].sum()),
            int((targets == UNKNOWN).sum()),
        )
        for targets, losses in poem_losses(network, vocabulary, texts, device, about)
    ]


def quatrain_score(
    network: Network,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    device: Device,
    about: Sequence[About] = (),
) -> Score:
    """The score of lines 2 to 4 of quatrains, with one end token a line: the stop after it.

    This is the measure of Zhang and Lapata 2014 (Chinese poetry generation with recurrent neural
    networks), who read other poems: theirs is 93.
    """
    score = Score()
    for targets, losses in poem_losses(network, vocabulary, texts, device, about):
        # A quatrain has lines of one length; the end token after the last stop does not count.
        first_line = (len(losses) - 1) // 4
        rest, kinds = losses[first_line:-1], targets[first_line:-1]
        score += Score(
            nats=float(rest.sum()), tokens=len(rest), unknown=int((kinds == UNKNOWN).sum())
        )
    return score


def poem_losses(
    network: Network,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    device: Device,
    about: Sequence[About] = (),
) -> list[tuple[Tensor, Tensor]]:
    """The targets of each poem, its tokens and the end token, and their losses in nats, (time,).

    `about`: what the network may know of each poem; nothing if it is left out.
    """
    reads = bool(about) and network.config.has_conditions
    known = describe(about, vocabulary) if reads else None
    rows = [[BEGIN, *vocabulary.encode(text), END] for text in texts]
    found: dict[int, tuple[Tensor, Tensor]] = {}
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        for indices in batches_by_length(rows):
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
            for index, targets, nats in zip(indices, batch.targets, losses, strict=True):
                length = len(rows[index]) - 1
                found[index] = targets[:length], nats[:length]
    network.train(was_training)
    return [found[index] for index in range(len(rows))]


def batches_by_length(rows: list[list[int]]) -> Iterator[list[int]]:
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
