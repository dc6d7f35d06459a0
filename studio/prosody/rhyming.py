"""Which rhyme a poem keeps, by the ends of its lines."""

from collections import Counter
from collections.abc import Sequence

from studio.prosody.rhymes import (
    RHYMES,
    Reading,
    counterparts,
    neighbours,
    readings,
    unrhymed_readings,
)

# Of the rhyming lines so many must be able to end in the level tone in a regulated poem.
LEVEL_SHARE = 0.75


def feet(lines: Sequence[str]) -> list[str]:
    """The characters that must rhyme: the last of every second line."""
    return [line[-1] for line in lines[1::2]]


def level_rhymes(character: str) -> frozenset[str]:
    """The level rhymes that a character can be read in."""
    return frozenset(reading.rhyme for reading in readings(character) if reading.level)


def can_be_level(character: str) -> bool:
    """Whether a character can end a rhyming line; an unknown one passes."""
    its = readings(character)
    return not its or any(reading.level for reading in its)


def in_rhyme(character: str, rhyme: str) -> bool:
    """Whether a character has a reading in a level rhyme; an unknown one passes."""
    its = readings(character)
    return not its or any(reading.level and reading.rhyme == rhyme for reading in its)


def in_neighbouring_rhyme(character: str, rhyme: str) -> bool:
    """Whether a character has a reading in a neighbour of a level rhyme."""
    return not level_rhymes(character).isdisjoint(neighbours(rhyme))


def sounds_like(character: str, rhyme: str) -> bool:
    """Whether an unrhymed character is like a level rhyme in all its oblique readings (撞韵)."""
    oblique = [reading for reading in unrhymed_readings(character) if not reading.level]
    return bool(oblique) and all(reading.rhyme in counterparts(rhyme) for reading in oblique)


def rhyme_of(lines: Sequence[str]) -> str:
    """The level rhyme of most rhyming lines.

    Where several are equal, that of the first line; then one that no other line's end sounds like;
    then the first foot's; then the first in the book. Empty where too many end in oblique tones,
    or no foot is known.
    """
    ends = feet(lines)
    if sum(map(can_be_level, ends)) < LEVEL_SHARE * len(ends):
        return ""
    in_book = RHYMES["平"].index
    counts = Counter(rhyme for end in ends for rhyme in sorted(level_rhymes(end), key=in_book))
    if not counts:
        return ""
    first = level_rhymes(lines[0][-1])
    others = [line[-1] for line in lines[::2]]
    return max(
        counts,
        key=lambda rhyme: (
            counts[rhyme],
            rhyme in first,
            not any(sounds_like(end, rhyme) for end in others),
        ),
    )


def rhyme_groups(lines: Sequence[str]) -> list[tuple[Reading, list[int]]]:
    """The rhymes of a poem in the old style, which may change, each with the lines that keep it.

    A rhyme goes on as long as one reading of all its feet, or a neighbouring level rhyme, does.
    """
    groups: list[tuple[set[Reading], list[int]]] = []
    for at in range(1, len(lines), 2):
        its = set(readings(lines[at][-1]))
        if groups and (not its or (common := _common(groups[-1][0], its))):
            if its:
                groups[-1] = (common, groups[-1][1])
            groups[-1][1].append(at)
        else:
            groups.append((its, [at]))
    return [(min(common), places) for common, places in groups if common]


def _common(group: set[Reading], its: set[Reading]) -> set[Reading]:
    """The readings that go on; where only neighbours do, the group's own that have one."""
    return group & its or {
        each
        for each in group
        for other in its
        if each.level and other.level and other.rhyme in neighbours(each.rhyme)
    }
