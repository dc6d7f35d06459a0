"""Look-ups for a poet at work, answered from the library: rhymes, words, facing words, lines."""

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from studio.corpus.library import LARGEST, Library, Query
from studio.corpus.poem import STOPS, Poem, is_han, verse_lines
from studio.corpus.words import Words
from studio.errors import CorpusError
from studio.prosody.parallelism import middle_couplets
from studio.prosody.rhymes import Reading, RhymeBook
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.translation import tr

# The forms whose middle couplets must be parallel.
_PARALLEL = ("五律", "七律")

# Between the spellings of a text that the library may have in several.
_SPELLINGS = "/"

# What counts the words of a library, or keeps them.
WordsOf = Callable[[Library], Words]


class Frequency(msgspec.Struct, frozen=True):
    """A character, word or phrase, and how often it was found."""

    text: str
    count: int


class Rhyming(msgspec.Struct, frozen=True):
    """A character, and how often it is found with its readings in a rhyme, as far as is known.

    `rare`: it seldom has them.
    """

    text: str
    count: int
    rare: bool


class RhymeGroup(msgspec.Struct, frozen=True):
    """A rhyme, such as 平東 or 仄第一部, with those of its characters that the library has.

    `rare`: the character that was looked up seldom has a reading in it.
    """

    name: str
    rare: bool
    characters: tuple[Rhyming, ...]


class WordsFound(msgspec.Struct, frozen=True):
    """What begins and what ends with a text, one character longer, the most frequent first.

    `text` is what was looked for, with its spellings if there are several: 干/乾.
    """

    text: str
    beginning: tuple[Frequency, ...]
    ending: tuple[Frequency, ...]


class LineFound(msgspec.Struct, frozen=True):
    """A line of the library, with the poem that it is from; `poem` is its id."""

    line: str
    author: str
    title: str
    poem: int


class LinesFound(msgspec.Struct, frozen=True):
    """The first lines that hold a text, in the order of the library, and how many there are.

    `text` is what was looked for, with its spellings if there are several: 干/乾.
    """

    text: str
    count: int
    lines: tuple[LineFound, ...]


def count_characters(library: Library) -> Counter[str]:
    """How often each Chinese character occurs in the library."""
    counts = Counter("".join(poem.text for poem in library.poems()))
    return Counter({each: count for each, count in counts.items() if is_han(each)})


def rhyme_groups(
    character: str, book: RhymeBook, counts: Counter[str], limit: int
) -> tuple[RhymeGroup, ...]:
    """The rhymes of a character, each with at most `limit` characters, the most frequent first.

    A character counts as often as it has the reading; those that seldom have it come last. Of the
    rhymes the one that the character has most often is the first. Raises CorpusError if the rhyme
    book does not have the character.
    """
    readings = book.readings(character)
    if not readings:
        raise CorpusError(
            tr(
                "{character} is not in {book}. Give one Chinese character, as in "
                "`tangshi-studio lookup rhyme 东`.",
                character=character,
                book=book.name,
            )
        )
    names = dict.fromkeys(map(book.group, readings))
    by_use = sorted(names, key=lambda name: -_share(character, name, book))
    return tuple(
        RhymeGroup(
            name,
            _is_seldom(character, name, book),
            tuple(_rhyming(name, book, counts)[:limit]),
        )
        for name in by_use
    )


def _rhyming(name: str, book: RhymeBook, counts: Counter[str]) -> list[Rhyming]:
    found = [
        Rhyming(
            each,
            max(1, round(count * _share(each, name, book))),
            _is_seldom(each, name, book),
        )
        for each, count in counts.items()
        if _readings_in(each, name, book)
    ]
    return sorted(found, key=lambda each: (each.rare, -each.count))


def _readings_in(character: str, name: str, book: RhymeBook) -> list[Reading]:
    """The readings of a character in the rhyme of this name."""
    return [each for each in book.readings(character) if book.group(each) == name]


def _share(character: str, name: str, book: RhymeBook) -> float:
    """How often a character has one of them, from 0 to 1."""
    return sum(book.share(character, each) for each in _readings_in(character, name, book))


def _is_seldom(character: str, name: str, book: RhymeBook) -> bool:
    its = _readings_in(character, name, book)
    return book.seldom_read(character, its) or any(
        each.level and book.is_rare(character, each.rhyme) for each in its
    )


def words_with(library: Library, words_of: WordsOf, typed: str, limit: int) -> WordsFound:
    """What begins and ends with a text in the lines of the library; raises CorpusError.

    With a single character these are the words of two. Three characters go together only as the
    last of a line.
    """
    texts = _spelled(library, typed)
    beginning, ending = Counter[str](), Counter[str]()
    if len(texts[0]) == 1:
        words = words_of(library)
        for text in texts:
            beginning += Counter(words.beginning(text))
            ending += Counter(words.ending(text))
    else:
        for _, line in _lines(library, texts):
            for at, end in _occurrences(line, texts):
                if end < len(line) and _is_phrase(line, at, end + 1):
                    beginning[line[at : end + 1]] += 1
                if at and _is_phrase(line, at - 1, end):
                    ending[line[at - 1 : end]] += 1
    return WordsFound(_SPELLINGS.join(texts), _most(beginning, limit), _most(ending, limit))


def facing_words(
    library: Library, words_of: WordsOf, typed: str, book: RhymeBook, limit: int
) -> tuple[Frequency, ...]:
    """What faces a text in the middle couplets of regulated poems; raises CorpusError.

    It is in the same places of the other line, has the opposite tone in its last place, and shares
    no character with the text. What faces two characters is a word.
    """
    texts = _spelled(library, typed)
    words = words_of(library) if len(texts[0]) == 2 else None
    found = Counter[str]()
    for form in _PARALLEL:
        for poem in library.search(Query(texts[-1], form), limit=LARGEST):
            for first, second in middle_couplets(verse_lines(poem.text)):
                for own, other in ((first, second), (second, first)):
                    for at, end in _occurrences(own, texts):
                        text, facing = own[at:end], other[at:end]
                        if _opposed(text, facing, book) and (words is None or facing in words):
                            found[facing] += 1
    return _most(found, limit)


def lines_with(library: Library, typed: str, limit: int) -> LinesFound:
    """The lines of the library that hold a text; raises CorpusError."""
    texts = _spelled(library, typed)
    found = [
        LineFound(line, poem.author, poem.title, poem.id) for poem, line in _lines(library, texts)
    ]
    return LinesFound(_SPELLINGS.join(texts), len(found), tuple(found[:limit]))


def checked(library: Library, typed: str) -> str:
    """The typed text in the script of the library; a line may be typed with the stop after it."""
    text = library.in_script(typed).strip(STOPS)
    if not text or not all(map(is_han, text)):
        raise CorpusError(
            tr("{text!r} is not Chinese characters. Give a character or a word.", text=typed)
        )
    return text


def _spelled(library: Library, typed: str) -> tuple[str, ...]:
    """The ways in which the library may have the typed text, all as long; the last as typed."""
    checked(library, typed)
    return tuple(text.strip(STOPS) for text in library.spellings(typed))


def _lines(library: Library, texts: tuple[str, ...]) -> Iterator[tuple[Poem, str]]:
    for poem in library.search(Query(texts[-1]), limit=LARGEST):
        for line in verse_lines(poem.text):
            if any(text in line for text in texts):
                yield poem, line


def _occurrences(line: str, texts: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where one of the texts begins and ends."""
    for at in range(len(line)):
        if line.startswith(texts, at):
            yield at, at + len(texts[0])


def _is_phrase(line: str, start: int, end: int) -> bool:
    return end - start != 3 or end == len(line)


def _opposed(text: str, facing: str, book: RhymeBook) -> bool:
    if len(facing) < len(text) or set(text) & set(facing):
        return False
    tones = tones_of(text[-1], True, book) | tones_of(facing[-1], True, book)
    return tones == LEVEL | OBLIQUE


def _most(counts: Counter[str], limit: int) -> tuple[Frequency, ...]:
    return tuple(Frequency(text, count) for text, count in counts.most_common(limit))
