"""How the rhymes that a character hardly ever has are found: data/build_rare_rhymes.py."""

import runpy
from collections.abc import Callable, Iterable
from typing import cast

import pytest

from studio import paths
from studio.corpus.poem import Poem

SCRIPT = runpy.run_path(str(paths.data() / "build_rare_rhymes.py"))
rhyming = cast(Callable[[Poem], Iterable[tuple[str, str]]], SCRIPT["rhyming"])
is_rare = cast(Callable[[int, int], bool], SCRIPT["is_rare"])


def poem(original: str, text: str = "") -> Poem:
    return Poem("", "", text or original, original, "五绝", "train", "")


def test_a_foot_with_several_rhymes_has_the_one_that_the_others_have() -> None:
    assert list(rhyming(poem("山山山山山，山山山山诗。山山山山山，山山山山居。"))) == [("居", "支")]
    assert list(rhyming(poem("山山山山山，山山山山鱼。山山山山山，山山山山居。"))) == [("居", "魚")]


def test_a_foot_decides_nothing_for_itself_nor_do_others_that_disagree() -> None:
    assert list(rhyming(poem("山山山山山，山山山山居。"))) == []
    disagreeing = "山山山山山，山山山山诗。山山山山山，山山山山鱼。山山山山山，山山山山居。"
    assert list(rhyming(poem(disagreeing))) == []


def test_the_simplified_form_counts_for_the_character_that_it_stands_for() -> None:
    original = "山山山山山，山山山山來。山山山山山，山山山山臺。"
    text = original.replace("來", "来").replace("臺", "台")
    assert ("台", "灰") in set(rhyming(poem(original, text)))


@pytest.mark.parametrize(
    ("met", "count", "rare"), [(0, 98, False), (0, 99, True), (1, 216, True), (10, 216, False)]
)
def test_few_of_many_are_rare(met: int, count: int, rare: bool) -> None:
    assert is_rare(met, count) == rare
