"""The library measured by the scanner: how the poets themselves keep the rules."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from studio.corpus.poem import Poem, verse_lines
from studio.prosody.forms import forms
from studio.prosody.report import Scansion
from studio.prosody.rhyming import can_be_level, feet, in_rhyme, rhyme_of
from studio.prosody.scansion import scan


class Anchor(msgspec.Struct, frozen=True):
    """The poems of one shape, 4 or 8 lines of 5 or 7 characters, in shares of all of them.

    `tones` is every character on its template, the two rescues within a line allowed;
    `tones_and_rhyme` also one level rhyme; `repeats` any character that comes twice. `level` are
    the poems whose rhyming lines can all end in the level tone, `level_in_rhyme` the share of
    those that have no rhyme fault (出韵).
    """

    shape: str
    poems: int
    tones: float
    tones_and_rhyme: float
    repeats: float
    level: float
    level_in_rhyme: float


class Share(msgspec.Struct, frozen=True):
    """How many poems, and which share of those it was looked for in."""

    name: str
    poems: int
    share: float


class Prosody(msgspec.Struct, frozen=True):
    """Forms over all poems; faults and notes over the regulated ones (a poem counts once each).

    `eight_lines` is the share without rhyme fault among all poems of eight lines of five or seven
    that rhyme in the level tone; `read` the share of character tokens that have a reading.
    """

    poems: int
    regulated: int
    read: float
    eight_lines: Share
    forms: tuple[Share, ...]
    faults: tuple[Share, ...]
    notes: tuple[Share, ...]
    anchors: tuple[Anchor, ...]


class _Counts:
    """What is counted of the poems of one shape."""

    def __init__(self) -> None:
        self.poems = self.tones = self.both = self.repeats = self.level = self.level_kept = 0

    def add(self, lines: list[str], scanned: Scansion) -> None:
        text = "".join(lines)
        rhyme = rhyme_of(lines)
        kept = all(in_rhyme(foot, rhyme) for foot in feet(lines)) and not any(
            each.name == "出韵" for each in scanned.faults
        )
        level = all(map(can_be_level, feet(lines)))
        perfect = scanned.regulated and scanned.perfect
        self.poems += 1
        self.tones += perfect
        self.both += perfect and kept
        self.repeats += len(set(text)) < len(text)
        self.level += level
        self.level_kept += level and kept

    def anchor(self, shape: str) -> Anchor:
        return Anchor(
            shape,
            self.poems,
            _share(self.tones, self.poems),
            _share(self.both, self.poems),
            _share(self.repeats, self.poems),
            _share(self.level, self.poems),
            _share(self.level_kept, self.level),
        )


def measure(poems: Iterable[Poem]) -> Prosody:
    """Scan poems in their original script, which keeps apart what simplifying merges."""
    total = regulated = characters = unread = 0
    found, faults, notes = Counter[str](), Counter[str](), Counter[str]()
    counts = {shape: _Counts() for shape in forms()}
    for poem in poems:
        lines = verse_lines(poem.original)
        scanned = scan(lines)
        total += 1
        found[scanned.form] += 1
        characters += sum(map(len, lines))
        unread += sum(each.tone == "?" for line in scanned.lines for each in line.characters)
        if scanned.regulated:
            regulated += 1
            faults.update({each.name for each in scanned.faults})
            notes.update({each.name for each in scanned.notes})
        if poem.form in counts:
            counts[poem.form].add(lines, scanned)
    eight = [each for shape, each in counts.items() if shape.endswith("律")]
    kept, level = sum(each.level_kept for each in eight), sum(each.level for each in eight)
    return Prosody(
        poems=total,
        regulated=regulated,
        read=1 - _share(unread, characters),
        eight_lines=Share("no 出韵", kept, _share(kept, level)),
        forms=_shares(found, total),
        faults=_shares(faults, regulated),
        notes=_shares(notes, regulated),
        anchors=tuple(each.anchor(shape) for shape, each in counts.items()),
    )


def _shares(counts: Counter[str], of: int) -> tuple[Share, ...]:
    return tuple(Share(name, count, _share(count, of)) for name, count in counts.most_common())


def _share(part: int, of: int) -> float:
    return part / of if of else 0.0
