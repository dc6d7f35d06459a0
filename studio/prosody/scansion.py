"""Scansion: find the form and template that fit a poem best, its rhyme, and its faults."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from studio.prosody.forms import form_of, forms, line_types, templates
from studio.prosody.rare import rare_notes
from studio.prosody.regulated import ordered_tone, rhyme_remarks, tone_remarks
from studio.prosody.repeats import repeated
from studio.prosody.report import Character, Line, Remark, Scansion
from studio.prosody.rhyming import (
    LEVEL_SHARE,
    in_neighbouring_rhyme,
    in_rhyme,
    is_open,
    rhyme_groups,
    rhyme_of,
    unrhymed,
)
from studio.prosody.rules import TANG, ScanRules
from studio.prosody.tones import LEVEL, OBLIQUE, Fit, fit, tone_masks
from studio.translation import tr

# A poem is old style if it has faults in the order of tones in this share of its lines: half the
# lines of a quatrain (静夜思), but not two of the eight of 黄鹤楼.
OLD_STYLE = 0.5
# Faults in the order of tones.
_ORDER_FAULTS = ("失对", "失粘", "失替")
# The share of lines that may have another length in a regulated form.
STRAY_LINES = 0.25
MIXED = "杂言"


def scan(lines: Sequence[str], form: str = "", rules: ScanRules = TANG) -> Scansion:
    """Scan a poem of at least one line, each the characters of a line without punctuation.

    If a character has several readings, the one that fits counts. A reading that occurs only in
    rhymes (data/rhyme_only.txt) counts only if the character is a rhyme. An unknown character fits,
    and so does a blank.

    `form` is the intended form, if known. A poem in an old-style form is never measured against
    the rules of regulated verse, even if it comes close to them. One of the shape of a regulated
    form always is, however many rules it breaks. The rhyme book of `rules` decides the tones too.
    """
    book = rules.book
    line_length, stray = _measure(lines)
    intended = forms().get(form)
    if intended and not intended.regulated:
        return _old_style(lines, line_length, stray, rules)
    form = form_of(line_length, len(lines), regulated=True)
    rhyme = rhyme_of(lines, book, 0 if intended else LEVEL_SHARE) if form else ""
    measured = form and (rhyme or intended or is_open(lines))
    if measured and stray <= STRAY_LINES * len(lines):
        found = fit(
            lines,
            line_length,
            in_rhyme(lines[0][-1], rhyme, book) or in_neighbouring_rhyme(lines[0][-1], rhyme, book),
            rules,
        )
        faults, notes = tone_remarks(lines, line_length, found, rules)
        disordered = sum(fault.name in _ORDER_FAULTS for fault in faults)
        if intended or disordered < OLD_STYLE * len(lines):
            return _regulated(lines, line_length, form, rhyme, found, faults, notes, rules)
    return _old_style(lines, line_length, stray, rules)


def _regulated(
    lines: Sequence[str],
    line_length: int,
    form: str,
    rhyme: str,
    found: Fit,
    faults: list[Remark],
    notes: list[Remark],
    rules: ScanRules,
) -> Scansion:
    rhyme_faults, rhyme_notes = rhyme_remarks(lines, rhyme, found, rules.book)
    faults = [*faults, *rhyme_faults, *_wrong_length(lines, line_length)]
    faults += repeated(lines, [each.type for each in found.lines])
    types = line_types()
    answering = {note.line + 1 for note in notes if note.name == "对句拗救"}
    scanned = []
    for at, (line, each) in enumerate(zip(lines, found.lines, strict=True)):
        patterns = types[each.type].patterns(line_length)
        required = patterns[-1 if each.rescued else 0]
        if at in answering and not each.rescued:
            required = types[each.type].answering_pattern(line_length)
        rhymes = rhyme and each.type.isupper() and in_rhyme(line[-1], rhyme, rules.book)
        scanned.append(
            Line(
                line,
                each.type,
                f"平{rhyme}" if rhymes else "",
                characters_of(line, required, each.type.isupper(), rules),
            )
        )
    start = found.lines[0].type
    names = {each.types[0]: each.name for each in templates(line_length, len(lines))}
    notes = [*notes, *rhyme_notes, *rare_notes(scanned, rules.book)]
    for at in (*found.unopposed, *found.unadhering):
        scanned[at] = _with_required(scanned[at], 1, ordered_tone(found, at, line_length))
    return Scansion(
        form=form,
        template=names[start],
        rhymes=(f"平{rhyme}",) if rhyme else (),
        lines=tuple(scanned),
        faults=in_order(faults),
        notes=in_order(msgspec.structs.replace(each, severity="note") for each in notes),
    )


def _with_required(line: Line, place: int, tone: str) -> Line:
    """The line with another required tone in a place, if it is that long."""
    characters = tuple(
        msgspec.structs.replace(each, required=tone) if at == place else each
        for at, each in enumerate(line.characters)
    )
    return msgspec.structs.replace(line, characters=characters)


def _old_style(lines: Sequence[str], line_length: int, stray: int, rules: ScanRules) -> Scansion:
    """A poem of which only length and rhyme are checked; only rhyme if its lines vary in length."""
    form = "" if stray > STRAY_LINES * len(lines) else form_of(line_length, len(lines), False)
    groups = rhyme_groups(lines, rules.book)
    keeps = {at: rhyme for rhyme, places in groups for at in places}
    faults = _wrong_length(lines, line_length) if form else []
    if form == "古绝" and (alone := unrhymed(lines, rules.book)):
        at = alone[-1]
        end = len(lines[at])
        faults.append(
            Remark(
                "出韵",
                at,
                end - 1,
                end,
                tr(
                    "{character} does not rhyme with {other}.",
                    character=lines[at][-1],
                    other=lines[1 if at > 1 else 3][-1],
                ),
            )
        )
    return Scansion(
        form=form or MIXED,
        template="",
        rhymes=tuple(dict.fromkeys(rhyme for rhyme, _ in groups)),
        lines=tuple(
            Line(line, "", keeps.get(at, ""), _old_characters(line, keeps.get(at, ""), rules))
            for at, line in enumerate(lines)
        ),
        faults=in_order(faults),
        notes=(),
    )


def _measure(lines: Sequence[str]) -> tuple[int, int]:
    """The most common line length, and the number of lines with another length."""
    length, count = Counter(map(len, lines)).most_common(1)[0]
    return length, len(lines) - count


def characters_of(
    line: str, required: str, rhyming: bool, rules: ScanRules
) -> tuple[Character, ...]:
    wanted = required if len(required) == len(line) else ""
    found = []
    for at, character in enumerate(line):
        need = wanted[at] if wanted else ""
        match tone_masks(rhyming and at == len(line) - 1, rules.book).get(character, 0):
            case 0:
                tone = "?"
            case mask if mask == LEVEL | OBLIQUE:
                tone = need or "中"
            case mask:
                tone = "平" if mask == LEVEL else "仄"
        names = tuple("".join(reading) for reading in rules.book.readings(character))
        found.append(Character(character, names, tone, need))
    return tuple(found)


def _old_characters(line: str, rhyme: str, rules: ScanRules) -> tuple[Character, ...]:
    """The characters of an old-style line: no tones are required, but a rhyme decides the last."""
    found = characters_of(line, "", bool(rhyme), rules)
    if not rhyme or found[-1].tone != "中":
        return found
    tone = "平" if rhyme[0] == "平" else "仄"
    return (*found[:-1], msgspec.structs.replace(found[-1], tone=tone))


def _wrong_length(lines: Sequence[str], line_length: int) -> list[Remark]:
    return [
        Remark(
            "字数",
            at,
            0,
            len(line),
            tr(
                "{count} characters; the others have {usual}.",
                count=len(line),
                usual=line_length,
            ),
        )
        for at, line in enumerate(lines)
        if len(line) != line_length
    ]


def in_order(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Remarks in the order of their places."""
    return tuple(sorted(remarks, key=lambda each: (each.line, each.start, each.end)))
