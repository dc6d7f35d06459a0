"""Repeated characters: what the rule books forbid, and what the forms allow all the same."""

from collections.abc import Sequence

from studio.prosody.report import Remark
from studio.prosody.rules import BLANK
from studio.prosody.tunes import said_again
from studio.translation import marked, tr

# Both lines of a couplet may have these in the same place.
_PARTICLES = "之而以于於与與其则則也兮"


def repeated(lines: Sequence[str], types: Sequence[str] = ()) -> list[Remark]:
    """Repeated characters (重字), except blanks and those side by side in a line (茫茫).

    With the `types` of the lines, a character that rhymes twice is a fault (重韵).
    """
    seen: dict[str, int] = {}
    rhymed: dict[str, int] = {}
    faults = []
    for at, line in enumerate(lines):
        for place, character in enumerate(line):
            doubled = place > 0 and line[place - 1] == character
            rhymes = bool(types) and types[at].isupper() and place == len(line) - 1
            if rhymes and character in rhymed and character != BLANK:
                why = tr(
                    "{character} is the rhyme of line {line} already.",
                    character=character,
                    line=rhymed[character] + 1,
                )
                faults.append(Remark("重韵", at, place, place + 1, why))
            elif character in seen and not doubled and character != BLANK:
                where = marked("{character} is in line {line} already.")
                if seen[character] == at:
                    where = marked("{character} is in this line already.")
                faults.append(
                    Remark(
                        "重字",
                        at,
                        place,
                        place + 1,
                        tr(where, character=character, line=seen[character] + 1),
                        severity="note",
                    )
                )
            seen.setdefault(character, at)
            if rhymes:
                rhymed.setdefault(character, at)
    return faults


def repeated_in_ci(lines: Sequence[str]) -> list[Remark]:
    """Repeated characters, except those of a line that is the one before it (知否，知否)."""
    return [each for each in repeated(lines) if lines[each.line] != lines[each.line - 1]]


def said_otherwise(lines: Sequence[str], tune: str) -> list[Remark]:
    """Notes on the lines that the tune has like the one before them (叠句), and the poem has not.

    A blank may still become the same.
    """
    return [
        Remark(
            "叠句",
            at,
            0,
            len(lines[at]),
            tr("In this tune the line says line {line} again.", line=at),
            severity="note",
        )
        for at in said_again(tune, [*map(len, lines)])
        if any(
            one != other and BLANK not in (one, other)
            for one, other in zip(lines[at - 1], lines[at], strict=True)
        )
    ]


def repeated_across(lines: Sequence[str]) -> list[Remark]:
    """Characters of the lower half that are in the upper one too (重字), each once."""
    half = -(-len(lines) // 2)
    upper = set("".join(lines[:half])) - {BLANK}
    found: dict[str, Remark] = {}
    for at, line in enumerate(lines[half:], start=half):
        for place, character in enumerate(line):
            facing = lines[at - half][place : place + 1]
            if character in upper and not (character in _PARTICLES and facing == character):
                why = tr("{character} is in the upper line too.", character=character)
                found.setdefault(character, Remark("重字", at, place, place + 1, why))
    return list(found.values())
