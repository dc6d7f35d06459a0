"""The poems written since the studio started, in the groups that are shown together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TypeVar

from studio.messages import Composed
from studio.verse.request import WrittenPoem

T = TypeVar("T")
# How many drafts are shown where more than the best is asked for.
_BEST = 3


@dataclass(frozen=True, slots=True)
class PoemGroup:
    """Poems that are shown together: of one request, or of the same request to two models.

    With `more`, at least the best three drafts of each are shown.
    """

    composed: tuple[Composed, ...]
    more: bool = False

    @property
    def poems(self) -> list[tuple[Composed, WrittenPoem]]:
        """Each poem with what it was composed with, best first; those of two models alternate."""
        return side_by_side([(each, poem) for poem in self._shown(each)] for each in self.composed)

    @property
    def has_more(self) -> bool:
        """Whether there are further drafts to show."""
        return any(len(each.asked) < min(_BEST, len(each.poems)) for each in self.composed)

    def _shown(self, composed: Composed) -> tuple[WrittenPoem, ...]:
        return composed.poems[: max(_BEST, len(composed.asked))] if self.more else composed.asked

    @property
    def compares(self) -> bool:
        """Whether the poems of two models are side by side."""
        return len(self.composed) > 1


class PoemHistory:
    """The groups that were written, oldest first."""

    def __init__(self) -> None:
        self._groups: list[PoemGroup] = []

    def add(self, group: PoemGroup) -> None:
        """Add the newest group."""
        self._groups.append(group)

    def replace(self, shown: PoemGroup, other: PoemGroup) -> None:
        """Show a group in another way."""
        self._groups = [other if each is shown else each for each in self._groups]

    def neighbour(self, shown: PoemGroup | None, step: int) -> PoemGroup | None:
        """The group before or after the one shown; the newest if that is not in the history."""
        if not self._groups:
            return None
        # The same poems can be in it twice: undone on the workbench, or entered again.
        places = [at for at, each in enumerate(self._groups) if each is shown]
        places = places or [at for at, each in enumerate(self._groups) if each == shown]
        if not places:
            return self._groups[-1]
        place = places[-1] + step
        return self._groups[place] if 0 <= place < len(self._groups) else None

    @property
    def composed(self) -> list[Composed]:
        """Everything that was composed, oldest first."""
        return [each for group in self._groups for each in group.composed]


def side_by_side(parts: Iterable[Sequence[T]]) -> list[T]:
    """The first of each part, then the second of each, and so on: row by row of a table."""
    return [each for each in chain(*zip_longest(*parts)) if each is not None]
