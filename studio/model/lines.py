"""What stands in the lines above where the next character will stand."""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, PAD

# How far back a line is looked for, in tokens: three lines of seven characters and their stops.
REACH = 32


def above(tokens: Tensor, breaks: Tensor, lines: int) -> Tensor:
    """For each place what stands in the lines above where the *next* token will stand.

    `tokens` (batch, REACH - 1 + time): the text with what went before it, `PAD` before its
    beginning; `breaks` (vocabulary,), true for what ends a line: the stops, and the begin token.
    Returns (batch, time, lines), the line above first; `PAD` where there is no such line, where it
    is shorter, or where it begins more than `REACH` tokens ago.
    """
    windows = tokens.unfold(1, REACH, 1)
    places = torch.where(breaks[windows], torch.arange(REACH, device=tokens.device), -1)
    # The last breaks in each window, the latest first, -1 where there are no more: each closes a
    # line, and the one before it the line above.
    closes = places.topk(lines + 1, dim=-1).values
    ends, starts = closes[..., :-1], closes[..., 1:]
    at = starts + (REACH - closes[..., :1])
    begun = (windows.gather(-1, ends.clamp(min=0)) == BEGIN).cumsum(dim=-1)
    stands = (starts >= 0) & (begun == 0) & (at <= ends)
    return torch.where(stands, windows.gather(-1, at.clamp(max=REACH - 1)), PAD)


def above_last(
    tokens: NDArray[np.int64], breaks: NDArray[np.bool_], lines: int
) -> list[NDArray[np.int64]]:
    """What `above` tells of the last place alone, a line each (batch,): `tokens` (batch, REACH)."""
    rows = np.arange(len(tokens))
    # As there: the last breaks, the latest first, -1 where there are no more.
    places = np.where(breaks[tokens], np.arange(REACH), -1)
    places.sort(axis=1)
    closes = places[:, : -lines - 2 : -1].T
    found, begun = [], np.zeros(len(tokens), np.bool_)
    for end, start in pairwise(closes):
        begun |= tokens[rows, end] == BEGIN
        at = start + (REACH - closes[0])
        stands = (start >= 0) & ~begun & (at <= end)
        found.append(np.where(stands, tokens[rows, np.minimum(at, REACH - 1)], PAD))
    return found
