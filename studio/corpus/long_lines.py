"""Lines too long for verse: most are two lines run together because a stop was lost.

The rules:

- The usual length of a poem is the number of characters that at least two thirds of its lines
  have. It must be four or more. A line whose length is a multiple of it may be several lines run
  together.
- If the lengths of all lines are multiples of the usual length, every such line is split.
- Otherwise only a line that is too long for any verse is split: one with more than 13 characters,
  the longest in poems with mixed lines. In the style of Chu (骚体), recognised by 兮, the limit is
  16.
- A longer line that cannot be split is prose or damaged text, and the poem is rejected.
"""

from collections import Counter
from typing import Literal

import msgspec

from studio.corpus.cleaning import OVERLONG, RejectedError
from studio.corpus.poem import verse_lines

LONGEST = 13
LONGEST_WITH_XI = 16
# Lines of at least this length are always listed in the statistics.
LISTED = 13
_SHORTEST_SPLIT = 4


class LongLine(msgspec.Struct, frozen=True):
    """A long line, its source, and what happened to it or its poem."""

    source: str
    line: str
    outcome: Literal["split", "kept", "rejected"]


def with_lost_stops(text: str) -> str:
    """A cleaned poem with the lost stops between lines restored; raises RejectedError.

    The first line of a couplet gets a comma, the second a full stop.
    """
    lines = verse_lines(text)
    longest = LONGEST_WITH_XI if "兮" in text else LONGEST
    length, count = Counter(map(len, lines)).most_common(1)[0]
    regular = _SHORTEST_SPLIT <= length <= longest and 3 * count >= 2 * len(lines)
    uniform = all(len(line) % length == 0 for line in lines)
    parts: list[str] = []
    number = end = 0
    for line in lines:
        start = text.index(line, end)
        parts.append(text[end:start])
        end = start + len(line)
        step = len(line)
        if regular and step % length == 0 and (uniform or step > longest):
            step = length
        elif step > longest:
            raise RejectedError(OVERLONG, line)
        for at in range(0, len(line), step):
            if at:
                parts.append("，" if number % 2 else "。")
            parts.append(line[at : at + step])
            number += 1
    return "".join(parts) + text[end:]


def long_lines(text: str, complete: str, source: str) -> list[LongLine]:
    """The long lines of a poem that is kept; `complete` is its text after `with_lost_stops`."""
    after = set(verse_lines(complete))
    return [
        LongLine(source, line, "kept" if line in after else "split")
        for line in verse_lines(text)
        if line not in after or len(line) >= LISTED
    ]
