"""Where a position of a poem is: in which line, and at which place of it."""

from collections.abc import Sequence
from typing import NamedTuple


class LinePlace(NamedTuple):
    """A position of a poem whose lines end with a stop; positions count from 0.

    `start` is the first position of its line, `before` that of the line before (the same in the
    first line). `length` is the number of characters in the line.
    """

    position: int
    start: int
    before: int
    length: int

    @property
    def place(self) -> int:
        """The place in the line, from 0."""
        return self.position - self.start

    @property
    def is_stop(self) -> bool:
        """Whether the stop of the line is here."""
        return self.place == self.length

    @property
    def is_last(self) -> bool:
        """Whether the last character of the line is here."""
        return self.place == self.length - 1


def line_places(lengths: Sequence[int]) -> list[LinePlace]:
    """The positions of lines with so many characters, stops included."""
    found: list[LinePlace] = []
    start = before = 0
    for length in lengths:
        found += (LinePlace(at, start, before, length) for at in range(start, start + length + 1))
        start, before = start + length + 1, start
    return found
