"""Where a line of text may be broken.

Rich and Textual break at spaces only: a Chinese clause is one word to them, and its full stop may
start the next line.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len, chop_cells

_WIDE = "\u2e80-\uffef\U00020000-\U000323af"
_OPENS, _CLOSES = r"\[（《「『“", r"\]，。；：、！？）》」』”"
_CHARACTER = rf"(?![{_OPENS}{_CLOSES}])[{_WIDE}]"
# What stays on one line: a word, a wide character, or a number with those around it (第550条); with
# its punctuation and the dot behind it.
_PIECE = re.compile(
    rf" +|(?:[{_OPENS}]|\((?=[{_WIDE}]))*"
    rf"(?:(?:{_CHARACTER})?[0-9]+{_CHARACTER}|{_CHARACTER}|[^ {_WIDE}{_OPENS}{_CLOSES}]+)?"
    rf"(?:[{_CLOSES}]|[,.;:!?)]+(?=[ {_CLOSES}]|$))*(?<! )(?: ·)?"
)


def line_breaks(text: str, width: int, fold: bool = True) -> list[int]:
    """Where to break a text into lines of at most `width` cells: at spaces, or by a wide character.

    A longer word is broken too with `fold`. It takes the place of Rich's `divide_line`.
    """
    return list(_breaks(text, width, fold))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells; only a longer word is in a longer line."""
    places = [0, *line_breaks(text, width, fold=False), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(places)]


def _breaks(text: str, width: int, fold: bool) -> Iterator[int]:
    column = 0
    for found in _PIECE.finditer(text):
        piece, start = found[0], found.start()
        length = cell_len(piece)
        if not piece.strip() or column + length <= width:
            column += length
            continue
        if column and start:
            yield start
        column = length
        if fold and length > width:
            *full, rest = chop_cells(piece, width)
            for chunk in full:
                start += len(chunk)
                yield start
            column = cell_len(rest)
