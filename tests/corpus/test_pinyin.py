"""Characters from pinyin."""

import os
import shutil
from pathlib import Path

import pytest

from studio.corpus.pinyin import Pinyin
from studio.corpus.vocabulary import Vocabulary
from studio.paths import Home

COUNTS = {
    "明": 50.0,
    "名": 20.0,
    "月": 70.0,
    "闲": 30.0,
    "西": 40.0,
    "安": 40.0,
    "女": 10.0,
    "略": 9.0,
    "路": 60.0,
    "长": 45.0,
    "帐": 5.0,
    "春": 30.0,
    "江": 30.0,
    "花": 30.0,
    "西安": 8.0,
    "明月": 12.0,
    "春江": 6.0,
}


@pytest.fixture(scope="module")
def pinyin() -> Pinyin:
    return Pinyin(COUNTS)


def offered(pinyin: Pinyin, letters: str) -> list[str]:
    return [each.text for each in pinyin.candidates(letters)]


def test_the_more_frequent_character_is_offered_first(pinyin: Pinyin) -> None:
    assert offered(pinyin, "ming")[:2] == ["明", "名"]


def test_a_word_is_offered_for_all_its_syllables_before_its_first_character(
    pinyin: Pinyin,
) -> None:
    candidates = pinyin.candidates("mingyue")
    assert candidates[0] == ("明月", 7)
    assert ("明", 4) in candidates
    assert ("名", 4) in candidates


def test_a_syllable_just_begun_offers_what_it_may_become(pinyin: Pinyin) -> None:
    assert offered(pinyin, "mi")[0] == "明"
    assert offered(pinyin, "mingy")[0] == "明月"


def test_a_phrase_that_is_no_word_is_put_together(pinyin: Pinyin) -> None:
    assert pinyin.candidates("chunjianghuayue")[0] == ("春江花月", 15)


def test_letters_that_can_be_cut_in_two_ways_offer_both(pinyin: Pinyin) -> None:
    assert {"闲", "西安", "西"} <= set(offered(pinyin, "xian"))


def test_a_first_part_is_offered_only_where_the_rest_can_be_read(pinyin: Pinyin) -> None:
    # "chang" and "changan" begin with "cha" and "chan" too, but "ng" is no beginning.
    assert {each.letters for each in pinyin.candidates("changan")} == {5, 7}


def test_a_character_counts_for_each_reading_by_its_share() -> None:
    pinyin = Pinyin({"长": 45.0, "帐": 20.0, "常": 30.0})
    assert offered(pinyin, "chang") == ["长", "常"]
    assert offered(pinyin, "zhang") == ["帐", "长"]


@pytest.mark.parametrize(("letters", "character"), [("nv", "女"), ("lve", "略"), ("lue", "略")])
def test_u_with_dots_is_typed_as_v(pinyin: Pinyin, letters: str, character: str) -> None:
    assert offered(pinyin, letters)[0] == character


def test_u_with_dots_is_found_by_u_after_what_is_read_so() -> None:
    pinyin = Pinyin({"绿": 50.0, "路": 60.0, "露": 20.0, "女": 9.0})
    assert offered(pinyin, "lu") == ["路", "露", "绿"]
    assert offered(pinyin, "lü") == offered(pinyin, "lv") == ["绿"]
    assert offered(pinyin, "nu") == ["女"]


@pytest.mark.parametrize("letters", ["", "bp", "vvv", "123"])
def test_what_is_no_pinyin_offers_nothing(pinyin: Pinyin, letters: str) -> None:
    assert pinyin.candidates(letters) == ()


def test_the_library_says_how_frequent_its_characters_and_words_are(home: Home) -> None:
    pinyin = Pinyin.of_library(home.library, home.cache / "pinyin")
    # In the nonsense poems each of the twenty characters stands beside a few others only.
    assert set(offered(pinyin, "hua")) >= {"花"}
    assert any(len(text) == 2 for text in offered(pinyin, "chunjiang"))


def test_a_poet_is_offered_by_the_whole_name(home: Home) -> None:
    assert offered(Pinyin.of_library(home.library, home.cache / "pinyin"), "mouren")[0] == "某人"


def test_without_a_library_the_order_of_the_vocabulary_counts(tmp_path: Path) -> None:
    Vocabulary("名，明").save(tmp_path / "vocabulary.json")
    pinyin = Pinyin.find(Home(tmp_path, tmp_path, tmp_path), tmp_path)
    assert offered(pinyin, "ming") == ["名", "明"]


def test_without_library_and_model_common_characters_are_offered(tmp_path: Path) -> None:
    pinyin = Pinyin.find(Home(tmp_path, tmp_path, tmp_path), None)
    assert {"明", "名", "鸣", "铭", "命"} <= set(offered(pinyin, "ming"))


def test_what_was_counted_is_kept_until_the_library_changes(home: Home, tmp_path: Path) -> None:
    library, cache = tmp_path / "library.sqlite", home.cache / "pinyin"
    shutil.copy(home.library, library)
    counted = Pinyin.of_library(library, cache)
    kept = cache.read_bytes()
    again = Pinyin.of_library(library, cache)
    assert again.candidates("chunjiang") == counted.candidates("chunjiang")
    assert cache.read_bytes() == kept
    os.utime(library, (1, 1))
    Pinyin.of_library(library, cache)
    assert cache.read_bytes() != kept


@pytest.mark.parametrize("content", [b"no table", b"\x81\xa9syllables\x91\xa1\xff"])
def test_a_damaged_cache_is_counted_again(home: Home, content: bytes) -> None:
    cache = home.cache / "pinyin"
    cache.parent.mkdir()
    cache.write_bytes(content)
    assert "花" in offered(Pinyin.of_library(home.library, cache), "hua")


def test_the_character_before_decides_between_characters_read_alike() -> None:
    counts = {"满": 30.0, "知": 90.0, "枝": 20.0, "花": 50.0, "花满": 5.0, "满枝": 10.0}
    assert offered(Pinyin(counts), "huamanzhi")[:2] == ["花满枝", "花满知"]


def test_several_phrases_are_offered_and_then_words_and_characters() -> None:
    counts = {"春": 30.0, "江": 20.0, "将": 9.0, "花": 30.0, "华": 5.0, "春江": 8.0}
    candidates = Pinyin(counts).candidates("chunjianghua")
    assert candidates[:3] == (("春江花", 12), ("春江华", 12), ("春将花", 12))
    assert candidates[3:] == (("春江", 9), ("春", 4))
