"""Measuring a library of ci (词) with the scanner: how far the poets keep the patterns of tunes."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from studio.corpus.poem import Poem, verse_lines
from studio.corpus.prosody import Share
from studio.corpus.script import simplified
from studio.prosody.ci import scan_ci
from studio.prosody.report import Scansion
from studio.prosody.rules import ScanRules
from studio.prosody.tunes import tune_titled, tunes


class TuneFigures(msgspec.Struct, frozen=True):
    """The poems whose title is a tune, and shares of them.

    `length`: as long as a pattern of the tune. `tones`: that, and no wrong tone. `fit`: no fault at
    all. `near`: at most two faults. `faults` counts each fault once a poem.
    """

    tune: str
    poems: int
    length: float
    tones: float
    fit: float
    near: float
    faults: tuple[Share, ...]


class CiFigures(msgspec.Struct, frozen=True):
    """The figures of each tune, and the number of all poems that were read."""

    rhyme_book: str
    poems: int
    tunes: tuple[TuneFigures, ...]


def measure_ci(poems: Iterable[Poem], rules: ScanRules) -> CiFigures:
    """Scan the poems that are named after a tune, in their original script."""
    total = 0
    scanned: dict[str, list[Scansion]] = {name: [] for name in tunes()}
    for poem in poems:
        total += 1
        if tune := tune_titled(simplified(poem.title)):
            scanned[tune.name].append(scan_ci(verse_lines(poem.original), tune, rules))
    found = (_figures(name, each) for name, each in scanned.items() if each)
    return CiFigures(rules.book.name, total, tuple(found))


def _figures(tune: str, scanned: list[Scansion]) -> TuneFigures:
    named = [{fault.name for fault in each.broken} for each in scanned]
    counts = Counter(name for names in named for name in names)

    def share(count: int) -> float:
        return count / len(scanned)

    return TuneFigures(
        tune=tune,
        poems=len(scanned),
        length=share(sum("字数" not in names for names in named)),
        tones=share(sum(names.isdisjoint({"字数", "失律"}) for names in named)),
        fit=share(sum(not names for names in named)),
        near=share(sum(len(each.broken) <= 2 for each in scanned)),
        faults=tuple(Share(name, count, share(count)) for name, count in counts.most_common()),
    )
