"""Poems as (input, target) pairs: X_t -> Y_t, where Y_t is X_(t+1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.conditions import Conditions, Described, conditions_of
from studio.model.config import TrainConfig
from studio.model.mixture import NO_OTHERS, Others, mixed_order, other_share
from studio.translation import tr


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs` and `targets` (batch, time), int64; padding is `PAD` in both.

    `resets_state`: the recurrent state starts at zero; else it continues from the last batch.
    `characters`: how many targets count in the loss. `conditions`: what is known of the poems;
    None if the network reads nothing beside the characters.
    """

    inputs: Tensor
    targets: Tensor
    resets_state: bool
    characters: int
    conditions: Conditions | None = None


# The tokens of a poem, or of many as one text.
Text = NDArray[np.int32]


class Epoch(Protocol):
    """The batches of one pass over the poems, by position."""

    def __len__(self) -> int: ...
    def __getitem__(self, position: int) -> Batch: ...


def with_ends(poem: Sequence[int]) -> Text:
    """A poem's tokens from its begin token to its end token, as `make_epoch` reads them."""
    return np.array((BEGIN, *poem, END), np.int32)


def make_epoch(
    poems: list[Text],
    config: TrainConfig,
    epoch: int,
    known: Described | None = None,
    others: Others = NO_OTHERS,
) -> Epoch:
    """The batches of epoch number `epoch`; their order depends only on the settings and the epoch.

    `poems` come from `with_ends`. `others`: those of another corpus, of which fewer and fewer are
    read, only as a stream (mixture.py). `known`: what is known of the poems, of which a part is
    left out. Raises ValueError if no poem is left.
    """
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
    if known:
        # Its own generator: the order is that of a run without conditions.
        own = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
        known = known.without_some(config.condition_dropout, own)
    if config.batching == "stream":
        order = _order_of(poems, others, epoch, generator)
        return _StreamEpoch(poems, order, config, known)
    assert not others.poems, "only a stream has a share of them"
    return _PaddedEpoch(poems, config, generator, known)


def _order_of(
    poems: list[Text],
    others: Others,
    epoch: int,
    generator: torch.Generator,
) -> list[int]:
    """The poems that the stream of an epoch has, by number."""
    own = len(poems) - others.poems
    if not (own and others.poems):
        order: list[int] = torch.randperm(len(poems), generator=generator).tolist()
        return order
    sizes = list(map(len, poems))
    share = other_share(epoch, others.epochs, sum(sizes[:own]), sum(sizes[own:]))
    return mixed_order(sizes, others.poems, share, generator)


class _PaddedEpoch:
    """Each row is one poem from its begin token to its end token."""

    def __init__(
        self,
        poems: list[Text],
        config: TrainConfig,
        generator: torch.Generator,
        known: Described | None,
    ) -> None:
        longest = config.longest_poem + 2
        short = [index for index, poem in enumerate(poems) if len(poem) <= longest]
        if not short:
            raise ValueError(
                tr(
                    "no poem has {count} characters or fewer. Use a larger longest_poem.",
                    count=config.longest_poem,
                )
                if poems
                else tr("no poem is left. Use more poems.")
            )
        poems = [poems[index] for index in short]
        order = torch.randperm(len(poems), generator=generator).tolist()
        # Poems of similar length share a batch, so that little of it is padding. They are sorted
        # within pools of many batches, not over all poems: batches then differ between epochs.
        size, pool = config.batch_size, config.batch_size * 50
        batches = []
        for start in range(0, len(order), pool):
            part = sorted(order[start : start + pool], key=lambda index: len(poems[index]))
            batches += [part[at : at + size] for at in range(0, len(part), size)]
        shuffled = torch.randperm(len(batches), generator=generator).tolist()
        self._poems = poems
        self._known = known.of(short) if known else None
        self._batches = [batches[index] for index in shuffled]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, position: int) -> Batch:
        indices = self._batches[position]
        rows = [self._poems[index].tolist() for index in indices]
        return pad_batch(rows, self._known.of(indices) if self._known else None)


class _StreamEpoch:
    """Poems in an order as one text, split into parallel streams and read in windows.

    The text is as long as all poems together, whichever of them are read: each epoch has as many
    batches.
    """

    def __init__(
        self,
        poems: list[Text],
        order: list[int],
        config: TrainConfig,
        known: Described | None,
    ) -> None:
        if not poems:
            raise ValueError(tr("no poem is left. Use more poems."))
        text = np.concatenate([poems[index] for index in order])
        length = sum(map(len, poems)) // config.batch_size
        if length < 2:
            raise ValueError(
                tr(
                    "the poems do not fill the streams of a batch. Use more poems, or a smaller "
                    "batch_size."
                )
            )
        tokens = torch.from_numpy(text[: length * config.batch_size])
        self._inputs = tokens.view(config.batch_size, length)
        self._window = config.window
        self._conditions: Conditions | None = None
        if known:
            whole = conditions_of(torch.from_numpy(text)[None], known.of(order))
            self._conditions = whole.in_streams(config.batch_size, length)

    def __len__(self) -> int:
        return -(-(self._inputs.shape[1] - 1) // self._window)

    def __getitem__(self, position: int) -> Batch:
        start = position * self._window
        end = min(start + self._window, self._inputs.shape[1] - 1)
        following = self._inputs[:, start + 1 : end + 1].long()
        # A begin token always follows an end token, so there is nothing to learn.
        targets = torch.where(following == BEGIN, PAD, following)
        return Batch(
            inputs=self._inputs[:, start:end].long(),
            targets=targets,
            resets_state=position == 0,
            characters=int((targets != PAD).sum()),
            conditions=self._conditions.during(start, end) if self._conditions else None,
        )


def pad_batch(rows: list[list[int]], known: Described | None = None) -> Batch:
    """Rows of tokens, each with its begin and end token, as one padded batch."""
    width = max(map(len, rows))
    tokens = torch.full((len(rows), width), PAD)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = torch.tensor(row)
    return Batch(
        inputs=tokens[:, :-1].contiguous(),
        targets=tokens[:, 1:].contiguous(),
        resets_state=True,
        characters=sum(map(len, rows)) - len(rows),
        conditions=conditions_of(tokens, known).during(0, width - 1) if known else None,
    )
