"""Whether written text is copied from the corpus: an index of the library's characters.

A poem is indexed as its Chinese characters without stops. So a span may cross the end of a line: a
couplet copied with other punctuation still counts as copied. Only a *line* is a whole line between
stops. Simplified and traditional forms of a character count as the same, so that a poem in one
script is found in a library in the other.

Spans of four characters are found by their keys (gram_index.py), longer ones are compared with the
text itself. The index is built from the library within seconds at first use, and saved next to it.
"""

import contextlib
import math
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from studio.corpus.library import Library
from studio.corpus.poem import is_han, verse_lines
from studio.files import write_atomically
from studio.verse.gram_index import (
    BITS,
    GRAM,
    SEPARATOR,
    UNKNOWN,
    GramIndex,
    build_index,
    identity_of,
    keys_of,
    read_index,
)
from studio.verse.reading import CopiedSpan

# A character that is less often in the corpus is rare.
RARE = 200
# A pair in which so many poems end is a common closing: about fifty pairs of the Tang poems.
COMMON_CLOSING = 33


class Novelty:
    """The index of a library, opened for reading. Only one thread may use it at a time."""

    def __init__(self, library: Library, index: GramIndex, split: Literal["train"] | None) -> None:
        self._library = library
        self._index = index
        # Places from here on are outside the requested split.
        self._end = int(index.training[0]) if split else len(index.text)
        pairs = zip(index.characters.tolist(), index.codes.tolist(), strict=True)
        self._code = {chr(character): code for character, code in pairs}

    @classmethod
    def open(cls, library: Path, split: Literal["train"] | None = None) -> "Novelty":
        """Open the index of the library at a path, for all poems or only the training split.

        If there is no index of exactly this library, it is built and saved next to the library. If
        it cannot be saved, it is only used this time. Raises CorpusError if there is no library.
        """
        # Taken before opening: if the library is replaced meanwhile, the index will not pass for
        # one of the new file.
        identity = identity_of(library)
        opened = Library.open(library)
        try:
            index_file = library.with_suffix(".novelty")
            index = read_index(index_file, identity)
            if index is None:
                index = build_index(opened.poems())
                with contextlib.suppress(OSError):
                    write_atomically(
                        index_file, save(msgspec.structs.asdict(index), {"of": identity})
                    )
            return cls(opened, index, split)
        except BaseException:
            opened.close()
            raise

    @classmethod
    def find(cls, library: Path, split: Literal["train"] | None = None) -> "Novelty | None":
        """Open the index; None if there is no library."""
        return cls.open(library, split) if library.is_file() else None

    def __enter__(self) -> "Novelty":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the library."""
        self._library.close()

    def copied(self, text: str) -> tuple[bool, ...]:
        """For each window of four Chinese characters in `text`, whether a poem contains it.

        Stops are left out.
        """
        first, last = self._ranges(self._encoded(_han(text)), GRAM)
        # The places of one key are sorted: if the first is outside the split, all are.
        places = self._index.order.take(first, mode="clip")
        return tuple(((first < last) & (places < self._end)).tolist())

    def firmness(self, text: str) -> float:
        """How firmly neighbouring characters of a text belong together, in nats.

        This is the mean pointwise mutual information of the pairs within its lines, by how often
        the corpus has them; a pair that it has not counts as 0. 0 if there is no pair.
        """
        found = []
        for line in verse_lines(text):
            codes = self._encoded(line)
            alone, pairs = self._counts(codes, 1), self._counts(codes, 2)
            chance = alone[:-1] * alone[1:] / len(self._index.order)
            found += [math.log(n / c) if n else 0.0 for n, c in zip(pairs, chance, strict=True)]
        return sum(found) / len(found) if found else 0.0

    def rare_share(self, text: str) -> float:
        """The share of the characters of a text that the corpus has less than `RARE` times."""
        counts = self._counts(self._encoded(_han(text)), 1)
        return float((counts < RARE).mean()) if len(counts) else 0.0

    def has_common_closing(self, text: str) -> bool:
        """Whether a text ends in a pair of characters in which many poems of the corpus end."""
        codes = self._encoded(_han(text)[-2:])
        if len(codes) < 2:
            return False
        ends = self._characters_after(self._places(codes), 2) == SEPARATOR
        return int(ends.sum()) >= COMMON_CLOSING

    def spans(self, text: str, min_length: int = GRAM) -> tuple[CopiedSpan, ...]:
        """The longest spans of at least `min_length` characters that are in a poem, in their order.

        No span is inside another, but two may overlap if they are from different poems. The bounds
        of a span are positions in `text`, which has stops.
        """
        han_positions = [at for at, character in enumerate(text) if is_han(character)]
        codes = self._encoded("".join(text[at] for at in han_positions))
        size = min(min_length, GRAM)
        first, last = self._ranges(codes, size)
        found, end = [], 0
        for start in np.flatnonzero(first < last).tolist():
            # A new span must end after the last one.
            length = max(min_length, end - start + 1)
            if start + length > len(codes):
                break
            places = self._in_split(self._index.order[first[start] : last[start]])
            places = self._matching(places, codes[start : start + length], size)
            if not len(places):
                continue
            while start + length < len(codes):
                longer = places[self._characters_after(places, length) == codes[start + length]]
                if not len(longer):
                    break
                places, length = longer, length + 1
            end = start + length
            found.append(
                self._span(han_positions[start], han_positions[end - 1] + 1, int(places.min()))
            )
        return tuple(found)

    def is_line(self, line: str) -> bool:
        """Whether this is a whole line of a poem."""
        places = self._places(self._encoded(line))
        return line != "" and bool((self._index.lines[places] == len(line)).any())

    def _encoded(self, text: str) -> NDArray[np.uint16]:
        return np.array([self._code.get(each, UNKNOWN) for each in text], dtype=np.uint16)

    def _places(self, codes: NDArray[np.uint16]) -> NDArray[np.int32]:
        """The places where these characters are, in no particular order."""
        size = min(len(codes), GRAM)
        if size == 0:
            return self._in_split(self._index.order)
        first, last = self._ranges(codes[:size], size)
        return self._matching(self._in_split(self._index.order[first[0] : last[0]]), codes, size)

    def _ranges(self, codes: NDArray[np.uint16], size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each window of `size` (1 to 4), the range of the sorted keys that begin with it."""
        keys = keys_of(codes, size) if len(codes) >= size else np.empty(0, np.uint64)
        rest = np.uint64(BITS * (GRAM - size))
        first = self._index.keys.searchsorted(keys << rest)
        last = self._index.keys.searchsorted((keys << rest) + ((np.uint64(1) << rest) - 1), "right")
        return first, last

    def _counts(self, codes: NDArray[np.uint16], size: int) -> NDArray[np.int64]:
        """How often the corpus has each window of `size` (1 to 4) characters."""
        first, last = self._ranges(codes, size)
        counts: NDArray[np.int64] = last - first
        return counts

    def _in_split(self, places: NDArray[np.int32]) -> NDArray[np.int32]:
        """The places that are in the requested split."""
        return places if self._end == len(self._index.text) else places[places < self._end]

    def _matching(
        self, places: NDArray[np.int32], codes: NDArray[np.uint16], known: int
    ) -> NDArray[np.int32]:
        """The places that match all of `codes`; all of them match the first `known` characters."""
        for at in range(known, len(codes)):
            places = places[self._characters_after(places, at) == codes[at]]
        return places

    def _characters_after(self, places: NDArray[np.int32], distance: int) -> NDArray[np.uint16]:
        """The characters `distance` after the places, which match up to there.

        A match stays within its poem, and the text ends with a separator. So no index is out of
        range.
        """
        return self._index.text[places + distance]

    def _span(self, start: int, end: int, place: int) -> CopiedSpan:
        at = int(self._index.starts.searchsorted(place, "right")) - 1
        poem = self._library.poem(int(self._index.poems[at]))
        return CopiedSpan(start, end, poem.id, poem.title, poem.author)


def _han(text: str) -> str:
    return "".join(filter(is_han, text))
