"""The lines of a library that are nearest to a given one, by the vectors that a model has for
characters.

A line is the sum of the vectors of its characters, the rare ones weighted more (Arora et al. 2017,
A simple but tough-to-beat baseline for sentence embeddings). Each place of a line stresses another
half of the numbers, so that a character counts more where both lines have it in the same place.
The vectors are reduced to their main components, so that an index of half a million lines is small
and quick to search. Imports no torch.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.corpus.poem import Poem, verse_lines
from studio.corpus.vocabulary import Vocabulary

_WIDTH = 64
# The share of all characters at which a character has half the weight of a rare one.
_SHARE = 1e-2
# Places of a line that are distinguished, and how much a place stresses its half of the numbers.
_PLACES, _STRESS = 16, 0.5
_AT_ONCE = 2**18  # characters
_CODES = 0x110000

_Floats = NDArray[np.float32]


class NearLine(NamedTuple):
    """A line of the library, the id of the first poem that has it, and how near it is, up to 1."""

    line: str
    poem: int
    nearness: float


class NearestLines:
    """An index of the distinct lines of poems."""

    def __init__(self, poems: Iterable[Poem], vocabulary: Vocabulary, vectors: _Floats) -> None:
        """`vectors` are those of the vocabulary's tokens, as (vocabulary, width)."""
        found: dict[str, int] = {}
        for poem in poems:
            for line in verse_lines(poem.text):
                found.setdefault(line, poem.id)
        self._lines, self._poems = list(found), list(found.values())
        codes = _codes("".join(self._lines))
        rows = np.zeros(_CODES, dtype=np.int32)
        for character in vocabulary.characters:
            rows[ord(character)] = vocabulary.index(character)
        self._rows = rows
        counts = np.bincount(rows[codes], minlength=len(vectors))
        self._vectors = _reduced(vectors, counts)
        half = np.random.default_rng(0).random((_PLACES, self._vectors.shape[1])) < 0.5
        self._stress = np.where(half, 1 + _STRESS, 1 - _STRESS).astype(np.float32)
        self._index = self._encode(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def find(self, line: str, count: int) -> list[NearLine]:
        """The nearest lines, the nearest first; a line that is the same is nearest to itself."""
        if not line or not self._lines:
            return []
        near = self._index @ self._encode([line])[0]
        count = min(count, len(near))
        best = np.argpartition(-near, count - 1)[:count]
        best = best[np.argsort(-near[best], kind="stable")]
        return [NearLine(self._lines[at], self._poems[at], float(near[at])) for at in best]

    def _encode(self, lines: list[str]) -> _Floats:
        """The lines as vectors of length 1, (lines, width); 0 if no character is known."""
        lengths = np.array(list(map(len, lines)))
        encoded = np.empty((len(lines), self._vectors.shape[1]), dtype=np.float32)
        ends = np.cumsum(lengths)
        start = 0
        while start < len(lines):
            before = ends[start] - lengths[start]
            stop = max(start + 1, int(np.searchsorted(ends, before + _AT_ONCE, "right")))
            starts = ends[start:stop] - lengths[start:stop] - before
            rows = self._rows[_codes("".join(lines[start:stop]))]
            places = np.arange(len(rows)) - np.repeat(starts, lengths[start:stop])
            characters = self._vectors[rows] * self._stress[places % _PLACES]
            encoded[start:stop] = np.add.reduceat(characters, starts, axis=0)
            start = stop
        norms = np.linalg.norm(encoded, axis=1, keepdims=True)
        encoded /= np.maximum(norms, 1e-6)
        return encoded


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def _reduced(vectors: _Floats, counts: NDArray[np.int64]) -> _Floats:
    """The main components of the vectors, weighted by rarity; 0 for tokens that do not occur."""
    shares = counts / max(counts.sum(), 1)
    centred = vectors - shares @ vectors
    weighted = centred * (_SHARE / (_SHARE + shares))[:, None]
    weighted[counts == 0] = 0
    weighted[0] = 0  # what the vocabulary does not have
    _, _, components = np.linalg.svd(weighted * np.sqrt(shares)[:, None], full_matrices=False)
    return np.ascontiguousarray(weighted @ components[:_WIDTH].T, dtype=np.float32)
