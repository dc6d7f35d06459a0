"""Figures of a set of poems: rules kept, variety, copying. Imports no torch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from studio.corpus.poem import is_han, verse_lines
from studio.corpus.prosody import keeps_level_rhyme
from studio.prosody.forms import Form
from studio.prosody.rhyming import unrhymed
from studio.prosody.scansion import scan
from studio.verse.novelty import Novelty

# How many closing pairs are common: 4 to 7% of the regulated poems of the Tang have one of these.
_COMMON_CLOSINGS = 50


class VerseFigures(msgspec.Struct, frozen=True):
    """Figures of a set of poems; shares are from 0 to 1.

    - `length_kept`: the share of poems with the lines and characters of the form.
    - `tones_kept`: the share of poems of that length in which every character fits a template, with
      the two rescues within a line allowed; None if the form has no template.
    - `rhyme_kept`: the share of poems of that length with one level rhyme throughout; for forms
      without a template, of poems in which every foot rhymes with another. As in the scanner, any
      reading of a character counts.
    - `distinct_2`: the share of different pairs of characters among all pairs.
    - `repeats`: the mean number of characters per poem that repeat an earlier one.
    - `grams_copied`: the share of 4-grams that are in the training split; None without its index.
    """

    poems: int
    length_kept: float
    tones_kept: float | None
    rhyme_kept: float
    distinct_2: float
    repeats: float
    grams_copied: float | None


def verse_figures(
    form: Form, texts: Sequence[str], training: Novelty | None, originals: Sequence[str] = ()
) -> VerseFigures:
    """The figures of poems of a form, or of what should be one.

    If the poems were converted to another script, `originals` are scanned instead.
    """
    scanned = [verse_lines(text) for text in originals or texts]
    # Tones and rhyme are read by the places of a poem, which a wrong length moves.
    right = [lines for lines in scanned if keeps_length(form, lines)]
    tones = sum(map(keeps_tones, right)) / len(texts) if form.regulated else None
    return VerseFigures(
        poems=len(texts),
        length_kept=len(right) / len(texts),
        tones_kept=tones,
        rhyme_kept=sum(keeps_rhyme(form, lines) for lines in right) / len(texts),
        distinct_2=distinct(texts, 2),
        repeats=mean(list(map(repeats, texts))),
        grams_copied=(
            mean([copied for text in texts for copied in training.copied(text)])
            if training
            else None
        ),
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


def repeats(text: str) -> int:
    """How many characters of a poem repeat an earlier one."""
    characters = "".join(verse_lines(text))
    return len(characters) - len(set(characters))


def doubled(text: str) -> int:
    """How many characters of a poem stand beside themselves in a line (悠悠)."""
    return sum(
        character == following
        for line in verse_lines(text)
        for character, following in pairwise(line)
    )


def closing(text: str) -> str:
    """The last two characters of a poem."""
    return verse_lines(text)[-1][-2:]


def common_closings(texts: Iterable[str]) -> frozenset[str]:
    """The most frequent closings of poems."""
    return frozenset(pair for pair, _ in Counter(map(closing, texts)).most_common(_COMMON_CLOSINGS))


def keeps_length(form: Form, lines: Sequence[str]) -> bool:
    """Whether a poem has a number of lines and a line length that its form allows."""
    lengths = {len(line) for line in lines}
    return len(lengths) == 1 and form.has_shape(lengths.pop(), len(lines))


def keeps_tones(lines: list[str]) -> bool:
    """Whether every character of a poem fits a template of regulated verse."""
    scanned = scan(lines)
    return scanned.regulated and scanned.perfect


def keeps_rhyme(form: Form, lines: list[str]) -> bool:
    """Whether a poem has one level rhyme, or, in an old form, every foot rhymes."""
    if form.regulated:
        return keeps_level_rhyme(lines, scan(lines))
    return not unrhymed(lines)


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
