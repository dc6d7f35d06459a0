"""Metrics of a set of poems: rules kept, variety, copying, likelihood, parallelism.

Poems by a model and poems by people are measured in the same way, so that they can be compared. No
metric says that a poem is good.
"""

from collections.abc import Sequence

import msgspec

from studio.corpus.poem import verse_lines
from studio.model.evaluate import score_poems, total
from studio.prosody.forms import Form
from studio.prosody.parallelism import middle_couplets, parallelism
from studio.verse.figures import closing, distinct, doubled, mean, repeats, verse_figures
from studio.verse.novelty import Novelty
from studio.verse.writer import Writer


class QualityMetrics(msgspec.Struct, frozen=True):
    """The metrics of a set of poems; shares are from 0 to 1.

    - `length_kept`, `tones_kept`, `rhyme_kept`, `repeats`, `grams_copied`: as in `VerseFigures`.
    - `distinct_1`, `distinct_2`, `distinct_3`: the share of different n-grams among all n-grams of
      the first `distinct_of` poems. It falls with the size of a set: compare sets of one size.
    - `repeated`: the share of poems in which a character occurs twice, including doubled ones
      (茫茫).
    - `doubled`: the mean number of doubled characters per poem.
    - `closings_common`: the share of poems that end in one of the pairs given as `closings`.
    - `lines_copied`: the share of lines that are in the training split.
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
    doubled: float
    closings_common: float
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
    closings: frozenset[str] = frozenset(),
) -> QualityMetrics:
    """Measure poems of a form, at least one.

    `training` is the index of the training split. If the poems were converted to another script,
    `originals` are scanned instead. `distinct_of` 0 takes all poems for the distinct n-grams.
    `closings` are the common ones: see `common_closings`.
    """
    poems = [verse_lines(text) for text in texts]
    lines = [line for poem in poems for line in poem]
    figures = verse_figures(form, texts, training, originals)
    distinct_of = min(distinct_of or len(texts), len(texts))
    some = texts[:distinct_of]
    scores = writer.read(
        len(texts), lambda by: score_poems(by.network, by.vocabulary, texts, by.device)
    )
    read = total(scores)
    couplets = [each for poem in poems for each in middle_couplets(poem) if form.regulated]
    return QualityMetrics(
        **msgspec.structs.asdict(figures) | {"distinct_2": distinct(some, 2)},
        distinct_of=distinct_of,
        distinct_1=distinct(some, 1),
        distinct_3=distinct(some, 3),
        doubled=mean([doubled(text) for text in texts]),
        closings_common=mean([closing(text) in closings for text in texts]),
        repeated=mean([repeats(text) > 0 for text in texts]),
        lines_copied=mean([training.is_line(line) for line in lines]),
        perplexity=read.perplexity_all,
        perplexity_han=read.perplexity,
        parallelism=mean([parallelism(*each) for each in couplets]) if couplets else None,
    )
