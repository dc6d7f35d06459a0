"""A poem read back by the model."""

import math

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.evaluate import score_poems
from studio.model.network import Network
from studio.prosody.rhymes import readings, rhyme_book, unrhymed_readings
from studio.verse.inspection import fitting, inspect, weigh
from studio.verse.request import COUPLET_FORM, ComposeRequest
from studio.verse.writer import Writer

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


@pytest.fixture
def writer() -> Writer:
    """A network of random weights that knows the rhyme book's common characters."""
    vocabulary = Vocabulary.build([QUATRAIN, "".join(list(rhyme_book())[:800])], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


def test_every_character_has_its_place_and_a_stop_no_alternatives(writer: Writer) -> None:
    places = inspect(writer, ComposeRequest(), QUATRAIN, count=8)
    assert "".join(place.character for place in places) == QUATRAIN
    assert [len(place.alternatives) for place in places[:6]] == [8, 8, 8, 8, 8, 0]


def test_the_log_probabilities_are_those_of_the_score(writer: Writer) -> None:
    places = inspect(writer, ComposeRequest(), QUATRAIN)
    (score,) = score_poems(writer.network, writer.vocabulary, [QUATRAIN], writer.device)
    han = sum(place.log_probability for place in places if place.alternatives)
    assert han / 20 == pytest.approx(-math.log(score.perplexity), abs=1e-4)


def test_alternatives_keep_the_tone_that_the_poem_requires(writer: Writer) -> None:
    places = inspect(writer, ComposeRequest(), QUATRAIN, count=len(writer.vocabulary))
    # The second character of 仄仄平平仄 is oblique, the fourth level.
    assert all(not all(r.level for r in unrhymed_readings(c)) for c, _ in places[1].alternatives)
    assert all(any(r.level for r in unrhymed_readings(c)) for c, _ in places[3].alternatives)


def test_alternatives_at_a_foot_rhyme_with_the_poem(writer: Writer) -> None:
    foot = inspect(writer, ComposeRequest(), QUATRAIN)[10]
    assert foot.character == "流"
    assert all(("平", "尤") in readings(character) for character, _ in foot.alternatives)


def test_alternatives_come_likeliest_first(writer: Writer) -> None:
    chances = [chance for _, chance in inspect(writer, ComposeRequest(), QUATRAIN)[2].alternatives]
    assert chances == sorted(chances, reverse=True)
    assert all(0 < chance < 1 for chance in chances)


def test_reading_a_poem_leaves_the_network_in_training(writer: Writer) -> None:
    writer.network.train()
    inspect(writer, ComposeRequest(), QUATRAIN)
    assert writer.network.training


def test_characters_that_the_model_does_not_know_are_read_too(writer: Writer) -> None:
    places = inspect(writer, ComposeRequest(), "囧日依山尽。")
    assert places[0].character == "囧"
    assert math.isfinite(places[0].log_probability)


def test_nothing_has_no_places(writer: Writer) -> None:
    assert inspect(writer, ComposeRequest(), "") == ()


def test_an_alternative_in_a_couplet_is_not_in_the_other_line() -> None:
    text = "明月松间照，清泉石上流。"
    fits = fitting(text, ComposeRequest(form=COUPLET_FORM))
    at = text.index("泉")
    assert fits[at]("风") and not fits[at]("水")
    assert fits[at]("清") and not fits[at]("松")


def test_characters_are_weighed_by_what_is_kept_after_them(writer: Writer) -> None:
    place, kept = 6, (8, 10, 20)
    weighed = weigh(writer, ComposeRequest(), QUATRAIN, place, kept, count=100)
    characters = [character for character, _ in weighed]
    assert "黄" in characters

    chances = dict(weighed)
    assert sum(chances.values()) == pytest.approx(1)
    assert list(chances.values()) == sorted(chances.values(), reverse=True)

    def nats(character: str, places: tuple[int, ...]) -> float:
        text = QUATRAIN[:place] + character + QUATRAIN[place + 1 :]
        read = inspect(writer, ComposeRequest(), text)
        return sum(read[at].log_probability for at in places)

    first, second = characters[:2]
    expected = nats(first, (place, *kept)) - nats(second, (place, *kept))
    assert math.log(chances[first] / chances[second]) == pytest.approx(expected, abs=1e-4)


def test_the_present_character_is_weighed_even_if_it_is_unlikely(writer: Writer) -> None:
    weighed = weigh(writer, ComposeRequest(), QUATRAIN, 3, (4,), count=2)
    assert "山" in dict(weighed) and len(weighed) in (2, 3)
