"""Pinyin of a poem."""

import pytest

from studio.corpus.pronunciation import as_read, in_pinyin
from studio.prosody.books import rhyme_books
from studio.prosody.rhymes import PINGSHUI


def test_each_character_has_its_reading_and_a_stop_none() -> None:
    assert in_pinyin("春眠，不觉晓。") == ("chūn", "mián", "", "bù", "jué", "xiǎo", "")


def test_words_decide_between_readings() -> None:
    assert in_pinyin("长安") == ("cháng", "ān")
    assert in_pinyin("长大") == ("zhǎng", "dà")


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("白日依山尽", "jìn"),
        ("尽管", "guǎn"),
        ("征蓬出汉塞", "sài"),
        ("绝胜烟柳满皇都", "dū"),
        ("北望双阙", "què"),
        # Verse has no neutral tone.
        ("松下问童子", "zǐ"),
        ("小乔初嫁了", "liǎo"),
        ("初闻涕泪满衣裳", "cháng"),
    ],
)
def test_verse_is_read_as_verse(text: str, last: str) -> None:
    assert in_pinyin(text)[-1] == last


def test_rare_characters_and_other_scripts_keep_the_places() -> None:
    text = "𠀀[b]日"
    assert len(in_pinyin(text)) == len(text)
    assert in_pinyin(text)[-1] == "rì"


def read(character: str, names: str, before: str = "") -> str:
    """How a character is read today in old readings such as 平陽, where 行 would be xíng."""
    taken = [each for each in PINGSHUI.readings(character) if "".join(each) in names.split()]
    assert taken
    return as_read(character, taken, in_pinyin(character)[0], PINGSHUI, before)


@pytest.mark.parametrize(
    ("character", "names", "today"),
    [
        ("看", "平寒", "kān"),
        ("看", "去翰", "kàn"),
        ("行", "平庚", "xíng"),
        ("行", "平陽", "háng"),
        ("重", "平冬", "chóng"),
        ("度", "去遇", "dù"),
        ("度", "入藥", "duó"),
        ("识", "入職", "shí"),
        ("塞", "去隊 入職", "sài"),
        ("塞", "入職", "sè"),
        ("颇", "平歌", "pō"),
        # Irregular, but the only reading.
        ("大", "去泰", "dà"),
        ("肉", "入屋", "ròu"),
        ("怨", "去願", "yuàn"),
        # No reading of today has this tone.
        ("思", "去寘", ""),
        ("忘", "平陽", ""),
    ],
)
def test_a_character_has_the_modern_reading_that_came_from_the_old_one(
    character: str, names: str, today: str
) -> None:
    assert read(character, names) == today


def test_of_two_old_readings_the_more_frequent_counts_unless_a_word_has_the_other() -> None:
    assert read("行", "平庚 平陽", "人") == "xíng"
    assert read("行", "平庚 平陽", "雁") == "háng"
    # The phrase 中行 (a bank) is taken for a word in 山中行人.
    assert in_pinyin("山中行人")[2] == "háng"
    level = [each for each in PINGSHUI.readings("行") if each.level]
    assert as_read("行", level, "háng", PINGSHUI, "中") == "xíng"


def test_a_modern_rhyme_book_has_the_modern_readings() -> None:
    book = rhyme_books()["tongyun"]
    for reading in book.readings("行"):
        assert as_read("行", [reading], "xíng", book) == {"英": "xíng", "昂": "háng"}[reading.rhyme]
