"""The faults of regulated verse (近体诗), each with its place and an explanation."""

from collections.abc import Sequence

from studio.prosody.report import FaultName, NoteName, Remark
from studio.prosody.rhymes import RhymeBook
from studio.prosody.rhyming import (
    can_be_level,
    in_neighbouring_rhyme,
    in_rhyme,
    level_rhymes,
    sounds_like,
)
from studio.prosody.rules import ScanRules
from studio.prosody.tones import LEVEL, OBLIQUE, Fit, LineFit, tones_of

Remarks = tuple[list[Remark], list[Remark]]


def tone_remarks(lines: Sequence[str], line_length: int, fit: Fit, rules: ScanRules) -> Remarks:
    """Faults and notes on the tones, within and between lines, except at the rhymes."""
    faults: list[Remark] = []
    notes: list[Remark] = []
    doubtful: list[Remark] = []
    for at, each in enumerate(fit.lines):
        if len(lines[at]) != line_length:
            continue
        if each.rescued:
            notes.append(_rescue(at, each, line_length))
        answer = _answer(lines, fit, at, rules.book) if rules.next_rescue else ""
        doubtful += _doubtful_tail(lines[at], at, each, rules.book)
        for remark in _misses(lines[at], at, each, answer, rules):
            (notes if remark.name in ("拗", "对句拗救") else faults).append(remark)
    for at in fit.unopposed:
        faults.append(
            Remark(
                "失对",
                at,
                1,
                2,
                f"Lines {at} and {at + 1} are a couplet, and their tones should be opposed. "
                f"Their second characters, {lines[at - 1][1:2]} and {lines[at][1:2]}, have the "
                "same tone.",
            )
        )
    for at in fit.unadhering:
        faults.append(
            Remark(
                "失粘",
                at,
                1,
                2,
                f"The second character of line {at + 1} should have the same tone as that of line "
                f"{at}, but {lines[at - 1][1:2]} and {lines[at][1:2]} are opposed.",
            )
        )
    # If the poem has faults elsewhere, the stricter of two readings is worth a note.
    if faults:
        notes += doubtful
    return faults, notes


def rhyme_remarks(lines: Sequence[str], rhyme: str, fit: Fit, book: RhymeBook) -> Remarks:
    """Faults and notes on the line ends, for a poem in this level rhyme."""
    faults: list[Remark] = []
    notes: list[Remark] = []
    for at, each in enumerate(fit.lines):
        character = lines[at][-1]
        place = (at, len(lines[at]) - 1, len(lines[at]))
        if each.type.islower():
            if sounds_like(character, rhyme, book):
                faults.append(
                    Remark(
                        "撞韵",
                        *place,
                        f"{character} is not a rhyme here, but sounds like the rhyme {rhyme}.",
                    )
                )
        elif in_rhyme(character, rhyme, book):
            continue
        elif at == 0 and in_neighbouring_rhyme(character, rhyme, book):
            own = "".join(sorted(level_rhymes(character, book) & book.neighbours(rhyme)))
            notes.append(
                Remark(
                    "邻韵",
                    *place,
                    f"{character} rhymes in {own}, a neighbour of {rhyme}. "
                    "The first line is allowed to.",
                )
            )
        elif can_be_level(character, book):
            own = " or ".join(sorted(level_rhymes(character, book)))
            near = ", a neighbour" if in_neighbouring_rhyme(character, rhyme, book) else ""
            faults.append(
                Remark(
                    "出韵",
                    *place,
                    f"{character} rhymes in {own}{near}; the poem rhymes in {rhyme}.",
                )
            )
        else:
            faults.append(
                Remark(
                    "出韵",
                    *place,
                    f"{character} is oblique; the poem rhymes in {rhyme}, in the level tone.",
                )
            )
    return faults, notes


def repeated(lines: Sequence[str]) -> list[Remark]:
    """Repeated characters (重字), except side by side in a line (茫茫)."""
    seen: dict[str, int] = {}
    faults = []
    for at, line in enumerate(lines):
        for place, character in enumerate(line):
            doubled = place > 0 and line[place - 1] == character
            if character in seen and not doubled:
                first = seen[character]
                where = "this line" if first == at else f"line {first + 1}"
                faults.append(
                    Remark(
                        "重字",
                        at,
                        place,
                        place + 1,
                        f"{character} is in {where} already.",
                        severity="note",
                    )
                )
            seen.setdefault(character, at)
    return faults


def _misses(line: str, at: int, each: LineFit, answer: str, rules: ScanRules) -> list[Remark]:
    """The wrong tones of a line, each named by its place in the last five characters.

    `answer` is the character of the next line that makes up for a wrong tone; "" if there is none.
    """
    found = []
    tail = len(line) - 5
    for place in each.misses:
        name: FaultName | NoteName
        character = line[place]
        start, end = place, place + 1
        if place == len(line) - 1:
            if each.type.isupper():
                continue
            name = "失对"
            why = (
                f"{character} is level. Its line does not rhyme, so it should end in an oblique "
                "tone, opposed to the rhyming line of the couplet."
            )
        elif place % 2 == 1 and answer:
            name = "对句拗救"
            why = (
                f"{character} is oblique where the pattern is level. {answer}, character "
                f"{tail + 3} of the next line, is level and makes up for it."
            )
        elif place % 2 == 1:
            name = "失替"
            wanted = _pattern_tone(each.type, place - tail)
            why = (
                f"{character} should be {wanted}: "
                "the tones of the second, fourth and sixth characters alternate."
            )
        elif each.type == "B" and place == tail:
            name = "孤平"
            why = (
                f"{character} is oblique, so {line[place + 1]} is the only level tone "
                "besides the rhyme."
                if rules.self_rescue or tones_of(line[place + 2], book=rules.book) == OBLIQUE
                else f"{character} is oblique instead of level. {line[place + 2]} would make up "
                "for it, but no rescue within the line is allowed."
            )
        elif each.type in "Ab" and tail + 3 not in each.misses and end < len(line) - 1:
            name = "三平尾" if each.type == "A" else "三仄尾"
            start, end = len(line) - 3, len(line)
            tone = "level" if each.type == "A" else "oblique"
            why = f"{line[start:]}: the line ends in three {tone} tones."
        else:
            name = "拗"
            why = f"{character} does not fit the pattern, but in this place it is tolerated."
        found.append(Remark(name, at, start, end, why))
    return found


def _doubtful_tail(line: str, at: int, each: LineFit, book: RhymeBook) -> list[Remark]:
    """A note if only a second reading of a character avoids three equal tones at the end."""
    start = len(line) - 3
    if each.type not in "Ab" or each.rescued or not {start, start + 1}.isdisjoint(each.misses):
        return []
    tones = book.unrhymed_readings(line[start])
    if len({reading.level for reading in tones}) < 2:
        return []
    level = each.type == "A"
    tone = "level" if level else "oblique"
    other = " or ".join("".join(each) for each in tones if each.level != level)
    why = (
        f"{line[start:]} would be three {tone} tones, "
        f"but {line[start]} can also be read as {other}."
    )
    return [Remark("三平尾" if level else "三仄尾", at, start, len(line), why)]


def _answer(lines: Sequence[str], fit: Fit, at: int, book: RhymeBook) -> str:
    """The character of the next line that makes up for a wrong tone in this one; "" if none does.

    Only a line of type a can be answered so, by the B of its couplet.
    """
    line_length = len(lines[at])
    tail = line_length - 5
    if fit.lines[at].type != "a" or at % 2 or tail + 3 not in fit.lines[at].misses:
        return ""
    following = fit.lines[at + 1]
    answered = (
        not set(fit.lines[at].misses) - {tail + 2, tail + 3}
        and following.type == "B"
        and not following.misses
        and len(lines[at + 1]) == line_length
        and tones_of(lines[at + 1][tail + 2], book=book) & LEVEL
    )
    return lines[at + 1][tail + 2] if answered else ""


def _rescue(at: int, each: LineFit, line_length: int) -> Remark:
    tail = line_length - 5
    if each.type == "B":
        return Remark(
            "孤平拗救",
            at,
            tail,
            tail + 3,
            f"Character {tail + 1} is oblique instead of level; character {tail + 3} makes up "
            "for it.",
        )
    return Remark(
        "特拗",
        at,
        tail + 2,
        tail + 4,
        f"Characters {tail + 3} and {tail + 4} have exchanged their tones, which is allowed.",
    )


def _pattern_tone(type_: str, place: int) -> str:
    """The required tone, in words. `place` counts from 0 at the last five characters."""
    level = (type_ in "bB") == (place % 4 == 1)
    return "level" if level else "oblique"
