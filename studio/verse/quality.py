"""Metrics of a set of poems: rules kept, variety, copying, likelihood, parallelism.

Poems by a model and poems by people are measured in the same way, so that they can be compared. No
metric says that a poem is good.
"""

from collections.abc import Sequence

import msgspec

from studio.corpus.poem import is_han, verse_lines
from studio.corpus.prosody import keeps_level_rhyme
from studio.model.evaluate import score_poems, total
from studio.prosody.forms import Form
from studio.prosody.parallelism import middle_couplets, parallelism
from studio.prosody.rhyming import feet, rhyme_groups
from studio.prosody.scansion import scan
from studio.verse.decoder import Writer
from studio.verse.novelty import Novelty


class QualityMetrics(msgspec.Struct, frozen=True):
    """The metrics of a set of poems; shares are from 0 to 1.

    - `length_kept`: the share of poems with the lines and characters of the form.
    - `tones_kept`: the share of poems in which every character fits a template, with the two
      rescues within a line allowed; None if the form has no template.
    - `rhyme_kept`: the share of poems with one level rhyme throughout; for forms without a
      template, of poems in which every foot rhymes with another. As in the scanner, any reading
      of a character counts.
    - `distinct_1`, `distinct_2`, `distinct_3`: the share of different n-grams among all n-grams of
      the first `distinct_of` poems. It falls with the size of a set: compare sets of one size.
    - `repeated`: the share of poems in which a character occurs twice, including doubled ones
      (茫茫). `repeats`: the mean number of characters per poem that repeat an earlier one.
    - `lines_copied`, `grams_copied`: the share of lines and of 4-grams that are in the training
      split.
    - `perplexity` over all tokens, and `perplexity_han` over Han characters; each poem is read
      separately under the plain model.
    - `parallelism`: the mean over the couplets that must be parallel; None if there are none.

    n-grams are over the Han characters of a poem, across stops.
    """

    poems: int
    length_kept: float
    tones_kept: float | None
    rhyme_kept: float
    distinct_of: int
    distinct_1: float
    distinct_2: float
    distinct_3: float
    repeated: float
    repeats: float
    lines_copied: float
    grams_copied: float
    perplexity: float
    perplexity_han: float
    parallelism: float | None


def quality_metrics(
    form: Form,
    texts: Sequence[str],
    writer: Writer,
    training: Novelty,
    *,
    originals: Sequence[str] = (),
    distinct_of: int = 0,
) -> QualityMetrics:
    """Measure poems of a form, at least one.

    `training` is the index of the training split. If the poems were converted to another script,
    `originals` are scanned instead. `distinct_of` 0 takes all poems for the distinct n-grams.
    """
    poems = [verse_lines(text) for text in texts]
    scanned = [verse_lines(text) for text in originals] or poems
    lines = [line for poem in poems for line in poem]
    grams = [copied for text in texts for copied in training.copied(text)]
    repeats = [len("".join(poem)) - len(set("".join(poem))) for poem in poems]
    distinct_of = min(distinct_of or len(texts), len(texts))
    some = texts[:distinct_of]
    reader = writer.for_rows(len(texts))
    read = total(score_poems(reader.network, reader.vocabulary, texts, reader.device))
    regulated = form.regulated
    couplets = [each for poem in poems for each in middle_couplets(poem) if regulated]
    return QualityMetrics(
        poems=len(texts),
        length_kept=_mean([keeps_length(form, poem) for poem in scanned]),
        tones_kept=_mean([keeps_tones(poem) for poem in scanned]) if regulated else None,
        rhyme_kept=_mean([keeps_rhyme(form, poem) for poem in scanned]),
        distinct_of=distinct_of,
        distinct_1=distinct(some, 1),
        distinct_2=distinct(some, 2),
        distinct_3=distinct(some, 3),
        repeated=_mean([count > 0 for count in repeats]),
        repeats=_mean(repeats),
        lines_copied=_mean([training.is_line(line) for line in lines]),
        grams_copied=_mean(grams),
        perplexity=read.perplexity_all,
        perplexity_han=read.perplexity,
        parallelism=_mean([parallelism(*each) for each in couplets]) if couplets else None,
    )


def distinct(texts: Sequence[str], size: int) -> float:
    """The share of different n-grams of `size` among all (distinct-n, Li et al. 2016)."""
    han_only = ["".join(filter(is_han, text)) for text in texts]
    grams = [
        characters[at : at + size]
        for characters in han_only
        for at in range(len(characters) - size + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 0.0


def keeps_length(form: Form, lines: Sequence[str]) -> bool:
    """Whether a poem has a number of lines and a line length that its form allows."""
    lengths = {len(line) for line in lines}
    return len(lengths) == 1 and form.has_shape(lengths.pop(), len(lines))


def keeps_tones(lines: list[str]) -> bool:
    """Whether every character of a poem fits a template of regulated verse."""
    scanned = scan(lines)
    return scanned.regulated and scanned.perfect


def keeps_rhyme(form: Form, lines: list[str]) -> bool:
    """Whether a poem has one level rhyme, or, in an old form, every foot rhymes with another."""
    if form.regulated:
        return keeps_level_rhyme(lines, scan(lines))
    return sum(len(places) for _, places in rhyme_groups(lines) if len(places) > 1) == len(
        feet(lines)
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
