"""How well a plain classifier tells a model's poems from people's, by statistics of each poem.

Logistic regression over figures of likelihood, rarity, looseness and repetition. If nothing
gives the model away, it is right in half of the cases.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import torch
from torch import Tensor

from studio.corpus.poem import couplets, verse_lines
from studio.corpus.vocabulary import BEGIN, END, UNKNOWN
from studio.errors import VerseError
from studio.model.batches import pad_batch
from studio.prosody.parallelism import parallelism
from studio.translation import tr
from studio.verse.novelty import Novelty
from studio.verse.writer import Writer

_FOLDS = 5
_BATCH = 64
# A character seen less often in the training split is rare.
_RARE = 200
_RANKS = (1, 10, 100, 1000)


class DiscriminatorFigures(msgspec.Struct, frozen=True):
    """`accuracy` on held-out poems, as many of ours as of people's; 0.5 is a guess.

    `tells`: the statistics that weigh most, with the weight of one standard deviation; above zero
    they point to the model.
    """

    poems: int
    accuracy: float
    tells: dict[str, float]


class Frequencies:
    """How often characters, and pairs of them within a line, are in the training split."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.characters, self.pairs = Counter[str](), Counter[str]()
        for text in texts:
            for line in verse_lines(text):
                self.characters.update(line)
                self.pairs.update(_pairs(line))
        self._total, self._pair_total = self.characters.total(), self.pairs.total()

    def association(self, pair: str) -> float:
        """Pointwise mutual information of a pair, in nats; 0 if it is new."""
        if not self.pairs[pair]:
            return 0.0
        chance = self.characters[pair[0]] * self.characters[pair[1]] / self._total**2
        return math.log(self.pairs[pair] / self._pair_total / chance)


def discriminate(
    writer: Writer,
    ours: Sequence[str],
    people: Sequence[str],
    frequencies: Frequencies,
    training: Novelty,
    seed: int = 1,
) -> DiscriminatorFigures:
    """Train and test on as many of `ours` as of `people`, in five folds.

    Raises VerseError if there are too few.
    """
    count = min(len(ours), len(people))
    refuse_too_few(count)
    texts = [*ours[:count], *people[:count]]
    rows = [
        own | read
        for own, read in zip(
            (_own_figures(text, frequencies, training) for text in texts),
            _read_figures(writer, texts),
            strict=True,
        )
    ]
    names = list(rows[0])
    figures = torch.tensor([[row[name] for name in names] for row in rows], dtype=torch.float64)
    figures = (figures - figures.mean(0)) / figures.std(0).clamp(min=1e-9)
    labels = torch.cat([torch.ones(count), torch.zeros(count)]).double()
    order = torch.randperm(2 * count, generator=torch.Generator().manual_seed(seed))
    right = 0
    for fold in range(_FOLDS):
        held_out = order[fold::_FOLDS]
        kept = torch.ones(2 * count, dtype=torch.bool)
        kept[held_out] = False
        weights, bias = _fit(figures[kept], labels[kept])
        right += int(((figures[held_out] @ weights + bias > 0) == labels[held_out].bool()).sum())
    weights, _ = _fit(figures, labels)
    strongest = weights.abs().argsort(descending=True)[:8].tolist()
    tells = {names[at]: round(float(weights[at]), 2) for at in strongest}
    return DiscriminatorFigures(2 * count, right / (2 * count), tells)


def refuse_too_few(count: int) -> None:
    """Raise VerseError if so many poems of ours, and as many of people's, are too few."""
    if count < _FOLDS:
        raise VerseError(
            tr(
                "Only {count} poems of the split keep the rules of these forms, too few to learn "
                "from. Write more poems (--count), or choose another split.",
                count=count,
            )
        )


def _fit(figures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and bias of a logistic regression with a small penalty on the weights."""
    weights = torch.zeros(figures.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = figures @ weights[:-1] + weights[-1]
        cost = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        cost = cost + weights[:-1].square().sum() * (0.5 / len(labels))
        cost.backward()  # type: ignore[no-untyped-call]
        return cost

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return weights[:-1].detach(), weights[-1].detach()


def _own_figures(text: str, frequencies: Frequencies, training: Novelty) -> dict[str, float]:
    """What can be counted without a model."""
    lines = verse_lines(text)
    characters = "".join(lines)
    counts = [frequencies.characters[each] for each in characters]
    pairs = [pair for line in lines for pair in _pairs(line)]
    words = [
        frequencies.association(line[at : at + 2]) for line in lines for at in (0, len(line) - 2)
    ]
    copied = training.copied(text)
    return {
        "rare characters": _mean([count < _RARE for count in counts]),
        "log frequency": _mean([math.log(count + 1) for count in counts]),
        "log frequency of feet": _mean(
            [math.log(frequencies.characters[line[-1]] + 1) for line in lines[1::2]]
        ),
        "association of pairs": _mean([frequencies.association(pair) for pair in pairs]),
        "association of words": _mean(words),
        "new pairs": _mean([not frequencies.pairs[pair] for pair in pairs]),
        "rare pairs": _mean([frequencies.pairs[pair] < 5 for pair in pairs]),
        "repeated characters": len(characters) - len(set(characters)),
        "doubled characters": sum(pair[0] == pair[1] for pair in pairs),
        "copied 4-grams": _mean(copied),
        "parallelism": _mean(
            [parallelism(*lines[at : at + 2]) for at in range(0, len(lines) - 1, 2)]
        ),
        "couplets": len(couplets(text)),
    }


def _read_figures(writer: Writer, texts: Sequence[str]) -> list[dict[str, float]]:
    """What the model predicts of each poem: likelihoods, ranks, and the end."""
    found: list[dict[str, float]] = []
    vocabulary, network = writer.vocabulary, writer.network.eval()
    for start in range(0, len(texts), _BATCH):
        rows = [[BEGIN, *vocabulary.encode(text), END] for text in texts[start : start + _BATCH]]
        batch = pad_batch(rows)
        with torch.inference_mode():
            features, _ = network(writer.device.put(batch.inputs))
            for row, tokens in enumerate(rows):
                logits = network.logits(features[row, : len(tokens) - 1]).float().cpu()
                chances = logits.log_softmax(dim=-1)
                targets = torch.tensor(tokens[1:])
                own = chances.gather(1, targets[:, None])[:, 0]
                ranks = (chances > own[:, None]).sum(1) + 1
                entropy = -(chances.exp() * chances).sum(1)
                # As in `score_poems`: a poem may have unknown characters only.
                han = torch.tensor(
                    [index == UNKNOWN or vocabulary.is_han(index) for index in tokens[1:]]
                )
                found.append(_figures_of_reading(own, ranks, entropy, han))
    return found


def _figures_of_reading(
    own: Tensor, ranks: Tensor, entropy: Tensor, han: Tensor
) -> dict[str, float]:
    chosen, at = own[han], ranks[han]
    # A free poem may have fewer than four characters. One character has no spread.
    quarters = [part if len(part) else chosen for part in chosen.tensor_split(4)]
    return {
        "log p": float(chosen.mean()),
        "spread of log p": float(chosen.std(correction=0)),
        "lowest log p": float(chosen.min()),
        "log p beside entropy": float((chosen + entropy[han]).mean()),
        "entropy": float(entropy[han].mean()),
        "log p of the end": float(own[-1]),
        **{f"rank above {rank}": float((at > rank).double().mean()) for rank in _RANKS},
        **{f"log p, quarter {n}": float(part.mean()) for n, part in enumerate(quarters, start=1)},
    }


def _pairs(line: str) -> list[str]:
    return [line[at : at + 2] for at in range(len(line) - 1)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
