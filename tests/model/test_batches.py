"""Every character of every poem is a target once an epoch."""

from collections import Counter
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.corpus.vocabulary import BEGIN, END, PAD
from studio.model.batches import make_epoch, pad_batch, with_ends
from studio.model.config import TrainConfig

POEMS = st.lists(st.lists(st.integers(4, 30), min_size=1, max_size=20), min_size=2, max_size=30)


def test_targets_are_the_inputs_one_character_on() -> None:
    batch = pad_batch([[BEGIN, 10, 11, END], [BEGIN, 12, END]])
    assert batch.inputs.tolist() == [[BEGIN, 10, 11], [BEGIN, 12, END]]
    assert batch.targets.tolist() == [[10, 11, END], [12, END, PAD]]
    assert batch.characters == 5
    assert batch.resets_state


@settings(deadline=None)
@given(poems=POEMS, size=st.integers(1, 8), epoch=st.integers(1, 3))
def test_a_padded_epoch_reads_every_poem_once(
    poems: list[list[int]], size: int, epoch: int
) -> None:
    batches = make_epoch(list(map(with_ends, poems)), TrainConfig(batch_size=size), epoch)
    seen = []
    for position in range(len(batches)):
        for row in batches[position].targets.tolist():
            seen.append(tuple(row[: row.index(END)]))
    assert Counter(seen) == Counter(map(tuple, poems))


@settings(deadline=None)
@given(poems=POEMS, size=st.integers(1, 4), window=st.integers(1, 9))
def test_a_stream_epoch_reads_each_stream_to_its_end(
    poems: list[list[int]], size: int, window: int
) -> None:
    text = sum(len(poem) + 2 for poem in poems)
    config = TrainConfig(batching="stream", batch_size=size, window=window)
    if text // size < 2:
        with pytest.raises(ValueError, match="do not fill"):
            make_epoch(list(map(with_ends, poems)), config, 1)
        return
    batches = make_epoch(list(map(with_ends, poems)), config, 1)
    windows = [batches[position] for position in range(len(batches))]
    inputs = torch.cat([batch.inputs for batch in windows], dim=1)
    targets = torch.cat([batch.targets for batch in windows], dim=1)
    assert inputs.shape == (size, text // size - 1)
    # Targets are the next inputs; a begin token is nothing to predict.
    following = torch.where(inputs == BEGIN, PAD, inputs)[:, 1:]
    assert torch.equal(targets[:, :-1], following)
    assert BEGIN not in targets
    assert [batch.resets_state for batch in windows] == [True] + [False] * (len(windows) - 1)
    assert sum(batch.characters for batch in windows) == int((targets != PAD).sum())


def test_epochs_differ_and_each_can_be_made_again() -> None:
    poems = [[number] for number in range(4, 100)]
    config = TrainConfig(batch_size=8)
    first, again, second = (
        make_epoch(list(map(with_ends, poems)), config, epoch) for epoch in (1, 1, 2)
    )
    assert torch.equal(first[3].inputs, again[3].inputs)
    assert not torch.equal(first[3].inputs, second[3].inputs)


def test_poems_that_are_too_long_are_left_out_of_padded_batches() -> None:
    batches = make_epoch([with_ends([5] * 3), with_ends([6] * 10)], TrainConfig(longest_poem=5), 1)
    assert len(batches) == 1
    assert 6 not in batches[0].inputs
    with pytest.raises(ValueError, match="no poem has 5 characters or fewer"):
        make_epoch([with_ends([6] * 10)], TrainConfig(longest_poem=5), 1)


@pytest.mark.parametrize("batching", ["poems", "stream"])
def test_no_poems_are_reported(batching: Literal["poems", "stream"]) -> None:
    with pytest.raises(ValueError, match="no poem"):
        make_epoch([], TrainConfig(batching=batching), 1)
