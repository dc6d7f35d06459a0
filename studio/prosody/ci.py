"""Scansion of ci (词): a poem against the pattern of its tune."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile

from studio.prosody.repeats import repeated_in_ci, said_otherwise
from studio.prosody.report import Line, Remark, Scansion
from studio.prosody.rhymes import RhymeBook
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import characters_of, in_order
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.prosody.tunes import Tune, TunePattern, TunePlace, is_verse, tune_titled, tunes
from studio.translation import marked, tr

# The places of a line in its tune; none if it is not known which they are.
_Places = tuple[TunePlace, ...]
# Characters by which a poem that is named after a tune may be too long or too short.
_ABOUT = 3

# No end of a rhyme has the right tone.
_NOT_LEVEL = marked("{character} is oblique, but the tune rhymes here in the level tone.")
_NOT_OBLIQUE = marked("{character} is level, but the tune rhymes here in the oblique tones.")


def scan_ci(lines: Sequence[str], tune: Tune, rules: ScanRules) -> Scansion:
    """Scan a poem of at least one line, each without punctuation, against a tune.

    Between two rhymes the lines may be divided in any way. If the poem is too long or too short,
    the lines before and after the wrong one are measured. A character with several readings counts
    as what fits, an unknown one too.
    """
    pattern = tune.pattern_for(sum(map(len, lines)))
    places, faults = _align(lines, pattern)
    rhymes = _rhymes(lines, places, rules.book)
    scanned = []
    for at, (line, its) in enumerate(zip(lines, places, strict=True)):
        end = its[-1] if its else TunePlace("中")
        faults += _tone_faults(line, at, its, rules.book)
        found = rhymes.get(end.rhyme.casefold(), "") if end.rhyme else ""
        level = end.rhyme.isupper()
        kept = bool(end.rhyme) and _in_rhyme(line[-1], found, level, rules.book)
        if end.rhyme and not kept:
            faults.append(_out_of_rhyme(line, at, found, level, rules.book))
        required = "".join(place.tone for place in its)
        scanned.append(
            Line(
                line,
                "",
                _named(found, level) if found and kept else "",
                characters_of(line, required, bool(end.rhyme), rules),
            )
        )
    letters = [place.rhyme for line in pattern.lines for place in line if place.rhyme]
    named = [
        _named(rhymes[letter.casefold()], letter.isupper())
        for letter in letters
        if rhymes.get(letter.casefold())
    ]
    return Scansion(
        form=tune.name,
        template=f"{pattern.length}字",
        rhymes=tuple(dict.fromkeys(named)),
        lines=tuple(scanned),
        faults=in_order([*faults, *repeated_in_ci(lines)]),
        notes=tuple(said_otherwise(lines, tune.name)),
    )


def tune_of(title: str, lines: Sequence[str], rules: ScanRules) -> Tune | None:
    """The tune that a poem seems to have; None if it seems to be no ci.

    It is named by the title, and the poem is about as long, and not in lines of verse; or its lines
    are as long as those of the poem, and the poem keeps most of its tones.
    """
    lengths = tuple(map(len, lines))
    named = tune_titled(title)
    if named and abs(named.pattern_for(sum(lengths)).length - sum(lengths)) <= _ABOUT:
        return None if is_verse(named, lengths) else named
    for tune in tunes().values():
        if tune.pattern_for(sum(lengths)).lengths == lengths:
            wrong = sum(each.name == "失律" for each in scan_ci(lines, tune, rules).faults)
            return tune if wrong < len(lines) / 2 else None
    return None


def _align(lines: Sequence[str], pattern: TunePattern) -> tuple[list[_Places], list[Remark]]:
    """The places of each line, and the faults of length."""
    length = sum(map(len, lines))
    if length == pattern.length:
        return _divide(lines, [place for line in pattern.lines for place in line])
    before = _equal(lines, pattern.lines)
    after = min(_equal(lines[::-1], pattern.lines[::-1]), len(lines) - before)
    after = min(after, len(pattern.lines) - before)
    wrong = min(before, len(lines) - 1)
    middle = len(lines) - before - after
    places = [*pattern.lines[:before], *[()] * middle]
    places += pattern.lines[len(pattern.lines) - after :]
    fault = Remark(
        "字数",
        wrong,
        0,
        len(lines[wrong]),
        tr(
            "The poem has {count} characters; the tune has {wanted}. This is the first line that "
            "differs.",
            count=length,
            wanted=pattern.length,
        ),
    )
    return places, [fault]


def _equal(lines: Sequence[str], others: Sequence[_Places]) -> int:
    """How many lines at the beginning are as long as those of the tune."""
    pairs = zip(lines, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: len(pair[0]) == len(pair[1]), pairs))


def _divide(lines: Sequence[str], places: list[TunePlace]) -> tuple[list[_Places], list[Remark]]:
    """The places line by line, and a fault where a rhyme is not at the end of a line."""
    ends = list(accumulate(map(len, lines)))
    divided = [tuple(places[end - len(line) : end]) for line, end in zip(lines, ends, strict=True)]
    faults = [
        Remark(
            "字数",
            at,
            place,
            place + 1,
            tr(
                "{character} is a rhyme of the tune, but its line goes beyond it.",
                character=lines[at][place],
            ),
        )
        for at, its in enumerate(divided)
        for place, each in enumerate(its[:-1])
        if each.rhyme
    ]
    return divided, faults


def _rhymes(lines: Sequence[str], places: list[_Places], book: RhymeBook) -> dict[str, str]:
    """The rhyme of most ends with each letter, small; on a tie that of the first end.

    Only ends of the right tone count; a letter has none without such an end.
    """
    counts: dict[str, Counter[str]] = {}
    for line, its in zip(lines, places, strict=True):
        if its and its[-1].rhyme:
            level = its[-1].rhyme.isupper()
            own = {each.rhyme for each in book.readings(line[-1]) if each.level == level}
            counts.setdefault(its[-1].rhyme.casefold(), Counter()).update(sorted(own))
    return {letter: max(found, key=found.__getitem__) for letter, found in counts.items() if found}


def _in_rhyme(character: str, rhyme: str, level: bool, book: RhymeBook) -> bool:
    """Whether a character can have this rhyme, if it is known, in this tone."""
    known = book.readings(character)
    return not known or any(each.level == level and rhyme in ("", each.rhyme) for each in known)


def _named(rhyme: str, level: bool) -> str:
    return f"{'平' if level else '仄'}{rhyme}"


def _out_of_rhyme(line: str, at: int, rhyme: str, level: bool, book: RhymeBook) -> Remark:
    own = dict.fromkeys(_named(each.rhyme, each.level) for each in book.readings(line[-1]))
    message = marked("{character} rhymes in {own}; the rhyme here is {rhyme}.")
    if not rhyme:
        message = _NOT_LEVEL if level else _NOT_OBLIQUE
    why = tr(
        message,
        character=line[-1],
        own=tr(" or ").join(own),
        rhyme=_named(rhyme, level),
    )
    return Remark("出韵", at, len(line) - 1, len(line), why)


def _tone_faults(line: str, at: int, places: _Places, book: RhymeBook) -> Iterator[Remark]:
    """Wrong tones, except at the rhymes."""
    for place, (character, each) in enumerate(zip(line, places, strict=False)):
        wanted = {"平": LEVEL, "仄": OBLIQUE}.get(each.tone, LEVEL | OBLIQUE)
        if not each.rhyme and not tones_of(character, book=book) & wanted:
            why = marked("{character} should be oblique.")
            if wanted == LEVEL:
                why = marked("{character} should be level.")
            yield Remark("失律", at, place, place + 1, tr(why, character=character))
