"""Choosing the poems of an epoch when another corpus is mixed in."""

from collections.abc import Iterable
from typing import NamedTuple

import torch

from studio.model.config import RunConfig

# Of the planned epochs, the part in which all of the other poems are read, and the part after which
# none are: in between fewer and fewer.
ALL_UNTIL, NONE_AFTER = 0.8, 0.97


class Others(NamedTuple):
    """The last `poems` poems are of another corpus, of which fewer are read over `epochs`."""

    poems: int
    epochs: int


NO_OTHERS = Others(0, 1)


def other_share(epoch: int, epochs: int, own: int, other: int) -> float:
    """The share that the other poems have in the text of `epoch`, of `epochs`, at its middle.

    `own` and `other` are the sizes of both corpora, in tokens. One or two epochs are too few for it
    to fall.
    """
    done = (epoch - 0.5) / epochs
    read = min(1.0, max(0.0, (NONE_AFTER - done) / (NONE_AFTER - ALL_UNTIL))) * other
    return read / (own + read)


def falls(config: RunConfig, reached: int) -> bool:
    """Whether fewer and fewer of the other poems were read by a run that reached that epoch."""
    planned = min(reached, config.train.epochs) if config.train.max_steps else config.train.epochs
    epochs = config.mixing_epochs or planned
    return (epochs - 0.5) / epochs > ALL_UNTIL


def mixed_order(
    sizes: list[int], others: int, share: float, generator: torch.Generator
) -> list[int]:
    """The poems to read, by number and in order, as many tokens as all poems have together.

    `sizes` are those of the poems in tokens, and the last `others` are the other corpus. These have
    `share` of the tokens. The library's poems fill the rest, repeated if needed.
    """
    own = len(sizes) - others
    assert own > 0, "one's own poems fill the epoch"
    total = sum(sizes)
    chosen = _first(_shuffled(own, others, generator), sizes, share * total)
    left = total - sum(sizes[number] for number in chosen)
    while left > 0:
        more = _first(_shuffled(0, own, generator), sizes, left)
        left -= sum(sizes[number] for number in more)
        chosen += more
    order = torch.randperm(len(chosen), generator=generator).tolist()
    return [chosen[at] for at in order]


def _shuffled(first: int, count: int, generator: torch.Generator) -> list[int]:
    return (torch.randperm(count, generator=generator) + first).tolist()


def _first(numbers: Iterable[int], sizes: list[int], tokens: float) -> list[int]:
    """The shortest start of `numbers` with at least `tokens` tokens; all if there are fewer."""
    taken, found = 0, []
    for number in numbers:
        if taken >= tokens:
            break
        found.append(number)
        taken += sizes[number]
    return found
