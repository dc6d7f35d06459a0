"""The rhyme books to choose from, and the rescues as switches."""

import re

import pytest

from studio import paths
from studio.errors import ConfigError
from studio.prosody.books import rhyme_book_named, rhyme_books
from studio.prosody.report import Scansion
from studio.prosody.rhymes import RHYMES, read_lists, rhyme_book
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import scan

YEHUO = "离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。"
# The last line is 仄平平仄平.
SHANSI = "危楼高百尺，手可摘星辰。不敢高声语，恐惊天上人。"
# Line 7 is 平平仄平仄 for 平平平仄仄.
SONG = (
    "城阙辅三秦，风烟望五津。与君离别意，同是宦游人。"
    "海内存知己，天涯若比邻。无为在歧路，儿女共沾巾。"
)


def readings(book: str, character: str) -> set[str]:
    return {"".join(each) for each in rhyme_books()[book].readings(character)}


def of(text: str, rules: ScanRules) -> Scansion:
    return scan(re.findall("[^，。]+", text), rules=rules)


def faults(text: str, rules: ScanRules) -> list[tuple[int, str]]:
    return [(each.line, each.name) for each in of(text, rules).broken]


def test_every_rhyme_of_the_106_is_in_one_of_the_nineteen_groups() -> None:
    cilin = rhyme_books()["cilin"]
    for tone, rhymes in RHYMES.items():
        for rhyme in rhymes:
            assert any(each.tone == tone for each in cilin.readings(rhyme)), (tone, rhyme)
    groups = {each.rhyme for its in cilin.entries().values() for each in its}
    assert len(groups) == 19


@pytest.mark.parametrize(
    ("characters", "group"),
    [
        ("灰回杯雷梅", "平第三部"),
        ("开來台哀才", "平第五部"),
        ("元原言园翻", "平第七部"),
        ("魂門尊村昏恩根", "平第六部"),
        ("佳蛙娃涯", "平第十部"),
        ("街鞋柴牌", "平第五部"),
        ("罪悔每", "上第三部"),
        ("海改采在", "上第五部"),
        ("对佩队退", "去第三部"),
        ("爱代载菜", "去第五部"),
        ("会最外贝", "去第三部"),
        ("太带害盖大", "去第五部"),
        ("画卦挂话", "去第十部"),
        ("快拜怪", "去第五部"),
        ("月雪别切竭", "入第十八部"),
    ],
)
def test_split_rhymes_follow_the_book_of_ci(characters: str, group: str) -> None:
    assert [each for each in characters if group not in readings("cilin", each)] == []


@pytest.mark.parametrize(("variant", "form"), [("歛", "敛"), ("甿", "氓"), ("塲", "场")])
def test_a_variant_is_read_today_as_its_standard_form_too(variant: str, form: str) -> None:
    known = rhyme_books()["xinyun"].entries()
    assert set(known[form]) <= set(known[variant])


def test_each_final_of_today_is_in_one_rhyme_of_each_modern_book() -> None:
    for key in ("tongyun", "xinyun"):
        book = rhyme_books()[key]
        for _, (tone, final, _, characters) in read_lists(paths.data() / "modern.txt"):
            its = {each.rhyme for each in book.readings(characters[0]) if each.tone == tone}
            assert its, final


def test_the_modern_books_read_the_characters_of_the_old_ones_that_are_in_use() -> None:
    known = rhyme_books()["xinyun"].entries()
    rows, cells = range(0xB0, 0xD8), range(0xA1, 0xFF)
    common = b"".join(bytes((row, cell)) for row in rows for cell in cells)
    text = [each for each in common.decode("gb2312", "ignore") if each in rhyme_book()]
    assert len(text) > 3600
    assert [each for each in text if each not in known] == []


@pytest.mark.parametrize(
    ("character", "old", "today"),
    [("国", "入", "平"), ("白", "入", "平"), ("月", "入", "去"), ("雪", "入", "上")],
)
def test_an_entering_tone_has_its_tone_of_today_in_the_modern_books(
    character: str, old: str, today: str
) -> None:
    tones = {
        key: {each.tone for each in book.readings(character)} for key, book in rhyme_books().items()
    }
    assert tones["pingshui"] == tones["cilin"] == {old}
    assert tones["tongyun"] == tones["xinyun"] == {today}


def test_a_rhyme_of_one_book_may_be_none_of_another() -> None:
    # 東 and 冬 are two rhymes of 平水韵 and one of the others.
    poem = "白日依山下，黄河入海东。欲穷千里目，独上一层松。"
    for key, wrong in (("pingshui", True), ("cilin", False), ("tongyun", False)):
        names = [name for _, name in faults(poem, ScanRules(rhyme_books()[key]))]
        assert ("出韵" in names) is wrong, key


def test_a_self_rescue_is_a_fault_only_where_it_is_not_allowed() -> None:
    assert faults(SHANSI, ScanRules()) == faults(SONG, ScanRules()) == []
    strict = ScanRules(self_rescue=False)
    assert faults(SHANSI, strict) == [(3, "孤平")]
    assert "天 would make up for it" in of(SHANSI, strict).broken[0].explanation
    assert faults(SONG, strict) == [(6, "失替")]
    assert faults(SHANSI, ScanRules(next_rescue=False)) == []


def test_a_rescue_by_the_next_line_is_a_fault_only_where_it_is_not_allowed() -> None:
    assert faults(YEHUO, ScanRules()) == faults(YEHUO, ScanRules(self_rescue=False)) == []
    assert faults(YEHUO, ScanRules(next_rescue=False)) == [(2, "失替")]


def test_a_book_is_found_by_key_or_name_and_others_are_listed() -> None:
    assert rhyme_book_named("词林正韵") is rhyme_book_named("cilin") is rhyme_books()["cilin"]
    with pytest.raises(ConfigError, match=r"xinyun \(中华新韵\)"):
        rhyme_book_named("guangyun")


@pytest.mark.parametrize(("book", "rhyme"), [("cilin", "仄第八部"), ("xinyun", "仄豪")])
def test_the_books_that_join_the_oblique_tones_do_so_in_the_old_style(
    book: str, rhyme: str
) -> None:
    text = "春眠不觉晓，处处闻啼鸟。夜来风雨声，山月千峰照。"
    rules = ScanRules(rhyme_book_named(book))
    assert of(text, rules).rhymes == (rhyme,)
    assert faults(text, rules) == []
    # 平水韵 tells them apart.
    assert faults(text, ScanRules()) == [(3, "出韵")]
