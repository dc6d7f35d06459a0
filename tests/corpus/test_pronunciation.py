"""Pinyin of a poem."""

from studio.corpus.pronunciation import in_pinyin


def test_each_character_has_its_reading_and_a_stop_none() -> None:
    assert in_pinyin("春眠，不觉晓。") == ("chūn", "mián", "", "bù", "jué", "xiǎo", "")


def test_words_decide_between_readings() -> None:
    assert in_pinyin("长安") == ("cháng", "ān")
    assert in_pinyin("长大") == ("zhǎng", "dà")


def test_rare_characters_and_other_scripts_keep_the_places() -> None:
    text = "𠀀[b]日"
    assert len(in_pinyin(text)) == len(text)
    assert in_pinyin(text)[-1] == "rì"
