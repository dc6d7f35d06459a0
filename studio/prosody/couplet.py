"""Scansion of a couplet (对联): an upper and a lower half that face each other, word by word.

Both halves have the same length. Their tones are opposed in the places that the metre decides. The
upper half ends in an oblique tone, the lower half in the level tone. No character is in both,
except a particle in the same place. A half may have several lines.
"""

from collections.abc import Sequence

from studio.prosody.forms import line_types
from studio.prosody.parallelism import metrical_places
from studio.prosody.rare import rare_notes
from studio.prosody.repeats import repeated_across
from studio.prosody.report import Line, Remark, Scansion
from studio.prosody.rules import TANG, ScanRules
from studio.prosody.scansion import characters_of, in_order
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.translation import marked, tr

# The lines of the upper half, and those of the lower one.
Halves = tuple[Sequence[str], Sequence[str]]
# The stop between halves of several lines.
BETWEEN_HALVES = "；"
# The name of the form.
COUPLET_FORM = "对联"
_BITS = {"平": LEVEL, "仄": OBLIQUE, "中": LEVEL | OBLIQUE}
# What faces a character that can have these tones.
FACING = {LEVEL: "仄", OBLIQUE: "平", LEVEL | OBLIQUE: "中"}

_SAME_LEVEL = marked("{first} and {second} face each other and are both level.")
_SAME_OBLIQUE = marked("{first} and {second} face each other and are both oblique.")
_UPPER_END = marked("{character} is level; the upper line ends in an oblique tone.")
_LOWER_END = marked("{character} is oblique; the lower line ends in the level tone.")


def scan_couplet(lines: Sequence[str], rules: ScanRules = TANG) -> Scansion:
    """Scan a couplet, each line without punctuation: the first half of the lines is the upper one.

    A character with several readings counts as what fits, and so does an unknown one. Lines of five
    and seven may have the rescues of regulated verse that the rules allow.
    """
    half = -(-len(lines) // 2)
    faults = [*_ends(lines, half, rules), *repeated_across(lines)]
    notes: list[Remark] = []
    needs = [["中"] * len(line) for line in lines]
    for lower in range(half, 2 * half):
        upper = lower - half
        if lower == len(lines) or len(lines[upper]) != len(lines[lower]):
            faults.append(_wrong_length(lines, upper, lower))
            continue
        for place in metrical_places(len(lines[upper])):
            if lower == 2 * half - 1 and place == len(lines[lower]) - 1:
                continue
            tones = [tones_of(lines[at][place], book=rules.book) for at in (upper, lower)]
            if tones[0] | tones[1] == LEVEL | OBLIQUE:
                needs[upper][place], needs[lower][place] = FACING[tones[1]], FACING[tones[0]]
            elif rescue := _rescue(lines, upper, lower, place, rules):
                notes.append(rescue)
            else:
                needs[lower][place] = FACING[tones[0]]
                # A character that faces itself is named as repeated.
                if lines[upper][place] != lines[lower][place]:
                    faults.append(_not_opposed(lines, upper, lower, place, tones[0]))
    needs[half - 1][-1] = "仄"
    if len(lines) > half:
        needs[-1][-1] = "平"
    scanned = [
        Line(line, "", "", characters_of(line, "".join(its), at == 2 * half - 1, rules))
        for at, (line, its) in enumerate(zip(lines, needs, strict=True))
    ]
    return Scansion(
        form=COUPLET_FORM,
        template=f"{sum(map(len, lines[:half]))}字",
        rhymes=(),
        lines=tuple(scanned),
        faults=in_order(faults),
        notes=in_order([*notes, *rare_notes(scanned, rules.book)]),
    )


def ends_as_couplet(lines: Sequence[str], rules: ScanRules = TANG) -> bool:
    """Whether the first half of the lines can end in the oblique tone, the second in the level."""
    return not _ends(lines, -(-len(lines) // 2), rules)


def _ends(lines: Sequence[str], half: int, rules: ScanRules) -> list[Remark]:
    """The faults of the last characters of both halves."""
    found = []
    ends = [(half - 1, OBLIQUE, _UPPER_END)]
    if len(lines) == 2 * half:
        ends.append((2 * half - 1, LEVEL, _LOWER_END))
    for at, wanted, why in ends:
        place, character = len(lines[at]) - 1, lines[at][-1]
        if not tones_of(character, rhyming=wanted == LEVEL, book=rules.book) & wanted:
            found.append(Remark("联脚", at, place, place + 1, tr(why, character=character)))
    return found


def _wrong_length(lines: Sequence[str], upper: int, lower: int) -> Remark:
    if lower == len(lines):
        why = tr("No line faces this one.")
        return Remark("字数", upper, 0, len(lines[upper]), why)
    return Remark(
        "字数",
        lower,
        0,
        len(lines[lower]),
        tr(
            "{count} characters; line {upper}, which it faces, has {usual}.",
            count=len(lines[lower]),
            upper=upper + 1,
            usual=len(lines[upper]),
        ),
    )


def _not_opposed(lines: Sequence[str], upper: int, lower: int, place: int, tone: int) -> Remark:
    why = tr(
        _SAME_LEVEL if tone == LEVEL else _SAME_OBLIQUE,
        first=lines[upper][place],
        second=lines[lower][place],
    )
    return Remark("失对", lower, place, place + 1, why)


def _rescue(
    lines: Sequence[str], upper: int, lower: int, place: int, rules: ScanRules
) -> Remark | None:
    """A note if a rescue of regulated verse makes up for two equal tones in a place."""
    length = len(lines[upper])
    if length not in (5, 7) or place != length - 2:
        return None
    types = line_types()
    exchanged = types["b"].patterns(length)[-1]
    if rules.self_rescue and _fits(lines[upper], exchanged, rules):
        why = tr(
            "Characters {place} and {following} have exchanged their tones, which is allowed.",
            place=place,
            following=place + 1,
        )
        return Remark("特拗", upper, place - 1, place + 1, why, "note")
    answers = (types["B"].answering_pattern(length), types["B"].patterns(length)[-1])
    if (
        rules.next_rescue
        and any(_fits(lines[upper], each, rules) for each in types["a"].answered_patterns(length))
        and any(_fits(lines[lower], each, rules) for each in answers)
    ):
        why = tr(
            "{character} is oblique where the pattern is level. {answer}, character {place} of "
            "the next line, is level and makes up for it.",
            character=lines[upper][place],
            answer=lines[lower][place - 1],
            place=place,
        )
        return Remark("对句拗救", upper, place, place + 1, why, "note")
    return None


def _fits(line: str, pattern: str, rules: ScanRules) -> bool:
    """Whether a line can have the tones of a pattern, its end aside."""
    pairs = list(zip(line, pattern, strict=True))[:-1]
    return all(tones_of(each, book=rules.book) & _BITS[tone] for each, tone in pairs)
