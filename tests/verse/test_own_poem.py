"""A poem that a person types becomes a request that holds it."""

import pytest

from studio.prosody.measure import Measure
from studio.verse.own_poem import OwnPoemError, own_poem
from studio.verse.request import COUPLET_FORM, ComposeRequest

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
LIKE = ComposeRequest(first="春", model="night@800", seed=9)


def of(typed: str, form: str | None = None) -> ComposeRequest:
    return own_poem(typed, form, LIKE)


@pytest.mark.parametrize(
    "typed",
    [
        QUATRAIN,
        "白日依山尽\n黄河入海流\n欲穷千里目\n更上一层楼",
        "\n白日依山尽，黄河入海流。\n\n欲穷千里目，更上一层楼。\n\n",
        "白日依山尽 黄河入海流 欲穷千里目 更上一层楼",
        "白日依山尽　黄河入海流\n欲穷千里目　更上一层楼",
        "白日依山盡,黃河入海流.欲窮千里目,更上一層樓.",
    ],
)
def test_a_poem_is_found_however_it_is_typed(typed: str) -> None:
    request = of(typed)
    assert (request.given, request.form) == (QUATRAIN, "五绝")
    assert (request.first, request.model, request.seed) == ("", "night@800", 9)


def test_spaces_separate_the_lines_of_a_ci_too() -> None:
    lines = "昨夜雨疏风骤 浓睡不消残酒 试问卷帘人 却道海棠依旧 知否 知否 应是绿肥红瘦"
    request = of(lines)
    assert (request.form, request.given.count("□")) == ("如梦令", 0)
    # A pause within a line is none between two. The last line is still being written.
    assert of("白日 依山尽\n黄河 入海流\n欲穷 千里目\n更上 一层楼").given == QUATRAIN
    assert of("朝辞白帝 彩云间").given.startswith("朝辞白帝彩云间，")
    assert of("白日依山尽 黄河入海流 欲穷").given == f"{QUATRAIN[:14]}□□□，□□□□□。"
    with pytest.raises(OwnPoemError) as refused:
        of("白日依山尽 黄河abc流")
    assert (refused.value.row, refused.value.column) == (0, 8)


def test_a_row_is_converted_as_a_whole_as_a_given_text_is() -> None:
    # 乾 is 乾 in 乾坤 alone; the space and the quotation marks are no part of the row.
    typed = "吳楚東南坼\n 「乾坤」日夜浮\n親朋無一字\n老病有孤舟"
    written = "吴楚东南坼，乾坤日夜浮。亲朋无一字，老病有孤舟。"
    assert of(typed).given == of(typed, "五绝").given == of(typed, "").given == written
    assert ComposeRequest(given=written).given == written
    with pytest.raises(OwnPoemError, match='Line 2: "x"') as refused:
        of("吳楚東南坼\n 「乾坤x夜浮")
    assert (refused.value.row, refused.value.column) == (1, 4)


def test_the_form_is_found_by_shape_and_tones() -> None:
    assert of("床前明月光，疑是地上霜。举头望明月，低头思故乡。").form == "古绝"
    assert of("何日复归来。" * 6).form == "五古"
    assert of("昔我往矣，杨柳依依。今我来思，雨雪霏霏。").form == "四言"


def test_the_form_is_found_by_the_rhyme_book_that_was_chosen() -> None:
    # In the tones of today the rhymes are level.
    text = "雨后荷塘碧水激，月明山寺夜钟七。千峰影入江心去，万里人归客梦夕。"
    assert of(text).form == "古绝"
    like = ComposeRequest(measure=Measure("tongyun"))
    assert own_poem(text, None, like).form == "七绝"


def test_what_is_missing_is_left_blank() -> None:
    assert of("独怜幽草涧边生\n上有黄鹂").given.startswith("独怜幽草涧边生，上有黄鹂□□□。□")
    begun = of("独怜幽草涧边生\n上有黄鹂___\n\n野渡无人舟自横")
    assert begun.form == "七绝"
    assert begun.given == "独怜幽草涧边生，上有黄鹂□□□。□□□□□□□，野渡无人舟自横。"
    assert of("白日依山尽").given == "白日依山尽，□□□□□。□□□□□，□□□□□。"
    assert of("白日依山尽", "五律").given.count("□") == 35
    assert of("白日依山尽", "五古").given == "白日依山尽，□□□□□。"


def test_a_poem_of_any_shape_is_taken_as_it_is() -> None:
    mixed = of("前不见古人，后不见来者。念天地之悠悠，独怆然而涕下。")
    assert (mixed.form, mixed.given) == ("", "前不见古人，后不见来者。念天地之悠悠，独怆然而涕下。")
    assert of("白日，依山尽。黄", "").given == "白日，依山尽。黄。"


@pytest.mark.parametrize(
    ("typed", "form", "place", "says"),
    [
        ("白日依山尽\n黄河xx流", None, (1, 2), '"x" is not a Chinese character'),
        ("白日依山尽\n黄河入流\n欲穷千里目\n更上一层楼", None, (1, 0), "Line 2 has 4 characters"),
        ("白日依山尽，黄河入海流。欲穷千里，更上一层楼。", None, (0, 12), "Line 3 has 4"),
        ("白日依山尽\n黄河入海流", "七绝", (0, 0), "a 七绝 has lines of 7"),
        ("白日依山尽\n" * 6, "五绝", (4, 0), "has 6 lines, but a 五绝 has 4"),
        (" \n", None, (0, 0), "no character yet"),
        ("□□□□□", None, (0, 0), "no character yet"),
    ],
)
def test_what_is_no_poem_is_refused_in_its_place(
    typed: str, form: str | None, place: tuple[int, int], says: str
) -> None:
    with pytest.raises(OwnPoemError, match=says) as refused:
        of(typed, form)
    assert (refused.value.row, refused.value.column) == place


CI = "昨夜雨疏风骤。浓睡不消残酒。试问卷帘人，却道海棠依旧。知否。知否。应是绿肥红瘦。"


def test_the_tune_of_a_ci_is_found_or_chosen() -> None:
    assert (of(CI).form, of(CI).given) == ("如梦令", CI)
    begun = of("昨夜雨疏风骤\n浓睡不消", "如梦令")
    assert begun.given == "昨夜雨疏风骤。浓睡不消□□。□□□□□，□□□□□□。□□。□□。□□□□□□。"
    with pytest.raises(OwnPoemError, match="Line 1 has 5 characters, but in 如梦令 it has 6"):
        of("昨夜雨疏风\n浓睡不消残酒", "如梦令")


def test_an_unfinished_ci_is_of_the_shortest_pattern_that_holds_it() -> None:
    stanza = "江南好\n风景旧曾谙\n日出江花红胜火\n春来江水绿如蓝\n能不忆江南"
    assert "□" not in of(stanza, "忆江南").given
    longer = of(f"{stanza}\n江南忆\n最忆", "忆江南").given
    assert longer.endswith("江南忆，最忆□□□。□□□□□□□，□□□□□□□。□□□□□。")
    assert of(f"{stanza}\n江", "忆江南").given.count("□") == 26
    with pytest.raises(OwnPoemError, match="has 11 lines, but a 忆江南 has 10") as refused:
        of(f"{stanza}\n{stanza}\n江南忆", "忆江南")
    assert (refused.value.row, refused.value.column) == (10, 0)
    with pytest.raises(OwnPoemError, match="Line 5 has 6 characters, but in 忆江南 it has 5"):
        of(stanza.replace("能不", "能能不"), "忆江南")


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("明月松间照\n清泉石上流", "明月松间照，清泉石上流。"),
        ("明月松间照清泉石上流", "明月松间照，清泉石上流。"),
        ("明月松间照", "明月松间照，□□□□□。"),
        ("明月松间照\n清泉", "明月松间照，清泉□□□。"),
        ("海纳百川，有容乃大；壁立", "海纳百川，有容乃大；壁立□□，□□□□。"),
        ("海纳百川，有容乃大\n壁立", "海纳百川，有容乃大；壁立□□，□□□□。"),
        ("一窗夜雨，数点秋灯\n十里松风，半床□□", "一窗夜雨，数点秋灯；十里松风，半床□□。"),
        # Two rows are the halves, however many lines are in the second one.
        ("甲乙丙，丁戊\n子丑寅", "甲乙丙，丁戊；子丑寅，□□。"),
    ],
)
def test_a_couplet_has_two_halves_of_the_same_length(typed: str, given: str) -> None:
    assert (of(typed, COUPLET_FORM).form, of(typed, COUPLET_FORM).given) == (COUPLET_FORM, given)


def test_a_lower_half_with_more_lines_is_an_error() -> None:
    with pytest.raises(OwnPoemError, match="second row has more lines") as error:
        of("明月松间，清泉石上\n春风，秋月，夏云", COUPLET_FORM)
    assert (error.value.row, error.value.column) == (1, 6)


@pytest.mark.parametrize(
    "typed",
    ["白日依山尽，黄河入海流\n欲穷千里目，更上一层楼", "关关雎鸠，在河之洲\n窈窕淑女，君子好逑"],
)
def test_a_poem_in_two_rows_is_no_couplet(typed: str) -> None:
    assert of(typed).form != COUPLET_FORM


@pytest.mark.parametrize(
    "typed",
    [
        "明月松间照\n清泉石上流",
        "两个黄鹂鸣翠柳，一行白鹭上青天。",
        "风声雨声读书声声声入耳\n家事国事天下事事事关心",
        "欲除烦恼须无\n各有来因莫羡",
        "风声雨声读书声，声声入耳\n家事国事天下事，事事关心",
        "十里松风，半床明月\n一窗夜雨，数点秋灯",
        "十里松风，半床明月；一窗夜雨，数点秋灯。",
    ],
)
def test_two_lines_that_face_each_other_are_a_couplet(typed: str) -> None:
    assert of(typed).form == COUPLET_FORM
    assert "□" not in of(typed).given


@pytest.mark.parametrize(
    "typed",
    [
        # The tones are not opposed; they are, but nothing else is parallel.
        "床前明月光\n疑是地上霜",
        "独怜幽草涧边生\n上有黄鹂深树鸣",
        "空山不见人\n但闻人语响",
        # Something is to be written.
        "明月松间照\n清泉石上_",
        "明月松间照\n清泉石上流\n\n__",
    ],
)
def test_other_lines_begin_a_poem(typed: str) -> None:
    assert of(typed).form != COUPLET_FORM
    assert "□" in of(typed).given


def test_a_line_of_a_couplet_that_is_too_long_is_refused() -> None:
    with pytest.raises(OwnPoemError, match="Line 2 has 6 characters, but the line that it faces"):
        of("明月松间照\n清泉石上流水", COUPLET_FORM)
