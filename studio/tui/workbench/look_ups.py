"""Look-ups for the workbench, answered from the library outside the application's thread."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from studio.corpus import lookups
from studio.corpus.library import Library
from studio.corpus.lookups import Frequency, WordsOf
from studio.corpus.poem import named
from studio.corpus.words import Words
from studio.messages import VectorsRead
from studio.paths import Home
from studio.prosody.rhymes import RhymeBook
from studio.translation import tr, tr_n
from studio.tui.poem.glossary import group_named
from studio.verse.nearest import NearestLines

Kind = Literal["rhyme", "words", "pairs", "lines", "nearest"]
KINDS: tuple[Kind, ...] = ("rhyme", "words", "pairs", "lines", "nearest")
_CHARACTERS, _WORDS, _LINES, _NEAR = 120, 40, 60, 20


class LookedUp(NamedTuple):
    """What is looked up, and where it is: a character or word, from `at`, in one of the lines.

    Lines that face each other are `apart`: 1, or in a couplet as many as a half has.
    """

    text: str
    lines: tuple[str, ...]
    line: int
    at: int
    apart: int = 1

    @property
    def facing(self) -> int:
        """The line that faces the one with the text."""
        is_lower = self.line // self.apart % 2
        return self.line - self.apart if is_lower else self.line + self.apart


class PutIn(NamedTuple):
    """Characters to put into a line of the poem from a place on; both count from 0."""

    line: int
    at: int
    characters: str


class Found(NamedTuple):
    """A row: a text, what is said of it, and how it can be put into the poem, if it can.

    A row without a `text` is a heading.
    """

    text: str
    about: str
    put: PutIn | None = None


class LookUps:
    """Keeps what takes long to make: the counts of characters and words, the index of lines."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._counts: Counter[str] | None = None
        self._words: Words | None = None
        self._nearest: tuple[str, NearestLines] | None = None

    def find(self, kind: Kind, place: LookedUp, book: RhymeBook) -> list[Found]:
        """Look something up; takes up to some seconds, and raises StudioError."""
        with Library.open(self._home.library) as library:
            match kind:
                case "rhyme":
                    return list(self._rhymes(library, place, book))
                case "words":
                    return list(_words(library, self._words_of, place))
                case "pairs":
                    return list(_pairs(library, self._words_of, place, book))
                case _:
                    return list(_lines(library, place))

    def word_at(self, line: str, at: int) -> range:
        """The places of the word that a character of a line is in, else its own.

        Takes about a second at first, and raises StudioError.
        """
        with Library.open(self._home.library) as library:
            words = self._words_of(library)
            plain = library.in_script(line)
        return words.places(plain if len(plain) == len(line) else line, at)

    def _words_of(self, library: Library) -> Words:
        if self._words is None:
            self._words = Words.of_library(library)
        return self._words

    def has_index(self, read: VectorsRead) -> bool:
        """Whether the index of lines is made for a model: that takes some seconds."""
        return self._nearest is not None and self._nearest[0] == read.model

    def find_nearest(self, place: LookedUp, read: VectorsRead) -> list[Found]:
        """The lines nearest to the one looked at, by the vectors of a model."""
        with Library.open(self._home.library) as library:
            if self._nearest is None or self._nearest[0] != read.model:
                index = NearestLines(library.poems(), read.vocabulary, read.vectors)
                self._nearest = read.model, index
            found = self._nearest[1].find(place.lines[place.line], _NEAR)
            poems = [(each, library.poem(each.poem)) for each in found]
        return [
            Found(each.line, f"{each.nearness:.2f} {named(poem.author, poem.title)}")
            for each, poem in poems
        ]

    def _rhymes(self, library: Library, place: LookedUp, book: RhymeBook) -> Iterator[Found]:
        if self._counts is None:
            self._counts = lookups.count_characters(library)
        character = place.text[-1]
        at = place.at + len(place.text) - 1
        for group in lookups.rhyme_groups(character, book, self._counts, _CHARACTERS):
            named = group_named(group.name)
            yield Found("", tr("{reading}, rare", reading=named) if group.rare else named)
            for each in group.characters:
                about = f"{each.count:,}"
                if each.rare:
                    about = tr("rare reading")
                yield Found(each.text, about, PutIn(place.line, at, each.text))


def _words(library: Library, words_of: WordsOf, place: LookedUp) -> Iterator[Found]:
    found = lookups.words_with(library, words_of, place.text, _WORDS)
    for heading, listed, shift in (
        (f"{place.text}…", found.beginning, 0),
        (f"…{place.text}", found.ending, -1),
    ):
        yield Found("", heading)
        for each in listed:
            yield _taken(each, place, place.line, place.at + shift)


def _pairs(
    library: Library, words_of: WordsOf, place: LookedUp, book: RhymeBook
) -> Iterator[Found]:
    for each in lookups.facing_words(library, words_of, place.text, book, _WORDS):
        yield _taken(each, place, place.facing, place.at)


def _taken(found: Frequency, place: LookedUp, line: int, at: int) -> Found:
    """A word that can be put into a line, if there is room for it."""
    length = len(place.lines[line]) if 0 <= line < len(place.lines) else 0
    put = PutIn(line, at, found.text) if at >= 0 and at + len(found.text) <= length else None
    return Found(found.text, f"{found.count:,}", put)


def _lines(library: Library, place: LookedUp) -> Iterator[Found]:
    found = lookups.lines_with(library, place.text, _LINES)
    yield Found("", tr_n("{count:,} line", "{count:,} lines", found.count))
    for each in found.lines:
        yield Found(each.line, named(each.author, each.title))
