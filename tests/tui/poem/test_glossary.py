"""The terms of Chinese verse in English."""

import pytest
from pypinyin import Style, pinyin

from studio.prosody.books import rhyme_books
from studio.prosody.forms import templates
from studio.prosody.rhymes import RHYMES
from studio.tui.poem.glossary import group_named, reading_named, rhyme_named, template_in_english
from studio.wording import local_time


def test_the_rhymes_are_named_as_they_are_read() -> None:
    for rhyme in "".join(RHYMES.values()):
        name, sound = rhyme_named(rhyme).split()
        (readings,) = pinyin(name, style=Style.TONE, heteronym=True)
        assert sound in readings, name


def test_the_rhymes_of_the_modern_books_are_named_as_they_are_read() -> None:
    for key in ("tongyun", "xinyun"):
        for rhyme in rhyme_books()[key].rhymes:
            name, sound = rhyme_named(rhyme).split()
            (readings,) = pinyin(name, style=Style.TONE, heteronym=True)
            # 啊 as an exclamation has no tone in the list.
            assert sound in (*readings, "ā"), name
    assert group_named("平英") == "平英 yīng, level"
    assert group_named("去第三部") == "去第三部 departing"
    assert group_named("仄第三部") == "仄第三部 oblique"


def test_a_rhyme_has_one_name_whichever_script_it_comes_in() -> None:
    assert rhyme_named("陽") == rhyme_named("阳") == "阳 yáng"
    assert reading_named("去號") == "去号 departing"


@pytest.mark.parametrize("length", [5, 7])
def test_the_four_templates_have_four_names(length: int) -> None:
    names = {template_in_english(each.name) for each in templates(length, 4)}
    assert len(names) == 4


def test_a_time_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert local_time("yesterday") == "yesterday"
    assert local_time("2026-11-24T14:05:00") == "24 Nov 2026, 14:05"
    assert local_time("2026-11-04T04:05:00") == "4 Nov 2026, 04:05"
