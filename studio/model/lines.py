"""Where a character stands in its line, and what stands there in the lines above."""

import torch
from torch import Tensor

from studio.corpus.vocabulary import PAD

# How far back a line is looked for, in tokens: three lines of seven characters and their stops.
REACH = 32


def above(tokens: Tensor, breaks: Tensor, begin: int, lines: int) -> list[Tensor]:
    """For each place what stands in the line above where the *next* token will stand.

    `tokens` (batch, time); `breaks` (vocabulary,), true for what ends a line: the stops, and
    `begin`, the token before a poem's first line. Returns one tensor
    (batch, time) for the line above, one for the line above that, and so on for `lines` lines;
    `PAD` where there is no such line, where it is shorter, or where it begins more than `REACH`
    tokens ago, so that a text read in pieces with so much of what went before gives the same.
    """
    rows, time = tokens.shape
    places = torch.arange(time, device=tokens.device).expand(rows, time)
    # The last break at or before each place, and before it; -1 where there is none.
    last = torch.where(breaks[tokens], places, -1).cummax(dim=1).values
    before = torch.cat([last.new_full((rows, 1), -1), last[:, :-1]], dim=1)
    offset = places - last  # 0 where the next token opens a line
    found = []
    end = last
    for _ in range(lines):
        # `end` closes the line looked at, `start` the one above it.
        start = before.gather(1, end.clamp(min=0))
        opens = tokens.gather(1, end.clamp(min=0)) == begin
        known = (end >= 0) & ~opens & (start > places - REACH) & (start >= 0)
        at = start + 1 + offset
        there = tokens.gather(1, at.clamp(0, time - 1))
        found.append(torch.where(known & (at <= end), there, PAD))
        end = torch.where(known, start, -1)
    return found
