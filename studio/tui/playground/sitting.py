"""What was written in this sitting, and how it is shown: one order, or two side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TypeVar

import msgspec

from studio.messages import Composed
from studio.verse.request import WrittenPoem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Showing:
    """Poems that are shown together: of one order, or of the same order to two models."""

    orders: tuple[Composed, ...]

    @property
    def poems(self) -> list[tuple[Composed, WrittenPoem]]:
        """Each poem with its order, the best first; those of two orders in turn."""
        return side_by_side([(order, poem) for poem in order.poems] for order in self.orders)

    @property
    def compares(self) -> bool:
        """Whether two models stand side by side."""
        return len(self.orders) > 1


class Sitting:
    """All that was written, in its order, with what is looked at."""

    def __init__(self) -> None:
        self.written: list[Showing] = []

    def add(self, showing: Showing) -> None:
        """Something was written."""
        self.written.append(showing)

    def beside(self, shown: Showing | None, step: int) -> Showing | None:
        """What was written before or after what is shown; the last where that is something else."""
        if not self.written:
            return None
        if shown not in self.written:
            return self.written[-1]
        place = self.written.index(shown) + step
        return self.written[place] if 0 <= place < len(self.written) else None

    @property
    def orders(self) -> list[Composed]:
        """All orders, oldest first."""
        return [order for showing in self.written for order in showing.orders]


def ranked(composed: Composed) -> Composed:
    """The same poems, the best first."""
    poems = sorted(composed.poems, key=lambda poem: -poem.score)
    return msgspec.structs.replace(composed, poems=tuple(poems))


def side_by_side(parts: Iterable[Sequence[T]]) -> list[T]:
    """The first of each part, then the second of each ..., as they stand in columns."""
    return [each for each in chain(*zip_longest(*parts)) if each is not None]
