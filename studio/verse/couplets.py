"""Coherence: whether a model finds the true second couplet among others that fit in its place.

All fit in tone and rhyme, so only what the poem says can tell the true one.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from studio.corpus.poem import Poem, verse_lines
from studio.model.coherence import couplet_features
from studio.model.evaluate import score_poems
from studio.prosody.rhyming import feet
from studio.prosody.scansion import scan
from studio.verse.fixed_characters import COUPLET
from studio.verse.writer import Writer

CHOICES = 4
# The weight of the association beside the learnt coherence; chosen on validation poems.
_ASSOCIATION = 0.4
# Poems whose second couplet is followed by others, or ends the poem.
FORMS = ("五绝", "七绝", "五律", "七律")


class CoupletChoice(msgspec.Struct, frozen=True):
    """`seconds[0]` is to be found among `seconds` as that of `firsts[0]`.

    The other firsts are of other poems than the seconds.
    """

    firsts: tuple[str, ...]
    seconds: tuple[str, ...]


class CoupletFigures(msgspec.Struct, frozen=True):
    """How often the true couplet is found among `choices`.

    `share`: by coherence and association together. `by_coherence`: by the coherence beside the
    model, as drafts are ranked; None if there is none. `by_association`: by how much likelier a
    second couplet is after the first couplet than on average after those of other poems.
    `by_likelihood`: by the likelihood alone, which prefers common words. `chance` is that of a
    guess.
    """

    poems: int
    choices: int
    share: float
    by_coherence: float | None
    by_association: float
    by_likelihood: float
    chance: float


def couplet_choices(poems: Iterable[Poem], most: int, seed: int) -> list[CoupletChoice]:
    """Choices for at most `most` regulated poems, drawn with the seed.

    The others are second couplets of poems with the same form, template and rhyme, whose rhyme
    characters are not in the first couplet. Poems with too few of them are left out.
    """
    groups: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for poem in poems:
        if poem.form not in FORMS:
            continue
        scanned = scan(verse_lines(poem.original))
        if scanned.regulated and scanned.perfect and scanned.rhymes:
            lines = poem.lines
            pair = _couplet(lines[:2]), _couplet(lines[2:4])
            groups[poem.form, scanned.template, scanned.rhymes[0]].append(pair)
    generator = random.Random(seed)
    found = []
    for pairs in groups.values():
        for first, own in pairs:
            used = set(first + own)
            others = [
                each
                for each in pairs
                if each[1] != own and feet(verse_lines(each[1]))[-1] not in used
            ]
            rivals = CHOICES - 1
            if len(others) >= 2 * rivals:
                drawn = generator.sample(others, 2 * rivals)
                firsts = first, *(each for each, _ in drawn[:rivals])
                found.append(CoupletChoice(firsts, (own, *(each for _, each in drawn[rivals:]))))
    generator.shuffle(found)
    return found[:most]


def measure_couplets(writer: Writer, choices: Sequence[CoupletChoice]) -> CoupletFigures:
    """Let the model choose; there is at least one choice to make."""
    texts = [first + second for each in choices for first in each.firsts for second in each.seconds]
    scores = writer.read(
        len(texts), lambda by: score_poems(by.network, by.vocabulary, texts, by.device)
    )
    # (poems, firsts, seconds)
    nats = np.array([each.nats for each in scores]).reshape(-1, CHOICES, CHOICES)
    after = nats[:, 0]
    association = nats[:, 1:].mean(axis=1) - after
    coherent = coherences(writer, [(each.firsts[0], each.seconds) for each in choices])
    together = association if coherent is None else coherent + _ASSOCIATION * association
    return CoupletFigures(
        len(choices),
        CHOICES,
        _share_found(together),
        None if coherent is None else _share_found(coherent),
        _share_found(association),
        _share_found(-after),
        1 / CHOICES,
    )


def coherences(
    writer: Writer, couplets: Sequence[tuple[str, Sequence[str]]]
) -> NDArray[np.float64] | None:
    """How well each of some second couplets, as many for each first, follows it: (firsts, seconds).

    In nats up to a constant; None if there is no coherence beside the model.
    """
    if writer.coherence is None:
        return None
    texts = sorted({text for first, seconds in couplets for text in (first, *seconds)})
    found = couplet_features(writer.network, writer.vocabulary, texts, writer.device)
    places = {text: place for place, text in enumerate(texts)}
    firsts = torch.tensor([places[first] for first, _ in couplets])
    seconds = torch.tensor([[places[each] for each in every] for _, every in couplets])
    with torch.inference_mode():
        found = writer.coherence.of_pairs(found, firsts, seconds)
    scores: NDArray[np.float64] = found.double().numpy()
    return scores


def mean_coherences(writer: Writer, texts: Sequence[str]) -> list[float]:
    """How well the couplets of each poem follow each other, on average; 0 where none does."""
    followed = [list(pairwise(couplets_of(text))) for text in texts]
    every = [(first, (second,)) for pairs in followed for first, second in pairs]
    found = coherences(writer, every) if every else None
    if found is None:
        return [0.0] * len(texts)
    scores = iter(found[:, 0].tolist())
    return [sum(next(scores) for _ in pairs) / len(pairs) if pairs else 0.0 for pairs in followed]


def _share_found(scores: NDArray[np.float64]) -> float:
    """How often the first of each row is the highest; a tie counts as a guess."""
    highest = scores == scores.max(axis=1, keepdims=True)
    return float((highest[:, 0] / highest.sum(axis=1).clip(min=1)).mean())


def couplets_of(text: str) -> list[str]:
    """The couplets of a poem in lines of five or of seven, with their stops; none of any other."""
    lines = verse_lines(text)
    if {*map(len, lines)} not in ({5}, {7}) or len(lines) % 2:
        return []
    return [_couplet(lines[at : at + 2]) for at in range(0, len(lines), 2)]


def _couplet(lines: Sequence[str]) -> str:
    return "".join(line + stop for line, stop in zip(lines, COUPLET, strict=True))
