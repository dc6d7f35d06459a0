"""The words of two characters in a library: pairs that fit the rhythm of its lines.

A line is read in pairs from its start; in lines of five and seven a last three follow, which are
split as 2+1 or 1+2. So a word fills a pair and ends a line, but hardly straddles two pairs. What is
counted: how often two characters are

- a pair (春风 in 春风不度), which in the last three may be one of two: those that end the line;
- neighbours in two pairs (风不).

Two characters are a word if they are a pair twice as often as neighbours, `LEAST` times, and if the
logarithm of these odds and their pointwise mutual information as pairs make `FIRM` together. The
common words of the Tang (data/words.txt) need no more than the first. Two characters that cannot
end a line (终不) are no word: of at least `KNOWN` places of the second one, fewer than `ENDING` do.
"""

from collections.abc import Mapping

from studio.corpus.library import Library
from studio.corpus.poem import STOPS, is_han
from studio.prosody.parallelism import common_words

LEAST, FIRM, ENDING, KNOWN = 3, 1.5, 0.005, 200
_KINDS = 4


class Words:
    """The words of a library, each with how often it is found where a word can be."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(sorted(counts.items(), key=lambda each: -each[1]))

    @classmethod
    def of_library(cls, library: Library) -> "Words":
        """Counted from all poems, which takes about a second; raises CorpusError."""
        return cls(_words("\n".join(poem.text for poem in library.poems())))

    def __contains__(self, text: object) -> bool:
        return text in self._counts

    def count(self, text: str) -> int:
        """How often a word is found; 0 for what is not a word."""
        return self._counts.get(text, 0)

    def beginning(self, character: str) -> dict[str, int]:
        """The words that begin with a character, the most frequent first."""
        return self._at(0, character)

    def ending(self, character: str) -> dict[str, int]:
        """The words that end with a character, the most frequent first."""
        return self._at(1, character)

    def _at(self, place: int, character: str) -> dict[str, int]:
        return {word: count for word, count in self._counts.items() if word[place] == character}

    def places(self, line: str, at: int) -> range:
        """The places of the word that a character of a line is in; its own if it is in none."""
        pairs = (start for start in (at - 1, at) if _is_pair(len(line), start))
        found = {start: self.count(line[start : start + 2]) for start in pairs}
        start = max(found, key=found.__getitem__, default=at)
        return range(start, start + 2) if found.get(start) else range(at, at + 1)


def _is_pair(length: int, start: int) -> bool:
    """Whether two characters from a place of a line can be a word in its rhythm."""
    in_last_three = length % 2 == 1 and start >= length - 3
    return 0 <= start < length - 1 and (start % 2 == 0 or in_last_three)


def _words(text: str) -> dict[str, int]:
    """The words of a text of lines with stops."""
    import numpy as np

    codes = np.frombuffer(f"\n{text}\n".encode("utf-32-le"), dtype=np.uint32)
    in_line = ~np.isin(codes, [*map(ord, STOPS), ord("\n")])
    edges = np.flatnonzero(np.diff(in_line.astype(np.int8)))
    starts, lengths = edges[::2] + 1, edges[1::2] - edges[::2]
    # For each pair of neighbours: the place of the first in its line, and the line's length.
    length = np.repeat(lengths, lengths)
    place = np.arange(len(length)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.repeat(starts, lengths) + place
    inside = place < length - 1
    length, place, first = length[inside], place[inside], first[inside]
    # Where the last three begin, and what two characters are: a pair, neighbours in two pairs, the
    # first two or the last two of the last three.
    rest = np.where(length % 2 == 1, length - 3, length)
    kind = np.where(place < rest, place % 2, 2 + place - rest)
    # A pair is a number: that of its first character times `base`, plus that of its second.
    distinct = np.flatnonzero(np.bincount(codes))
    base = len(distinct)
    number = np.zeros(distinct[-1] + 1, dtype=np.int64)
    number[distinct] = np.arange(base)
    both = number[codes[first]] * base + number[codes[first + 1]]
    kinds, counts = np.unique(both * _KINDS + kind, return_counts=True)
    pairs, which = np.unique(kinds // _KINDS, return_inverse=True)
    table = np.zeros((_KINDS, len(pairs)), dtype=np.int64)
    table[kinds % _KINDS, which] = counts
    paired, neighbours, _, closing = table
    everywhere = table.sum(axis=0) - neighbours

    begin, end = np.divmod(pairs, base)
    ends, all_ends = np.bincount(end, closing)[end], np.bincount(end, everywhere)[end]
    expected = np.bincount(begin, paired)[begin] * np.bincount(end, paired)[end]
    twice = paired + closing >= 2 * neighbours
    can_end = (ends >= ENDING * all_ends) | (all_ends < KNOWN)
    odds = np.log((paired + closing + 1) / (2 * neighbours + 1))
    information = np.log(np.maximum(paired, 1) * paired.sum() / np.maximum(expected, 1))
    firm = (paired >= LEAST) & (odds + information > FIRM)
    characters = [chr(code) for code in distinct.tolist()]
    numbers = {each: at for at, each in enumerate(characters) if is_han(each)}
    common = [
        numbers[word[0]] * base + numbers[word[1]]
        for word in common_words()
        if word[0] in numbers and word[1] in numbers
    ]
    chosen = (everywhere > 0) & twice & can_end & (firm | np.isin(pairs, common))
    words = (characters[pair // base] + characters[pair % base] for pair in pairs[chosen].tolist())
    found = zip(words, everywhere[chosen].tolist(), strict=True)
    return {word: count for word, count in found if all(map(is_han, word))}
