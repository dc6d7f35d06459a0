"""Suggestions for a poem that a person wrote: what would clear each of its faults, ranked.

Imports torch only if a model ranks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from studio.corpus.poem import STOPS, is_common
from studio.corpus.script import simplified, traditional
from studio.prosody.offers import Offer, Scan, offers
from studio.prosody.report import Remark
from studio.prosody.rhymes import RhymeBook

if TYPE_CHECKING:
    from torch import Tensor

    from studio.verse.decoder import Writer

# Offers for each place that are ranked in the whole poem.
_RANKED = 24


class Suggestion(msgspec.Struct, frozen=True):
    """A fault and the offers that clear it, the best first; none if one character cannot."""

    fault: Remark
    offers: tuple[Offer, ...]


class Ranker(Protocol):
    """What knows which characters are likely; all texts are simplified, with punctuation."""

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """Characters for a place of a text, the likeliest first, after what is before it."""

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """How likely the whole text is with each of some changes: a place and its character."""


class ByFrequency:
    """Ranks characters by how often they occur."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts = Counter("".join(texts))
        self._order = [each for each, _ in self._counts.most_common() if is_common(each)]

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """All characters, the most frequent first."""
        return self._order

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """The counts of the characters."""
        return [self._counts[character] for _, character in changes]


class ByModel:
    """Ranks characters by a model: by the text before them, then by the whole text."""

    def __init__(self, writer: "Writer") -> None:
        self._writer = writer
        # The text that was read last, and what the model predicted in each of its places.
        self._read: tuple[str, Tensor] | None = None

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """The model's vocabulary, the likeliest after the text before the place first."""
        from studio.verse.inspection import read

        vocabulary = self._writer.vocabulary
        if self._read is None or self._read[0] != text:
            self._read = text, read(self._writer, vocabulary.encode(text))
        order = self._read[1][at].argsort(descending=True).tolist()
        characters = (vocabulary.decode([index]) for index in order)
        return (each for each in characters if each and is_common(each))

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """The log-probabilities of the changed texts, in nats."""
        from studio.model.evaluate import score_poems

        texts = [text[:at] + character + text[at + 1 :] for at, character in changes]
        writer = self._writer.for_rows(len(texts))
        scored = score_poems(writer.network, writer.vocabulary, texts, writer.device)
        return [-each.nats for each in scored]


def suggest(
    text: str,
    lines: Sequence[str],
    faults: Iterable[Remark],
    scan: Scan,
    book: RhymeBook,
    ranker: Ranker,
    count: int,
) -> list[Suggestion]:
    """For each fault at most `count` offers, the likeliest in the whole poem first.

    `text` is the poem with punctuation, `lines` are its lines without. Offers are in the script of
    the poem, and the model, which knows simplified characters, reads it in those.
    """
    own: Callable[[str], str] = str if simplified(text) == text else traditional
    plain = simplified(text)
    inside = [at for at, each in enumerate(text) if each not in STOPS]
    starts = [sum(map(len, lines[:line])) for line in range(len(lines))]

    def place(line: int, at: int) -> int:
        return inside[starts[line] + at]

    def candidates(line: int, at: int) -> Iterable[str]:
        return dict.fromkeys(map(own, ranker.candidates(plain, place(line, at))))

    found = []
    for fault in faults:
        offered = offers(lines, fault, scan, book, candidates, _RANKED)
        changes = [(place(each.line, each.place), simplified(each.character)) for each in offered]
        scores = ranker.scores(plain, changes) if changes else []
        ranked = sorted(zip(scores, offered, strict=True), key=lambda each: -each[0])
        found.append(Suggestion(fault, tuple(offer for _, offer in ranked[:count])))
    return found
