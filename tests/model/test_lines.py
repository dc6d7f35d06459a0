"""What stands above the next character, in one reading or in pieces."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.lines import REACH, above, last_tokens_above, line_marks

COMMA, STOP = 4, 5
BREAKS = torch.tensor([token in (BEGIN, COMMA, STOP) for token in range(60)])


def found(tokens: list[int], lines: int) -> list[list[int]]:
    """For each line above what stands there, place by place."""
    text = torch.tensor([[PAD] * (REACH - 1) + tokens])
    return above(text, BREAKS, lines)[0].T.tolist()


def test_the_character_above_is_at_the_same_place_of_the_lines_before() -> None:
    first, second = found([BEGIN, 11, 12, 13, COMMA, 21, 22, 23, STOP, 31, 32, 33, COMMA], 2)
    assert first == [PAD] * 4 + [11, 12, 13, COMMA, 21, 22, 23, STOP, 31]
    assert second == [PAD] * 8 + [11, 12, 13, COMMA, 21]


def test_a_shorter_line_above_has_nothing_there() -> None:
    (first,) = found([BEGIN, 11, COMMA, 21, 22, 23, STOP], 1)
    assert first == [PAD, PAD, 11, COMMA, PAD, PAD, 21]


def test_no_line_of_the_poem_before_is_looked_at() -> None:
    for line in found([BEGIN, 11, 12, STOP, END, BEGIN, 41, 42, COMMA, 51], 2):
        assert {11, 12}.isdisjoint(line[5:])


@pytest.mark.parametrize("lines", [1, 2, 3])
@given(tokens=st.lists(st.sampled_from([BEGIN, COMMA, STOP, 11, 12, 13, 14]), max_size=90))
def test_it_is_what_reading_line_by_line_finds(lines: int, tokens: list[int]) -> None:
    expected = [_line_by_line(tokens[: at + 1], lines) for at in range(len(tokens))]
    marks = line_marks(BREAKS.numpy())
    for at in range(len(tokens)):
        window = np.array([([PAD] * REACH + tokens[: at + 1])[-REACH:]] * 2)
        assert [each.tolist() for each in last_tokens_above(window, marks, lines)] == [
            [each] * 2 for each in expected[at]
        ]
    if tokens:
        assert [list(each) for each in zip(*found(tokens, lines), strict=True)] == expected


def _line_by_line(tokens: list[int], lines: int) -> list[int]:
    window = tokens[-REACH:]
    breaks = [at for at, token in enumerate(window) if token in (BEGIN, COMMA, STOP)]
    result = []
    for above_it in range(1, lines + 1):
        if len(breaks) <= above_it or BEGIN in [window[at] for at in breaks[-above_it:]]:
            result.append(PAD)
            continue
        line = window[breaks[-above_it - 1] + 1 : breaks[-above_it] + 1]
        place = len(window) - 1 - breaks[-1]
        result.append(line[place] if place < len(line) else PAD)
    return result
