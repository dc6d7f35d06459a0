"""How the readings that a character seldom has are found: data/build_rare_readings.py."""

import runpy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from studio import paths
from studio.corpus.poem import Poem

Rhyming = Callable[[Poem], Iterable[tuple[str, str]]]


@pytest.fixture(scope="module")
def script() -> Iterator[dict[str, Callable[..., Iterable[object]]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(paths.data()))
        yield runpy.run_path(str(paths.data() / "build_rare_readings.py"))


@pytest.fixture(scope="module")
def rhyming(script: dict[str, Rhyming]) -> Rhyming:
    return script["rhyming"]


def poem(original: str, text: str = "") -> Poem:
    return Poem("", "", text or original, original, "五绝", "train", "")


def test_a_foot_with_several_rhymes_has_the_one_that_the_others_have(rhyming: Rhyming) -> None:
    found = set(rhyming(poem("山山山山山，山山山山诗。山山山山山，山山山山居。")))
    assert ("山居", "支") in found
    found = set(rhyming(poem("山山山山山，山山山山鱼。山山山山山，山山山山居。")))
    assert ("山居", "魚") in found


def test_a_foot_decides_nothing_for_itself_nor_do_others_that_disagree(rhyming: Rhyming) -> None:
    assert list(rhyming(poem("山山山山山，山山山山居。"))) == []
    disagreeing = "山山山山山，山山山山诗。山山山山山，山山山山鱼。山山山山山，山山山山居。"
    assert not any(pair == "山居" for pair, _ in rhyming(poem(disagreeing)))


def test_the_simplified_form_counts_for_the_character_that_it_stands_for(rhyming: Rhyming) -> None:
    original = "山山山山山，山山山山來。山山山山山，山山山山臺。"
    text = original.replace("來", "来").replace("臺", "台")
    assert {("山臺", "灰"), ("山台", "灰")} <= set(rhyming(poem(original, text)))


@pytest.mark.parametrize(
    ("met", "count", "rare"), [(0, 22, False), (0, 23, True), (130, 1200, True), (140, 1200, False)]
)
def test_few_of_many_are_rare(
    script: dict[str, Callable[[int, int], bool]], met: int, count: int, rare: bool
) -> None:
    assert script["is_rare"](met, count) == rare


def test_its_words_are_the_pairs_that_mostly_have_it(
    script: dict[str, Callable[..., Iterable[str]]],
) -> None:
    seldom = Counter({"": 9, "五更": 5, "更殘": 3, "更深": 3, "更一": 1})
    usual = Counter({"": 391, "更深": 2, "更上": 90})
    counts = {"平": seldom, "仄": usual}
    (line,) = script["rare_of"]("更", counts, ["平", "仄"])
    assert line == "更 平 9 400 五更 更殘 更残"
