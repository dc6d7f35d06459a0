"""The rules of a couplet: what faces each other is opposed in tone and alike in kind."""

import numpy as np
from numpy.typing import NDArray

from studio.corpus.poem import STOPS
from studio.corpus.vocabulary import PAD, Vocabulary
from studio.prosody.couplet import FACING, Halves
from studio.prosody.parallelism import Table, kind_tables, metrical_places
from studio.prosody.rhymes import RhymeBook
from studio.prosody.tones import tones_of
from studio.prosody.tunes import TunePattern, TunePlace
from studio.verse.constraints import FREE
from studio.verse.request import BLANK
from studio.verse.sampling import Floats, Tokens
from studio.verse.tune_rules import TuneRules

# How many times likelier a character is that faces one of the same kind, and one of the same part
# of speech; and one that repeats where the other half does (风声雨声读书声, 家事国事天下事).
_SAME_KIND, _SAME_PART, _SAME_REPEAT = 20.0, 5.0, 1e12
# And one that is in the other half.
_SHARED = 1e-3


class FacingRules(TuneRules):
    """The rules of a couplet with blanks: one row for each candidate.

    What is written first is free in its kind, and what is written later follows it.
    """

    def __init__(
        self, vocabulary: Vocabulary, halves: Halves, text: str, book: RhymeBook, rows: int
    ) -> None:
        """`text` has the lines of the halves, each with a stop."""
        super().__init__(vocabulary, facing_pattern(halves, book), text, book, rows, 0)
        places = [at for at, each in enumerate(text) if each not in STOPS]
        self._half = len(places) // 2
        # The number of a character in the couplet, by its position in the text.
        self._number = {at: number for number, at in enumerate(places)}
        # (rows, characters): what is fixed and written.
        self._characters = self.fixed[:, places].copy()
        kinds, parts = kind_tables()
        self._kinds, self._parts = _as_bits(vocabulary, kinds), _as_bits(vocabulary, parts)

    def allowed(self, position: int) -> Floats:
        """Shares above 1 for what faces the other half well."""
        number = self._number[position]
        halves = self._characters[:, : self._half], self._characters[:, self._half :]
        own, other = halves if number < self._half else halves[::-1]
        at = number % self._half
        facing = np.maximum(other[:, at], PAD)[:, None]
        part = (self._parts[facing] & self._parts) != 0
        kind = (self._kinds[facing] & self._kinds) != 0
        weights = np.where(kind, _SAME_KIND, np.where(part, _SAME_PART, np.float32(1)))
        for row, here in enumerate(other):
            weights[row, here[here != FREE]] *= _SHARED
            if here[at] != FREE:
                weights[row, own[row, :at][here[:at] == here[at]]] = _SAME_REPEAT
        found: Floats = super().allowed(position) * weights
        return found

    def take(self, position: int, tokens: Tokens) -> None:
        if position in self._number:
            self._characters[:, self._number[position]] = tokens

    def select_rows(self, rows: Tokens) -> None:
        super().select_rows(rows)
        self._characters = self._characters[rows]


def facing_pattern(halves: Halves, book: RhymeBook) -> TunePattern:
    """The tones of both halves: what is written is opposed to what is given.

    Where both are to be written, the tones alternate from the end of the line. The ends of the
    lines alternate, too, up to the last ones, which are oblique and level.
    """
    rows: tuple[list[tuple[TunePlace, ...]], ...] = [], []
    for at, pair in enumerate(zip(*halves, strict=True), start=1 - len(halves[0])):
        places = metrical_places(len(pair[0]))
        upper, lower = ["中"] * len(pair[0]), ["中"] * len(pair[0])
        for turn, place in enumerate(reversed(places), start=-at):
            if at == 0 and place == places[-1]:
                upper[place], lower[place] = "仄平"
            elif pair[0][place] == pair[1][place] == BLANK:
                upper[place], lower[place] = "平仄" if turn % 2 else "仄平"
            else:
                upper[place] = FACING[tones_of(pair[1][place], book=book)]
                lower[place] = FACING[tones_of(pair[0][place], book=book)]
        for row, each in zip(rows, (upper, lower), strict=True):
            row.append(tuple(map(TunePlace, each)))
    return TunePattern((*rows[0], *rows[1]))


def _as_bits(vocabulary: Vocabulary, table: Table) -> NDArray[np.uint64]:
    """For each character a bit for each name that the table gives it, (vocabulary,)."""
    bits = {
        name: np.uint64(1 << at)
        for at, name in enumerate(sorted(frozenset().union(*table.values())))
    }
    found = np.zeros(len(vocabulary), np.uint64)
    for character, names in table.items():
        if character in vocabulary:
            found[vocabulary.index(character)] = sum(bits[name] for name in names)
    return found
