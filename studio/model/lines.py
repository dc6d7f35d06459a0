"""The characters of previous lines at the position of the next character."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from studio.corpus.vocabulary import BEGIN, PAD

Tokens = NDArray[np.int64]

# How far back to look for a line, in tokens: three lines of seven characters with their stops.
REACH = 32


def above(tokens: Tensor, breaks: Tensor, lines: int) -> Tensor:
    """For each token, the tokens of previous lines at the position of the *next* token.

    `tokens` (batch, REACH - 1 + time): the text after its REACH - 1 previous tokens, with `PAD`
    before the start of the text. `breaks` (vocabulary,): true for tokens that end a line, the stops
    and the begin token. Returns (batch, time, lines), the nearest line first; `PAD` if there is no
    such line, if it is shorter, or if it begins more than `REACH` tokens ago.
    """
    at = torch.arange(tokens.shape[1], device=tokens.device)
    last = torch.where(breaks[tokens], at, -1).cummax(dim=1).values
    before = F.pad(last[:, :-1], (1, 0), value=-1)
    # The last breaks at or before each token, the latest first, -1 if there are no more within
    # reach. Each one ends a line; the break after it in this order ends the line before.
    found = [last[:, REACH - 1 :]]
    for _ in range(lines):
        found.append(torch.where(found[-1] >= 0, before.gather(1, found[-1].clamp(min=0)), -1))
    now = at[REACH - 1 :, None]
    line_ends = torch.stack(found, dim=-1)
    line_ends = torch.where(line_ends > now - REACH, line_ends, -1)
    ends, starts = line_ends[..., :-1], line_ends[..., 1:]
    places = starts + (now + 1 - line_ends[..., :1])
    begins = (_at(tokens, ends) == BEGIN).cumsum(dim=-1)
    is_there = (starts >= 0) & (begins == 0) & (places <= ends)
    return torch.where(is_there, _at(tokens, places), PAD)


def _at(tokens: Tensor, places: Tensor) -> Tensor:
    """The tokens (batch, time) at some places (batch, time, lines) in their rows."""
    inside = places.clamp(min=0, max=tokens.shape[1] - 1)
    return tokens.gather(1, inside.flatten(1)).view_as(places)


def last_tokens_above(tokens: Tokens, marks: NDArray[np.uint8], lines: int) -> Tokens:
    """The result of `above` for the last token only, (lines, batch); `tokens` is (batch, REACH).

    `marks` (vocabulary,) comes from `line_marks`. Fast for few rows: positions are cached.
    """
    found = [
        [row[at] if at >= 0 else PAD for at in _places(row_marks.tobytes(), lines)]
        for row, row_marks in zip(tokens.tolist(), marks[tokens], strict=True)
    ]
    return np.array(found, np.int64).T


def line_marks(breaks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """For each token: 2 for the begin token, 1 if it ends a line, else 0."""
    marks = breaks.astype(np.uint8)
    marks[BEGIN] = 2
    return marks


@lru_cache(maxsize=4096)
def _places(marks: bytes, lines: int) -> list[int]:
    """The positions that `last_tokens_above` reads in a window with these marks, -1 for none."""
    breaks = [place for place, mark in enumerate(marks) if mark]
    places = []
    for line in range(1, lines + 1):
        line_ends = breaks[-line - 1 :]
        if len(line_ends) <= line or any(marks[place] == 2 for place in line_ends[1:]):
            places.append(-1)
            continue
        at = line_ends[0] + len(marks) - line_ends[-1]
        places.append(at if at <= line_ends[1] else -1)
    return places
