"""The statistics of a library, computed once during its build, and those of poems in it."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from studio.corpus.long_lines import LongLine
from studio.corpus.poem import Poem, Script, is_han
from studio.prosody.forms import SHAPES

COVERAGE_SIZES = (100, 250, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000)
# The first length of each bin of the histogram, in characters without punctuation.
LENGTH_BINS = (1, 20, 21, 28, 29, 40, 41, 56, 57, 80, 100, 150, 200, 300, 500, 1000)
CHARACTERS_SHOWN = 200
POETS_SHOWN = 200
CURVE_POINTS = 120


class Bin(msgspec.Struct, frozen=True):
    """Poems of `least` to `most` characters; `most` is None in the last bin."""

    least: int
    most: int | None
    poems: int

    @property
    def label(self) -> str:
        """The bin as text: 20, 21-27, 1000+."""
        if self.most is None:
            return f"{self.least}+"
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


class Counted(NamedTuple):
    """What is counted of a poem; `length` in characters without punctuation."""

    text: str
    author: str
    form: str
    split: str
    length: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of some poems. Only Chinese characters are counted, not punctuation.

    `coverage` pairs a vocabulary size n with the share of the text that the n most frequent
    characters make up. `curve` pairs ranks, evenly spaced on a logarithmic scale, with counts.
    `prolific` has "" for the poems without a poet's name.
    """

    poems: int
    poets: int
    characters: int
    distinct: int
    splits: dict[str, int]
    forms: dict[str, int]
    lengths: list[Bin]
    frequent: list[tuple[str, int]]
    prolific: list[tuple[str, int]]
    coverage: list[tuple[int, float]]
    curve: list[tuple[int, int]]


class Statistics(Counts, frozen=True, kw_only=True):
    """Figures of a library: of its poems, and of the records that it was built from."""

    source: str
    script: Script
    records_read: int
    kept: int
    merged: int
    rejected: dict[str, int]
    # Missing in libraries built by earlier versions.
    long_lines: list[LongLine] = []


class Account(msgspec.Struct, frozen=True):
    """What happened to the records: `read` is the sum of `kept`, `merged` and all `rejected`."""

    read: int
    kept: int
    merged: int
    rejected: dict[str, int]
    long_lines: list[LongLine] = []


def compute(poems: Sequence[Poem], source: str, script: Script, account: Account) -> Statistics:
    """Compute the statistics of the poems of a new library."""
    counts = count_poems(
        Counted(poem.text, poem.author, poem.form, poem.split, length_of(poem.text))
        for poem in poems
    )
    return Statistics(
        **msgspec.structs.asdict(counts),
        source=source,
        script=script,
        records_read=account.read,
        kept=account.kept,
        merged=account.merged,
        rejected=dict(sorted(account.rejected.items(), key=lambda item: -item[1])),
        long_lines=account.long_lines,
    )


def count_poems(poems: Iterable[Counted]) -> Counts:
    """Count some poems. All poems of the Tang take about half a second."""
    characters = Counter[str]()
    poets, forms, splits = Counter[str](), Counter[str](), Counter[str]()
    lengths = list[int]()
    for poem in poems:
        characters.update(poem.text)
        poets[poem.author] += 1
        forms[poem.form] += 1
        splits[poem.split] += 1
        lengths.append(poem.length)
    han = Counter({character: n for character, n in characters.items() if is_han(character)})
    ranked = sorted(han.items(), key=lambda item: (-item[1], item[0]))
    return Counts(
        poems=len(lengths),
        # Poems without a poet's name are not by one poet.
        poets=len(poets) - ("" in poets),
        characters=han.total(),
        distinct=len(han),
        splits={split: splits[split] for split in ("train", "valid", "test")},
        forms={form: forms[form] for form in SHAPES},
        lengths=_histogram(lengths),
        frequent=ranked[:CHARACTERS_SHOWN],
        prolific=sorted(poets.items(), key=lambda item: (-item[1], item[0]))[:POETS_SHOWN],
        coverage=_coverage([count for _, count in ranked]),
        curve=_curve([count for _, count in ranked]),
    )


def length_of(text: str) -> int:
    """The number of characters without punctuation."""
    return sum(map(is_han, text))


def _histogram(lengths: Iterable[int]) -> list[Bin]:
    bounds = LENGTH_BINS
    counts = Counter(bisect_right(bounds, length) - 1 for length in lengths)
    ends = [end - 1 for end in bounds[1:]]
    return [
        Bin(least, most, counts[index])
        for index, (least, most) in enumerate(zip(bounds, [*ends, None], strict=True))
    ]


def _coverage(counts: list[int]) -> list[tuple[int, float]]:
    total = sum(counts)
    if not total:
        return []
    sums = list(accumulate(counts))
    sizes = [size for size in COVERAGE_SIZES if size < len(counts)]
    return [(size, sums[size - 1] / total) for size in [*sizes, len(counts)]]


def _curve(counts: list[int]) -> list[tuple[int, int]]:
    if not counts:
        return []
    step = math.log(len(counts)) / (CURVE_POINTS - 1)
    ranks = sorted({round(math.exp(step * point)) for point in range(CURVE_POINTS)})
    return [(rank, counts[rank - 1]) for rank in ranks]
