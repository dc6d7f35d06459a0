"""The heading above a typed poem is found, and becomes the title and the poet of its request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.headings import Heading
from studio.errors import VerseError
from studio.verse.own_heading import split_heading, under_heading, usable_heading
from studio.verse.request import ComposeRequest

COUPLETS = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"
LINES = "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡"
VERSE = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
FIRST = "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回？"
SECOND = "无可奈何花落去，似曾相识燕归来。小园香径独徘徊。"
NIANNUJIAO = (
    "大江东去，浪淘尽、千古风流人物。故垒西边，人道是、三国周郎赤壁。乱石穿空，惊涛拍岸，卷起千堆雪。"
    "江山如画，一时多少豪杰。\n\n遥想公瑾当年，小乔初嫁了，雄姿英发。羽扇纶巾，谈笑间、樯橹灰飞烟灭。"
    "故国神游，多情应笑我，早生华发。人生如梦，一尊还酹江月。"
)
JIANGNAN = "江南好{}风景旧曾谙{}日出江花红胜火{}春来江水绿如蓝{}能不忆江南"
LIKE = ComposeRequest(first="春", title="送别", poet="王维")


def of(typed: str, form: str | None = None) -> ComposeRequest:
    """The request for a typed poem with the heading that was found above it."""
    heading, verse = split_heading(typed, form, LIKE)
    return under_heading(verse, form, LIKE, heading)


@pytest.mark.parametrize(
    ("above", "title", "poet"),
    [
        ("", "", ""),
        ("静夜思", "静夜思", ""),
        ("《静夜思》", "静夜思", ""),
        ("《静夜思》 李白", "静夜思", "李白"),
        ("静夜思 李白", "静夜思", "李白"),
        ("静夜思\n李白", "静夜思", "李白"),
        ("静夜思\n唐·李白", "静夜思", "李白"),
        ("　　静夜思\r\n　　〔唐〕李白\r\n", "静夜思", "李白"),
        ("靜夜思\n李白\n", "静夜思", "李白"),
        ("title: 静夜思\nauthor: 李白", "静夜思", "李白"),
        ("标题：静夜思\n作者：李白", "静夜思", "李白"),
        ("# 静夜思", "静夜思", ""),
        ("静夜思 其一", "静夜思·其一", ""),
        ("2024年中秋", "2024年中秋", ""),
        ("My poem 静夜思", "静夜思", ""),
        ("春夜洛城歌", "春夜洛城歌", ""),
    ],
)
def test_a_heading_above_the_verse_is_its_title_and_poet(above: str, title: str, poet: str) -> None:
    request = of(f"{above}\n{COUPLETS}")
    assert (request.title, request.poet, request.given) == (title, poet, VERSE)


def test_a_title_as_long_as_the_lines_is_found_above_a_poem_in_one_row() -> None:
    request = of(f"郡斋赠王卿\n{VERSE}{VERSE}")
    assert (request.title, request.given) == ("郡斋赠王卿", VERSE * 2)


@pytest.mark.parametrize("above", ["静夜思", "《静夜思》"])
def test_a_title_is_found_above_lines_without_stops_and_with_blanks(above: str) -> None:
    assert of(f"{above}\n{LINES}").title == "静夜思"
    blanks = of(f"{above}\n{LINES.replace('明月', '__')}")
    assert (blanks.title, blanks.form) == ("静夜思", "古绝")
    assert blanks.given.startswith("床前□□光，")


def test_a_title_before_a_colon_is_no_line() -> None:
    assert of(f"静夜思：{VERSE}").title == of(f"静夜思:\n{VERSE}").title == "静夜思"


@pytest.mark.parametrize(
    ("above", "form", "title", "poet", "heading"),
    [
        ("浣溪沙", "浣溪沙", "浣溪沙", "", "浣溪沙"),
        ("浣溪沙·春情", "浣溪沙", "浣溪沙·春情", "", "浣溪沙·春情"),
        ("浣溪沙 春情", "浣溪沙", "浣溪沙·春情", "", "浣溪沙·春情"),
        ("浣溪沙 晏殊", "浣溪沙", "浣溪沙", "晏殊", "浣溪沙"),
        ("浣溪沙 春情 晏殊", "浣溪沙", "浣溪沙·春情", "晏殊", "浣溪沙·春情"),
        ("词牌：浣溪沙\n作者：晏殊", "浣溪沙", "浣溪沙", "晏殊", "浣溪沙"),
        ("浣沙溪", "浣溪沙", "浣沙溪", "", "浣沙溪"),
        ("", "浣溪沙", "", "", "浣溪沙"),
        ("春情", "浣溪沙", "春情", "", "浣溪沙·春情"),
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_the_tune_above_a_ci_is_its_form_and_its_title(
    above: str, form: str, title: str, poet: str, heading: str, between: str
) -> None:
    request = of(f"{above}\n{FIRST}{between}{SECOND}")
    assert (request.form, request.title, request.poet) == (form, title, poet)
    assert (request.heading, request.given) == (heading, FIRST + SECOND)


@pytest.mark.parametrize(
    "above", ["念奴娇 赤壁怀古 苏轼", "念奴娇·赤壁怀古\n宋·苏轼", "念奴嬌 赤壁懷古 蘇軾"]
)
def test_a_tune_a_title_and_a_poet_are_told_apart(above: str) -> None:
    request = of(f"{above}\n{NIANNUJIAO}")
    assert (request.form, request.heading, request.poet) == ("念奴娇", "念奴娇·赤壁怀古", "苏轼")


def test_a_tune_chooses_the_form_of_a_ci_that_is_begun() -> None:
    begun = of("浣溪沙\n一曲新词酒一杯")
    assert (begun.form, begun.given.count("□")) == ("浣溪沙", 35)
    with pytest.raises(VerseError, match="in 浣溪沙 it has 7"):
        of("浣溪沙\n一曲新词酒一杯，去年天气旧亭。夕阳西下几时回？\n无可奈何花落去")


def test_a_poem_of_verse_may_have_the_name_of_a_tune() -> None:
    quatrain = "独怜幽草涧边生，上有黄鹂深树鸣。春潮带雨晚来急，野渡无人舟自横。"
    assert of(f"忆江南\n{quatrain}").form == "七绝"
    # 步虚词 is also a name of 西江月, and the poem has as many characters.
    verse = "嵯峨玄都山，十方宗皇一。岧岧天宝台，光明焰流日。炜烨玉林华，蒨璨耀朱实。"
    verse += "常念餐元精，炼液固形质。金光散紫微，窈窕大乘逸。"
    assert of(f"步虚词\n{verse}").form == "五古"
    assert of(f"浣溪沙\n{quatrain}", "七绝").title == "浣溪沙"


@pytest.mark.parametrize("stop", ["\n", "，", "，\n"])
def test_a_first_line_that_is_also_a_tune_is_a_line(stop: str) -> None:
    request = of(JIANGNAN.format(*[stop] * 4))
    assert (request.form, request.title) == ("忆江南", "")
    assert request.given.startswith("江南好，风景")


@pytest.mark.parametrize(
    "typed",
    [
        "床前明月光",
        "床前明月光\n疑是",
        "床前明月光\n疑是地上霜\n举头望明月",
        "床前明月光\n疑是地上霜\n举头望明月\n低头",
        "床前__光\n疑是地上霜\n举头望明月\n低头思故乡",
        "白日依山尽，黄河入海流。\n欲穷",
    ],
)
def test_the_first_line_of_a_poem_that_is_being_typed_is_no_title(typed: str) -> None:
    assert split_heading(typed, None, LIKE) == (Heading(), typed)


def test_a_row_with_a_blank_is_no_title() -> None:
    assert split_heading(f"□夜思\n{LINES}", None, LIKE)[0] == Heading()
    assert split_heading("静夜思\n\n", None, LIKE)[0] == Heading()


def test_a_place_in_the_verse_is_that_in_the_typed_text() -> None:
    typed = f"静夜思\n李白\n\n{LINES}\n举头abc"
    heading, verse = split_heading(typed, None, LIKE)
    assert heading == Heading("静夜思", "李白")
    assert [at for at, each in enumerate(verse.splitlines()) if each] == [3, 4, 5, 6, 7]


def test_a_title_that_was_typed_apart_is_kept() -> None:
    request = under_heading(COUPLETS, None, LIKE, Heading("夜 思·其二", "太白"))
    assert (request.title, request.poet) == ("夜思·其二", "太白")
    assert under_heading(f"{FIRST}", None, LIKE, Heading("浣溪沙", "")).form == "浣溪沙"
    with pytest.raises(VerseError, match="The title"):
        under_heading(COUPLETS, None, LIKE, Heading("night", ""))


@given(
    st.text(
        st.sampled_from("静夜思李白床前光。，：《》（）[]_□ \n\r#：a·\u2028\ud800\x1b"), max_size=60
    )
)
def test_any_text_has_a_heading_or_none(typed: str) -> None:
    heading, verse = split_heading(typed, None, LIKE)
    assert heading == Heading() or len(verse) <= len(typed)
    ComposeRequest(title=heading.title, poet=heading.author)


def test_a_long_text_is_not_looked_through() -> None:
    assert split_heading(f"静夜思\n{COUPLETS}\n" * 500, None, LIKE)[0] == Heading()


def test_a_heading_keeps_its_digits_of_full_width() -> None:
    request = under_heading(COUPLETS, None, LIKE, usable_heading(Heading("五月５日")))
    assert request.title == "五月5日"
