"""Plain text: which lines are a poem, and what is its title and its poet."""

import re

import pytest

from studio.corpus.cleaning import clean
from studio.corpus.records import RawPoem
from studio.corpus.sources import records

YE = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
LOU = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


def _read(text: str) -> list[tuple[str, str, str]]:
    found = [each for each in records(text.encode(), "any.txt") if isinstance(each, RawPoem)]
    return [(each.title, each.author, clean(each.text)) for each in found]


def _lines(poem: str, size: int) -> str:
    """The poem in lines of so many lines of verse."""
    return "".join(poem[at : at + 6 * size] + "\n" for at in range(0, len(poem), 6 * size))


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize(
    "poet",
    [
        *("李白", "李白〔唐代〕", "[唐] 李白", "唐·李白", "作者：李白", "——李白", "李白 唐代"),
        "朝代：唐代\n作者：李白\n原文：",
    ],
)
def test_a_text_from_the_web_becomes_poems_with_title_and_poet(
    size: int, blank: str, poet: str
) -> None:
    text = (
        f"静夜思\n{poet}\n{blank}{_lines(YE, size)}\n登鹳雀楼\n王之涣\n{blank}{_lines(LOU, size)}"
    )
    assert _read(text) == [("静夜思", "李白", YE), ("登鹳雀楼", "王之涣", LOU)]


@pytest.mark.parametrize(
    "heading", ["《静夜思》李白", "李白《静夜思》", "静夜思\n\n李白\n", "《静夜思》 李白\n"]
)
def test_a_title_in_its_marks_and_a_poet_below_a_blank_line_are_known(heading: str) -> None:
    assert _read(f"{heading}\n{_lines(YE, 2)}") == [("静夜思", "李白", YE)]


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("静夜思 李白", "静夜思", "李白"),
        ("3. 登鹳雀楼　王之涣", "登鹳雀楼", "王之涣"),
        ("又登鹳雀楼 王之涣", "又登鹳雀楼", "王之涣"),
        ("静夜思·一 王之涣", "静夜思·一", "王之涣"),
        ("回乡偶书 贺知章", "回乡偶书", "贺知章"),
        ("静夜思 三章", "静夜思 三章", ""),
        ("静夜思 其一", "静夜思 其一", ""),
        ("静夜思 唐代", "静夜思 唐代", ""),
        ("题 静夜思 李白", "题 静夜思 李白", ""),
    ],
)
def test_a_poet_may_follow_the_title_after_a_space(
    heading: str, title: str, poet: str, blank: str
) -> None:
    assert _read(f"{heading}\n{blank}{_lines(YE, 1)}") == [(title, poet, YE)]


FAREWELL = "苍苍竹林寺，杳杳钟声晚。荷笠带斜阳，青山独归远。"


@pytest.mark.parametrize("stops", [True, False])
@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_title_before_its_poet_may_be_as_long_as_the_lines(blank: str, stops: bool) -> None:
    below = _lines(FAREWELL, 1)
    if not stops:
        below = re.sub("[，。]", "", below)
    ((title, poet, verse),) = _read(f"送灵澈上人 刘长卿\n{blank}{below}")
    assert (title, poet) == ("送灵澈上人", "刘长卿")
    assert "".join(filter(str.isalnum, verse)) == re.sub("[，。]", "", FAREWELL)


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_poet_may_have_a_name_as_long_as_the_title(blank: str, size: int) -> None:
    assert _read(f"听弹琴 刘长卿\n{blank}{_lines(YE, size)}") == [("听弹琴", "刘长卿", YE)]


@pytest.mark.parametrize("size", [1, 2])
def test_title_and_poet_on_a_line_part_poems_without_blank_lines(size: int) -> None:
    poems = [("静夜思", "李白", YE), ("登鹳雀楼", "王之涣", LOU), ("上人", "刘长卿", FAREWELL)]
    text = "".join(f"{title} {poet}\n{_lines(verse, size)}" for title, poet, verse in poems)
    assert _read(text) == poems


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize(
    ("heading", "poet"),
    [("感遇二首", ""), ("感遇二首\n张九龄", "张九龄"), ("感遇二首 张九龄", "张九龄")],
)
def test_a_line_that_says_which_of_several_poems_follows_is_no_poet_and_no_verse(
    heading: str, poet: str, blank: str
) -> None:
    text = f"{heading}\n{blank}其一\n{blank}{_lines(YE, 2)}{blank}其二\n{blank}{_lines(LOU, 2)}"
    assert _read(text) == [("感遇二首 其一", poet, YE), ("其二", "", LOU)]


def test_two_short_lines_of_verse_are_not_a_title_with_its_poet() -> None:
    verse = "关关雎鸠，在河之洲，窈窕淑女，君子好逑"
    spaced = "关关雎鸠 在河之洲\n窈窕淑女 君子好逑\n"
    assert _read(spaced) == [("", "", verse)]


def test_a_first_line_that_lost_its_stop_is_no_title_with_its_poet() -> None:
    assert _read(f"床前明月光 疑是地上霜\n{YE[12:]}") == [("", "", YE.replace("。", "，", 1))]


def test_couplets_with_blank_lines_between_them_belong_to_the_title_above() -> None:
    text = f"静夜思\n\n{YE[:12]}\n\n{YE[12:]}\n\n登鹳雀楼\n\n{LOU}\n"
    assert _read(text) == [("静夜思", "", YE), ("登鹳雀楼", "", LOU)]


def test_verse_without_stops_keeps_its_lines_below_a_title_of_the_same_length() -> None:
    verse = "\n".join(LOU.replace("。", "，").split("，"))
    without = LOU.replace("。", "，")[:-1]
    assert _read(verse) == [("", "", without)]
    assert _read(f"登上鹳雀楼\n{verse}") == [("登上鹳雀楼", "", without)]


@pytest.mark.parametrize("space", [" ", "　", "  　", "\u00a0"])
def test_spaces_split_lines_of_verse(space: str) -> None:
    spaced = space.join(["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"])
    assert _read(spaced) == [("", "", "白日依山尽，黄河入海流，欲穷千里目，更上一层楼")]
    assert _read(f"　　{space.join(LOU)}") == [("", "", LOU)]


@pytest.mark.parametrize("colon", [":", "："])
def test_a_colon_of_either_width_ends_a_title(colon: str) -> None:
    text = f"静夜思{colon}{YE}\n登鹳雀楼{colon}{LOU}\n"
    assert _read(text) == [("静夜思", "", YE), ("登鹳雀楼", "", LOU)]
    assert _read(f"静夜思{colon}\n{_lines(YE, 2)}") == [("静夜思", "", YE)]
    assert _read(f"静夜思{colon}{_lines(YE, 1)}") == [("静夜思", "", YE)]


def test_a_colon_behind_a_stop_belongs_to_the_verse() -> None:
    verse = "骆马尔勿嘶，且曰：吾疾虽作。年虽颓矣，幸未及项籍之将死。"
    assert _read(verse) == [("", "", verse)]


def test_a_poem_a_line_may_have_short_poems_and_titles_among_them() -> None:
    assert _read(f"{YE}\n{LOU}\n满城风雨近重阳。\n") == [
        ("", "", YE),
        ("", "", LOU),
        ("", "", "满城风雨近重阳。"),
    ]
    assert _read(f"甲\n{YE}\n乙\n{LOU}\n") == [("甲", "", YE), ("乙", "", LOU)]


def test_a_poet_with_a_dynasty_is_no_verse_of_the_same_length() -> None:
    assert _read(f"登鹳雀楼\n唐·王之涣\n{_lines(LOU, 2)}") == [("登鹳雀楼", "王之涣", LOU)]


def test_the_number_of_a_poem_is_not_part_of_its_title() -> None:
    assert _read(f"12. 静夜思\n李白\n{_lines(YE, 2)}") == [("静夜思", "李白", YE)]


def test_two_headings_in_a_row_are_kept_both() -> None:
    text = f"{YE}\n静夜思\n李白\n登鹳雀楼\n王之涣\n{LOU}"
    found = _read(text)
    assert ("登鹳雀楼", "王之涣", LOU) in found
    assert "静夜思" in "".join(text for _, _, text in found)


def test_a_heading_without_verse_is_not_lost() -> None:
    assert [text for *_, text in _read(f"{YE}\n\n唐诗三百首\n")] == [YE, "唐诗三百首"]


def test_a_poem_that_begins_with_a_bracket_is_not_json() -> None:
    assert _read("[爽]节在重九，物华新雨余。") == [("", "", "爽节在重九，物华新雨余。")]


@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("title: 静夜思\nauthor: 李白", "静夜思", "李白"),
        ("Title：静夜思\nPoet：李白", "静夜思", "李白"),
        ("标题：静夜思\n作者：李白", "静夜思", "李白"),
        ("# 静夜思\n李白", "静夜思", "李白"),
    ],
)
def test_the_labels_of_title_and_poet_are_no_part_of_them(
    heading: str, title: str, poet: str
) -> None:
    assert _read(f"{heading}\n{_lines(YE, 2)}") == [(title, poet, YE)]


@pytest.mark.parametrize(
    "title", ["念奴娇 赤壁怀古", "登高望远 其一", "送元二使安西 渭城曲 又一首"]
)
@pytest.mark.parametrize("poet", ["author: 李白\n", ""])
def test_a_line_with_the_label_of_a_title_is_a_title_whatever_its_words(
    title: str, poet: str
) -> None:
    text = f"{LOU}\ntitle: {title}\n{poet}{_lines(YE, 2)}"
    assert _read(text)[0] == ("", "", LOU)
    heading = " ".join(filter(None, _read(text)[1][:2]))
    assert heading.startswith(title) and _read(text)[1][2] == YE


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("title: Night\nauthor: J. Smith", "Night", "J. Smith"),
        ("author: J. Smith Jr.\ntitle: Night?", "Night?", "J. Smith Jr."),
        ("标题：宫词 八\n作者：花蕊夫人徐氏", "宫词 八", "花蕊夫人徐氏"),
        ("title: 夜\nauthor:", "夜", ""),
        ("author: Me", "", "Me"),
    ],
)
def test_a_line_with_the_label_of_a_poet_is_a_poet_whatever_its_words(
    heading: str, title: str, poet: str, blank: str
) -> None:
    text = f"{LOU}\n\n{heading}\n{blank}{_lines(YE, 2)}"
    assert _read(text) == [("", "", LOU), (title, poet, YE)]


@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("咏史诗 七里滩\n胡曾\n", "咏史诗 七里滩", "胡曾"),
        ("郊庙歌辞 太清宫乐章 第三奏\n不详\n", "郊庙歌辞 太清宫乐章 第三奏", "不详"),
        ("郊庙歌辞 太清宫乐章 第三奏\n不详", "郊庙歌辞 太清宫乐章 第三奏", "不详"),
        ("房公旧竹亭闻琴缅慕风流神期如在因重题此作\n李德裕", "", "李德裕"),
        ("《相和歌辞 短歌行六首 其二》顾况", "相和歌辞 短歌行六首 其二", "顾况"),
        ("塞下曲五首 五  张仲素\n", "塞下曲五首 五", "张仲素"),
        ("思平泉树石杂咏 似鹿石  李德裕\n", "思平泉树石杂咏 似鹿石", "李德裕"),
    ],
)
def test_a_title_with_spaces_is_a_title_above_verse_with_stops(
    heading: str, title: str, poet: str
) -> None:
    title = title or heading.partition("\n")[0]
    assert _read(f"{heading}\n{_lines(YE, 2)}") == [(title, poet, YE)]


def test_a_dynasty_may_stand_before_the_label_of_a_poet() -> None:
    assert _read(f"静夜思\n唐代 作者：李白\n\n{_lines(YE, 1)}") == [("静夜思", "李白", YE)]


@pytest.mark.parametrize("strange", ["山" + " " * 10**5 + "水 木\n", "其一\n\n" * 2000])
def test_a_strange_text_is_read_to_its_end_at_once(strange: str) -> None:
    assert _read(f"{strange}\n登鹳雀楼 王之涣\n{_lines(LOU, 2)}")[-1][2] == LOU


CI = (
    "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回？",
    "无可奈何花落去，似曾相识燕归来。小园香径独徘徊。",
)


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize("stops", [True, False])
@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("浣溪沙", "浣溪沙", ""),
        ("浣溪沙·春情", "浣溪沙·春情", ""),
        ("浣溪沙 春情", "浣溪沙 春情", ""),
        ("浣溪沙 晏殊", "浣溪沙", "晏殊"),
        ("浣溪沙 春情 晏殊", "浣溪沙 春情", "晏殊"),
        ("浣溪沙·春情 晏殊", "浣溪沙·春情", "晏殊"),
    ],
)
def test_a_ci_has_tune_title_and_poet_and_both_its_stanzas(
    heading: str, title: str, poet: str, stops: bool, blank: str
) -> None:
    first, second = CI if stops else (re.sub("[，。？]", "\n", each).rstrip() for each in CI)
    found = _read(f"{heading}\n{first}\n{blank}{second}\n\n{YE}\n")
    texts = ["".join(filter(str.isalnum, text)) for _, _, text in found]
    assert [each[:2] for each in found] == [(title, poet), ("", "")]
    assert texts == ["".join(filter(str.isalnum, each)) for each in ("".join(CI), YE)]


def test_a_poem_below_a_whole_ci_is_no_stanza_of_it() -> None:
    quatrain = "独怜幽草涧边生，上有黄鹂深树鸣。春潮带雨晚来急，野渡无人舟自横。"
    found = _read(f"浣溪沙\n{''.join(CI)}\n\n{quatrain}\n")
    assert found == [("浣溪沙", "", "".join(CI)), ("", "", quatrain)]


LONG = "至德二载甫自京金光门出间道归凤翔乾元初从左拾遗移华州掾与亲故别因出此门有悲往事"
BAI = "时难年荒世业空，弟兄羁旅各西东。\n田园寥落干戈后，骨肉流离道路中。\n"


@pytest.mark.parametrize("length", [20, 28])
@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize("poet", ["", "李白\n"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_title_may_be_as_long_as_a_poem_without_stops(
    length: int, blank: str, poet: str, size: int
) -> None:
    title = LONG[:length]
    text = f"{title}\n{poet}{blank}{_lines(YE, size)}\n{title}\n{LOU}\n"
    assert _read(text) == [(title, poet.strip(), YE), (title, "", LOU)]


def test_a_poem_without_stops_above_another_one_is_no_title() -> None:
    run = re.sub("[，。]", "", LOU)
    texts = [text for _, _, text in _read(f"{run}\n{YE}\n")]
    assert texts == [LOU.replace("。", "，")[:-1], YE]
    rows = "".join(f"{each}\n" for each in YE.replace("。", "，").split("，"))
    assert _read(f"{LONG[:20]}\n{rows}")[0][0] == LONG[:20]


@pytest.mark.parametrize("between", ["，", " "])
@pytest.mark.parametrize("poet", ["", "\n白居易", "\n\n白居易\n"])
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
def test_a_title_may_have_several_parts(between: str, poet: str, blank: str) -> None:
    for parts in (["自河南经乱", "关内阻饥", "因望月有感", "聊书所怀"], ["六朝门", "三废帝"]):
        title = between.join(parts)
        if len(parts) > 2 or (between == " " and poet):
            text = f"{title}{poet}{blank}{BAI}"
            assert _read(text) == [(title, poet.strip(), BAI.replace("\n", ""))]


@pytest.mark.parametrize(
    "text",
    [
        "时难年荒世业空，\n弟兄羁旅西东\n田园寥落干戈后，\n骨肉流离道路中。\n",
        "时难年荒世业空，\n弟兄羁旅各西东。\n田园落干戈后\n骨肉流离道路中。\n",
        "时难年荒业空，弟兄羁旅各西东\n田园寥落干戈后，骨肉流离道路中。\n" * 2,
    ],
)
def test_a_line_that_lacks_its_stop_and_a_character_is_no_title(text: str) -> None:
    assert [title for title, _, _ in _read(text)] == [""]


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize(
    "titles", [("静夜思", "登鹳雀楼"), ("静夜思一首", "又登鹳雀楼"), ("甲", "乙")]
)
@pytest.mark.parametrize("poet", ["", "李白\n"])
def test_titles_part_poems_without_blank_lines(
    size: int, titles: tuple[str, str], poet: str
) -> None:
    poems = list(zip(titles * 2, [YE, LOU, LOU, YE], strict=True))
    text = "".join(f"{title}\n{poet}{_lines(verse, size)}" for title, verse in poems)
    assert _read(text) == [(title, poet.strip(), verse) for title, verse in poems]


@pytest.mark.parametrize("mark", ["# {}", "《{}》", "## {}"])
def test_a_title_that_is_marked_parts_poems_as_one_with_a_label(mark: str) -> None:
    text = f"{mark.format('静夜思')}\n{_lines(YE, 2)}{mark.format('又登鹳雀楼')}\n{_lines(LOU, 2)}"
    assert _read(text) == [("静夜思", "", YE), ("又登鹳雀楼", "", LOU)]


@pytest.mark.parametrize(
    ("heading", "title", "poet"),
    [
        ("题目：静夜思\n作者：李白\n朝代：唐\n内容：\n", "静夜思", "李白"),
        ("诗名：静夜思\n诗人：李白\n诗句：", "静夜思", "李白"),
        ("作者：李白\n", "", "李白"),
        ("author: 李白\n\n", "", "李白"),
        ("静夜思 [唐]李白\n", "静夜思", "李白"),
        ("【静夜思】李白\n", "静夜思", "李白"),
        ("【静夜思】\n\n", "静夜思", ""),
    ],
)
@pytest.mark.parametrize("size", [2, 4])
def test_labels_and_brackets_in_a_heading_are_no_verse(
    heading: str, title: str, poet: str, size: int
) -> None:
    assert _read(f"{heading}{_lines(YE, size)}") == [(title, poet, YE)]


@pytest.mark.parametrize("blank", ["", "\n"])
@pytest.mark.parametrize("title", ["1. 静夜思", "比红儿诗 二十一", "古风\n十一"])
def test_a_number_is_no_verse_and_no_poet(title: str, blank: str) -> None:
    ((found, poet, verse),) = _read(f"{title}\n{blank}{_lines(YE, 2)}")
    assert (found, poet, verse) == (title.removeprefix("1. ").replace("\n", " "), "", YE)


NIANNUJIAO = (
    "大江东去，浪淘尽，千古风流人物。\n故垒西边，人道是，三国周郎赤壁。\n乱石穿空，惊涛拍岸，卷起千堆雪。\n"
    "江山如画，一时多少豪杰。\n遥想公瑾当年，小乔初嫁了，雄姿英发。\n羽扇纶巾，谈笑间，樯橹灰飞烟灭。\n"
    "故国神游，多情应笑我，早生华发。\n人生如梦，一尊还酹江月。\n"
)


@pytest.mark.parametrize("title", ["", "念奴娇·赤壁怀古\n", "赤壁怀古\n"])
def test_a_ci_with_a_sentence_on_each_line_is_one_poem(title: str) -> None:
    assert _read(title + NIANNUJIAO) == [(title.strip(), "", NIANNUJIAO.replace("\n", ""))]


def test_a_ci_with_a_stanza_on_each_line_is_one_poem() -> None:
    stanzas = (
        "平林漠漠烟如织，寒山一带伤心碧。暝色入高楼，有人楼上愁。",
        "玉阶空伫立，宿鸟归飞急。何处是归程，长亭更短亭。",
    )
    assert _read("\n".join(stanzas)) == [("", "", "".join(stanzas))]


@pytest.mark.parametrize("between", ["\t", " ", "　", ",", '","'])
@pytest.mark.parametrize("title", ["静夜思", "静夜思一首", LONG[:20]])
@pytest.mark.parametrize("poet", ["李白", "高力士", ""])
def test_title_and_poet_may_be_in_the_row_of_the_poem(between: str, title: str, poet: str) -> None:
    rows = [between.join(filter(None, [title, poet, verse])) for verse in (YE, LOU)]
    assert _read("\n".join(rows)) == [(title, poet, YE), (title, poet, LOU)]


@pytest.mark.parametrize(
    ("row", "title"),
    [("1. {}", ""), ("2、{}", ""), ("3,静夜思,{}", "静夜思"), ("4. 静夜思：{}", "静夜思")],
)
def test_the_number_of_a_row_is_no_title(row: str, title: str) -> None:
    assert _read("\n".join(row.format(verse) for verse in (YE, LOU))) == [
        (title, "", YE),
        (title, "", LOU),
    ]


def test_quotation_marks_in_a_row_do_no_harm() -> None:
    verse = YE.replace("疑是地上霜", '"疑是地上霜"')
    assert _read(f"静夜思 李白 {verse}") == [("静夜思", "李白", YE)]


def test_lines_of_verse_with_spaces_between_them_are_no_title() -> None:
    spaced = f"离离原上草 一岁一枯荣 {YE}"
    assert _read(spaced) == [("", "", f"离离原上草，一岁一枯荣，{YE}")]
