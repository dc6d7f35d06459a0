"""How a person has a poem measured: rhyme book, rescues, and readings that were set by hand."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Literal

import msgspec

from studio.prosody.books import rhyme_books
from studio.prosody.ci import scan_ci
from studio.prosody.couplet import COUPLET_FORM, scan_couplet
from studio.prosody.repeats import repeated, repeated_across, repeated_in_ci, said_otherwise
from studio.prosody.report import Remark, Scansion
from studio.prosody.rhymes import RhymeBook
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import in_order, scan
from studio.prosody.tunes import tunes

BookKey = Literal["pingshui", "cilin", "tongyun", "xinyun"]
Rescue = Literal["self", "next"]

# A character with one of its readings is a character of its own, in a plane for private use.
_FIRST_CODE = 0xF0000


class SetReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reading, such as 平東, that a person chose for a character.

    `place` counts the characters of the poem from 0, without its stops. If another character is in
    that place, the reading counts no more.
    """

    place: int
    character: str
    reading: str


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules to measure a poem by. `no_rescue` are the rescues (拗救) that are not allowed."""

    rhymes: BookKey = "pingshui"
    no_rescue: tuple[Rescue, ...] = ()
    readings: tuple[SetReading, ...] = ()

    @property
    def rules(self) -> ScanRules:
        """The rules for the scanner."""
        book = rhyme_books()[self.rhymes]
        return ScanRules(book, "self" not in self.no_rescue, "next" not in self.no_rescue)

    def book_for(self, form: str) -> RhymeBook:
        """The rhyme book for a form: the rhymes of ci take in several of 平水韵."""
        is_ci = form in tunes() and self.rhymes == "pingshui"
        return rhyme_books()["cilin" if is_ci else self.rhymes]

    def rules_for(self, form: str) -> ScanRules:
        """The rules with the rhyme book for a form."""
        return self.rules._replace(book=self.book_for(form))

    def reading_at(self, place: int, character: str) -> str:
        """The reading that was set for a character in a place; "" if none was."""
        set_here = (each for each in self.readings if each.place == place)
        return next((each.reading for each in set_here if each.character == character), "")

    def with_reading(self, place: int, character: str, reading: str) -> "Measure":
        """The same with another reading there; "" leaves it to the scanner."""
        others = tuple(each for each in self.readings if each.place != place)
        new = (SetReading(place, character, reading),) if reading else ()
        return msgspec.structs.replace(self, readings=(*others, *new))


TANG_MEASURE = Measure()


def scan_by(lines: Sequence[str], form: str = "", measure: Measure = TANG_MEASURE) -> Scansion:
    """Scan a poem as `scan` does, by the rules and the readings that a person chose.

    The form may be the tune of a ci, or the couplet, too.
    """
    rules = measure.rules_for(form)
    again = _scanner(form)
    if not measure.readings:
        return again(lines, rules=rules)
    book, codes = _with_single_readings(rules.book)
    back = {ord(code): character for (character, _), code in codes.items()}
    coded, place = [], 0
    for line in lines:
        characters = []
        for at, character in enumerate(line, start=place):
            reading = measure.reading_at(at, character)
            characters.append(codes.get((character, reading), character))
        coded.append("".join(characters))
        place += len(line)
    scansion = again(coded, rules=rules._replace(book=book))
    return _decoded(scansion, lines, back, rules.book)


def _scanner(form: str) -> Callable[..., Scansion]:
    """What scans a poem of a form."""
    if form == COUPLET_FORM:
        return scan_couplet
    if tune := tunes().get(form):
        return partial(scan_ci, tune=tune)
    return partial(scan, form=form)


@cache
def _with_single_readings(book: RhymeBook) -> tuple[RhymeBook, dict[tuple[str, str], str]]:
    """The book with a code for each reading of a character that has several, and the codes."""
    entries = dict(book.entries())
    codes: dict[tuple[str, str], str] = {}
    for character, readings in book.entries().items():
        for reading in readings if len(readings) > 1 else ():
            code = chr(_FIRST_CODE + len(codes))
            codes[character, "".join(reading)] = code
            entries[code] = (reading,)
    single = RhymeBook(
        book.key,
        book.name,
        lambda: entries,
        book.rhymes,
        book.rhyme_only,
        book.neighbours,
        book.counterparts,
        book.rare_readings,
        book.shares,
        book.joins_oblique,
    )
    return single, codes


def _decoded(
    scansion: Scansion, lines: Sequence[str], back: dict[int, str], book: RhymeBook
) -> Scansion:
    """The report with the characters instead of their codes."""
    replace = msgspec.structs.replace

    def plain(remarks: Sequence[Remark]) -> list[Remark]:
        return [replace(each, explanation=each.explanation.translate(back)) for each in remarks]

    faults, notes = plain(scansion.faults), plain(scansion.notes)
    if scansion.form in tunes():
        notes = said_otherwise(lines, scansion.form)
    if scansion.regulated:
        # A character is repeated, however it is read.
        others = (each for each in faults if each.name not in ("重字", "重韵"))
        faults = [*others, *_repeats(lines, scansion)]
    decoded = []
    for text, line in zip(lines, scansion.lines, strict=True):
        characters = tuple(
            replace(
                each,
                character=character,
                readings=tuple(map("".join, book.readings(character))),
            )
            for character, each in zip(text, line.characters, strict=True)
        )
        decoded.append(replace(line, text=text, characters=characters))
    return replace(scansion, lines=tuple(decoded), faults=in_order(faults), notes=tuple(notes))


def _repeats(lines: Sequence[str], scansion: Scansion) -> list[Remark]:
    """The repeated characters of a poem that is scanned."""
    if scansion.form == COUPLET_FORM:
        return repeated_across(lines)
    if scansion.form in tunes():
        return repeated_in_ci(lines)
    return repeated(lines, [each.type for each in scansion.lines])
