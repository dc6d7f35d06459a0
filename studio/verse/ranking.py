"""Scores that rank the poems of one request, with the weights of the request."""

from collections.abc import Sequence

import msgspec

from studio.corpus.poem import verse_lines
from studio.prosody.offers import Scan
from studio.prosody.parallelism import middle_couplets, parallelism
from studio.prosody.rhymes import PINGSHUI, RhymeBook
from studio.prosody.scansion import scan
from studio.verse.copies import Copies
from studio.verse.knowledge import DraftReading
from studio.verse.request import Ranking, WrittenPoem

# The weight of a note of the scanner; a fault counts 1.
_NOTE = 0.25


def add_scores(
    poems: Sequence[WrittenPoem],
    ranking: Ranking,
    copies: Copies | None,
    readings: Sequence[DraftReading] = (),
    scan: Scan = scan,
    book: RhymeBook = PINGSHUI,
) -> tuple[WrittenPoem, ...]:
    """The poems in the same order, with their scores, templates and rhymes.

    Variety is counted from the best poem down. Each further poem is the one with the best score
    after its overlap with the poems before it (maximal marginal relevance, Carbonell and Goldstein
    1998). `readings`: what the model finds in each poem, if it read them again. `scan` finds the
    faults of a poem, and `book` gives its tones.
    """
    read = readings or [DraftReading()] * len(poems)
    scored = [
        _scored(poem, ranking, copies, each, scan, book)
        for poem, each in zip(poems, read, strict=True)
    ]
    pairs = [_bigrams(poem.text) for poem in poems]
    remaining, shown = set(range(len(scored))), set[str]()
    while remaining:
        penalties = {at: ranking.variety * _ratio(pairs[at] & shown, pairs[at]) for at in remaining}
        best = max(remaining, key=lambda at: (scored[at].score - penalties[at], -at))
        scored[best] = msgspec.structs.replace(
            scored[best], score=scored[best].score - penalties[best]
        )
        shown |= pairs[best]
        remaining.remove(best)
    return tuple(scored)


def _scored(
    poem: WrittenPoem,
    ranking: Ranking,
    copies: Copies | None,
    reading: DraftReading,
    scan: Scan,
    book: RhymeBook,
) -> WrittenPoem:
    lines = verse_lines(poem.text)
    score = ranking.likelihood * poem.log_probability
    score += ranking.title * reading.title_gain + ranking.end * reading.end
    score += ranking.coherence * reading.coherence + ranking.judgement * poem.points
    if not lines:
        return msgspec.structs.replace(poem, score=score)
    characters = "".join(lines)
    score -= ranking.repetition * (1 - len(set(characters)) / len(characters))
    if copies and ranking.novelty:
        copied = copies.copied(poem.text)
        score -= ranking.novelty * sum(copied) / max(len(copied), 1)
    if copies and ranking.firmness:
        score += ranking.firmness * copies.firmness(poem.text)
    if copies and ranking.rarity:
        score -= ranking.rarity * copies.rare_share(poem.text)
    if copies and ranking.closing:
        score -= ranking.closing * copies.has_common_closing(poem.text)
    scansion = scan(lines)
    faults = {each.line for each in scansion.faults if each.name != "重字"}
    notes = {each.line for each in scansion.notes} - faults
    score -= ranking.prosody * (len(faults) + _NOTE * len(notes)) / len(lines)
    if scansion.regulated and (couplets := middle_couplets(lines)):
        mean = sum(parallelism(*each, book=book) for each in couplets) / len(couplets)
        score += ranking.parallelism * mean
    return msgspec.structs.replace(
        poem, score=score, template=scansion.template, rhyme="".join(scansion.rhymes[:1])
    )


def _bigrams(text: str) -> set[str]:
    return {line[at : at + 2] for line in verse_lines(text) for at in range(len(line) - 1)}


def _ratio(part: set[str], whole: set[str]) -> float:
    return len(part) / len(whole) if whole else 0.0
