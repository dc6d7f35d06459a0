"""What a set of poems is worth in figures: the rules, variety, copying, likelihood, parallelism.

The same figures are taken of poems that a model wrote and of poems by people, to be set side by
side; none of them says that a poem is good.
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


class Figures(msgspec.Struct, frozen=True):
    """The figures of a set of poems; shares are from 0 to 1.

    - `length_kept`, `tones_kept`, `rhyme_kept`: poems with the form's lines and characters; with
      every character on a template, the two rescues within a line allowed (None where the form
      has no template); with one level rhyme throughout, or in forms without a template every
      foot in rhyme with another. As the scanner hears them: any reading counts.
    - `distinct_1`, `distinct_2`, `distinct_3`: different n-grams in all n-grams of the set's first
      `distinct_of` poems. They fall with the size of a set: compare sets of one size.
    - `repeated`: poems in which a character comes twice, doubled ones (茫茫) included; `repeats`
      the characters a poem that stood in it before, in the mean.
    - `lines_copied`, `grams_copied`: lines, and 4-grams, that stand in the training split.
    - `perplexity` over all tokens and `perplexity_han` over Han characters, each poem read by
      itself under the plain model.
    - `parallelism`: the mean over the couplets that must be parallel; None where there are none.

    n-grams are over a poem's Han characters, across stops.
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


def figures(
    form: Form,
    texts: Sequence[str],
    writer: Writer,
    training: Novelty,
    *,
    originals: Sequence[str] = (),
    distinct_of: int = 0,
) -> Figures:
    """Measure poems of a form, at least one.

    `training` is the index of the training split. Of poems that were converted to another script,
    `originals` are what is scanned. `distinct_of` 0 takes all poems for the distinct n-grams.
    """
    poems = [verse_lines(text) for text in texts]
    scanned = [verse_lines(text) for text in originals] or poems
    lines = [line for poem in poems for line in poem]
    grams = [copied for text in texts for copied in training.copied(text)]
    repeats = [len("".join(poem)) - len(set("".join(poem))) for poem in poems]
    distinct_of = min(distinct_of or len(texts), len(texts))
    some = texts[:distinct_of]
    read = total(score_poems(writer.network, writer.vocabulary, texts, writer.device))
    regulated = form.regulated
    couplets = [each for poem in poems for each in middle_couplets(poem) if regulated]
    return Figures(
        poems=len(texts),
        length_kept=_share([keeps_length(form, poem) for poem in scanned]),
        tones_kept=_share([keeps_tones(poem) for poem in scanned]) if regulated else None,
        rhyme_kept=_share([keeps_rhyme(form, poem) for poem in scanned]),
        distinct_of=distinct_of,
        distinct_1=distinct(some, 1),
        distinct_2=distinct(some, 2),
        distinct_3=distinct(some, 3),
        repeated=_share([count > 0 for count in repeats]),
        repeats=_share(repeats),
        lines_copied=_share([training.is_line(line) for line in lines]),
        grams_copied=_share(grams),
        perplexity=read.perplexity_all,
        perplexity_han=read.perplexity,
        parallelism=_share([parallelism(*each) for each in couplets]) if couplets else None,
    )


def distinct(texts: Sequence[str], size: int) -> float:
    """Different n-grams of `size` in all of them (distinct-n, Li et al. 2016)."""
    runs = ["".join(filter(is_han, text)) for text in texts]
    grams = [run[at : at + size] for run in runs for at in range(len(run) - size + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def keeps_length(form: Form, lines: Sequence[str]) -> bool:
    """Whether a poem has as many lines as its form may have, all of one length that is its."""
    lengths = {len(line) for line in lines}
    return len(lengths) == 1 and form.has_shape(lengths.pop(), len(lines))


def keeps_tones(lines: list[str]) -> bool:
    """Whether a poem keeps a template of regulated verse in every character."""
    scanned = scan(lines)
    return scanned.regulated and scanned.perfect


def keeps_rhyme(form: Form, lines: list[str]) -> bool:
    """Whether a poem rhymes: in one level rhyme, or in an old form every foot with another."""
    if form.regulated:
        return keeps_level_rhyme(lines, scan(lines))
    return sum(len(places) for _, places in rhyme_groups(lines) if len(places) > 1) == len(
        feet(lines)
    )


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
