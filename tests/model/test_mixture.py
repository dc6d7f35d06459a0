"""Mixing in another corpus: all epochs are equally long, and its share falls to zero."""

from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.corpus.poem import About
from studio.errors import RunError
from studio.model.batches import Epoch, make_epoch, with_ends
from studio.model.checkpoint_names import name_of
from studio.model.conditions import describe
from studio.model.config import RunConfig, TrainConfig
from studio.model.mixture import Others, mixed_order, other_share
from studio.model.trainer import Trainer
from studio.runs import folders
from studio.runs.opening import with_more_epochs
from tests.model.conftest import CPU, TRAIN, VOCABULARY
from tests.model.test_trainer import losses, run_to_end
from tests.small import small

OWN = [[10 + number] * 6 for number in range(8)]
OTHERS = [[40 + number] * 10 for number in range(12)]


def epoch_of(number: int, seed: int = 1) -> Epoch:
    config = TrainConfig(batching="stream", batch_size=2, window=5, epochs=20, seed=seed)
    return make_epoch(
        list(map(with_ends, OWN + OTHERS)), config, number, others=Others(len(OTHERS), 20)
    )


def read(epoch: Epoch) -> list[int]:
    return [
        token
        for position in range(len(epoch))
        for token in epoch[position].inputs.flatten().tolist()
    ]


def test_every_epoch_has_as_many_batches() -> None:
    assert {len(epoch_of(number)) for number in range(1, 21)} == {len(epoch_of(1))}
    assert len(epoch_of(1)) == -(-((8 * 8 + 12 * 12) // 2 - 1) // 5)


def test_the_other_corpus_is_read_whole_at_first_and_not_at_all_at_last() -> None:
    shares = [sum(token >= 40 for token in read(epoch_of(number))) for number in (1, 17, 18, 20)]
    assert shares[0] > 100
    assert shares[0] >= shares[1] > shares[2] > shares[3] == 0
    # One's own poems are read again in place of the others.
    assert all(read(epoch_of(20)).count(10 + number) >= 6 for number in range(8))


def test_the_poems_of_an_epoch_depend_on_the_seed_and_the_epoch_alone() -> None:
    assert read(epoch_of(3)) == read(epoch_of(3))
    assert read(epoch_of(3)) != read(epoch_of(4))
    assert read(epoch_of(3)) != read(epoch_of(3, seed=2))


def test_what_is_known_stays_with_its_poem() -> None:
    poems = [VOCABULARY.encode(text) for text in ("日。月。", "山，水。", "风。雨。雪。")]
    known = describe([About("五绝"), About("七绝"), About("五律")], VOCABULARY)
    config = TrainConfig(
        batching="stream", batch_size=1, window=99, epochs=1, condition_dropout=0.0
    )
    epoch = make_epoch(list(map(with_ends, poems)), config, 1, known, Others(1, 1))
    batch = epoch[0]
    assert batch.conditions is not None
    forms = batch.conditions.about[batch.conditions.poems, 0][0]
    found = []
    for number, poem in enumerate(poems):
        for at in range(batch.inputs.shape[1] - len(poem)):
            if batch.inputs[0, at + 1 : at + 1 + len(poem)].tolist() == poem:
                assert forms[at] == known.about[number, 0]
                found.append(number)
    assert sorted(found) == [0, 1, 2]


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(2, 30), min_size=2, max_size=30),
    data=st.data(),
    share=st.floats(0, 1),
)
def test_the_order_fills_an_epoch(sizes: list[int], data: st.DataObject, share: float) -> None:
    others = data.draw(st.integers(1, len(sizes) - 1))
    order = mixed_order(sizes, others, share, torch.Generator().manual_seed(1))
    total, longest = sum(sizes), max(sizes)
    assert total <= sum(sizes[number] for number in order) < total + longest
    of_others = [number for number in order if number >= len(sizes) - others]
    assert len(of_others) == len(set(of_others))
    wanted = min(share * total, sum(sizes[len(sizes) - others :]))
    assert wanted <= sum(sizes[number] for number in of_others) <= wanted + longest


def test_the_share_falls_from_that_of_the_corpus_to_nothing() -> None:
    shares = [other_share(epoch, 20, 3, 14) for epoch in range(1, 21)]
    assert shares[0] == shares[15] == pytest.approx(14 / 17)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0
    assert other_share(1, 1, 3, 14) == pytest.approx(14 / 17)


def test_a_mixed_run_resumes_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    config = small("studio", max_steps=0, epochs=6, validate_every=0, verse_poems=0, hidden=4)

    def trainer(folder: str, config: RunConfig = config) -> Trainer:
        return Trainer(config, VOCABULARY, TRAIN, [], CPU, tmp_path / folder, others=40)

    whole = losses(run_to_end(trainer("whole")))
    cut = trainer("cut")
    # In the sixth epoch the other poems become fewer.
    at = cut.steps_per_epoch * 4 + 2
    first = losses(run_to_end(cut, stop_at=at))
    resumed = trainer("cut")
    resumed.load(tmp_path / "cut" / name_of(at))
    assert first | losses(run_to_end(resumed)) == whole


def test_the_share_falls_by_the_step_that_ends_the_run(tmp_path: Path) -> None:
    config = small("studio", max_steps=0, epochs=20, validate_every=0, verse_poems=0, hidden=4)
    long = Trainer(config, VOCABULARY, TRAIN, [], CPU, tmp_path / "long", others=40)
    limited = msgspec.structs.replace(config.train, max_steps=6 * long.steps_per_epoch - 1)
    short = Trainer(
        msgspec.structs.replace(config, train=limited),
        *(VOCABULARY, TRAIN, [], CPU, tmp_path / "short"),
        others=40,
    )
    planned = msgspec.structs.replace(config.train, epochs=6)
    same = Trainer(
        msgspec.structs.replace(config, train=planned),
        *(VOCABULARY, TRAIN, [], CPU, tmp_path / "same"),
        others=40,
    )
    # Of six epochs, the other poems become fewer in the last one.
    for epoch, as_in_twenty in ((1, True), (6, False)):
        of_twenty, *of_six = (each._make_epoch(epoch)[0].inputs for each in (long, short, same))
        assert torch.equal(*of_six)
        assert torch.equal(of_twenty, of_six[0]) == as_in_twenty


def test_a_run_that_max_steps_ended_reads_none_of_the_others_later(tmp_path: Path) -> None:
    config = msgspec.structs.replace(small("studio", max_steps=2, epochs=9), mixed="songci")
    run = folders.create(tmp_path, "a", config)
    trainer = Trainer(config, VOCABULARY, TRAIN, [], CPU, run.checkpoints, others=40)
    run_to_end(trainer)
    longer = with_more_epochs(run, 2, run.checkpoint_names())
    assert (longer.train.epochs, longer.mixing_epochs, longer.train.max_steps) == (3, 1, 0)
    assert other_share(2, longer.mixing_epochs, 3, 14) == 0


def test_a_run_whose_epochs_ended_before_its_max_steps_can_have_more(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "a", small("studio", max_steps=5000, epochs=1))
    run_to_end(Trainer(run.config(), VOCABULARY, TRAIN, [], CPU, run.checkpoints))
    longer = with_more_epochs(run, 2, run.checkpoint_names()[::-1])
    assert (longer.train.epochs, longer.train.max_steps) == (3, 0)
    # Before the end, more epochs would change the plan of the steps that are left.
    with pytest.raises(RunError, match="has not reached its max_steps"):
        with_more_epochs(run, 2, run.checkpoint_names()[:1])


def test_more_epochs_leave_those_that_were_planned_as_they_are(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "a", msgspec.structs.replace(small("studio"), mixed="songci"))
    longer = with_more_epochs(run, 3, [])
    assert (longer.train.epochs, longer.mixing_epochs) == (5, 2)
    run.write_config(longer)
    assert with_more_epochs(run, 3, []).mixing_epochs == 2
    assert other_share(3, longer.mixing_epochs, 3, 14) == 0
