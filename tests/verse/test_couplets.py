"""Second couplets that fit in tone and rhyme, of which one is the poem's own."""

from dataclasses import replace

import torch
from torch import Tensor

from studio.corpus.poem import Poem, verse_lines
from studio.model.coherence import Coherence, features_of
from studio.prosody.rhyming import rhyme_of
from studio.prosody.scansion import scan
from studio.verse.couplets import CHOICES, couplet_choices, couplets_of, measure_couplets
from studio.verse.writer import Writer

# Each keeps the tones of 五绝, 仄起首句不入韵, in the rhyme 尤.
FIRSTS = ["白日依山尽，黄河入海流。", "木落山河冷，天高水国秋。", "落日平沙远，孤帆一叶舟。"]
SECONDS = ["欲穷千里目，更上一层楼。", "今朝携酒去，何处寄离愁。"]
POEMS = [
    Poem("", "", first + second, first + second, "五绝", "valid", "")
    for first in FIRSTS
    for second in SECONDS
] * 2
POEMS += [
    Poem("", "", f"{text}。", f"{text}。", "五绝", "valid", "")
    for text in ("白日依山尽，黄河入海日。欲穷千里目，更上一层日",)
]


def test_all_choices_fit_after_the_first_couplet() -> None:
    lawful = [poem for poem in POEMS if scan(poem.lines).regulated and scan(poem.lines).perfect]
    assert len(lawful) == 12
    choices = couplet_choices(POEMS, 100, 1)
    assert choices
    pairs = {(poem.text[:12], poem.text[12:]) for poem in lawful}
    for each in choices:
        assert (each.firsts[0], each.seconds[0]) in pairs
        assert len(each.firsts) == len(each.seconds) == CHOICES
        assert each.seconds[0] not in each.seconds[1:]
        for second in each.seconds:
            lines = verse_lines(each.firsts[0] + second)
            assert scan(lines).perfect and rhyme_of(lines) == "尤"


def test_a_seed_draws_the_same_choices() -> None:
    assert couplet_choices(POEMS, 3, 1) == couplet_choices(POEMS, 3, 1)
    assert len(couplet_choices(POEMS, 3, 1)) == 3


def test_poems_without_enough_others_are_left_out() -> None:
    assert couplet_choices(POEMS[:4], 100, 1) == []


def test_shares_are_of_the_choices_made(writer: Writer) -> None:
    figures = measure_couplets(writer, couplet_choices(POEMS, 5, 1))
    assert (figures.poems, figures.choices, figures.chance) == (5, CHOICES, 1 / CHOICES)
    assert 0 <= figures.by_likelihood <= 1
    assert figures.by_coherence is None and figures.share == figures.by_association


def test_coherence_and_association_choose_together(writer: Writer) -> None:
    # Coherence always prefers the last choice, by more than any association.
    class Sure(Coherence):
        def of_pairs(self, features: Tensor, firsts: Tensor, seconds: Tensor) -> Tensor:
            return 1e6 * torch.arange(seconds.shape[1]).expand(len(firsts), -1).float()

    sure = replace(writer, coherence=Sure(features_of(writer.network)))
    figures = measure_couplets(sure, couplet_choices(POEMS, 5, 1))
    assert figures.share == figures.by_coherence == 0
    assert figures.by_association > 0


def test_a_model_that_cannot_tell_the_choices_apart_guesses(writer: Writer) -> None:
    class Blind(Coherence):
        def of_pairs(self, features: Tensor, firsts: Tensor, seconds: Tensor) -> Tensor:
            return torch.zeros(seconds.shape)

    blind = replace(writer, coherence=Blind(features_of(writer.network)))
    figures = measure_couplets(blind, couplet_choices(POEMS, 5, 1))
    assert figures.by_coherence == figures.chance


def test_a_text_without_lines_has_no_couplets() -> None:
    assert couplets_of("，。") == couplets_of("") == []
    assert couplets_of("白日，依山尽。") == []
