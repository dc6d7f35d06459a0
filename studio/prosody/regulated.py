"""The faults of regulated verse (近体诗), each with its place and an explanation."""

from collections.abc import Iterator, Sequence

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
from studio.translation import marked, tr

Remarks = tuple[list[Remark], list[Remark]]

_NEAR = marked("{character} rhymes in {own}, a neighbour; the poem rhymes in {rhyme}.")
_FAR = marked("{character} rhymes in {own}; the poem rhymes in {rhyme}.")
_OBLIQUE = marked("{character} is oblique; the poem rhymes in {rhyme}, in the level tone.")
_ALL_OBLIQUE = marked("{character} is oblique; a regulated poem rhymes in the level tone.")
_NO_CHANGE_TO_LEVEL = marked(
    "{character} should be level: the tones of the second, fourth and sixth characters alternate."
)
_NO_CHANGE_TO_OBLIQUE = marked(
    "{character} should be oblique: the tones of the second, fourth and sixth characters alternate."
)
_NOT_OPPOSED_LEVEL = marked(
    "The second character, {second}, should be level: it faces {first} in line {line}, and the "
    "tones of a couplet are opposed."
)
_NOT_OPPOSED_OBLIQUE = marked(
    "The second character, {second}, should be oblique: it faces {first} in line {line}, and the "
    "tones of a couplet are opposed."
)
_NOT_ADHERING_LEVEL = marked(
    "The second character, {second}, should be level like {first} in line {line}: each couplet "
    "adheres to the one before it."
)
_NOT_ADHERING_OBLIQUE = marked(
    "The second character, {second}, should be oblique like {first} in line {line}: each couplet "
    "adheres to the one before it."
)
_THREE_LEVEL = marked("{characters}: the line ends in three level tones.")
_THREE_OBLIQUE = marked("{characters}: the line ends in three oblique tones.")
_ALONE = marked("{character} is oblique, so {alone} is the only level tone besides the rhyme.")
_ALONE_OF_SEVEN = marked(
    "{character} is oblique, so in the last five characters {alone} is the only level tone besides "
    "the rhyme."
)
_MAYBE_LEVEL = marked(
    "{characters} would be three level tones, but {character} can also be read as {other}."
)
_MAYBE_OBLIQUE = marked(
    "{characters} would be three oblique tones, but {character} can also be read as {other}."
)


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
    faults += _disorder(lines, line_length, fit)
    # If the poem has faults elsewhere, the stricter of two readings is worth a note.
    if faults:
        notes += doubtful
    return faults, notes


def rhyme_remarks(lines: Sequence[str], rhyme: str, fit: Fit, book: RhymeBook) -> Remarks:
    """Faults and notes on the line ends, for a poem in this level rhyme; "" if it has none."""
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
                        tr(
                            "{character} is not a rhyme here, but sounds like the rhyme {rhyme}.",
                            character=character,
                            rhyme=rhyme,
                        ),
                    )
                )
        elif in_rhyme(character, rhyme, book):
            if book.is_rare(character, rhyme, lines[at][-2:-1]):
                notes.append(
                    Remark(
                        "僻韵",
                        *place,
                        tr(
                            "{character} is also in {rhyme}, but the Tang poets seldom rhymed it "
                            "there.",
                            character=character,
                            rhyme=rhyme,
                        ),
                    )
                )
        elif at == 0 and in_neighbouring_rhyme(character, rhyme, book):
            own = "".join(sorted(level_rhymes(character, book) & book.neighbours(rhyme)))
            notes.append(
                Remark(
                    "邻韵",
                    *place,
                    tr(
                        "{character} rhymes in {own}, a neighbour of {rhyme}. The first line is "
                        "allowed to.",
                        character=character,
                        own=own,
                        rhyme=rhyme,
                    ),
                )
            )
        elif can_be_level(character, book):
            own = tr(" or ").join(sorted(level_rhymes(character, book)))
            near = in_neighbouring_rhyme(character, rhyme, book)
            faults.append(
                Remark(
                    "出韵",
                    *place,
                    tr(
                        _NEAR if near else _FAR,
                        character=character,
                        own=own,
                        rhyme=rhyme,
                    ),
                )
            )
        else:
            message = _OBLIQUE if rhyme else _ALL_OBLIQUE
            faults.append(Remark("出韵", *place, tr(message, character=character, rhyme=rhyme)))
    return faults, notes


def ordered_tone(fit: Fit, at: int, line_length: int) -> str:
    """The tone, 平 or 仄, that the line before this one asks for in its second place."""
    level = _is_level(fit.lines[at - 1].type, 6 - line_length)
    return "平" if level != bool(at % 2) else "仄"


def _disorder(lines: Sequence[str], line_length: int, fit: Fit) -> Iterator[Remark]:
    """The lines that are not opposed to the one before (失对), or do not adhere to it (失粘)."""
    for at in (*fit.unopposed, *fit.unadhering):
        level = ordered_tone(fit, at, line_length) == "平"
        if at % 2:
            message = _NOT_OPPOSED_LEVEL if level else _NOT_OPPOSED_OBLIQUE
        else:
            message = _NOT_ADHERING_LEVEL if level else _NOT_ADHERING_OBLIQUE
        yield Remark(
            "失对" if at % 2 else "失粘",
            at,
            1,
            2,
            tr(message, line=at, first=lines[at - 1][1:2], second=lines[at][1:2]),
        )


def _misses(line: str, at: int, each: LineFit, answer: str, rules: ScanRules) -> list[Remark]:
    """The wrong tones of a line, each named by its place in the last five characters.

    `answer` is the character of the next line that makes up for a wrong tone; "" if there is none.
    """
    found = []
    tail = len(line) - 5
    # If one of these has the wrong tone, three are not equal, and no level one is alone.
    ends = tail + 3, tail + 4
    for place in each.misses:
        name: FaultName | NoteName
        character = line[place]
        start, end = place, place + 1
        if place == len(line) - 1:
            if each.type.isupper():
                continue
            name = "失对"
            why = tr(
                "{character} is level. Its line does not rhyme, so it should end in an oblique "
                "tone, opposed to the rhyming line of the couplet.",
                character=character,
            )
        elif place % 2 == 1 and answer:
            name = "对句拗救"
            why = tr(
                "{character} is oblique where the pattern is level. {answer}, character {place} of "
                "the next line, is level and makes up for it.",
                character=character,
                answer=answer,
                place=tail + 3,
            )
        elif place % 2 == 1:
            name = "失替"
            level = _is_level(each.type, place - tail)
            why = tr(_NO_CHANGE_TO_LEVEL if level else _NO_CHANGE_TO_OBLIQUE, character=character)
        elif each.type == "B" and place == tail and not {tail + 1, *ends} & {*each.misses}:
            name = "孤平"
            message = marked(
                "{character} is oblique instead of level. {answer} would make up for it, but no "
                "rescue within the line is allowed."
            )
            if rules.self_rescue or tones_of(line[place + 2], book=rules.book) == OBLIQUE:
                message = _ALONE_OF_SEVEN if tail else _ALONE
            why = tr(message, character=character, alone=line[place + 1], answer=line[place + 2])
        elif each.type in "Ab" and place == tail + 2 and not {*ends} & {*each.misses}:
            name = "三平尾" if each.type == "A" else "三仄尾"
            start, end = len(line) - 3, len(line)
            message = _THREE_LEVEL if name == "三平尾" else _THREE_OBLIQUE
            why = tr(message, characters=line[start:])
        else:
            name = "拗"
            why = tr(
                "{character} does not fit the pattern, but in this place it is tolerated.",
                character=character,
            )
        found.append(Remark(name, at, start, end, why))
    return found


def _doubtful_tail(line: str, at: int, each: LineFit, book: RhymeBook) -> list[Remark]:
    """A note if only a second reading of a character avoids three equal tones at the end."""
    start = len(line) - 3
    if (
        each.type not in "Ab"
        or each.rescued
        or not {start, start + 1, start + 2}.isdisjoint(each.misses)
    ):
        return []
    tones = book.unrhymed_readings(line[start])
    if len({reading.level for reading in tones}) < 2:
        return []
    level = each.type == "A"
    why = tr(
        _MAYBE_LEVEL if level else _MAYBE_OBLIQUE,
        characters=line[start:],
        character=line[start],
        other=tr(" or ").join("".join(each) for each in tones if each.level != level),
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
            tr(
                "Character {place} is oblique instead of level; character {answer} makes up for "
                "it.",
                place=tail + 1,
                answer=tail + 3,
            ),
        )
    return Remark(
        "特拗",
        at,
        tail + 2,
        tail + 4,
        tr(
            "Characters {place} and {following} have exchanged their tones, which is allowed.",
            place=tail + 3,
            following=tail + 4,
        ),
    )


def _is_level(type_: str, place: int) -> bool:
    """Whether level is required. `place` counts from 0 at the last five characters."""
    return (type_ in "bB") == (place % 4 == 1)
