"""Finding a poem's rhyme from the ends of its lines."""

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

# The share of rhyming lines that must be able to end in the level tone in a regulated poem.
LEVEL_SHARE = 0.75


def feet(lines: Sequence[str]) -> list[str]:
    """The characters that must rhyme (韵脚): the last of every second line."""
    return [line[-1] for line in lines[1::2]]


def level_rhymes(character: str) -> frozenset[str]:
    """The level rhymes among a character's readings."""
    return frozenset(reading.rhyme for reading in readings(character) if reading.level)


def can_be_level(character: str) -> bool:
    """Whether a character can be level; an unknown one counts as level."""
    known = readings(character)
    return not known or any(reading.level for reading in known)


def in_rhyme(character: str, rhyme: str) -> bool:
    """Whether a character has a reading in this level rhyme; an unknown one counts as rhyming."""
    known = readings(character)
    return not known or any(reading.level and reading.rhyme == rhyme for reading in known)


def in_neighbouring_rhyme(character: str, rhyme: str) -> bool:
    """Whether a character has a reading in a neighbour of a level rhyme."""
    return not level_rhymes(character).isdisjoint(neighbours(rhyme))


def sounds_like(character: str, rhyme: str) -> bool:
    """Whether all oblique readings of an unrhymed character sound like a level rhyme (撞韵)."""
    oblique = [reading for reading in unrhymed_readings(character) if not reading.level]
    return bool(oblique) and all(reading.rhyme in counterparts(rhyme) for reading in oblique)


def rhyme_of(lines: Sequence[str]) -> str:
    """The level rhyme of most rhyming lines.

    Ties are decided in this order: the rhyme of the first line; a rhyme that no other line end
    sounds like; the rhyme of the first foot; the first in the rhyme book. Empty if too many lines
    end in oblique tones, or if no foot is known.
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
    """The rhymes of an old-style poem, which may change its rhyme, each with its lines.

    A rhyme continues while its feet have a common reading, or are neighbouring level rhymes.
    """
    groups: list[tuple[set[Reading], list[int]]] = []
    for at in range(1, len(lines), 2):
        foot = set(readings(lines[at][-1]))
        if groups and (not foot or (common := _common(groups[-1][0], foot))):
            if foot:
                groups[-1] = (common, groups[-1][1])
            groups[-1][1].append(at)
        else:
            groups.append((foot, [at]))
    return [(min(common), places) for common, places in groups if common]


def _common(group: set[Reading], foot: set[Reading]) -> set[Reading]:
    """The readings shared by a group and a foot, else those of the group that are neighbours."""
    return group & foot or {
        each
        for each in group
        for other in foot
        if each.level and other.level and other.rhyme in neighbours(each.rhyme)
    }
