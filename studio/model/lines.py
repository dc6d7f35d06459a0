"""What stands in the lines above where the next character will stand."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, PAD

Tokens = NDArray[np.int64]

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


def above_last(tokens: Tokens, marks: NDArray[np.uint8], lines: int) -> Tokens:
    """What `above` tells of the last place alone, (lines, batch): `tokens` (batch, REACH).

    `marks` (vocabulary,) are those of `marked`. Made for few rows: the places come from a cache.
    """
    found = [
        [row[at] if at >= 0 else PAD for at in _places(its.tobytes(), lines)]
        for row, its in zip(tokens.tolist(), marks[tokens], strict=True)
    ]
    return np.array(found, np.int64).T


def marked(breaks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """For each token 0, 1 where it ends a line, 2 for the begin token."""
    marks = breaks.astype(np.uint8)
    marks[BEGIN] = 2
    return marks


@lru_cache(maxsize=4096)
def _places(marks: bytes, lines: int) -> list[int]:
    """Where in a window with these marks the last place finds what stands above, -1 for nowhere."""
    breaks = [place for place, mark in enumerate(marks) if mark]
    places = []
    for line in range(1, lines + 1):
        closes = breaks[-line - 1 :]
        if len(closes) <= line or any(marks[place] == 2 for place in closes[1:]):
            places.append(-1)
            continue
        at = closes[0] + len(marks) - closes[-1]
        places.append(at if at <= closes[1] else -1)
    return places
