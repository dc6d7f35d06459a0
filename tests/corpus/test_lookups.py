"""Look-ups in a library of four poems."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.corpus.library import Library
from studio.corpus.lookups import (
    count_characters,
    facing_words,
    lines_with,
    rhyme_groups,
    words_with,
)
from studio.corpus.obtaining import fetch_and_build
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.books import rhyme_books
from studio.prosody.rhymes import PINGSHUI

POEMS = (
    "山居秋暝:空山新雨后，天气晚来秋。明月松间照，清泉石上流。"
    "竹喧归浣女，莲动下渔舟。随意春芳歇，王孙自可留。\n"
    "静夜思:床前明月光，疑是地上霜。举头望明月，低头思故乡。\n"
    "登鹳雀楼:白日依山尽，黄河入海流。欲穷千里目，更上一层楼。\n"
    "送友人:青山横北郭，白水绕东城。此地一为别，孤蓬万里征。"
    "浮云游子意，落日故人情。挥手自兹去，萧萧班马鸣。\n"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    root: Path = tmp_path_factory.mktemp("lookups")
    source = root / "poems.txt"
    source.write_text(POEMS, encoding="utf-8")
    home = Home(root / "data", root / "config", root / "cache")
    fetch_and_build(home, source=source)
    with Library.open(home.library) as opened:
        yield opened


def test_a_rhyme_has_its_characters_by_frequency(library: Library) -> None:
    counts = count_characters(library)
    assert counts["明"] == 3 and "，" not in counts
    (group,) = rhyme_groups("楼", PINGSHUI, counts, 99)
    assert group.name == "平尤"
    found = group.characters
    assert {each.text for each in found} >= set("秋流舟留头楼")
    assert [each.count for each in found] == sorted((each.count for each in found), reverse=True)


def test_a_character_of_several_readings_has_several_rhymes(library: Library) -> None:
    counts = Counter("寒翰看")
    assert [each.name for each in rhyme_groups("看", PINGSHUI, counts, 9)] == ["平寒", "去翰"]
    modern = rhyme_groups("東", rhyme_books()["xinyun"], Counter("城东山"), 9)
    assert [(each.name, len(each.characters)) for each in modern] == [("平庚", 2)]


def test_words_are_pairs_of_the_rhythm(library: Library) -> None:
    found = words_with(library, "月", 9)
    assert {each.text: each.count for each in found.ending} == {"明月": 3}
    assert {each.text for each in found.beginning} == {"月光"}
    longer = words_with(library, "明月", 9)
    assert {each.text for each in longer.beginning} == {"明月松", "明月光"}
    assert {each.text for each in longer.ending} == {"前明月", "望明月"}


def test_a_word_is_faced_by_what_is_in_its_place_in_the_middle_couplets(library: Library) -> None:
    assert [each.text for each in facing_words(library, "明月", PINGSHUI, 9)] == ["清泉"]
    assert [each.text for each in facing_words(library, "清泉", PINGSHUI, 9)] == ["明月"]
    assert [each.text for each in facing_words(library, "浮云", PINGSHUI, 9)] == ["落日"]
    # The first couplet need not be parallel.
    assert facing_words(library, "青山", PINGSHUI, 9) == ()


def test_lines_have_their_poem_and_typed_text_may_be_traditional(library: Library) -> None:
    found = lines_with(library, "里", 1)
    assert found.count == 2
    assert [(each.line, each.title) for each in found.lines] == [("欲穷千里目", "登鹳雀楼")]
    assert lines_with(library, "頭", 9).count == 2


def test_what_cannot_be_looked_up_is_refused(library: Library) -> None:
    with pytest.raises(CorpusError, match="not Chinese characters"):
        lines_with(library, "a", 9)
    with pytest.raises(CorpusError, match="not in 平水韵"):
        rhyme_groups("a", PINGSHUI, Counter(), 9)
