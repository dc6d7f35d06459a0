"""What a network knows of a poem beside its characters, and where in it the next one is."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, END, Vocabulary
from studio.model import checkpoint
from studio.model.batches import Batch, make_epoch, with_ends
from studio.model.checkpoint import Progress
from studio.model.checkpoint_names import name_of
from studio.model.conditions import FORM, POET, TITLE_FROM, describe, places_of
from studio.model.config import ModelConfig, RunConfig, TrainConfig
from studio.model.evaluate import score_poems, total
from studio.model.network import Network
from studio.model.trainer import Trainer
from tests.model.conftest import CPU, TRAIN, VALID, VOCABULARY

ALL = {"form_input": True, "title_input": True, "poet_input": True}
KNOWN = msgspec.structs.replace(VOCABULARY, poets=("李白", "杜甫"))
# The title of each poem is its first character.
ABOUT = [About("五绝", text[0], "李白") for text in TRAIN]


def batches(**settings: object) -> Iterator[Batch]:
    config = TrainConfig(**settings)  # type: ignore[arg-type]
    poems = [KNOWN.encode(text) for text in TRAIN]
    epoch = make_epoch(list(map(with_ends, poems)), config, 1, describe(ABOUT, KNOWN))
    return (epoch[at] for at in range(len(epoch)))


def test_a_place_is_its_line_the_lines_left_and_the_place_in_the_line() -> None:
    poem = [BEGIN, 9, 9, 5, 9, 9, 9, 5, END]
    read = places_of(np.array(poem * 2), [5]).tolist()
    first = [[1, 3, 1], [1, 3, 2], [1, 3, 3]]
    second = [[2, 2, 1], [2, 2, 2], [2, 2, 3], [2, 2, 4]]
    assert read == [*first, *second, [3, 1, 1], [0, 0, 0]] * 2
    long = places_of(np.array([BEGIN, *[9] * 20, 5] + [9, 5] * 60 + [END]), [5]).tolist()
    assert long[20] == [1, 40, 12]


def test_a_poem_is_described_by_what_the_model_knows_of_it() -> None:
    about = [About("七律", f"{TRAIN[0][0]}龘", "杜甫"), About("other", "", "某人"), About()]
    rows = describe(about, KNOWN).about
    assert rows[:, FORM].tolist() == [4, 7, 0]
    assert rows[:, POET].tolist() == [2, 0, 0]
    assert rows[0, TITLE_FROM:].tolist() == [KNOWN.index(TRAIN[0][0]), *[0] * 11]
    assert not rows[1, TITLE_FROM:].any()


@pytest.mark.parametrize("batching", ["stream", "poems"])
def test_each_character_is_read_with_its_own_poem(batching: str) -> None:
    for batch in batches(batching=batching, batch_size=7, window=11, condition_dropout=0.0):
        known = batch.conditions
        assert known
        titles = known.about[known.poems][:, :, TITLE_FROM]
        begins = batch.inputs == BEGIN
        assert begins.any() or batching == "stream"
        # The title is the first character.
        assert titles[begins].tolist() == batch.targets[begins].tolist()
        assert not titles[batch.inputs == END].any()
        assert (known.places[begins] == torch.tensor([1, 5, 1])).all()


def test_each_part_is_left_out_of_its_share_of_the_poems_and_the_order_stays() -> None:
    texts = [KNOWN.encode(text) for text in TRAIN] * 20
    known = describe(ABOUT * 20, KNOWN)
    config = TrainConfig(batching="poems", batch_size=len(texts), condition_dropout=0.25)
    batch = make_epoch(list(map(with_ends, texts)), config, 1, known)[0]
    assert batch.conditions
    about = batch.conditions.about[batch.conditions.poems[:, 0]]
    for column in (FORM, POET, TITLE_FROM):
        assert 0.2 < float((about[:, column] == 0).double().mean()) < 0.3
    # Without its form, nothing is known of the places in a poem.
    assert ((batch.conditions.places[:, 0] == 0).all(dim=1) == (about[:, FORM] == 0)).all()
    assert torch.equal(batch.inputs, make_epoch(list(map(with_ends, texts)), config, 1)[0].inputs)


@pytest.mark.parametrize("part", ALL)
def test_what_is_known_changes_the_prediction_and_nothing_known_is_as_none_given(part: str) -> None:
    model = Network(ModelConfig(embedding=8, hidden=8, **{part: True}), len(KNOWN), 3).eval()  # type: ignore[arg-type]
    text = TRAIN[:1]
    plain, known, unknown = (
        total(score_poems(model, KNOWN, text, CPU, about)).nats
        for about in ([], ABOUT[:1], [About()])
    )
    assert plain == unknown != known


def test_a_network_learns_what_a_title_says_of_its_poem(tmp_path: Path) -> None:
    model = ModelConfig(embedding=16, hidden=16, tied=True, skips=True, **ALL)  # type: ignore[arg-type]
    config = RunConfig(
        model=model,
        train=TrainConfig(batch_size=12, epochs=12, validate_every=0),
    )
    trainer = Trainer(config, KNOWN, TRAIN, [], CPU, tmp_path, about=ABOUT)
    for _ in trainer.run():
        pass
    network = trainer.network
    own = total(score_poems(network, KNOWN, TRAIN, CPU, ABOUT)).nats
    none = total(score_poems(network, KNOWN, TRAIN, CPU)).nats
    others = total(score_poems(network, KNOWN, TRAIN, CPU, ABOUT[1:] + ABOUT[:1])).nats
    assert own < min(none, others)


def test_a_resumed_run_leaves_out_the_same(tmp_path: Path) -> None:
    def trainer(folder: str, steps: int) -> Trainer:
        config = RunConfig(
            model=ModelConfig(embedding=6, hidden=6, **ALL),  # type: ignore[arg-type]
            train=TrainConfig(
                batching="stream", batch_size=4, window=16, max_steps=steps, checkpoint_every=3
            ),
        )
        return Trainer(config, KNOWN, TRAIN, VALID, CPU, tmp_path / folder, about=ABOUT)

    whole = trainer("whole", 7)
    for _ in whole.run():
        pass
    resumed = trainer("resumed", 7)
    resumed.load(tmp_path / "whole" / name_of(3))
    for _ in resumed.run():
        pass
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name]), name


def test_a_model_keeps_its_poets(tmp_path: Path) -> None:
    network = Network(ModelConfig(embedding=6, hidden=8, **ALL), len(KNOWN), seed=4)  # type: ignore[arg-type]
    folder = tmp_path / name_of(7)
    checkpoint.save(folder, network, KNOWN, {}, Progress(step=7), None)
    read, vocabulary, _ = checkpoint.load_model(folder)
    assert vocabulary == KNOWN
    assert score_poems(read, vocabulary, TRAIN, CPU, ABOUT) == score_poems(
        network, KNOWN, TRAIN, CPU, ABOUT
    )


def test_only_the_names_of_prolific_poets_are_known() -> None:
    names = ["杜甫"] * 3 + ["李白"] * 2 + ["无名氏"] * 9 + ["甲", "", "<b>"]
    assert Vocabulary.build(TRAIN, 1, names).poets == ("杜甫", "李白", "甲")
    many = [chr(0x4E00 + number) for number in range(300)]
    assert len(Vocabulary.build(TRAIN, 1, many).poets) == 200
