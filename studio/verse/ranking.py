"""Ranking the poems of one order, by weights that the request sets."""

from collections.abc import Sequence

import msgspec

from studio.corpus.poem import verse_lines
from studio.prosody.parallelism import middle_couplets, parallelism
from studio.prosody.scansion import scan
from studio.verse.novelty import Novelty
from studio.verse.request import Ranking, WrittenPoem

# What a note of the scanner counts beside a fault.
_NOTE = 0.25


def ranked(
    poems: Sequence[WrittenPoem], ranking: Ranking, novelty: Novelty | None
) -> tuple[WrittenPoem, ...]:
    """The same poems in the same order, with their scores, templates and rhymes.

    Variety is counted from the best down: each further poem is the best one beside those before
    it (maximal marginal relevance, Carbonell and Goldstein 1998).
    """
    told = [_told(poem, ranking, novelty) for poem in poems]
    pairs = [_bigrams(poem.text) for poem in poems]
    left, shown = set(range(len(told))), set[str]()
    while left:
        lost = {at: ranking.variety * _share(pairs[at] & shown, pairs[at]) for at in left}
        best = max(left, key=lambda at: (told[at].score - lost[at], -at))
        told[best] = msgspec.structs.replace(told[best], score=told[best].score - lost[best])
        shown |= pairs[best]
        left.remove(best)
    return tuple(told)


def _told(poem: WrittenPoem, ranking: Ranking, novelty: Novelty | None) -> WrittenPoem:
    lines = verse_lines(poem.text)
    score = ranking.likelihood * poem.log_probability
    if not lines:
        return msgspec.structs.replace(poem, score=score)
    characters = "".join(lines)
    score -= ranking.repetition * (1 - len(set(characters)) / len(characters))
    if novelty and ranking.novelty:
        copied = novelty.copied(poem.text)
        score -= ranking.novelty * sum(copied) / max(len(copied), 1)
    scansion = scan(lines)
    faults = {each.line for each in scansion.faults if each.name != "重字"}
    notes = {each.line for each in scansion.notes} - faults
    score -= ranking.prosody * (len(faults) + _NOTE * len(notes)) / len(lines)
    if scansion.regulated and (couplets := middle_couplets(lines)):
        mean = sum(parallelism(*each) for each in couplets) / len(couplets)
        score += ranking.parallelism * mean
    return msgspec.structs.replace(
        poem, score=score, template=scansion.template, rhyme="".join(scansion.rhymes[:1])
    )


def _bigrams(text: str) -> set[str]:
    return {line[at : at + 2] for line in verse_lines(text) for at in range(len(line) - 1)}


def _share(part: set[str], whole: set[str]) -> float:
    return len(part) / len(whole) if whole else 0.0
