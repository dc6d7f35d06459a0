"""Questions about a poem, answered with a model."""

import pytest
import torch

from studio.corpus.build import build
from studio.corpus.records import RawPoem
from studio.corpus.vocabulary import Vocabulary
from studio.messages import Inspect, Inspected
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.paths import Home
from studio.runs.answering import answer
from studio.verse.index_keeper import IndexKeeper
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer

RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"
OWN = "昨夜春江花月，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"


@pytest.fixture
def writer() -> Writer:
    vocabulary = Vocabulary.build([RUMENGLING, OWN], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


def copied(
    writer: Writer, home: Home, form: str, keeper: IndexKeeper
) -> list[tuple[str, str]] | None:
    """The copied spans of a poem, each with the title of the poem that it is in."""
    with Novelty.open(home.library) as index:
        question = Inspect(7, ComposeRequest(form=form, given=OWN), OWN)
        read = answer(question, writer, index, keeper)
    assert isinstance(read, Inspected)
    if read.copied is None:
        return None
    return [(OWN[each.start : each.end], each.title) for each in read.copied]


def test_what_a_ci_copies_is_found_in_the_library_and_in_the_ci_beside_it(
    writer: Writer, home: Home
) -> None:
    build(home.ci, [RawPoem("如梦令", "李清照", RUMENGLING, "a, 1")], source="a test")
    keeper = IndexKeeper(home.ci)
    # The index of the ci is being built, so the poem is read again later.
    assert copied(writer, home, "如梦令", keeper) is None
    assert keeper._building
    keeper._building.join()
    (of_poem, of_ci) = copied(writer, home, "如梦令", keeper) or []
    assert of_poem[0] == "春江花月" and of_poem[1].startswith("无题")
    assert of_ci == (OWN[7:-1], "如梦令")
    assert copied(writer, home, "五绝", keeper) == [of_poem]
    keeper.close()


def test_without_ci_beside_the_library_only_that_is_searched(writer: Writer, home: Home) -> None:
    keeper = IndexKeeper(home.ci)
    assert [text for text, _ in copied(writer, home, "如梦令", keeper) or []] == ["春江花月"]
