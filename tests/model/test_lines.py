"""What stands above the next character, in one reading or in pieces."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.lines import REACH, above

COMMA, STOP = 4, 5
BREAKS = torch.tensor([token in (BEGIN, COMMA, STOP) for token in range(60)])


def test_the_character_above_is_at_the_same_place_of_the_lines_before() -> None:
    poem = [BEGIN, 11, 12, 13, COMMA, 21, 22, 23, STOP, 31, 32, 33, COMMA]
    first, second = above(torch.tensor([poem]), BREAKS, BEGIN, 2)
    assert first.tolist() == [[PAD] * 4 + [11, 12, 13, COMMA, 21, 22, 23, STOP, 31]]
    assert second.tolist() == [[PAD] * 8 + [11, 12, 13, COMMA, 21]]


def test_a_shorter_line_above_has_nothing_there() -> None:
    poem = [BEGIN, 11, COMMA, 21, 22, 23, STOP]
    (first,) = above(torch.tensor([poem]), BREAKS, BEGIN, 1)
    assert first.tolist() == [[PAD, PAD, 11, COMMA, PAD, PAD, 21]]


def test_no_line_of_the_poem_before_is_looked_at() -> None:
    text = [BEGIN, 11, 12, STOP, END, BEGIN, 41, 42, COMMA, 51]
    for found in above(torch.tensor([text]), BREAKS, BEGIN, 2):
        assert {11, 12}.isdisjoint(found[0, 5:].tolist())


@pytest.mark.parametrize("lines", [1, 2, 3])
@given(
    tokens=st.lists(st.sampled_from([BEGIN, COMMA, STOP, 11, 12, 13, 14]), min_size=1, max_size=90),
    at=st.integers(0, 89),
)
def test_what_went_before_matters_no_further_than_its_reach(
    lines: int, tokens: list[int], at: int
) -> None:
    at = min(at, len(tokens) - 1)
    whole = above(torch.tensor([tokens]), BREAKS, BEGIN, lines)
    seen = ([PAD] * REACH + tokens)[at + 1 : at + 1 + REACH]
    piece = above(torch.tensor([seen]), BREAKS, BEGIN, lines)
    assert [int(each[0, at]) for each in whole] == [int(each[0, -1]) for each in piece]
