"""Fitting the lines of a poem to the four types of line of regulated verse (a A b B).

A poem is read as the cheapest sequence of types. A character off its tone costs by its place, and
so does a couplet that is not opposed (失对) or does not adhere to the one before (失粘): thus one
slip is one slip, and does not make every line after it wrong.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from studio.prosody.forms import line_types
from studio.prosody.rhymes import readings, rhyme_book, unrhymed_readings

LEVEL, OBLIQUE = 2, 1
OPPOSED, ADHERING = 1.0, 0.9
# What a line costs that ends in the level tone at the start of a poem without rhyming.
UNRHYMED = 0.5
_CLASSES = ("aA", "bB")

# A line's tones as two sets of bits: where it can be level, where it can be oblique.
Bits = tuple[int, int]
# The same where the line does not rhyme, and where it does.
EndBits = tuple[Bits, Bits]


class LineFit(msgspec.Struct, frozen=True):
    """A line as a type of line: `misses` are the positions off their tone, from 0."""

    type: str
    misses: tuple[int, ...]
    rescued: bool


class Fit(msgspec.Struct, frozen=True):
    """The lines with their types, and the lines before which the order of the types breaks."""

    lines: tuple[LineFit, ...]
    unopposed: tuple[int, ...]
    unadhering: tuple[int, ...]


@cache
def tone_masks(rhyming: bool = False) -> dict[str, int]:
    """Character -> LEVEL, OBLIQUE, or both, by the readings that count where it rhymes or not."""
    its = readings if rhyming else unrhymed_readings
    return {
        character: _or(LEVEL if reading.level else OBLIQUE for reading in its(character))
        for character in rhyme_book()
    }


def tones_of(character: str, rhyming: bool = False) -> int:
    """LEVEL, OBLIQUE, or both: an unknown character passes for either."""
    return tone_masks(rhyming).get(character, LEVEL | OBLIQUE)


def fit(lines: Sequence[str], line_length: int, rhyming_start: bool) -> Fit:
    """The cheapest sequence of line types. A line of another length fits everything.

    `rhyming_start` tells whether the first line's end can rhyme.
    """
    bits = [_bits_by_end(line) if len(line) == line_length else None for line in lines]
    # For each class of the line so far: cost, types, opposition breaks, adhesion breaks.
    paths = []
    for which, pair in enumerate(_CLASSES):
        plain = _cost(bits[0], pair[0], line_length)
        rhyming = _cost(bits[0], pair[1], line_length) + (0 if rhyming_start else UNRHYMED)
        # An end that can rhyme, does.
        rhymes = rhyming <= plain if rhyming_start else rhyming < plain
        paths.append((min(plain, rhyming), pair[rhymes], which))
    for at in range(1, len(lines)):
        closing = at % 2
        penalty = OPPOSED if closing else ADHERING
        following = []
        for which, pair in enumerate(_CLASSES):
            own = _cost(bits[at], pair[closing], line_length)
            cost, types, _ = min(
                (cost + (0 if (before == which) != bool(closing) else penalty), types, before)
                for cost, types, before in paths
            )
            following.append((cost + own, types + pair[closing], which))
        paths = following
    types = min(paths)[1]
    found = tuple(
        _line_fit(each, type_, line_length) for each, type_ in zip(bits, types, strict=True)
    )
    breaks = [at for at in range(1, len(types)) if _same(types, at) == bool(at % 2)]
    return Fit(
        found,
        unopposed=tuple(at for at in breaks if at % 2),
        unadhering=tuple(at for at in breaks if not at % 2),
    )


def tone_bits(line: str, rhyming: bool = False) -> Bits:
    """Where a line, whose end rhymes or not, can be level and oblique; bit 0 is its start."""
    level = oblique = 0
    for at, character in enumerate(line):
        mask = tones_of(character, rhyming and at == len(line) - 1)
        level |= (mask >> 1) << at
        oblique |= (mask & 1) << at
    return level, oblique


def _bits_by_end(line: str) -> EndBits:
    return tone_bits(line), tone_bits(line, rhyming=True)


def _same(types: str, at: int) -> bool:
    """Whether a line is of the class of the line before, whose second character is alike."""
    return types[at].lower() == types[at - 1].lower()


def _cost(bits: EndBits | None, type_: str, line_length: int) -> float:
    if bits is None:
        return 0.0
    weights = _weights(line_length)
    its = bits[type_.isupper()]
    return min(weights[_off(its, needs)] for needs in _needs(type_, line_length))


def _line_fit(bits: EndBits | None, type_: str, line_length: int) -> LineFit:
    if bits is None:
        return LineFit(type_, (), False)
    its = bits[type_.isupper()]
    misses = [_off(its, needs) for needs in _needs(type_, line_length)]
    rescued = misses[0] != 0 and misses[-1] == 0
    off = 0 if rescued else misses[0]
    return LineFit(type_, tuple(at for at in range(line_length) if off >> at & 1), rescued)


def _off(bits: Bits, needs: Bits) -> int:
    """The positions off their tone, as bits."""
    return needs[0] & ~bits[0] | needs[1] & ~bits[1]


@cache
def _needs(type_: str, line_length: int) -> tuple[Bits, ...]:
    """Where the pattern of a type, and its rescue, must be level and where oblique."""
    return tuple(
        (_places(pattern, "平"), _places(pattern, "仄"))
        for pattern in line_types()[type_].patterns(line_length)
    )


@cache
def _weights(line_length: int) -> tuple[float, ...]:
    """What each set of misses costs: the even places and the last decide, the others count half."""
    decisive = [at % 2 == 1 or at == line_length - 1 for at in range(line_length)]
    return tuple(
        sum((1.0 if decisive[at] else 0.5) for at in range(line_length) if misses >> at & 1)
        for misses in range(1 << line_length)
    )


def _places(pattern: str, tone: str) -> int:
    return _or(1 << at for at, each in enumerate(pattern) if each == tone)


def _or(values: Iterable[int]) -> int:
    result = 0
    for value in values:
        result |= value
    return result
