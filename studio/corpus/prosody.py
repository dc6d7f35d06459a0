"""Measuring the library with the scanner: how far the poets keep the rules."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from studio.corpus.poem import Poem, verse_lines
from studio.prosody.parallelism import parallelism
from studio.prosody.report import Scansion
from studio.prosody.rhyming import can_be_level, feet, in_rhyme, rhyme_of
from studio.prosody.scansion import scan

# The regulated forms of fixed length. Those of eight lines (律诗) must be parallel in the middle.
_FORMS = ("五绝", "七绝", "五律", "七律")
_EIGHT_LINES = ("五律", "七律")


class Anchor(msgspec.Struct, frozen=True):
    """Figures for the poems of one shape, 4 or 8 lines of 5 or 7 characters, as shares of them.

    `tones`: every character fits the template; the two rescues within a line count as fit.
    `tones_and_rhyme`: the same, and one level rhyme. `repeats`: some character occurs twice.
    `level`: all rhyming lines can end in the level tone. `level_in_rhyme`: the share of those that
    have no rhyme fault (出韵).
    """

    shape: str
    poems: int
    tones: float
    tones_and_rhyme: float
    repeats: float
    level: float
    level_in_rhyme: float


class Couplets(msgspec.Struct, frozen=True):
    """How parallel (对仗) the couplets of regulated poems of one shape are: means from 0 to 1.

    `couplets` are the first to the fourth; the second and third must be parallel. `apart` pairs the
    third line of one poem with the fourth line of the next poem, for comparison.
    """

    shape: str
    poems: int
    couplets: tuple[float, ...]
    apart: float


class Share(msgspec.Struct, frozen=True):
    """A number of poems, and their share of the poems examined."""

    name: str
    poems: int
    share: float


class Prosody(msgspec.Struct, frozen=True):
    """Forms of all poems; faults and notes of the regulated ones (each counts once per poem).

    `eight_lines` is the share without a rhyme fault among the poems of eight lines of five or seven
    that rhyme in the level tone. `read` is the share of character tokens that have a reading.
    """

    poems: int
    regulated: int
    read: float
    eight_lines: Share
    forms: tuple[Share, ...]
    faults: tuple[Share, ...]
    notes: tuple[Share, ...]
    anchors: tuple[Anchor, ...]
    parallelism: tuple[Couplets, ...]


class _Counts:
    """The counts for the poems of one shape."""

    def __init__(self) -> None:
        self.poems = self.tones = self.both = self.repeats = self.level = self.level_kept = 0

    def add(self, lines: list[str], scanned: Scansion) -> None:
        text = "".join(lines)
        kept = keeps_level_rhyme(lines, scanned)
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


class _CoupletSums:
    """The sums over the couplets of one shape."""

    def __init__(self, line_count: int) -> None:
        self.poems = 0
        self.apart = 0.0
        self.couplets = [0.0] * (line_count // 2)
        self._before: list[str] = []

    def add(self, lines: list[str]) -> None:
        for at in range(len(self.couplets)):
            self.couplets[at] += parallelism(*lines[2 * at : 2 * at + 2])
        if self._before:
            self.apart += parallelism(self._before[2], lines[3])
        self._before = lines
        self.poems += 1

    def means(self, shape: str) -> Couplets:
        means = tuple(_share(each, self.poems) for each in self.couplets)
        return Couplets(shape, self.poems, means, _share(self.apart, self.poems - 1))


def measure(poems: Iterable[Poem]) -> Prosody:
    """Scan poems in their original script, because simplifying merges characters."""
    total = regulated = characters = unread = 0
    found, faults, notes = Counter[str](), Counter[str](), Counter[str]()
    counts = {shape: _Counts() for shape in _FORMS}
    parallel = {shape: _CoupletSums(8) for shape in _EIGHT_LINES}
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
            if scanned.form == poem.form and poem.form in parallel:
                parallel[poem.form].add(lines)
        if poem.form in counts:
            counts[poem.form].add(lines, scanned)
    eight = [counts[shape] for shape in _EIGHT_LINES]
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
        parallelism=tuple(each.means(shape) for shape, each in parallel.items()),
    )


def keeps_level_rhyme(lines: list[str], scanned: Scansion) -> bool:
    """Whether a poem keeps one rhyme in the level tone throughout."""
    rhyme = rhyme_of(lines)
    return all(in_rhyme(foot, rhyme) for foot in feet(lines)) and not any(
        each.name == "出韵" for each in scanned.faults
    )


def _shares(counts: Counter[str], of: int) -> tuple[Share, ...]:
    return tuple(Share(name, count, _share(count, of)) for name, count in counts.most_common())


def _share(part: float, of: int) -> float:
    return part / of if of else 0.0
