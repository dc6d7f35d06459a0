"""Lines too long for verse: most are two lines run together, where a stop was lost.

The rules, in plain words. In a poem where at least two thirds of the lines have the same number of
characters, four or more, a line of two, three or more times that number is as many lines run
together, provided that all lines are of that number or a multiple of it. Where some are not, only a
line that is too long for verse in any case is split. It is too long with more than 13 characters:
that is as far as the songs in mixed lines go. The songs in the style of Chu (骚体), known by their
兮, go as far as 16. What is longer and cannot be split is prose or a damaged text.
"""

from collections import Counter
from typing import Literal

import msgspec

from studio.corpus.cleaning import OVERLONG, RejectedError
from studio.corpus.poem import verse_lines

LONGEST = 13
LONGEST_WITH_XI = 16
# Poems with lines from here on are listed, whatever becomes of them.
LISTED = 13
_SHORTEST_SPLIT = 4


class LongLine(msgspec.Struct, frozen=True):
    """A long line, where it was read, and what became of it or of its poem."""

    source: str
    line: str
    outcome: Literal["split", "kept", "rejected"]


def with_lost_stops(text: str) -> str:
    """A cleaned poem with the stops between lines run together; raises RejectedError.

    The stop after an even line is a full stop, after an odd one a comma: two lines are a couplet.
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
    """The long lines of a poem that is kept, before and after `with_lost_stops`."""
    after = set(verse_lines(complete))
    return [
        LongLine(source, line, "kept" if line in after else "split")
        for line in verse_lines(text)
        if line not in after or len(line) >= LISTED
    ]
