"""The ways to write the lines of a form: tone patterns by template, and what may end a line.

All rules are small tables over characters and rhymes, computed before a poem begins. A regulated
poem keeps one template and one level rhyme. A poem in the old style keeps one rhyme, in any tone,
at the end of every second line. Imports no torch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_
from typing import Literal

from studio.prosody.forms import Form, LineType, line_types, templates
from studio.prosody.rhymes import PINGSHUI, RHYMES, Reading, RhymeBook
from studio.prosody.rules import TANG, ScanRules
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.verse.request import Tones

# What may end a line (its foot). "rhyme": the rhyme. "near": in the first line, also a neighbouring
# rhyme (邻韵). "plain": an oblique tone that does not sound like the rhyme (撞韵). "any": anything.
Foot = Literal["rhyme", "near", "plain", "any"]
FEET: tuple[Foot, ...] = ("rhyme", "near", "plain", "any")

# A set of rhymes as bits, in the order of `Layout.rhymes`.
Bits = int

# Marks of the old style, which the poets keep out of regulated verse: of the regulated poems of the
# training split that keep every rule, two have one.
OLD_STYLE = frozenset("兮")

ALLOWS = {"平": LEVEL, "仄": OBLIQUE, "中": LEVEL | OBLIQUE}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write a line in a template: the type of line, its tones 平 仄 中, and its foot.

    A line that `needs_rescue` must be followed by a line that `is_rescue` (对句拗救).
    """

    template: int
    type: str
    pattern: str
    foot: Foot
    needs_rescue: bool = False

    @property
    def is_rescue(self) -> bool:
        """Whether its level third-last character rescues the line before."""
        return self.type == "B" and self.pattern[-3] == "平"

    def fits(self, place: int, character: str, book: RhymeBook) -> bool:
        """Whether a character can have the tone that a place needs."""
        rhyming = place == len(self.pattern) - 1 and self.foot in ("rhyme", "near")
        return bool(tones_of(character, rhyming, book) & ALLOWS[self.pattern[place]])


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a form: `ways[i]` are the ways of line i, `templates` the template names.

    `rhymes` are those of the `book` that the form can have.
    """

    form: Form
    line_length: int
    line_count: int
    templates: tuple[str, ...]
    rhymes: tuple[Reading, ...]
    ways: tuple[tuple[Way, ...], ...]
    book: RhymeBook

    @property
    def all_rhymes(self) -> Bits:
        """Every rhyme of the layout."""
        return (1 << len(self.rhymes)) - 1

    def rhyming_lines(self, template: int) -> list[int]:
        """The lines that rhyme in a template."""
        return [
            at
            for at, ways in enumerate(self.ways)
            if any(way.template == template and way.foot in ("rhyme", "near") for way in ways)
        ]


@cache
def form_layout(
    form: Form, line_length: int, line_count: int, tones: Tones, rules: ScanRules = TANG
) -> Layout:
    """The layout of a form with lines of this length; `line_count` is even."""
    rhymes = _rhymes_of(rules.book, form.regulated)
    if not form.regulated or tones == "free":
        loose = "中" * line_length
        ways = tuple((Way(0, "", loose, "rhyme" if at % 2 else "any"),) for at in range(line_count))
        return Layout(form, line_length, line_count, ("",), rhymes, ways, rules.book)
    found = templates(line_length, line_count)
    types = line_types()
    lines = [
        tuple(
            Way(number, kind, pattern, _foot(kind, at, tones), needs_rescue)
            for number, template in enumerate(found)
            for kind in template.types[at]
            for pattern, needs_rescue in _patterns(types[kind], line_length, tones, rules)
        )
        for at in range(line_count)
    ]
    names = tuple(each.name for each in found)
    return Layout(form, line_length, line_count, names, rhymes, tuple(lines), rules.book)


@cache
def _rhymes_of(book: RhymeBook, level: bool) -> tuple[Reading, ...]:
    """The rhymes of a book in its order, those of the level tone first; or only those."""
    found = {reading for its in book.entries().values() for reading in its}
    tones = list(RHYMES)[: 1 if level else None]
    return tuple(
        Reading(tone, rhyme)
        for tone in tones
        for rhyme in (RHYMES[tone] if book is PINGSHUI else book.rhymes)
        if Reading(tone, rhyme) in found
    )


def _patterns(
    line: LineType, line_length: int, tones: Tones, rules: ScanRules
) -> list[tuple[str, bool]]:
    """The patterns that a line may have, each with whether it needs a rescue."""
    forbidden = () if rules.self_rescue else line.patterns(line_length)[1:]
    if tones == "strict":
        return [(each, False) for each in line.patterns(line_length) if each not in forbidden]
    answered = line.answered_patterns(line_length) if rules.next_rescue else ()
    return [
        *((each, False) for each in line.tang_patterns(line_length) if each not in forbidden),
        *((each, True) for each in answered),
    ]


def _foot(kind: str, line: int, tones: Tones) -> Foot:
    if kind.islower():
        return "plain"
    return "near" if line == 0 and tones == "tang" else "rhyme"


def allowed_rhymes(
    foot: Foot, character: str, rhymes: tuple[Reading, ...], book: RhymeBook = PINGSHUI
) -> Bits:
    """The rhymes of a poem in which a character may end a line, by the rules of the scanner.

    Any reading counts; a reading that only occurs as a rhyme counts only at a rhyme. A character
    without a reading is always allowed.
    """
    known = book.readings(character)
    if foot == "any" or not known:
        return (1 << len(rhymes)) - 1
    if foot == "plain":
        # It clashes if all its oblique readings sound like the rhyme.
        sounding = _tables(rhymes, book).sounding
        unrhymed = book.unrhymed_readings(character)
        clashes = [sounding.get(each.rhyme, 0) for each in unrhymed if not each.level]
        return ((1 << len(rhymes)) - 1) & ~reduce(and_, clashes) if clashes else 0
    return _rhyming(foot, known, rhymes, book)


def certain_rhymes(
    foot: Foot,
    character: str,
    rhymes: tuple[Reading, ...],
    book: RhymeBook = PINGSHUI,
    before: str = "",
) -> Bits:
    """Like `allowed_rhymes`, but only for characters whose reading leaves no doubt.

    The model chooses from these. They exclude a character without a reading, and, at a foot that
    must not rhyme, a character that could be read in the rhyme. A rare reading counts only in a
    word that the character makes with the one `before` it. Regulated verse, whose rhymes are level,
    has no mark of the old style.
    """
    known = book.readings(character)
    if not known or (rhymes[-1].level and character in OLD_STYLE):
        return 0
    if foot == "any":
        return allowed_rhymes(foot, character, rhymes, book)
    if foot == "plain":
        if book.is_rare(character, "仄", before):
            return 0
        rhyming = allowed_rhymes("rhyme", character, rhymes, book)
        return allowed_rhymes(foot, character, rhymes, book) & ~rhyming
    usual = (each for each in known if not book.seldom_rhymes(character, each, before))
    return _rhyming(foot, usual, rhymes, book)


def _rhyming(
    foot: Foot, readings: Iterable[Reading], rhymes: tuple[Reading, ...], book: RhymeBook
) -> Bits:
    """The rhymes in which one of these readings may end a line that rhymes."""
    tables = _tables(rhymes, book)
    table = tables.near if foot == "near" else tables.same
    return reduce(or_, (table.get(each, 0) for each in readings), 0)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rhymes of a reading: its own, its own and their neighbours, and those it sounds like."""

    same: dict[Reading, Bits]
    near: dict[Reading, Bits]
    sounding: dict[str, Bits]


@cache
def _tables(rhymes: tuple[Reading, ...], book: RhymeBook) -> _Tables:
    same = {rhyme: 1 << bit for bit, rhyme in enumerate(rhymes)}
    near, sounding = dict(same), dict[str, Bits]()
    for rhyme, bit in same.items():
        for other in book.neighbours(rhyme.rhyme):
            reading = Reading(rhyme.tone, other)
            near[reading] = near.get(reading, 0) | bit
        for other in book.counterparts(rhyme.rhyme):
            sounding[other] = sounding.get(other, 0) | bit
    return _Tables(same, near, sounding)
