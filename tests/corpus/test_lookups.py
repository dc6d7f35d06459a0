"""Look-ups in a library of four poems."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.lookups import (
    count_characters,
    facing_words,
    lines_with,
    rhyme_groups,
    words_with,
)
from studio.corpus.obtaining import fetch_and_build
from studio.corpus.records import RawPoem
from studio.corpus.words import Words
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


def test_a_character_counts_as_often_as_it_has_the_reading_and_seldom_ones_are_last() -> None:
    counts = Counter({"里": 500, "出": 400, "事": 90, "地": 80, "思": 100})
    (group,) = rhyme_groups("泪", PINGSHUI, counts, 9)
    assert [each.text for each in group.characters] == ["事", "地", "思", "里", "出"]
    assert [each.rare for each in group.characters] == [False, False, False, True, True]
    found = {each.text: each.count for each in group.characters}
    assert found["事"] == 90 and 20 < found["思"] < 70 and found["里"] < 20
    # 昔 and 泽 are in this rhyme of 平水韵 in few words only, and so in the group that takes it in.
    for book in (PINGSHUI, rhyme_books()["cilin"]):
        (group,) = rhyme_groups("落", book, Counter("昔泽薄儿鹤"), 9)
        assert [each.text for each in group.characters if not each.rare] == ["薄", "鹤"]


def test_the_reading_that_a_character_mostly_has_is_the_first() -> None:
    groups = rhyme_groups("出", PINGSHUI, Counter("出"), 9)
    assert [(each.name, each.rare) for each in groups] == [("入質", False), ("去寘", True)]


@pytest.mark.parametrize(
    ("book", "name"), [("cilin", "仄第八部"), ("tongyun", "仄熬"), ("xinyun", "仄豪")]
)
def test_the_oblique_tones_rhyme_together_except_in_the_book_of_regulated_verse(
    book: str, name: str
) -> None:
    counts = Counter("草好老笑照到高落")
    (group,) = rhyme_groups("草", rhyme_books()[book], counts, 9)
    assert group.name == name
    assert {each.text for each in group.characters} >= set("草好老笑照到")
    assert "高" not in {each.text for each in group.characters}
    (group,) = rhyme_groups("草", PINGSHUI, counts, 9)
    assert (group.name, {each.text for each in group.characters}) == ("上皓", set("草好老"))
    # A character with both tones in a rhyme stands there once, as often as it has either.
    both = rhyme_groups("好", rhyme_books()["cilin"], counts, 9)
    assert [each.name for each in both] == ["仄第八部"]
    assert [each.count for each in both[0].characters if each.text == "好"] == [1]


def test_words_are_pairs_of_the_rhythm(library: Library) -> None:
    found = words_with(library, Words.of_library, "月", 9)
    assert {each.text: each.count for each in found.ending} == {"明月": 3}
    longer = words_with(library, Words.of_library, "明月", 9)
    assert {each.text for each in longer.beginning} == {"明月光"}
    assert {each.text for each in longer.ending} == {"望明月"}


def test_a_word_is_faced_by_what_is_in_its_place_in_the_middle_couplets(library: Library) -> None:
    def facing(text: str) -> list[str]:
        found = facing_words(library, Words.of_library, text, PINGSHUI, 9)
        return [each.text for each in found]

    assert facing("明月") == ["清泉"]
    assert facing("清泉") == ["明月"]
    assert facing("浮云") == ["落日"]
    # The first couplet need not be parallel.
    assert facing("青山") == []
    # 落日 faces 浮云, but 日故 is no word.
    assert facing("云游") == []


def test_lines_have_their_poem_and_typed_text_may_be_traditional(library: Library) -> None:
    found = lines_with(library, "里", 1)
    assert found.count == 2
    assert [(each.line, each.title) for each in found.lines] == [("欲穷千里目", "登鹳雀楼")]
    assert lines_with(library, "頭", 9).count == 2


def test_a_character_is_looked_up_as_it_was_typed_too(tmp_path: Path) -> None:
    # Converted alone, 乾 is 干; in 乾坤 the library has 乾.
    records = [
        RawPoem("", "", "乾坤日夜浮，淚乾山月小。一二三四五，六七八九十。" * 4, ""),
        RawPoem("", "", "吳楚東南坼，乾坤日夜浮。" * 4, ""),
    ]
    build(tmp_path / "l", records, source="")
    with Library.open(tmp_path / "l") as library:
        words = words_with(library, Words.of_library, "乾", 9)
        assert words.text == "干/乾"
        assert [each.text for each in words.beginning] == ["乾坤"]
        assert [each.text for each in words.ending] == ["泪干"]
        assert lines_with(library, "乾", 99).count == 12
        assert (lines_with(library, "乾坤", 99).text, lines_with(library, "干", 99).count) == (
            "乾坤",
            4,
        )


def test_what_cannot_be_looked_up_is_refused(library: Library) -> None:
    with pytest.raises(CorpusError, match="not Chinese characters"):
        lines_with(library, "a", 9)
    with pytest.raises(CorpusError, match="not in 平水韵"):
        rhyme_groups("a", PINGSHUI, Counter(), 9)
