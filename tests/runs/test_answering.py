"""Questions about a poem, answered with a model."""

import pytest
import torch

from studio.corpus.build import build
from studio.corpus.poem import verse_lines
from studio.corpus.records import RawPoem
from studio.corpus.vocabulary import Vocabulary
from studio.messages import Inspect, Inspected
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.paths import Home
from studio.runs.answering import answer
from studio.verse.index_keeper import CopyIndexes
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer

RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"
OWN = "昨夜春江花月，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"


@pytest.fixture
def writer() -> Writer:
    vocabulary = Vocabulary.build([RUMENGLING, OWN], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


def wait_for(indexes: CopyIndexes) -> None:
    """Wait until the indexes are built."""
    indexes.prepare()
    for keeper in indexes._keepers.values():
        if keeper._building:
            keeper._building.join()


def copied(writer: Writer, indexes: CopyIndexes, form: str) -> list[tuple[str, str]] | None:
    """The copied spans of a poem, each with the title of the poem that it is in."""
    question = Inspect(7, ComposeRequest(form=form, given=OWN), OWN)
    read = answer(question, writer, indexes)
    assert isinstance(read, Inspected)
    if read.copied is None:
        return None
    return [(OWN[each.start : each.end], each.title) for each in read.copied]


def test_what_a_ci_copies_is_found_in_the_library_and_in_the_ci_beside_it(
    writer: Writer, home: Home
) -> None:
    build(home.ci, [RawPoem("如梦令", "李清照", RUMENGLING, "a, 1")], source="a test")
    indexes = CopyIndexes(home)
    # The indexes are being built, so the poem is read again later.
    assert copied(writer, indexes, "如梦令") is None
    wait_for(indexes)
    (of_poem, *of_ci) = copied(writer, indexes, "如梦令") or []
    assert of_poem[0] == "春江花月" and of_poem[1].startswith("无题")
    # A line each, if it has four characters.
    lines = [line for line in verse_lines(OWN[7:]) if len(line) >= 4]
    assert of_ci == [(line, "如梦令") for line in lines]
    assert copied(writer, indexes, "五绝") == [of_poem]
    indexes.close()


def test_without_ci_beside_the_library_only_that_is_searched(writer: Writer, home: Home) -> None:
    indexes = CopyIndexes(home)
    wait_for(indexes)
    assert [text for text, _ in copied(writer, indexes, "如梦令") or []] == ["春江花月"]
    indexes.close()
