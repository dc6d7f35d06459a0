"""The ways to set the lines of a form: tone patterns by template, and what may end a line.

Everything that the rules demand is here as small tables over characters and rhymes, worked out
before a poem begins. A regulated poem keeps one template and one level rhyme; one in the old style
keeps one rhyme, in any tone, at the end of every second line. Imports no torch.
"""

from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_
from typing import Literal

from studio.prosody.forms import Form, LineType, line_types, templates
from studio.prosody.rhymes import (
    RHYMES,
    Reading,
    counterparts,
    neighbours,
    readings,
    unrhymed_readings,
)
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.verse.request import Tones

# What may end a line: a rhyme; in the first line also a neighbour of the rhyme (邻韵); an oblique
# tone that does not sound like the rhyme (撞韵); anything.
Foot = Literal["rhyme", "near", "plain", "any"]
FEET: tuple[Foot, ...] = ("rhyme", "near", "plain", "any")

# A set of rhymes as bits, in the order of `Layout.rhymes`.
Bits = int

ALLOWS = {"平": LEVEL, "仄": OBLIQUE, "中": LEVEL | OBLIQUE}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to set a line in a template: the type of line, its tones 平 仄 中, and its end.

    One that `owes` may only stand before a line that `answers` it (对句拗救).
    """

    template: int
    type: str
    pattern: str
    foot: Foot
    owes: bool = False

    @property
    def answers(self) -> bool:
        """Whether this line makes up for the line before, by a level third last character."""
        return self.type == "B" and self.pattern[-3] == "平"

    def fits(self, place: int, character: str) -> bool:
        """Whether a character can have the tone of a place."""
        rhyming = place == len(self.pattern) - 1 and self.foot in ("rhyme", "near")
        return bool(tones_of(character, rhyming) & ALLOWS[self.pattern[place]])


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a form: `ways[i]` are those of line i. `templates` are their names."""

    form: Form
    line_length: int
    line_count: int
    templates: tuple[str, ...]
    rhymes: tuple[Reading, ...]
    ways: tuple[tuple[Way, ...], ...]

    @property
    def all_rhymes(self) -> Bits:
        """Every rhyme of the layout."""
        return (1 << len(self.rhymes)) - 1

    def rhyming(self, template: int) -> list[int]:
        """The lines that rhyme in a template."""
        return [
            at
            for at, ways in enumerate(self.ways)
            if any(way.template == template and way.foot in ("rhyme", "near") for way in ways)
        ]


@cache
def layout(form: Form, line_length: int, line_count: int, tones: Tones) -> Layout:
    """The ways of each line; `line_count` is even."""
    if not form.regulated or tones == "free":
        loose = "中" * line_length
        ways = tuple((Way(0, "", loose, "rhyme" if at % 2 else "any"),) for at in range(line_count))
        rhymes = _LEVEL if form.regulated else _ALL
        return Layout(form, line_length, line_count, ("",), rhymes, ways)
    found = templates(line_length, line_count)
    types = line_types()
    lines = [
        tuple(
            Way(number, kind, pattern, _foot(kind, at, tones), owes)
            for number, template in enumerate(found)
            for kind in template.types[at]
            for pattern, owes in _patterns(types[kind], line_length, tones)
        )
        for at in range(line_count)
    ]
    names = tuple(each.name for each in found)
    return Layout(form, line_length, line_count, names, _LEVEL, tuple(lines))


_LEVEL = tuple(Reading("平", rhyme) for rhyme in RHYMES["平"])
_ALL = tuple(Reading(tone, rhyme) for tone, rhymes in RHYMES.items() for rhyme in rhymes)


def _patterns(line: LineType, line_length: int, tones: Tones) -> list[tuple[str, bool]]:
    """The patterns that a line may have, and whether it owes an answer then."""
    if tones == "strict":
        return [(each, False) for each in line.patterns(line_length)]
    return [
        *((each, False) for each in line.tang_patterns(line_length)),
        *((each, True) for each in line.answered_patterns(line_length)),
    ]


def _foot(kind: str, line: int, tones: Tones) -> Foot:
    if kind.islower():
        return "plain"
    return "near" if line == 0 and tones == "tang" else "rhyme"


def rhymes_at(foot: Foot, character: str, rhymes: tuple[Reading, ...]) -> Bits:
    """The rhymes of a poem in which a character may end a line, as the scanner hears it.

    Any reading counts, one that occurs as a rhyme only where it rhymes; a character without a
    reading passes.
    """
    its = readings(character)
    if foot == "any" or not its:
        return (1 << len(rhymes)) - 1
    tables = _tables(rhymes)
    if foot == "plain":
        # It clashes where all its oblique readings sound like the rhyme.
        unrhymed = unrhymed_readings(character)
        clashes = [tables.sounding.get(each.rhyme, 0) for each in unrhymed if not each.level]
        return ((1 << len(rhymes)) - 1) & ~reduce(and_, clashes) if clashes else 0
    table = tables.near if foot == "near" else tables.same
    return reduce(or_, (table.get(each, 0) for each in its))


def chosen_at(foot: Foot, character: str, rhymes: tuple[Reading, ...]) -> Bits:
    """The same for characters that the model chooses, which keeps to what cannot be doubted.

    No character without a reading, and none that could be read in the rhyme where none belongs.
    """
    if not readings(character):
        return 0
    allowed = rhymes_at(foot, character, rhymes)
    return allowed & ~rhymes_at("rhyme", character, rhymes) if foot == "plain" else allowed


@dataclass(frozen=True, slots=True)
class _Tables:
    """For a reading the rhymes it is in, those it is in or beside, and those it sounds like."""

    same: dict[Reading, Bits]
    near: dict[Reading, Bits]
    sounding: dict[str, Bits]


@cache
def _tables(rhymes: tuple[Reading, ...]) -> _Tables:
    same = {rhyme: 1 << bit for bit, rhyme in enumerate(rhymes)}
    near, sounding = dict(same), dict[str, Bits]()
    for rhyme, bit in same.items():
        for other in neighbours(rhyme.rhyme):
            near[Reading("平", other)] = near.get(Reading("平", other), 0) | bit
        for other in counterparts(rhyme.rhyme):
            sounding[other] = sounding.get(other, 0) | bit
    return _Tables(same, near, sounding)
