import subprocess
import sys
from pathlib import Path

import pytest

from studio.errors import ConfigError
from studio.prosody.books import rhyme_books
from studio.prosody.rhymes import (
    PINGSHUI,
    RHYMES,
    Reading,
    counterparts,
    is_rare,
    neighbours,
    rare_readings,
    read_rare_readings,
    read_reading_shares,
    read_rhyme_book,
    read_rhyme_only,
    reading_shares,
    readings,
    rhyme_book,
    rhyme_only,
    unrhymed_readings,
)


def of(character: str) -> set[str]:
    return {"".join(reading) for reading in readings(character)}


def test_there_are_106_rhymes() -> None:
    assert [len(RHYMES[tone]) for tone in ("平", "上", "去", "入")] == [30, 29, 30, 17]


def test_every_rhyme_has_characters_and_its_own_name_among_them() -> None:
    for tone, rhymes in RHYMES.items():
        for rhyme in rhymes:
            assert f"{tone}{rhyme}" in of(rhyme)


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("看", {"平寒", "去翰"}),
        ("教", {"平肴", "去效"}),
        ("月", {"入月"}),
        ("先", {"平先", "去霰"}),
    ],
)
def test_a_character_keeps_every_reading_with_tone_and_rhyme_together(
    character: str, expected: set[str]
) -> None:
    assert of(character) == expected


@pytest.mark.parametrize("pair", ["过過", "为爲", "见見", "还還", "声聲"])
def test_both_scripts_read_alike(pair: str) -> None:
    assert of(pair[0]) == of(pair[1]) != set()


@pytest.mark.parametrize(("simple", "merged"), [("里", "裏"), ("干", "乾幹"), ("发", "發髮")])
def test_a_simplified_character_has_the_readings_of_all_it_merges(simple: str, merged: str) -> None:
    assert set().union(*map(of, merged)) <= of(simple)


@pytest.mark.parametrize("pair", ["国國", "灯燈", "炼煉"])
def test_a_simplified_form_is_not_taken_for_a_rare_character_that_looks_alike(pair: str) -> None:
    assert of(pair[0]) == of(pair[1])


@pytest.mark.parametrize("character", "爲溪却迴羣疎啼劒衆跡")
def test_variants_that_the_lists_lack_are_read(character: str) -> None:
    assert of(character)


def test_an_unknown_character_has_no_reading() -> None:
    assert readings("A") == ()


def test_no_reading_is_listed_twice() -> None:
    assert all(len(set(its)) == len(its) for its in rhyme_book().values())


@pytest.mark.parametrize("character", "不梦夢汉漢深闻聞")
def test_a_reading_that_occurs_as_a_rhyme_only_does_not_count_elsewhere(character: str) -> None:
    level = {each.level for each in unrhymed_readings(character)}
    assert level == {character in "深闻聞"}
    assert {each.level for each in readings(character)} == {True, False}


@pytest.mark.parametrize("character", "看过望未山A")
def test_all_other_readings_count_everywhere(character: str) -> None:
    assert unrhymed_readings(character) == readings(character)


def test_every_character_whose_reading_is_ruled_out_keeps_another() -> None:
    assert rhyme_only()
    assert all(
        {each.level for each in readings(character)} == {True, False} for character in rhyme_only()
    )


@pytest.mark.parametrize("line", ["不 上 2 2982", "不看 平 2 2982", "不", "平"])
def test_a_broken_list_of_rhymes_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rhyme_only.txt"
    path.write_text(f"# a list\n不 平 2 2982 0.1% 20\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3"):
        read_rhyme_only(path)


@pytest.mark.parametrize(
    ("character", "reading", "rare"),
    [
        ("居", "支", True),
        ("居", "魚", False),
        ("台", "支", True),
        ("台", "灰", False),
        ("臺", "灰", False),
        # 乾 as in 乾坤, 幹 as a trunk; 干 as in 阑干 and as 乾, dry.
        ("干", "先", True),
        ("干", "寒", False),
        ("干", "仄", False),
        # 纔; 徵, the note.
        ("才", "咸", True),
        ("才", "灰", False),
        ("征", "仄", True),
        ("征", "平", False),
        ("征", "庚", False),
        # Before it 鼓 and 歌, it is often oblique.
        ("吹", "仄", False),
        ("吹", "支", False),
        # 饑 and 飢, 衝 and 沖, 豐 and 丰.
        ("饥", "支", False),
        ("冲", "冬", False),
        ("丰", "東", False),
        ("丰", "冬", True),
    ],
)
def test_a_reading_is_rare_where_the_poets_seldom_bear_it_out(
    character: str, reading: str, rare: bool
) -> None:
    assert is_rare(character, reading) is rare


@pytest.mark.parametrize(
    "merged",
    ["后後", "发發髮", "里裏", "谷穀", "云雲", "余餘", "斗鬥", "钟鐘鍾", "复復複覆", "只隻"],
)
def test_a_simplified_character_that_stands_for_several_of_one_tone_leaves_no_doubt(
    merged: str,
) -> None:
    for character in merged:
        (tone,) = {each.level for each in unrhymed_readings(character)}
        assert tone == {each.level for each in unrhymed_readings(merged[0])}.pop()


def test_a_rare_reading_counts_in_its_words() -> None:
    assert is_rare("更", "平") and is_rare("更", "平", "不", "上")
    assert not is_rare("更", "平", "五") and not is_rare("更", "平", after="残")
    assert is_rare("更", "仄", "五") and not is_rare("更", "仄", "不")
    assert is_rare("浪", "陽") and not is_rare("浪", "陽", "沧") and not is_rare("浪", "陽", "滄")


def test_a_rare_reading_is_one_of_several_of_its_character() -> None:
    for character, its in rare_readings().items():
        known = readings(character)
        rhymes = {each.rhyme for each in known if each.level}
        tones = {"平" if each.level else "仄" for each in unrhymed_readings(character)}
        for reading in its:
            assert tones == {"平", "仄"} if reading in "平仄" else reading in rhymes, character
        assert not {"平", "仄"} <= {*its}
        assert (len(known) > 1 and rhymes - {*its}) or not all(each.level for each in known)


@pytest.mark.parametrize(
    "line", ["居", "居 寘 0 378", "居住 支 0 378", "更 平 1 9 五更 更", "更 平 1 9 夜半"]
)
def test_a_broken_list_of_rare_readings_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rare_readings.txt"
    path.write_text(f"# a list\n台 支 0 761\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3"):
        read_rare_readings(path)


def test_neighbours_are_mutual_rhymes_of_one_tone() -> None:
    for its in RHYMES.values():
        for rhyme in its:
            assert neighbours(rhyme) <= set(its) - {rhyme}
            assert all(rhyme in neighbours(other) for other in neighbours(rhyme))


def test_oblique_rhymes_are_neighbours_where_the_level_ones_are() -> None:
    for rhyme in RHYMES["平"]:
        for near in neighbours(rhyme):
            for tone in ("上", "去"):
                ours, theirs = (
                    {each for each in counterparts(level) if each in RHYMES[tone]}
                    for level in (rhyme, near)
                )
                assert all(
                    one == other or other in neighbours(one) for one in ours for other in theirs
                )


def test_every_level_rhyme_has_counterparts() -> None:
    known = set(RHYMES["上"] + RHYMES["去"])
    assert all(counterparts(rhyme) and counterparts(rhyme) <= known for rhyme in RHYMES["平"])
    assert set().union(*map(counterparts, RHYMES["平"])) == known


def test_a_broken_book_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rhymes.txt"
    path.write_text("# a book\n平 東 平水 東同\n平 火 平水 火\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3"):
        read_rhyme_book(path)


def test_a_missing_book_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Install the studio again"):
        read_rhyme_book(tmp_path / "none.txt")


def test_scanning_loads_neither_torch_nor_textual() -> None:
    code = "import sys, studio.prosody.scansion; print({'torch', 'textual'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_shares_of_the_readings_of_a_character_make_one() -> None:
    for book in (PINGSHUI, rhyme_books()["cilin"]):
        for character in reading_shares():
            known = book.readings(character)
            assert set(book.shares()[character]) == set(known), character
            total = sum(book.share(character, each) for each in known)
            assert total == pytest.approx(1, abs=0.01), character


@pytest.mark.parametrize(
    ("character", "name", "seldom"),
    [
        ("里", "上紙", False),
        ("里", "去寘", True),
        ("出", "去寘", True),
        ("其", "去寘", True),
        ("思", "去寘", False),
        ("昔", "入藥", True),
        # Of a single reading, and of several that the poems do not tell apart.
        ("泪", "去寘", False),
        ("艟", "平東", False),
    ],
)
def test_a_character_seldom_rhymes_in_a_reading_that_few_poems_bear_out(
    character: str, name: str, seldom: bool
) -> None:
    (reading,) = (each for each in PINGSHUI.readings(character) if "".join(each) == name)
    assert PINGSHUI.seldom_rhymes(character, reading) is seldom


def test_a_rare_reading_is_usual_in_its_words() -> None:
    level = [each for each in readings("望") if each.level]
    assert PINGSHUI.seldom_read("望", level)
    assert not PINGSHUI.seldom_read("望", level, "相")


def test_readings_of_today_have_even_shares() -> None:
    book = rhyme_books()["tongyun"]
    assert [book.share("行", each) for each in book.readings("行")] == [0.5, 0.5]
    assert book.share("东", Reading("去", "雍")) == 0


@pytest.mark.parametrize("line", ["里", "里 上紙", "里 上東 9.0", "里 上紙 x", "里 上紙 9.0 里中"])
def test_a_broken_list_of_shares_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "reading_shares.txt"
    path.write_text(f"# a list\n里 上紙 97.8 千里\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3"):
        read_reading_shares(path)
