"""The faults of regulated verse (近体诗), each with its place and an explanation in words."""

from collections.abc import Sequence

from studio.prosody.report import FaultName, NoteName, Remark
from studio.prosody.rhymes import neighbours, unrhymed_readings
from studio.prosody.rhyming import (
    can_be_level,
    in_neighbouring_rhyme,
    in_rhyme,
    level_rhymes,
    sounds_like,
)
from studio.prosody.tones import LEVEL, Fit, LineFit, tones_of

Remarks = tuple[list[Remark], list[Remark]]


def tone_remarks(lines: Sequence[str], line_length: int, fit: Fit) -> Remarks:
    """Faults and notes of the tones, line by line and between lines; ends that rhyme left out."""
    faults: list[Remark] = []
    notes: list[Remark] = []
    doubtful: list[Remark] = []
    for at, each in enumerate(fit.lines):
        if len(lines[at]) != line_length:
            continue
        if each.rescued:
            notes.append(_rescue(at, each, line_length))
        answer = _answer(lines, fit, at, line_length)
        doubtful += _doubtful_tail(lines[at], at, each)
        for remark in _misses(lines[at], at, each, answer):
            (notes if remark.name in ("拗", "对句拗救") else faults).append(remark)
    for at in fit.unopposed:
        faults.append(
            Remark(
                "失对",
                at,
                1,
                2,
                f"Lines {at} and {at + 1} are a couplet, whose tones should be opposed: "
                f"{lines[at - 1][1:2]} and {lines[at][1:2]}, their second characters, are alike.",
            )
        )
    for at in fit.unadhering:
        faults.append(
            Remark(
                "失粘",
                at,
                1,
                2,
                f"Line {at + 1} should take up the tones of line {at}: {lines[at - 1][1:2]} and "
                f"{lines[at][1:2]}, their second characters, are opposed.",
            )
        )
    # Where a poem breaks the order elsewhere, the harsher of two readings is worth a word.
    if faults:
        notes += doubtful
    return faults, notes


def rhyme_remarks(lines: Sequence[str], rhyme: str, fit: Fit) -> Remarks:
    """Faults and notes of the line ends, for a poem in this level rhyme."""
    faults: list[Remark] = []
    notes: list[Remark] = []
    for at, each in enumerate(fit.lines):
        character = lines[at][-1]
        place = (at, len(lines[at]) - 1, len(lines[at]))
        if each.type.islower():
            if sounds_like(character, rhyme):
                faults.append(
                    Remark(
                        "撞韵",
                        *place,
                        f"{character} does not rhyme here but sounds like the rhyme {rhyme}.",
                    )
                )
        elif in_rhyme(character, rhyme):
            continue
        elif at == 0 and in_neighbouring_rhyme(character, rhyme):
            its = "".join(sorted(level_rhymes(character) & neighbours(rhyme)))
            notes.append(
                Remark(
                    "邻韵",
                    *place,
                    f"{character} rhymes in {its}, a neighbour of {rhyme}: the first line may.",
                )
            )
        elif can_be_level(character):
            its = " or ".join(sorted(level_rhymes(character)))
            near = ", a neighbour" if in_neighbouring_rhyme(character, rhyme) else ""
            faults.append(
                Remark(
                    "出韵",
                    *place,
                    f"{character} rhymes in {its}{near}; the poem rhymes in {rhyme}.",
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
    """Characters that come again (重字), side by side in a line excepted (茫茫)."""
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
                        f"{character} stands in {where} already.",
                        severity="note",
                    )
                )
            seen.setdefault(character, at)
    return faults


def _misses(line: str, at: int, each: LineFit, answer: str) -> list[Remark]:
    """What is off its tone in a line, by name. Places in the last five characters decide which.

    `answer` is the character of the next line that makes up for a miss, "" where none does.
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
                f"{character} ends a line that does not rhyme in the level tone, "
                "as the rhyming line of its couplet does."
            )
        elif place % 2 == 1 and answer:
            name = "对句拗救"
            why = (
                f"{character} is oblique against the pattern; {answer}, level in place {tail + 3} "
                "of the next line, makes up for it."
            )
        elif place % 2 == 1:
            name = "失替"
            wanted = _pattern_tone(each.type, place - tail)
            why = (
                f"{character} should be {wanted}: the tones of the even places of a line alternate."
            )
        elif each.type == "B" and place == tail:
            name = "孤平"
            why = (
                f"{character} is oblique, which leaves {line[place + 1]} the only level tone "
                "beside the rhyme."
            )
        elif each.type in "Ab" and tail + 3 not in each.misses and end < len(line) - 1:
            name = "三平尾" if each.type == "A" else "三仄尾"
            start, end = len(line) - 3, len(line)
            tone = "level" if each.type == "A" else "oblique"
            why = f"{line[start:]}: the line ends in three {tone} tones."
        else:
            name = "拗"
            why = f"{character} is off the pattern, in a place where that is tolerated."
        found.append(Remark(name, at, start, end, why))
    return found


def _doubtful_tail(line: str, at: int, each: LineFit) -> list[Remark]:
    """A note where only a second reading of a character averts three like tones at the end."""
    start = len(line) - 3
    if each.type not in "Ab" or each.rescued or not {start, start + 1}.isdisjoint(each.misses):
        return []
    tones = unrhymed_readings(line[start])
    if len({reading.level for reading in tones}) < 2:
        return []
    level = each.type == "A"
    tone = "level" if level else "oblique"
    other = " or ".join("".join(each) for each in tones if each.level != level)
    why = f"{line[start:]} would end in three {tone} tones, if {line[start]} were not {other} too."
    return [Remark("三平尾" if level else "三仄尾", at, start, len(line), why)]


def _answer(lines: Sequence[str], fit: Fit, at: int, line_length: int) -> str:
    """The character of its couplet's B that makes up for a line of type a, oblique where it must
    be level; "" where none does.
    """
    tail = line_length - 5
    if fit.lines[at].type != "a" or at % 2 or tail + 3 not in fit.lines[at].misses:
        return ""
    following = fit.lines[at + 1]
    answered = (
        not set(fit.lines[at].misses) - {tail + 2, tail + 3}
        and following.type == "B"
        and not following.misses
        and len(lines[at + 1]) == line_length
        and tones_of(lines[at + 1][tail + 2]) & LEVEL
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
            f"Place {tail + 1} is oblique instead of level; place {tail + 3} makes up for it.",
        )
    return Remark(
        "特拗",
        at,
        tail + 2,
        tail + 4,
        f"Places {tail + 3} and {tail + 4} have exchanged their tones, as they may.",
    )


def _pattern_tone(type_: str, place: int) -> str:
    """The tone of an even place, counted from the last five characters on, in words."""
    level = (type_ in "bB") == (place % 4 == 1)
    return "level" if level else "oblique"
