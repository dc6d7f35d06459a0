"""Finding a poem's rhyme from the ends of its lines."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from studio.prosody.rhymes import PINGSHUI, Reading, RhymeBook
from studio.prosody.rules import BLANK

# The share of rhyming lines that must be able to end in the level tone in a regulated poem.
LEVEL_SHARE = 0.75


def feet(lines: Sequence[str]) -> list[str]:
    """The characters that must rhyme (韵脚): the last of every second line."""
    return [line[-1] for line in lines[1::2]]


def is_open(lines: Sequence[str]) -> bool:
    """Whether no character that must rhyme is written yet."""
    return all(foot == BLANK for foot in feet(lines))


def level_rhymes(character: str, book: RhymeBook = PINGSHUI) -> frozenset[str]:
    """The level rhymes among a character's readings."""
    return frozenset(reading.rhyme for reading in book.readings(character) if reading.level)


def can_be_level(character: str, book: RhymeBook = PINGSHUI) -> bool:
    """Whether a character can be level; an unknown one counts as level."""
    known = book.readings(character)
    return not known or any(reading.level for reading in known)


def in_rhyme(character: str, rhyme: str, book: RhymeBook = PINGSHUI) -> bool:
    """Whether a character has a reading in this level rhyme; an unknown one counts as rhyming."""
    known = book.readings(character)
    return not known or any(reading.level and reading.rhyme == rhyme for reading in known)


def in_neighbouring_rhyme(character: str, rhyme: str, book: RhymeBook = PINGSHUI) -> bool:
    """Whether a character has a reading in a neighbour of a level rhyme."""
    return not level_rhymes(character, book).isdisjoint(book.neighbours(rhyme))


def sounds_like(character: str, rhyme: str, book: RhymeBook = PINGSHUI) -> bool:
    """Whether all oblique readings of an unrhymed character sound like a level rhyme (撞韵)."""
    oblique = [reading for reading in book.unrhymed_readings(character) if not reading.level]
    return bool(oblique) and all(reading.rhyme in book.counterparts(rhyme) for reading in oblique)


def rhyme_of(
    lines: Sequence[str], book: RhymeBook = PINGSHUI, level_share: float = LEVEL_SHARE
) -> str:
    """The level rhyme of most rhyming lines.

    Ties are decided in this order: the rhyme that rests on fewer rare readings; the rhyme of the
    first line; a rhyme that no other line end sounds like; the rhyme of the first foot; the first
    in the rhyme book. If no foot is in a level rhyme, as when none is written yet, it is the rhyme
    of the first line. Empty if less than `level_share` of the feet can be level, or if no rhyme is
    found.
    """
    ends = feet(lines)
    if sum(can_be_level(end, book) for end in ends) < level_share * len(ends):
        return ""
    in_book = book.rhymes.index
    counts: Counter[str] = Counter()
    for rhyming in (ends, lines[0][-1:]):
        counts = counts or Counter(
            rhyme for end in rhyming for rhyme in sorted(level_rhymes(end, book), key=in_book)
        )
    if not counts:
        return ""
    first = level_rhymes(lines[0][-1], book)
    others = [line[-1] for line in lines[::2]]
    return max(
        counts,
        key=lambda rhyme: (
            counts[rhyme],
            -sum(book.is_rare(line[-1], rhyme, line[-2:-1]) for line in lines),
            rhyme in first,
            not any(sounds_like(end, rhyme, book) for end in others),
        ),
    )


def rhyme_groups(lines: Sequence[str], book: RhymeBook = PINGSHUI) -> list[tuple[str, list[int]]]:
    """The rhymes of an old-style poem, which may change its rhyme, each by name with its lines.

    A rhyme continues while its feet have a rhyme in common, or are neighbours in the same tone. If
    they have several in common, its name is the one that they have most often. An unknown foot, or
    a blank, belongs to the rhyme before it, or after it if it is the first.
    """
    groups: list[tuple[set[Reading], list[int]]] = []
    for at in range(1, len(lines), 2):
        foot = set(book.readings(lines[at][-1]))
        before = groups[-1][0] if groups else set()
        common = _common(before, foot, book) if before and foot else before or foot
        if groups and (common or not foot):
            groups[-1] = (common, [*groups[-1][1], at])
        else:
            groups.append((foot, [at]))
    return [
        (_usual({*map(book.group, common)}, [lines[at][-1] for at in places], book), places)
        for common, places in groups
        if common
    ]


def unrhymed(lines: Sequence[str], book: RhymeBook = PINGSHUI) -> list[int]:
    """The feet of an old-style poem that rhyme with no other, nor with the line before them."""
    alone = [places[0] for _, places in rhyme_groups(lines, book) if len(places) == 1]
    return [at for at in alone if not _rhyme_together(lines[at - 1][-1], lines[at][-1], book)]


def _rhyme_together(one: str, other: str, book: RhymeBook) -> bool:
    """Whether two characters rhyme in the old style; a character does not rhyme with itself."""
    its, others = set(book.readings(one)), set(book.readings(other))
    return one != other and bool(not its or _common(its, others, book))


def _common(group: set[Reading], foot: set[Reading], book: RhymeBook) -> set[Reading]:
    """The readings of a group that rhyme with a foot, else those that are neighbours of it."""
    names = set(map(book.group, foot))
    near = {Reading(each.tone, other) for each in foot for other in book.neighbours(each.rhyme)}
    return {each for each in group if book.group(each) in names} or group & near


def _usual(names: set[str], ends: Sequence[str], book: RhymeBook) -> str:
    """The rhyme that these ends have most often; the first in the book if several tie."""
    uses: defaultdict[str, float] = defaultdict(float)
    for end in ends:
        for reading in book.readings(end):
            uses[book.group(reading)] += book.share(end, reading)
    return max((name for name in uses if name in names), key=uses.__getitem__)
