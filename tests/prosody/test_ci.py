"""Ci against the patterns of their tunes."""

import re
from collections.abc import Sequence

import pytest

from studio.errors import ConfigError
from studio.prosody.books import rhyme_books
from studio.prosody.ci import scan_ci, tune_of
from studio.prosody.measure import Measure, scan_by
from studio.prosody.offers import clears, offers
from studio.prosody.report import Scansion
from studio.prosody.rules import ScanRules
from studio.prosody.tunes import tune_named, tune_titled, tunes

# Each a famous ci that keeps its tune, except for what Su Shi allowed himself.
RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"
PUSAMAN = (
    "平林漠漠烟如织，寒山一带伤心碧。暝色入高楼，有人楼上愁。"
    "玉阶空伫立，宿鸟归飞急。何处是归程，长亭更短亭。"
)
XIJIANGYUE = (
    "明月别枝惊鹊，清风半夜鸣蝉。稻花香里说丰年，听取蛙声一片。"
    "七八个星天外，两三点雨山前。旧时茅店社林边，路转溪桥忽见。"
)
FAMOUS = {
    "如梦令": RUMENGLING,
    "忆江南": "江南好，风景旧曾谙。日出江花红胜火，春来江水绿如蓝。能不忆江南。",
    "浣溪沙": "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回。"
    "无可奈何花落去，似曾相识燕归来。小园香径独徘徊。",
    "菩萨蛮": PUSAMAN,
    "西江月": XIJIANGYUE,
    "鹧鸪天": "彩袖殷勤捧玉钟，当年拚却醉颜红。舞低杨柳楼心月，歌尽桃花扇底风。"
    "从别后，忆相逢，几回魂梦与君同。今宵剩把银釭照，犹恐相逢是梦中。",
    "蝶恋花": "庭院深深深几许，杨柳堆烟，帘幕无重数。玉勒雕鞍游冶处，楼高不见章台路。"
    "雨横风狂三月暮，门掩黄昏，无计留春住。泪眼问花花不语，乱红飞过秋千去。",
    "水调歌头": "明月几时有，把酒问青天。不知天上宫阙，今夕是何年。我欲乘风归去，又恐琼楼玉宇，"
    "高处不胜寒。起舞弄清影，何似在人间。转朱阁，低绮户，照无眠。不应有恨，何事长向别时圆。"
    "人有悲欢离合，月有阴晴圆缺，此事古难全。但愿人长久，千里共婵娟。",
    "念奴娇": "大江东去，浪淘尽千古风流人物。故垒西边，人道是三国周郎赤壁。乱石穿空，惊涛拍岸，"
    "卷起千堆雪。江山如画，一时多少豪杰。遥想公瑾当年，小乔初嫁了，雄姿英发。羽扇纶巾，"
    "谈笑间樯橹灰飞烟灭。故国神游，多情应笑我，早生华发。人生如梦，一尊还酹江月。",
    "满江红": "怒发冲冠，凭栏处潇潇雨歇。抬望眼，仰天长啸，壮怀激烈。三十功名尘与土，"
    "八千里路云和月。莫等闲，白了少年头，空悲切。靖康耻，犹未雪。臣子恨，何时灭。"
    "驾长车，踏破贺兰山缺。壮志饥餐胡虏肉，笑谈渴饮匈奴血。待从头，收拾旧山河，朝天阙。",
}
RULES = ScanRules(rhyme_books()["cilin"])


def lines_of(text: str) -> list[str]:
    return re.findall("[^，。]+", text)


def of(text: str, tune: str) -> Scansion:
    return scan_ci(lines_of(text), tunes()[tune], RULES)


def faults(text: str, tune: str) -> list[tuple[str, int, int]]:
    return [(each.name, each.line, each.start) for each in of(text, tune).broken]


def test_ten_tunes_are_known() -> None:
    assert list(tunes()) == list(FAMOUS)


@pytest.mark.parametrize("tune", ["如梦令", "忆江南", "菩萨蛮", "西江月", "鹧鸪天"])
def test_a_short_ci_is_without_fault(tune: str) -> None:
    scanned = of(FAMOUS[tune], tune)
    assert scanned.broken == []
    assert (scanned.form, scanned.perfect) == (tune, True)


@pytest.mark.parametrize("tune", ["蝶恋花", "水调歌头", "满江红"])
def test_a_long_ci_is_without_fault(tune: str) -> None:
    assert faults(FAMOUS[tune], tune) == []


def test_the_book_of_ci_parts_what_the_poets_of_the_song_still_rhymed() -> None:
    # 来 is of the rhyme 咍, 回 of 灰: one of the 106, two of the nineteen groups.
    assert faults(FAMOUS["浣溪沙"], "浣溪沙") == [("出韵", 4, 6)]


def test_the_lines_between_two_rhymes_may_be_divided_otherwise() -> None:
    assert not {"字数"} & {name for name, *_ in faults(FAMOUS["念奴娇"], "念奴娇")}
    divided = FAMOUS["满江红"].replace("凭栏处潇潇", "凭栏处，潇潇")
    assert faults(divided, "满江红") == []


def test_a_line_that_goes_beyond_a_rhyme_is_of_the_wrong_length() -> None:
    assert faults(RUMENGLING.replace("残酒。", "残酒"), "如梦令") == [("字数", 1, 5)]


def test_a_tune_may_change_its_rhyme_and_mix_the_tones_of_one() -> None:
    assert of(PUSAMAN, "菩萨蛮").rhymes == ("仄第十七部", "平第十二部", "平第十一部")
    assert of(XIJIANGYUE, "西江月").rhymes == ("平第七部", "仄第七部")


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("浓睡不消", "浓眠不消", ("失律", 1, 1)),
        ("残酒", "残茶", ("出韵", 1, 5)),
        ("残酒", "残月", ("出韵", 1, 5)),
        ("海棠依旧", "海棠花依旧", ("字数", 3, 0)),
        ("却道海棠", "却道棠", ("字数", 3, 0)),
    ],
)
def test_a_fault_has_its_name_and_place(
    right: str, wrong: str, fault: tuple[str, int, int]
) -> None:
    assert faults(RUMENGLING.replace(right, wrong), "如梦令") == [fault]


def test_rhymes_that_all_have_the_wrong_tone_are_out_of_rhyme() -> None:
    wrong = PUSAMAN.replace("高楼", "高阁").replace("人楼上愁", "人楼上坐")
    wrong = wrong.replace("归程", "归路").replace("短亭", "短树")
    scanned = of(wrong, "菩萨蛮")
    assert [(each.name, each.line) for each in scanned.broken] == [
        ("出韵", line) for line in (2, 3, 6, 7)
    ]
    assert not scanned.perfect
    assert "阁 is oblique, but the tune rhymes here in the level tone" in str(
        scanned.broken[0].explanation
    )
    wrong = RUMENGLING
    for oblique in "骤酒旧否瘦":
        wrong = wrong.replace(oblique, "春")
    assert {(each.name, each.line) for each in of(wrong, "如梦令").broken} == {
        ("出韵", line) for line in (0, 1, 3, 4, 5, 6)
    }
    # A blank is no fault, and one end of the right tone decides the rhyme.
    assert faults(wrong.replace("春", "□"), "如梦令") == []
    assert of(wrong.replace("残春", "残酒"), "如梦令").rhymes == ("仄第十二部",)


def test_a_rhyme_of_the_wrong_tone_leaves_no_poem_perfect() -> None:
    assert not of(RUMENGLING.replace("残酒", "残茶"), "如梦令").perfect
    assert of(RUMENGLING.replace("残酒", "残月"), "如梦令").perfect


def test_lines_before_and_after_one_of_the_wrong_length_are_still_measured() -> None:
    text = RUMENGLING.replace("试问卷帘人", "试问卷帘").replace("绿肥", "绿瘠")
    assert faults(text, "如梦令") == [("字数", 2, 0), ("失律", 6, 3)]
    text = RUMENGLING.replace("知否，知否，", "知否，")
    assert [name for name, *_ in faults(text, "如梦令")] == ["字数"]


def test_a_tune_is_found_by_the_title_or_by_the_lengths_of_the_lines() -> None:
    for name, text in FAMOUS.items():
        # The lines of the longest are divided in several ways.
        if name not in ("念奴娇", "水调歌头", "满江红"):
            assert tune_of("", lines_of(text), RULES) is tunes()[name]
    short = lines_of(RUMENGLING.replace("试问卷帘人", "试问卷帘"))
    assert tune_of("", short, RULES) is None
    assert tune_of("如梦令·春晚", short, RULES) is tunes()["如梦令"]
    assert tune_of("如梦令", lines_of("春眠不觉晓，处处闻啼鸟。"), RULES) is None


def test_a_poem_of_six_lines_that_keeps_no_tones_is_no_ci() -> None:
    lines = lines_of("日日日日日日日，" * 6)
    assert tune_of("", lines, RULES) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("步虚词", "嵯峨玄都山，十方宗皇一。" * 5),
        ("忆江南", "日暮江南春草生，东风吹雨过江城。" * 2),
    ],
)
def test_lines_of_verse_under_the_name_of_a_tune_are_verse(title: str, text: str) -> None:
    assert tune_of(title, lines_of(text), RULES) is None
    # Without stops it is not verse, and a tune may have lines of one length, too.
    assert tune_of(title, ["".join(lines_of(text))], RULES) is tune_titled(title)
    assert tune_of("浣溪沙", lines_of("日日日日日日日，" * 6), RULES) is tunes()["浣溪沙"]


def test_a_tune_has_several_names() -> None:
    assert tune_named("酹江月") is tune_named("niannujiao") is tunes()["念奴娇"]
    assert tune_titled("望江南・超然台作") is tunes()["忆江南"]
    assert tune_titled("春望") is None
    with pytest.raises(ConfigError, match="manjianghong"):
        tune_named("沁园春")


def test_what_is_offered_for_a_ci_clears_the_fault_and_raises_no_other() -> None:
    candidates = "".join(
        dict.fromkeys("".join(FAMOUS.values()).replace("，", "").replace("。", ""))
    )

    def again(lines: Sequence[str]) -> Scansion:
        return scan_ci(lines, tunes()["如梦令"], RULES)

    lines = lines_of(RUMENGLING.replace("残酒", "残茶").replace("浓睡", "浓眠"))
    before = again(lines)
    assert len(before.broken) == 2
    for fault in before.broken:
        found = offers(lines, fault, again, RULES.book, lambda line, place: candidates, 9)
        assert found
        for offer in found:
            assert clears(before, again(offer.put_into(lines)), fault)


def test_a_repeated_character_is_noted_but_not_the_line_that_is_said_twice() -> None:
    noted = [(each.name, each.line, each.start) for each in of(RUMENGLING, "如梦令").noted]
    assert noted == []
    again = of(RUMENGLING.replace("应是", "知是"), "如梦令")
    assert [(each.name, each.line, each.start) for each in again.noted] == [("重字", 6, 0)]
    assert again.broken == []
    # However the characters are read.
    measure = Measure().with_reading(27, "知", "平支")
    assert scan_by(lines_of(RUMENGLING), "如梦令", measure).noted == []


def test_a_line_that_the_tune_says_again_is_noted_where_it_is_not() -> None:
    other = RUMENGLING.replace("知否，知否", "知否，依旧")
    noted = [each for each in of(other, "如梦令").notes if each.name == "叠句"]
    assert [(each.line, each.start, each.end) for each in noted] == [(5, 0, 2)]
    assert "says line 5 again" in noted[0].explanation
    assert of(other, "如梦令").broken == []
    for same in (RUMENGLING, RUMENGLING.replace("知否，知否", "知否，□否")):
        assert of(same, "如梦令").notes == ()
    # However the characters are read.
    measure = Measure().with_reading(23, "知", "平支")
    assert scan_by(lines_of(RUMENGLING), "如梦令", measure).notes == ()
    assert len(scan_by(lines_of(other), "如梦令", measure).notes) == 1
