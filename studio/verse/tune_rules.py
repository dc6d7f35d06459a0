"""Ci (词) by construction: each place of a tune has its tone, and the rhymes are drawn beforehand.

A tune has one pattern, so unlike in regulated verse no choice can lead to a dead end: the
characters of a place do not depend on those before it, except that no rhyme is used twice. A line
that is repeated (叠句) is fixed as soon as its first time is written.
"""

import random
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from studio.corpus.poem import STOPS
from studio.corpus.vocabulary import END, Vocabulary
from studio.errors import VerseError
from studio.prosody.rhymes import RhymeBook
from studio.prosody.tones import LEVEL, OBLIQUE, usual_tones
from studio.prosody.tunes import Tune, TunePattern, TunePlace
from studio.translation import marked, tr
from studio.verse.character_tables import common_mask
from studio.verse.constraints import FREE, too_few_characters
from studio.verse.fixed_characters import LineGrid, in_known_forms
from studio.verse.request import BLANK, ComposeRequest
from studio.verse.sampling import Floats, Tokens

_ALLOWS = {"平": LEVEL, "仄": OBLIQUE, "中": LEVEL | OBLIQUE}
# A rhyme: its name in the book, and whether it is level.
_Rhyme = tuple[str, bool]


class TuneRules:
    """The rules of a tune, for a text with blanks: one row for each candidate."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        pattern: TunePattern,
        text: str,
        book: RhymeBook,
        rows: int,
        seed: int,
    ) -> None:
        """`text` has a stop after each line of the pattern.

        Raises VerseError if the vocabulary has no rhyme, or no character of a tone.
        """
        self.lengths = pattern.lengths
        tokens = [FREE if each == BLANK else vocabulary.index(each) for each in text]
        self.fixed = np.repeat(np.array([[*tokens, END]]), rows, axis=0)
        places = (place for line in pattern.lines for place in line)
        self._places = [None if each in STOPS else next(places) for each in text]
        # The position at which the character of a position is said again.
        starts = list(accumulate((length + 1 for length in pattern.lengths), initial=0))
        self._again = {
            starts[at - 1] + place: starts[at] + place
            for at in pattern.again
            for place in range(pattern.lengths[at])
        }
        self._by_tone = _by_tone(vocabulary, book)
        blanks = zip(self._places, text, strict=True)
        tones = {p.tone for p, each in blanks if p and not p.rhyme and each == BLANK}
        if not all(self._by_tone[_ALLOWS[tone]].any() for tone in tones):
            raise too_few_characters()
        self._by_rhyme = _by_rhyme(vocabulary, book)
        # What may end a line, by its letter: (rows, vocabulary).
        self._endings: dict[str, Floats] = {}
        ends = [(place, each) for place, each in zip(self._places, text, strict=True) if place]
        for letter in dict.fromkeys(p.rhyme.casefold() for p, _ in ends if p.rhyme):
            own = [(p, each) for p, each in ends if p.rhyme.casefold() == letter]
            drawn = self._draw(own, book, rows, f"{seed}:{letter}")
            for written in {p.rhyme for p, _ in own}:
                masks = [self._by_rhyme[name, written.isupper()] for name in drawn]
                self._endings[written] = np.stack(masks)
        # The rhymes that are fixed or written.
        self._used = np.zeros((rows, len(vocabulary)), np.bool_)
        self._used[:, [vocabulary.index(each) for p, each in ends if p.rhyme and each != BLANK]] = 1

    def _draw(
        self, ends: Sequence[tuple[TunePlace, str]], book: RhymeBook, rows: int, seed: str
    ) -> list[str]:
        """The name of a rhyme for each row, which the ends that are fixed have too."""
        wanted = Counter(place.rhyme.isupper() for place, _ in ends)
        supply = {
            name: min(self._by_rhyme[name, level].sum() / count for level, count in wanted.items())
            for name in dict.fromkeys(name for name, _ in self._by_rhyme)
            if all((name, level) in self._by_rhyme for level in wanted)
        }
        possible = {name: float(each) for name, each in supply.items() if each}
        for place, character in ends:
            level = place.rhyme.isupper()
            fits = {each.rhyme for each in book.readings(character) if each.level == level}
            if character != BLANK:
                possible = {k: v for k, v in possible.items() if k in fits} or possible
        if not possible:
            raise VerseError(
                tr(
                    "The model does not know enough characters that rhyme for this tune. Choose "
                    "another tune, or a model that was trained on more poems."
                )
            )
        enough = {name: each for name, each in possible.items() if each >= 1} or possible
        names = list(enough)
        return [
            random.Random(f"{seed}:{row}").choices(names, [enough[each] for each in names])[0]
            for row in range(rows)
        ]

    def allowed(self, position: int) -> Floats:
        place = self._places[position]
        assert place is not None  # stops are fixed
        if not place.rhyme:
            return self._by_tone[_ALLOWS[place.tone]]
        endings = self._endings[place.rhyme]
        unused = np.where(self._used, 0, endings).astype(np.float32)
        found: Floats = np.where(unused.any(axis=1, keepdims=True), unused, endings)
        return found

    def take(self, position: int, tokens: Tokens) -> None:
        place = self._places[position] if position < len(self._places) else None
        if place and place.rhyme:
            self._used[np.arange(len(tokens)), tokens] = True
        if position in self._again:
            later = self.fixed[:, self._again[position]]
            later[:] = np.where(later == FREE, tokens, later)

    def select_rows(self, rows: Tokens) -> None:
        self.fixed, self._used = self.fixed[rows], self._used[rows]
        self._endings = {letter: each[rows] for letter, each in self._endings.items()}


def rules_of_tune(
    vocabulary: Vocabulary, tune: Tune, request: ComposeRequest, rows: int
) -> TuneRules:
    """The rules for the drafts of a request, one a row.

    Raises VerseError if it has what a tune cannot take, or if its opening is not that of its given
    text.
    """
    if request.acrostic or request.last or request.words or request.rhyme or request.lines:
        raise VerseError(
            tr(
                "A ci takes an opening or a given text only. Leave out the acrostic, the last "
                "line, the words, the rhyme and the number of lines."
            )
        )
    parts = {
        part: "".join(each for each in text if each not in STOPS)
        for part, text in (
            (marked("the given text"), request.given),
            (marked("the opening"), request.first),
        )
    }
    count = max(map(len, parts.values()))
    pattern = tune.pattern_holding(count)
    if count > pattern.length:
        raise VerseError(
            tr(
                "{tune} has {length} characters; the text has {count}. Shorten it.",
                tune=tune.name,
                length=pattern.length,
                count=count,
            )
        )
    lines = LineGrid(pattern.lengths)
    for part, typed in parts.items():
        characters = in_known_forms(typed, vocabulary)
        for at, (start, end) in enumerate(pairwise(accumulate(pattern.lengths, initial=0))):
            lines.put(at, characters[start:end], part)
    filled = list(lines.grid)
    for at in pattern.again:
        # Where both lines are given they may differ.
        both = list(zip(filled[at - 1], filled[at], strict=True))
        filled[at - 1] = tuple(said or again for said, again in both)
        filled[at] = tuple(again or said for said, again in both)
    text = with_stops(pattern, "".join(each or BLANK for line in filled for each in line))
    book = request.measure.book_for(tune.name)
    return TuneRules(vocabulary, pattern, text, book, rows, request.seed)


def with_stops(pattern: TunePattern, characters: str) -> str:
    """The characters in the lines of a pattern: a full stop after a rhyme, else a comma."""
    text, at = "", 0
    for line in pattern.lines:
        text += characters[at : at + len(line)] + ("。" if line[-1].rhyme else "，")
        at += len(line)
    return text[:-1] + "。"


@lru_cache(maxsize=4)
def _by_tone(vocabulary: Vocabulary, book: RhymeBook) -> dict[int, Floats]:
    """The characters of each tone, as masks of the vocabulary."""
    tones = np.array([usual_tones(book).get(each, 0) for each in _characters(vocabulary)])
    wanted = (LEVEL, OBLIQUE, LEVEL | OBLIQUE)
    common = common_mask(vocabulary)
    return {each: ((tones & each != 0) & common).astype(np.float32) for each in wanted}


@lru_cache(maxsize=4)
def _by_rhyme(vocabulary: Vocabulary, book: RhymeBook) -> dict[_Rhyme, Floats]:
    """The characters that usually have each rhyme, as masks of the vocabulary."""
    found: dict[_Rhyme, Floats] = {}
    common = common_mask(vocabulary)
    for index, character in enumerate(_characters(vocabulary)):
        for reading in book.readings(character) if common[index] else ():
            if not book.seldom_rhymes(character, reading):
                empty = np.zeros(len(vocabulary), np.float32)
                found.setdefault((reading.rhyme, reading.level), empty)[index] = 1
    return found


def _characters(vocabulary: Vocabulary) -> list[str]:
    return [vocabulary.decode([index]) for index in range(len(vocabulary))]
