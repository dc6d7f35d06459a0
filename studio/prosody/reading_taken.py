"""Which reading of a character the scanner has taken, and why."""

from typing import Literal, NamedTuple

from studio.prosody.report import Character
from studio.prosody.rhymes import RhymeBook

# "set": a person chose it. "rhyme": it rhymes there. "tone": the place needs its tone. "only": the
# others occur in rhymes only. "same": all have one tone. "any": either tone fits.
Why = Literal["set", "rhyme", "tone", "only", "same", "any"]


class ReadingTaken(NamedTuple):
    """The readings that count, and why; several if they differ in rhyme only, or all fit."""

    readings: tuple[str, ...]
    why: Why


def reading_taken(character: Character, rhyme: str, chosen: str, book: RhymeBook) -> ReadingTaken:
    """The readings of a scanned character that count in its place.

    `rhyme` is that of its line if the character is the rhyme, or "". `chosen` was set by hand.
    """
    known = character.readings
    if chosen in known:
        return ReadingTaken((chosen,), "set")
    rhyming = [each for each in book.readings(character.character) if each.named(rhyme)]
    if rhyming:
        return ReadingTaken(tuple(map("".join, rhyming)), "rhyme")
    usual = tuple(map("".join, book.unrhymed_readings(character.character)))
    fitting = tuple(each for each in usual if _tone(each) == character.tone)
    if len({_tone(each) for each in known}) == 1:
        return ReadingTaken(known, "same")
    if not fitting:
        return ReadingTaken(usual, "any")
    return ReadingTaken(fitting, "tone" if len({*map(_tone, usual)}) > 1 else "only")


def _tone(reading: str) -> str:
    return "平" if reading[0] == "平" else "仄"
