"""Fitting the lines of a poem to the four types of line of regulated verse (a A b B).

The fit is the cheapest sequence of types. A wrong tone costs according to its place. A couplet
that is not opposed (失对), or does not adhere to the previous one (失粘), costs too. So one mistake
counts once, and does not make every later line wrong.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from studio.prosody.forms import line_types
from studio.prosody.rhymes import PINGSHUI, RhymeBook
from studio.prosody.rules import TANG, ScanRules

LEVEL, OBLIQUE = 2, 1
OPPOSED, ADHERING = 1.0, 0.9
# The cost of a first line of a rhyming type that does not rhyme.
UNRHYMED = 0.5
# What more it costs if the tones say otherwise: if a couplet that is not opposed, or does not
# adhere, has the right tone in the second place, or if a line alternates, but in every even place
# with the wrong tone.
CONTRARY = 1.0
_CLASSES = ("aA", "bB")

# Of two fits the one with fewer rare readings is taken; each weighs less than any wrong tone.
SELDOM = 0.01

# A line's tones as two bit sets: where it can be level, and where it can be oblique.
Bits = tuple[int, int]


class _LineBits(NamedTuple):
    """A line's tones without rhyme, and with rhyme, and those that only a rare reading has."""

    plain: Bits
    rhyming: Bits
    seldom: Bits


class LineFit(msgspec.Struct, frozen=True):
    """The type of a line; `misses` are the places with a wrong tone, from 0."""

    type: str
    misses: tuple[int, ...]
    rescued: bool


class Fit(msgspec.Struct, frozen=True):
    """The lines with their types, and the lines that break the order of the types."""

    lines: tuple[LineFit, ...]
    unopposed: tuple[int, ...]
    unadhering: tuple[int, ...]


@cache
def tone_masks(rhyming: bool = False, book: RhymeBook = PINGSHUI) -> dict[str, int]:
    """Character -> LEVEL, OBLIQUE, or both, from the readings that count (in a rhyme or not)."""
    readings_of = book.readings if rhyming else book.unrhymed_readings
    return {
        character: _or(LEVEL if reading.level else OBLIQUE for reading in readings_of(character))
        for character in book.entries()
    }


@cache
def usual_tones(book: RhymeBook = PINGSHUI) -> dict[str, int]:
    """The same within a line, without the tones that a character has in few words only."""
    return {
        character: mask
        & ~(LEVEL * book.is_rare(character, "平"))
        & ~(OBLIQUE * book.is_rare(character, "仄"))
        for character, mask in tone_masks(book=book).items()
    }


def tones_of(character: str, rhyming: bool = False, book: RhymeBook = PINGSHUI) -> int:
    """LEVEL, OBLIQUE, or both; both for an unknown character."""
    return tone_masks(rhyming, book).get(character, LEVEL | OBLIQUE)


def fit(
    lines: Sequence[str], line_length: int, rhyming_start: bool, rules: ScanRules = TANG
) -> Fit:
    """The cheapest sequence of line types. A line of another length fits every type.

    `rhyming_start` is whether the end of the first line can rhyme.
    """
    bits = [_line_bits(line, rules.book) if len(line) == line_length else None for line in lines]
    # For each line and class, whether the tone in the second place is wrong.
    wrong = [[_is_second_wrong(each, pair, line_length) for pair in _CLASSES] for each in bits]
    # For each class of the last line: the cost so far, the types so far, and the class.
    paths = []
    for which, pair in enumerate(_CLASSES):
        plain = _cost(bits[0], pair[0], line_length, rules)
        rhyming = _cost(bits[0], pair[1], line_length, rules) + (0 if rhyming_start else UNRHYMED)
        # On a tie, an end that can rhyme counts as a rhyme.
        rhymes = rhyming <= plain if rhyming_start else rhyming < plain
        paths.append((min(plain, rhyming), pair[rhymes], which))
    for at in range(1, len(lines)):
        closing = at % 2
        following = []
        for which, pair in enumerate(_CLASSES):
            own = _cost(bits[at], pair[closing], line_length, rules)
            cost, types, _ = min(
                (cost + _order_cost(at, before, which, wrong), types, before)
                for cost, types, before in paths
            )
            following.append((cost + own, types + pair[closing], which))
        paths = following
    types = min(paths)[1]
    found = tuple(
        _line_fit(each, type_, line_length, rules) for each, type_ in zip(bits, types, strict=True)
    )
    breaks = [at for at in range(1, len(types)) if _same(types, at) == bool(at % 2)]
    return Fit(
        found,
        unopposed=tuple(at for at in breaks if at % 2),
        unadhering=tuple(at for at in breaks if not at % 2),
    )


def tone_bits(line: str, rhyming: bool = False, book: RhymeBook = PINGSHUI) -> Bits:
    """Where a line can be level and where oblique; bit 0 is its start, `rhyming` is its end."""
    level = oblique = 0
    for at, character in enumerate(line):
        mask = tones_of(character, rhyming and at == len(line) - 1, book)
        level |= (mask >> 1) << at
        oblique |= (mask & 1) << at
    return level, oblique


def _line_bits(line: str, book: RhymeBook) -> _LineBits:
    level = oblique = 0
    for at, character in enumerate(line):
        if character in book.rare_readings():
            neighbours = line[:at][-1:], line[at + 1 :][:1]
            level |= book.is_rare(character, "平", *neighbours) << at
            oblique |= book.is_rare(character, "仄", *neighbours) << at
    return _LineBits(tone_bits(line, False, book), tone_bits(line, True, book), (level, oblique))


def _same(types: str, at: int) -> bool:
    """Whether a line has the class of the previous line: the same tone in the second place."""
    return types[at].lower() == types[at - 1].lower()


def _order_cost(at: int, before: int, which: int, wrong: Sequence[Sequence[bool]]) -> float:
    """The cost of the order of two classes, those of a line and the line before it."""
    closing = at % 2
    if (before == which) != bool(closing):
        return 0.0
    is_contrary = wrong[at - 1][before] != wrong[at][which]
    return (OPPOSED if closing else ADHERING) + CONTRARY * is_contrary


def _is_second_wrong(bits: _LineBits | None, pair: str, line_length: int) -> bool:
    """Whether the second character has a tone that no line of the class has."""
    if bits is None:
        return False
    return bool(_wrong(bits.plain, _needs(pair[0], line_length, False)[0]) >> 1 & 1)


def _cost(bits: _LineBits | None, type_: str, line_length: int, rules: ScanRules) -> float:
    if bits is None:
        return 0.0
    wrong, seldom, _ = _least(bits, type_, line_length, rules)
    return _weights(line_length)[wrong] + SELDOM * seldom


def _line_fit(bits: _LineBits | None, type_: str, line_length: int, rules: ScanRules) -> LineFit:
    if bits is None:
        return LineFit(type_, (), False)
    wrong, _, rescued = _least(bits, type_, line_length, rules)
    return LineFit(type_, tuple(at for at in range(line_length) if wrong >> at & 1), rescued)


def _least(
    bits: _LineBits, type_: str, line_length: int, rules: ScanRules
) -> tuple[int, int, bool]:
    """The wrong places, how many rest on rare readings, and whether the line is rescued.

    A rescue has no wrong tone in the last five characters.
    """
    plain, *rescues = _misses(bits, type_, line_length, rules.self_rescue)
    weights = _weights(line_length)
    for wrong, seldom in rescues:
        is_whole = wrong >> line_length - 5 == 0
        if is_whole and (weights[wrong], seldom) < (weights[plain[0]], plain[1]):
            return wrong, seldom, True
    return *plain, False


def _misses(
    bits: _LineBits, type_: str, line_length: int, self_rescue: bool
) -> list[tuple[int, int]]:
    """For a pattern and its rescue: the wrong places, and how many rest on rare readings."""
    rhyming = type_.isupper()
    line = bits.rhyming if rhyming else bits.plain
    within = (1 << line_length - rhyming) - 1
    return [
        (
            _wrong(line, needs),
            sum(
                (need & each & within).bit_count()
                for need, each in zip(needs, bits.seldom, strict=True)
            ),
        )
        for needs in _needs(type_, line_length, self_rescue)
    ]


def _wrong(bits: Bits, needs: Bits) -> int:
    """The places with a wrong tone, as bits."""
    return needs[0] & ~bits[0] | needs[1] & ~bits[1]


@cache
def _needs(type_: str, line_length: int, self_rescue: bool) -> tuple[Bits, ...]:
    """Where the pattern of a type, and its rescue if allowed, must be level, and where oblique."""
    patterns = line_types()[type_].patterns(line_length)
    return tuple(
        (_places(pattern, "平"), _places(pattern, "仄"))
        for pattern in (patterns if self_rescue else patterns[:1])
    )


@cache
def _weights(line_length: int) -> tuple[float, ...]:
    """The cost of each set of misses: 1 for an even or the last character, 0.5 for the others."""
    decisive = [at % 2 == 1 or at == line_length - 1 for at in range(line_length)]
    even = _or(1 << at for at in range(1, line_length - 1, 2))
    return tuple(
        sum((1.0 if decisive[at] else 0.5) for at in range(line_length) if misses >> at & 1)
        + CONTRARY * (misses & even == even)
        for misses in range(1 << line_length)
    )


def _places(pattern: str, tone: str) -> int:
    return _or(1 << at for at, each in enumerate(pattern) if each == tone)


def _or(values: Iterable[int]) -> int:
    result = 0
    for value in values:
        result |= value
    return result
