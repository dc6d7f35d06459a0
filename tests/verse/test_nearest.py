"""The lines that are nearest to one."""

import numpy as np
import pytest

from studio.corpus.poem import Poem
from studio.corpus.vocabulary import Vocabulary
from studio.verse.nearest import NearestLines

TEXTS = [
    "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
    "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
    "空山新雨后，天气晚来秋。明月松间照，清泉石上流。",
    "大漠孤烟直，长河落日圆。",
    "白日依山尽，黄河入海流。",
]
VOCABULARY = Vocabulary.build(TEXTS, 1)


@pytest.fixture(scope="module")
def index() -> NearestLines:
    """Lines compared by vectors in which 河 and 海 are nearly the same, all others random."""
    vectors = np.random.default_rng(5).normal(size=(len(VOCABULARY), 24)).astype(np.float32)
    vectors[VOCABULARY.index("海")] = vectors[VOCABULARY.index("河")] + 0.01
    poems = [Poem("", "", text, text, "other", "train", "", at) for at, text in enumerate(TEXTS, 1)]
    return NearestLines(poems, VOCABULARY, vectors)


def test_a_line_is_nearest_to_itself_and_has_its_first_poem(index: NearestLines) -> None:
    first = index.find("白日依山尽", 1)[0]
    assert (first.line, first.poem) == ("白日依山尽", 1)
    assert first.nearness == pytest.approx(1, abs=1e-5)
    assert len(index) == 14


@pytest.mark.parametrize(
    ("changed", "source"),
    [
        ("落日依山尽", "白日依山尽"),
        ("明月石间照", "明月松间照"),
        ("清泉石上光", "清泉石上流"),
        ("长河落日低", "长河落日圆"),
    ],
)
def test_a_line_with_a_changed_character_finds_its_source(
    index: NearestLines, changed: str, source: str
) -> None:
    found = index.find(changed, 3)
    assert found[0].line == source
    assert [each.nearness for each in found] == sorted(
        (each.nearness for each in found), reverse=True
    )


def test_characters_that_the_model_finds_alike_are_near(index: NearestLines) -> None:
    assert index.find("黄河入河流", 1)[0].nearness > index.find("黄河入山流", 1)[0].nearness


def test_the_places_of_the_characters_count(index: NearestLines) -> None:
    (same, *_), (turned, *_) = index.find("明月松间照", 1), index.find("照间松月明", 1)
    assert turned.line == same.line
    assert turned.nearness < same.nearness - 0.05


def test_there_may_be_fewer_lines_than_wanted_or_none_that_is_known(index: NearestLines) -> None:
    assert len(index.find("白日依山尽", 99)) == 14
    assert all(each.nearness == 0 for each in index.find("鑫鑫", 3))
    assert index.find("", 3) == []
