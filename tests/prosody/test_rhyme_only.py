"""How the readings that occur as rhymes only are found: data/build_rhyme_only.py."""

import runpy
from collections import Counter
from collections.abc import Callable, Iterable
from typing import cast

import pytest

from studio import paths
from studio.corpus.poem import Poem

Counted = Callable[[Poem], Iterable[tuple[str, ...]]]
SCRIPT = runpy.run_path(str(paths.data() / "build_rhyme_only.py"))
rhyming = cast(Counted, SCRIPT["rhyming"])
ruled_out = cast(Callable[[int, int, float], bool], SCRIPT["ruled_out"])


def fixed_places(poem: Poem) -> list[tuple[str, ...]]:
    """Characters with the tone of their places."""
    return [each[:2] for each in cast(Counted, SCRIPT["fixed_places"])(poem)]


def poem(original: str, text: str = "") -> Poem:
    return Poem("", "", text or original, original, "五绝", "train", "")


def test_a_poem_on_its_tones_is_counted_where_its_template_fixes_them() -> None:
    places = fixed_places(poem("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"))
    # 中平中中仄 where the line may be rescued, and the rhymes left out.
    assert Counter(places) == Counter(
        [
            ("河", "平"),
            ("海", "仄"),
            ("穷", "平"),
            ("目", "仄"),
            ("上", "仄"),
            ("一", "仄"),
            ("层", "平"),
        ]
    )


def test_a_character_off_its_tone_is_counted_alone_and_only_where_all_others_fit() -> None:
    once = poem("白日依山尽，黄月入海流。欲穷千里目，更上一层楼。")
    assert fixed_places(once) == [("月", "平")]
    twice = poem("白日依山尽，黄月入海流。欲月千里目，更上一层楼。")
    assert fixed_places(twice) == []


def test_a_character_is_counted_in_both_scripts_and_once_where_they_agree() -> None:
    simple = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    places = Counter(fixed_places(poem("白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", simple)))
    assert {"窮", "穷", "層", "层"} <= {character for character, _ in places}
    assert set(places.values()) == {1}


def test_a_character_rhymes_where_another_does() -> None:
    assert list(rhyming(poem("山山山，山山流。山山山，山山不。"))) == [("流", "平"), ("不", "平")]
    assert list(rhyming(poem("山山山，山山不。"))) == []


@pytest.mark.parametrize(
    ("met", "count", "out"),
    [(2, 2984, True), (0, 99, True), (0, 98, False), (12, 1070, False), (795, 1133, False)],
)
def test_a_tone_is_ruled_out_where_it_is_rare_and_slips_explain_it(
    met: int, count: int, out: bool
) -> None:
    assert ruled_out(met, count, 0.002) is out
