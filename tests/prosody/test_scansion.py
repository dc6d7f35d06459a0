"""The scanner on poems that everybody knows, and on lines made of characters of known tones."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import translation
from studio.prosody.forms import templates
from studio.prosody.report import TONE_FAULTS, Scansion
from studio.prosody.rhymes import Reading, rhyme_book
from studio.prosody.scansion import scan

CHUNWANG = (
    "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。"
    "烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
)
GUANQUE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
JINGYE = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
JINGYE_TRADITIONAL = "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"
HUANGHELOU = (
    "昔人已乘黄鹤去，此地空余黄鹤楼。黄鹤一去不复返，白云千载空悠悠。"
    "晴川历历汉阳树，芳草萋萋鹦鹉洲。日暮乡关何处是，烟波江上使人愁。"
)

# Characters with one reading each, so that nothing is ambiguous; none of them sounds like 陽.
ONE = {each: its[0] for each, its in rhyme_book().items() if len(its) == 1 and each < "\u9fff"}
LEVEL = [each for each, its in ONE.items() if its == Reading("平", "虞")][:60]
OBLIQUE = [each for each, its in ONE.items() if its.tone == "入"][:150]
RHYMING = [each for each, its in ONE.items() if its == Reading("平", "陽")][:60]
CLASHING = next(each for each, its in ONE.items() if its == Reading("去", "漾"))


def of(text: str) -> Scansion:
    return scan(re.findall("[^，。]+", text))


def named(scanned: Scansion) -> set[str]:
    return {fault.name for fault in scanned.faults}


def filled(patterns: list[str]) -> list[str]:
    """Lines of these tones from characters that all differ; level ends rhyme."""
    level, oblique, rhyming = iter(LEVEL), iter(OBLIQUE), iter(RHYMING)
    return [
        "".join(next(oblique if tone == "仄" else level) for tone in pattern[:-1])
        + next(oblique if pattern[-1] == "仄" else rhyming)
        for pattern in patterns
    ]


def plain(length: int, count: int, which: int) -> list[str]:
    """A template's tones with the free places set to avoid every fault."""
    template = templates(length, count)[which]
    return [pattern.replace("中", "平") for pattern in template.patterns(length)]


def test_a_regulated_poem_is_without_fault() -> None:
    scanned = of(CHUNWANG)
    assert (scanned.form, scanned.template, scanned.rhymes) == ("五律", "仄起首句不入韵", ("平侵",))
    assert scanned.faults == ()
    assert scanned.perfect


def test_a_quatrain_is_without_fault() -> None:
    scanned = of(GUANQUE)
    assert (scanned.form, scanned.template, scanned.rhymes) == ("五绝", "仄起首句不入韵", ("平尤",))
    assert scanned.faults == ()


@pytest.mark.parametrize("text", [JINGYE, JINGYE_TRADITIONAL])
def test_an_old_style_quatrain_is_no_faulty_regulated_one(text: str) -> None:
    scanned = of(text)
    assert (scanned.form, scanned.regulated, scanned.faults) == ("古绝", False, ())
    assert scanned.rhymes == ("平陽",)
    assert [scanned.lines[at].characters[-1].tone for at in (1, 3)] == ["平", "平"]


def test_the_irregularities_of_a_famous_poem_are_found() -> None:
    scanned = of(HUANGHELOU)
    assert (scanned.form, scanned.rhymes) == ("七律", ("平尤",))
    # 不复返: 不 is level in rhymes only.
    assert {"失替", "三仄尾", "重字"} <= named(scanned)
    assert not scanned.perfect
    assert [fault.line for fault in scanned.faults if fault.name == "失替"] == [2]
    noted = {(note.name, note.line) for note in scanned.notes}
    assert {("对句拗救", 0), ("三平尾", 3)} <= noted
    assert all(fault.line < 4 or fault.name == "重字" for fault in scanned.faults)


def test_an_ambiguous_character_takes_the_tone_that_fits() -> None:
    character = of(CHUNWANG).lines[7].characters[3]
    assert (character.character, character.required, character.tone) == ("胜", "平", "平")
    assert {"平蒸", "去徑"} <= set(character.readings)


def test_a_character_that_is_level_in_rhymes_only_is_oblique_elsewhere() -> None:
    scanned = of("离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。")
    first, second = scanned.lines[2].characters[3], scanned.lines[3].characters[2]
    assert (first.character, first.required, first.tone) == ("不", "平", "仄")
    assert (second.character, second.required, second.tone) == ("吹", "平", "平")
    (note,) = scanned.notes
    assert (note.name, note.line, note.start, note.end) == ("对句拗救", 2, 3, 4)
    assert "不 is oblique" in note.explanation
    assert "吹, character 3 of the next line, is level" in note.explanation
    assert scanned.broken == []
    assert not scanned.perfect


def test_a_rhyme_that_the_poets_hardly_ever_used_is_noted() -> None:
    lines = ["山中一夜雨", "花外数声诗", "月色长如此", "何人共此居"]
    scanned = scan(lines)
    assert scanned.rhymes == ("平支",)
    (note,) = [each for each in scanned.notes if each.name == "僻韵"]
    assert (note.line, note.start) == (3, 4) and "居" in note.explanation
    assert "出韵" not in named(scanned)


@pytest.mark.parametrize("first", ["白日依山尽", "白日依山不"])
def test_a_reading_that_occurs_as_a_rhyme_only_rhymes(first: str) -> None:
    scanned = of(GUANQUE.replace("入海流", "入海不").replace("白日依山尽", first))
    assert scanned.broken == []
    assert scanned.perfect
    assert scanned.rhymes == ("平尤",)
    foot = scanned.lines[1].characters[-1]
    assert (foot.required, foot.tone, scanned.lines[1].rhyme) == ("平", "平", "平尤")


def test_an_oblique_reading_that_occurs_as_a_rhyme_only_ends_no_other_line() -> None:
    (fault,) = of(GUANQUE.replace("千里目", "千里深")).broken
    assert (fault.name, fault.line, fault.start) == ("失对", 2, 4)
    old = of("山山山山山，山山山山荫。山山山山深，山山山山深。")
    assert [line.characters[-1].tone for line in old.lines[1:]] == ["仄", "平", "仄"]


@given(length=st.sampled_from([5, 7]), count=st.sampled_from([4, 8, 10]), which=st.integers(0, 3))
def test_a_template_filled_with_the_right_tones_scans_without_fault(
    length: int, count: int, which: int
) -> None:
    scanned = scan(filled(plain(length, count, which)))
    assert scanned.faults == ()
    assert scanned.template == templates(length, count)[which].name
    assert scanned.rhymes == ("平陽",)
    assert scanned.perfect


@given(
    length=st.sampled_from([5, 7]),
    which=st.integers(0, 3),
    line=st.integers(0, 7),
    data=st.data(),
)
def test_one_even_place_off_its_tone_is_a_line_that_does_not_alternate(
    length: int, which: int, line: int, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(range(1, length - 1, 2)))
    patterns = plain(length, 8, which)
    other = "仄" if patterns[line][place] == "平" else "平"
    patterns[line] = patterns[line][:place] + other + patterns[line][place + 1 :]
    scanned = scan(filled(patterns))
    broken = {(fault.name, fault.line) for fault in scanned.faults if fault.name in TONE_FAULTS}
    mended = {(note.name, note.line) for note in scanned.notes}
    assert ("失替", line) in broken or ("对句拗救", line) in mended
    assert {at for _, at in broken} <= {line}
    assert not scanned.perfect


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        # 仄起 in five: a B b A; each breaks it in one way.
        (["仄仄平平仄", "仄平仄仄平", "平平平仄仄", "仄仄仄平平"], "孤平"),
        (["仄仄平平仄", "平平仄仄平", "平平平仄仄", "仄仄平平平"], "三平尾"),
        (["仄仄平平仄", "平平仄仄平", "平平仄仄仄", "仄仄仄平平"], "三仄尾"),
        (["仄仄平平仄", "平平仄仄平", "仄仄平平仄", "平平仄仄平"], "失粘"),
        (["平平平仄仄", "平平仄仄平", "平平平仄仄", "仄仄仄平平"], "失对"),
        (["仄仄平平仄", "平平仄仄平", "平平平仄平", "仄仄仄平平"], "失对"),
        (["仄仄平平仄", "平平仄仄平", "平仄平仄仄", "仄仄仄平平"], "失替"),
        # In seven the same with two characters before.
        (["平平仄仄平平仄", "仄仄仄平仄仄平", "仄仄平平平仄仄", "平平仄仄仄平平"], "孤平"),
        (["平平仄仄平平仄", "仄仄平平仄仄平", "仄仄平平平仄仄", "平平仄仄平平平"], "三平尾"),
    ],
)
def test_each_fault_of_the_tones_has_its_name(patterns: list[str], name: str) -> None:
    scanned = scan(filled(patterns))
    assert named(scanned) == {name}
    assert not scanned.perfect
    for fault in scanned.broken:
        faulty = scanned.lines[fault.line].characters[fault.start : fault.end]
        assert any(each.required not in (each.tone, "中") for each in faulty)


@pytest.mark.parametrize(
    ("patterns", "name", "asked"),
    [
        (["仄仄平平仄", "平平仄仄平", "仄仄平平仄", "平平仄仄平"], "失粘", "should be level like"),
        (
            ["平平平仄仄", "仄仄仄平平", "平平平仄仄", "仄仄仄平平"],
            "失粘",
            "should be oblique like",
        ),
        (["平平平仄仄", "平平仄仄平", "平平平仄仄", "仄仄仄平平"], "失对", "should be oblique: it"),
        (["仄仄平平仄", "仄仄仄平平", "仄仄平平仄", "平平仄仄平"], "失对", "should be level: it"),
        (
            ["平平仄仄平平仄", "仄仄平平仄仄平", "平平仄仄平平仄", "仄仄平平仄仄平"],
            "失粘",
            "should be oblique like",
        ),
        (
            ["仄仄平平平仄仄", "仄仄平平仄仄平", "仄仄平平平仄仄", "平平仄仄仄平平"],
            "失对",
            "should be level: it",
        ),
    ],
)
def test_where_the_order_breaks_the_tone_that_keeps_it_is_asked_for(
    patterns: list[str], name: str, asked: str
) -> None:
    scanned = scan(filled(patterns))
    (fault,) = scanned.broken
    second = scanned.lines[fault.line].characters[1]
    assert fault.name == name and asked in fault.explanation
    assert second.required == ("平" if "level" in asked else "仄") != second.tone
    # It names both characters that it compares, and the other line.
    compared = scanned.lines[fault.line - 1].characters[1]
    assert {second.character, compared.character, f"line {fault.line}"} <= {
        *re.findall(r"[一-鿿]|line \d", fault.explanation)
    }


def test_a_line_of_one_character_breaks_no_order() -> None:
    lines = ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"] * 2
    for at in range(8):
        scanned = scan([line if place != at else "山" for place, line in enumerate(lines)])
        assert "字数" in {each.name for each in scanned.broken}


def test_no_explanation_names_its_own_line() -> None:
    """What shows it has named the line already."""
    shapes = (
        ["白日依山尽", "黄河入海流", "欲穷千里", "更上一层楼"],
        ["白日依山尽", "白日入海流", "明月千峰照", "清泉石上留"],
    )
    for lines in shapes:
        for each in scan(lines).faults:
            assert f"ine {each.line + 1}" not in each.explanation, each


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (["仄仄平平仄", "仄平平仄平", "平平平仄仄", "仄仄仄平平"], "孤平拗救"),
        (["仄仄平平仄", "平平仄仄平", "平平仄平仄", "仄仄仄平平"], "特拗"),
        (["平平仄仄平平仄", "仄仄仄平平仄平", "仄仄平平平仄仄", "平平仄仄仄平平"], "孤平拗救"),
        (["平平仄仄平平仄", "仄仄平平仄仄平", "仄仄平平仄平仄", "平平仄仄仄平平"], "特拗"),
    ],
)
def test_the_two_rescues_are_no_fault(patterns: list[str], name: str) -> None:
    scanned = scan(filled(patterns))
    assert scanned.faults == ()
    assert [note.name for note in scanned.notes] == [name]
    assert scanned.perfect


def test_the_next_line_may_rescue_an_oblique_even_place() -> None:
    scanned = scan(filled(["仄仄平仄仄", "平平平仄平", "平平平仄仄", "仄仄仄平平"]))
    assert scanned.faults == ()
    assert [note.name for note in scanned.notes] == ["对句拗救"]
    assert not scanned.perfect


def quatrain(*ends: str) -> list[str]:
    """A faultless quatrain of which some ends are replaced; "" leaves one as it is."""
    lines = filled(["仄仄平平仄", "平平仄仄平", "平平平仄仄", "仄仄仄平平"])
    return [line[:-1] + (end or line[-1]) for line, end in zip(lines, ends, strict=True)]


def eight_lines(last: str) -> list[str]:
    """Eight faultless lines, the last of which ends in this."""
    lines = filled(plain(5, 8, 0))
    return [*lines[:-1], lines[-1][:-1] + last]


def test_a_foot_of_another_rhyme_is_out_of_rhyme() -> None:
    scanned = scan(eight_lines("東"))
    assert named(scanned) == {"出韵"}
    assert [fault.line for fault in scanned.faults] == [7]


def test_a_neighbouring_rhyme_is_allowed_in_the_first_line_alone() -> None:
    lines = filled(plain(5, 4, 1))
    scanned = scan([lines[0][:-1] + "江", *lines[1:]])
    assert (named(scanned), [note.name for note in scanned.notes]) == (set(), ["邻韵"])
    eight = scan(eight_lines("江"))
    assert named(eight) == {"出韵"}
    assert "neighbour" in eight.faults[0].explanation


def test_a_first_end_that_can_rhyme_does() -> None:
    # 中 is level in the rhyme of 红, and oblique otherwise; both fit.
    scanned = of("一道残阳铺水中，半江瑟瑟半江红。可怜九月初三夜，露似真珠月似弓。")
    assert (scanned.template, scanned.rhymes) == ("仄起首句入韵", ("平東",))
    assert named(scanned) == {"重字"}


def test_an_unrhymed_end_that_sounds_like_the_rhyme_clashes() -> None:
    assert named(scan(quatrain("", "", CLASHING, ""))) == {"撞韵"}


def test_a_repeated_character_is_found_where_it_comes_again() -> None:
    lines = quatrain("", "", "", "")
    lines[2] = lines[1][0] + lines[2][1:]
    (fault,) = scan(lines).faults
    assert (fault.name, fault.line, fault.start, fault.end) == ("重字", 2, 0, 1)


def test_a_repeated_character_is_named_among_the_faults_and_blamed_for_nothing() -> None:
    scanned = of(HUANGHELOU)
    assert {each.severity for each in scanned.faults if each.name == "重字"} == {"note"}
    assert [each.name for each in scanned.broken] == ["失替", "三仄尾"]
    assert {each.name for each in scanned.noted} == {"重字", "对句拗救", "三平尾", "拗", "僻读"}


def test_a_doubled_character_is_no_repetition() -> None:
    lines = quatrain("", "", "", "")
    lines[0] = lines[0][1] + lines[0][1:]
    assert scan(lines).faults == ()


def test_a_line_of_the_wrong_length_is_a_fault_of_its_own() -> None:
    lines = quatrain("", "", "", "")
    scanned = scan([lines[0], lines[1], lines[2][1:], lines[3]])
    assert (scanned.form, named(scanned)) == ("五绝", {"字数"})


def test_an_unknown_character_passes() -> None:
    lines = quatrain("", "", "", "")
    scanned = scan([lines[0], lines[1][0] + "A" + lines[1][2:], *lines[2:]])
    assert scanned.faults == ()
    assert scanned.lines[1].characters[1].tone == "?"


def test_a_poem_in_an_oblique_rhyme_is_old_style() -> None:
    lines = filled(["平平平仄平", "平平仄仄仄", "仄仄平平平", "平平仄仄仄"])
    scanned = scan(lines)
    assert (scanned.form, scanned.regulated) == ("古绝", False)


def test_an_old_style_poem_may_change_its_rhyme() -> None:
    lines = filled(["仄仄仄仄平"] * 4) + filled(["平平平平仄"] * 6)[4:]
    scanned = scan([*lines[:4], lines[4], lines[5][:-1] + "月"])
    assert scanned.form == "五古"
    assert scanned.rhymes == ("平陽", "入月")


def test_a_poem_meant_in_the_old_style_is_held_to_rhyme_only() -> None:
    # One character off its tone: a fault in the regulated form that it comes near to.
    lines = filled(["仄仄平平仄", "平平仄仄平", "平仄平仄仄", "仄仄仄平平"])
    assert named(scan(lines)) == {"失替"}
    scanned = scan(lines, "古绝")
    assert (scanned.form, scanned.faults) == ("古绝", ())


def test_lines_of_many_lengths_are_mixed_verse() -> None:
    assert scan(["山山", "水水水", "月月月月月", "花"]).form == "杂言"


@given(st.lists(st.text("山水月花不看A𠀀", min_size=1, max_size=9), min_size=1, max_size=14))
def test_any_lines_are_scanned_and_encoded(lines: list[str]) -> None:
    scanned = scan(lines)
    assert [line.text for line in scanned.lines] == lines
    for remark in (*scanned.faults, *scanned.notes):
        assert 0 <= remark.start < remark.end <= len(lines[remark.line])
    encoded = msgspec.json.encode(scanned, enc_hook=translation.plain)
    assert msgspec.json.decode(encoded, type=Scansion) == scanned


@pytest.mark.parametrize("ends", ["□乡", "A乡", "霜□", "□□"])
def test_a_foot_that_is_not_known_is_no_fault_of_an_old_style_quatrain(ends: str) -> None:
    lines = ["床前明月光", f"疑是地上{ends[0]}", "举头望明月", f"低头思故{ends[1]}"]
    assert scan(lines, "古绝").faults == ()
    assert [each.name for each in scan([*lines[:3], "低头思故月"], "古绝").broken] == (
        ["出韵"] if ends[0] == "霜" else []
    )


def test_an_isolated_level_tone_of_a_line_of_seven_is_so_in_its_last_five_characters() -> None:
    five = scan(filled(["仄仄平平仄", "仄平仄仄平", "平平平仄仄", "仄仄仄平平"]))
    seven = scan(filled(["平平仄仄平平仄", "平仄仄平仄仄平", "仄仄平平平仄仄", "平平仄仄仄平平"]))
    for scanned, says in ((five, False), (seven, True)):
        (fault,) = [each for each in scanned.broken if each.name == "孤平"]
        assert ("in the last five characters" in fault.explanation) is says


@pytest.mark.parametrize(
    ("text", "rhymes"),
    [
        ("开帘见新月，便即下阶拜。细语人不闻，北风吹裙带。", ("去卦",)),
        # 去 and 处 also have a rising reading, but seldom.
        ("松下问童子，言师采药去。只在此山中，云深不知处。", ("去御",)),
        # 凝 is level nearly always.
        ("瀚海阑干百丈冰，愁云惨淡万里凝。", ("平蒸",)),
    ],
)
def test_old_style_poems_rhyme_in_neighbours_of_any_tone_and_by_the_usual_readings(
    text: str, rhymes: tuple[str, ...]
) -> None:
    lines = re.findall("[^，。]+", text)
    scanned = scan(lines, "古绝")
    assert (scanned.rhymes, scanned.broken) == (rhymes, [])


def test_a_character_that_the_poets_lean_on_is_level_or_oblique() -> None:
    # 凭 is oblique here as in a third of its places, and level in 凭轩涕泗流.
    scanned = of("泪眼凌寒冻不流，每经高处即回头。遥知别后西楼上，应凭栏干独自愁。")
    assert (scanned.form, scanned.broken) == ("七绝", [])
    assert of("戎马关山北，凭轩涕泗流。" * 2).lines[1].characters[0].tone == "平"


@pytest.mark.parametrize(
    ("ends", "wrong"),
    [
        # The rhyme changes with the couplet (换韵): lines 1 and 2, lines 3 and 4.
        ("茫苍已起", None),
        ("茫苍时起", 3),
        ("山苍已起", 1),
        ("山苍山月", 3),
        ("苍苍已起", 1),
    ],
)
def test_an_old_style_quatrain_may_change_its_rhyme_with_the_couplet(
    ends: str, wrong: int | None
) -> None:
    lines = [f"北山烟雾{end}" for end in ends]
    faults = [each for each in scan(lines, "古绝").broken if each.name == "出韵"]
    assert [each.line for each in faults] == ([] if wrong is None else [wrong])
    other = {1: ends[3], 3: ends[1]}
    assert all(other[each.line] in each.explanation for each in faults)


def faults_of(text: str) -> list[tuple[str, int, str]]:
    """Name, line and the characters of each fault, as an explanation speaks of them."""
    lines = re.findall("[^，。]+", text)
    return [
        (each.name, each.line + 1, lines[each.line][each.start : each.end])
        for each in scan(lines).broken
    ]


@pytest.mark.parametrize(
    "poem",
    [
        # 乃可作所砂: 可 is oblique, too.
        "求仙觅黄芽，须得真铅花。并是自成者，乃可作所砂。"
        "重飞服一粒，腾空入碧霞。周游天地外，处处是仙家。",
        # 使车出明光: 明 is level, too.
        "候馆扫清昼，使车出明光。森森入郭树，一道引飞霜。"
        "仰视骢花白，多惭绶色黄。鹪鹩无羽翼，愿假宪乌翔。",
        # 到处十枝五枝花: so is the second 枝.
        "柳带东风一向斜，春阴澹澹蔽人家。有时三点两点雨，到处十枝五枝花。"
        "万井楼台疑绣画，九原珠翠似烟霞。年年今日谁相问，独卧长安泣岁华。",
    ],
)
def test_a_level_tone_is_called_alone_only_where_it_is(poem: str) -> None:
    assert "孤平" not in named(of(poem))
    assert "失替" in named(of(poem))


def test_a_rescue_holds_whatever_is_wrong_before_it() -> None:
    scanned = of("黄师塔前江水东，春光懒困倚微风。桃花一簇开无主，可爱深红爱浅红。")
    assert ("孤平拗救", 0) in {(each.name, each.line) for each in scanned.notes}
    assert "孤平" not in named(scanned)


def test_three_tones_are_called_equal_only_where_they_are() -> None:
    poem = (
        "魏礼段干木，秦王乃止戈。小国有其人，大国奈之何。"
        "贤哲信为美，兵甲岂云多。君子战必胜，斯言闻孟轲。"
    )
    assert ("三仄尾", 3, "有其人") not in faults_of(poem)


def test_what_is_said_of_the_second_character_is_true() -> None:
    # 箇 is oblique as the line before asks; it is the next line that is not opposed.
    found = faults_of(
        "闲入天台洞，访人人不知。寒山为伴侣，松下啖灵芝。"
        "每谈今古事，嗟见世愚痴。箇箇入地狱，早晚出头时。"
    )
    assert ("失替", 7, "地") in found and ("失对", 8, "晚") in found
    assert ("失粘", 7, "箇") not in found
    # 笑 and 殃 alternate: they do not adhere, and the next line is not opposed.
    found = faults_of(
        "识业人稀少，迷途者众多。苦中生乐想，无喜强弦歌。"
        "不饮寻常醉，昏昏溺爱河。含笑造殃咎，后苦莫由他。"
    )
    assert [each for each in found if each[1] > 6] == [("失粘", 7, "笑"), ("失对", 8, "苦")]
