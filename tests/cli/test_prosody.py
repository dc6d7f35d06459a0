import io
import json
import re
import sys
from pathlib import Path

import pytest

from studio.corpus.library import Library
from studio.corpus.obtaining import fetch_and_build
from studio.corpus.script import traditional as to_traditional
from studio.paths import HOME_VARIABLE, Home
from studio.prosody.measure import Measure
from studio.verse.suggesting import ByFrequency
from tests.cli.conftest import Run

GUANQUE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
JINGYE = "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"
CHUNWANG = (
    "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。"
    "烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
)


@pytest.fixture
def written(tmp_path: Path) -> "Writer":
    return Writer(tmp_path / "poems.txt")


class Writer:
    """Write the file of the test and name it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, content: str) -> str:
        self.path.write_text(content, encoding="utf-8")
        return str(self.path)


def test_a_poem_is_printed_with_its_tones_form_and_rhyme(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written(f"登鹳雀楼:{GUANQUE}\n"))
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "登鹳雀楼"
    assert lines[1:5] == ["  白日依山尽", "  仄仄平平仄", "  黄河入海流  平尤", "  平平仄仄平"]
    assert lines[-2:] == ["五绝 · 仄起首句不入韵 · rhyme 平尤", "No faults."]


def test_faults_are_named_in_words(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written(GUANQUE.replace("更上一层楼", "更上一层山")))
    assert "✗ Line 4, 出韵 (out of rhyme): 山 rhymes in 删; the poem rhymes in 尤." in result.out


def test_a_repeated_character_is_a_note_here_as_in_the_studio(
    tangshi: Run, written: Writer
) -> None:
    poem = written(GUANQUE.replace("千里", "依里"))
    lines = tangshi("scan", poem).out.splitlines()
    assert lines[-2:] == [
        "· Line 3, 重字 (character repeated): 依 is in line 1 already.",
        "No faults.",
    ]
    (fault,) = tangshi("scan", "--json", poem).document["poems"][0]["faults"]
    assert (fault["name"], fault["severity"]) == ("重字", "note")


def test_every_poem_is_reported_as_json(tangshi: Run, written: Writer) -> None:
    poems = tangshi("scan", "--json", written(f"{GUANQUE}\n{JINGYE}\n{CHUNWANG}\n")).document
    assert [poem["form"] for poem in poems["poems"]] == ["五绝", "古绝", "五律"]
    assert all(poem["faults"] == [] for poem in poems["poems"])
    assert poems["poems"][2]["lines"][0]["characters"][2] == {
        "character": "山",
        "readings": ["平刪"],
        "tone": "平",
        "required": "平",
    }


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        (f"{GUANQUE}\n{JINGYE}\n", ["", ""]),
        (re.sub("[，。]", "", GUANQUE) + "\n" + JINGYE, ["", ""]),
        (f"甲:{GUANQUE}\n乙:{JINGYE}\n", ["甲", "乙"]),
        (f"甲\n{GUANQUE.replace('。', '。' + chr(10))}\n乙\n{JINGYE}\n", ["甲", "乙"]),
        (GUANQUE.replace("，", "\n").replace("。", "\n") + "\n" + JINGYE, ["", ""]),
        (GUANQUE.replace("，", "，\n").replace("。", "。\n") + "\r\n\r\n\ufeff" + JINGYE, ["", ""]),
    ],
)
def test_poems_are_distinguished(
    tangshi: Run, written: Writer, content: str, titles: list[str]
) -> None:
    poems = tangshi("scan", "--json", written(content)).document["poems"]
    assert [(poem["title"], poem["form"]) for poem in poems] == list(
        zip(titles, ["五绝", "古绝"], strict=True)
    )


def test_standard_input_is_scanned(tangshi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GUANQUE.encode())))
    assert tangshi("scan", "-", "--json").document["poems"][0]["form"] == "五绝"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "has no poem"),
        ("abc\n", "line 1, column 1 cannot be scanned: foreign character (a)"),
        ("春眠…觉晓，处处闻啼鸟。", "line 1, column 3 cannot be scanned: lacuna (…)"),
    ],
)
def test_what_is_no_poem_is_refused_with_its_line(
    tangshi: Run, written: Writer, content: str, why: str
) -> None:
    result = tangshi("scan", written(content))
    assert (result.code, result.out) == (1, "")
    assert why in result.err


def test_a_poem_that_cannot_be_read_does_not_stop_the_others(tangshi: Run, written: Writer) -> None:
    file = written(f"{GUANQUE}\n\n题\n春眠不觉晓，\n处处abc闻啼鸟。\n\n{JINGYE}\n")
    result = tangshi("scan", file)
    assert result.code == 1
    assert "白日依山尽" in result.out and "低頭思故鄉" in result.out
    assert "line 5, column 3 cannot be scanned: foreign character (a)" in result.err
    document = tangshi("scan", "--json", file).document
    assert [poem["form"] for poem in document["poems"]] == ["五绝", "古绝"]
    assert document["unreadable"] == [
        {"line": 5, "column": 3, "character": "a", "reason": "foreign character"}
    ]


def test_a_line_that_is_too_long_is_named_by_its_beginning(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written("春" * 999))
    assert "overlong line (春" in result.err and "春" * 40 not in result.err


def test_many_poems_that_cannot_be_read_are_counted(tangshi: Run, written: Writer) -> None:
    file = written("春眠…觉晓，处处闻啼鸟。\n\n" * 30)
    assert "30 poems cannot be scanned" in tangshi("scan", file).err
    assert len(tangshi("scan", "--json", file).document["unreadable"]) == 30


def test_a_poem_is_scanned_as_the_library_reads_it(
    tangshi: Run, written: Writer, tmp_path: Path
) -> None:
    poems = f"静夜思\n李白\n\n{JINGYE[:12]}\n{JINGYE[12:]}\n\n登鹳雀楼：{GUANQUE}\n"
    scanned = tangshi("scan", "--json", written(poems)).document["poems"]
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    fetch_and_build(home, source=tmp_path / "poems.txt", script="traditional")
    with Library.open(home.library) as library:
        kept = [(each.title, each.author, each.lines) for each in library.poems()]
    assert kept == [
        (each["title"], each["author"], [line["text"] for line in each["lines"]])
        for each in scanned
    ]
    assert [title for title, *_ in kept] == ["静夜思", "登鹳雀楼"]


def test_json_is_scanned_too(tangshi: Run, written: Writer) -> None:
    poems = json.dumps([{"title": "登鹳雀楼", "paragraphs": [GUANQUE]}, {}])
    result = tangshi("scan", "--json", written(poems))
    assert (result.code, result.document["poems"][0]["title"]) == (1, "登鹳雀楼")
    assert result.document["unreadable"][0]["line"] == 1
    assert "JSON needs the key paragraphs" in result.err


def test_utf_16_is_named_with_the_remedy(tangshi: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GUANQUE, "utf-16")
    assert "iconv -f UTF-16" in tangshi("scan", str(tmp_path / "a.txt")).err


def test_a_file_in_gb18030_is_one_error_with_the_remedy(tangshi: Run, tmp_path: Path) -> None:
    path = tmp_path / "gbk.txt"
    path.write_bytes(f"{GUANQUE}\n".encode("gb18030") * 30)
    result = tangshi("scan", str(path))
    assert (result.code, result.out) == (1, "")
    assert result.err.count("tangshi-studio:") == 1
    assert "gbk.txt is not in UTF-8; it seems to be in GB18030" in result.err
    assert "iconv -f GB18030 -t UTF-8" in result.err


def test_a_file_in_big5_is_not_taken_for_gb18030(tangshi: Run, tmp_path: Path) -> None:
    path = tmp_path / "big5.txt"
    path.write_bytes("床前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。\n".encode("big5"))
    result = tangshi("scan", str(path))
    assert "it seems to be in Big5" in result.err and "iconv -f Big5" in result.err


def test_a_line_that_is_not_utf8_is_refused_with_its_number(tangshi: Run, tmp_path: Path) -> None:
    path = tmp_path / "damaged.txt"
    path.write_bytes(f"{GUANQUE}\n".encode() + GUANQUE.encode()[:-1] + b"\n")
    result = tangshi("scan", str(path))
    assert result.code == 1
    assert "line 2 is not UTF-8" in result.err
    assert "GB18030" not in result.err.partition("Convert")[0]


def test_a_missing_file_is_a_clear_error(tangshi: Run, tmp_path: Path) -> None:
    assert tangshi("scan", str(tmp_path / "none.txt")).code == 1


def test_a_title_cannot_reach_the_terminal_as_a_command(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written(f"\x1b[2J题[b]:{GUANQUE}"))
    assert "\x1b" not in result.out
    assert "题" in result.out.splitlines()[0]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Writer) -> None:
    source = written(f"{GUANQUE}\n{JINGYE}\n{CHUNWANG}\n")
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    fetch_and_build(home, source=Path(source))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))


@pytest.mark.usefixtures("library")
def test_the_library_is_measured(tangshi: Run) -> None:
    figures = tangshi("corpus", "prosody", "--json").document
    assert (figures["poems"], figures["regulated"], figures["read"]) == (3, 2, 1.0)
    assert {each["name"]: each["poems"] for each in figures["forms"]} == {
        "五绝": 1,
        "古绝": 1,
        "五律": 1,
    }
    assert figures["eight_lines"] == {"name": "no 出韵", "poems": 1, "share": 1.0}
    shapes = {each["shape"]: each for each in figures["anchors"]}
    assert (shapes["五绝"]["poems"], shapes["五绝"]["tones"]) == (2, 0.5)
    assert shapes["七律"]["poems"] == 0
    parallel = {each["shape"]: each for each in figures["parallelism"]}
    assert (parallel["五律"]["poems"], len(parallel["五律"]["couplets"])) == (1, 4)
    # The last couplet of 春望 is the one that is not parallel.
    assert min(parallel["五律"]["couplets"]) == parallel["五律"]["couplets"][3] > 0


@pytest.mark.usefixtures("library")
def test_the_figures_are_printed_for_people_too(tangshi: Run) -> None:
    assert "3 poems, 2 of them regulated" in tangshi("corpus", "prosody").out


def test_without_a_library_the_error_names_the_remedy(
    tangshi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    result = tangshi("corpus", "prosody", "--json")
    assert (result.code, result.out) == (1, "")
    assert "corpus fetch" in result.err.replace("\n", " ")


def test_a_poem_is_scanned_with_the_rhyme_book_of_choice(tangshi: Run, written: Writer) -> None:
    poem = written(GUANQUE)
    for key, name, tones, rhyme in (
        ("cilin", "词林正韵", "仄仄平平仄", "平第十二部"),
        ("tongyun", "中华通韵", "平仄平平仄", "平欧"),
    ):
        document = tangshi("scan", poem, "--rhymes", key, "--json").document
        scanned = document["poems"][0]
        assert (scanned["rhyme_book"], scanned["rhymes"]) == (name, [rhyme])
        marks = [each["tone"] for each in scanned["lines"][0]["characters"]]
        assert "".join(marks) == tones
    result = tangshi("scan", poem, "--rhymes", "none")
    assert result.code == 2
    assert "xinyun (中华新韵)" in result.err


def test_rescues_can_be_switched_off(tangshi: Run, written: Writer) -> None:
    poem = written("离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。")
    assert "No faults." in tangshi("scan", poem, "--no-rescue", "self").out
    result = tangshi("scan", poem, "--no-rescue", "self", "--no-rescue", "next")
    assert "✗ Line 3, 失替" in result.out
    assert tangshi("scan", poem, "--no-rescue", "both").code == 2


@pytest.mark.parametrize(
    ("language", "traditional", "rhyme"),
    [("en", False, "删"), ("en", True, "刪"), ("zh", False, "删"), ("zh", True, "删")],
)
def test_a_rhyme_has_one_name_in_all_that_is_said_of_a_poem(
    tangshi: Run, written: Writer, language: str, traditional: bool, rhyme: str
) -> None:
    poem = "白日入河前，黄云万里还。欲穷千古目，更上一层关。"
    file = written(to_traditional(poem) if traditional else poem)
    out = tangshi("--language", language, "scan", file).out
    # In the rhymes beside the lines, in the heading, in the note on the neighbour.
    assert out.count(rhyme) == 4 and ({"删", "刪"} - {rhyme}).isdisjoint(out)


def test_each_fault_is_offered_what_clears_it(tangshi: Run, written: Writer, home: Home) -> None:
    file = written(GUANQUE.replace("一层", "红层").replace("入海", "入红"))
    result = tangshi("scan", "--suggest", file)
    assert "✗ Line 2, 失替" in result.out
    assert "→ Line 2, 失替: 红 in line 2, place 4 → 水 海 雨" in result.out
    assert "There is no model yet" in result.err and "of the library are offered" in result.err
    poem = tangshi("scan", "--suggest", "--json", file).document["poems"][0]
    assert [each["fault"] for each in poem["suggestions"]] == [
        each for each in poem["faults"] if each["severity"] == "fault"
    ]
    first = poem["suggestions"][0]["offers"][0]
    assert (first["line"], first["place"]) == (1, 3)
    assert "suggestions" not in tangshi("scan", "--json", file).document["poems"][0]


def test_lines_that_are_offered_keep_the_rules_that_were_chosen(
    tangshi: Run, written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Measure] = []

    class Offering(ByFrequency):
        def __init__(self, writer: object, measure: Measure) -> None:
            asked.append(measure)
            super().__init__([])

    monkeypatch.setattr("studio.cli.scanning.ByModel", Offering)
    monkeypatch.setattr("studio.runs.loading.locate", lambda home, run: (home.data, run))
    monkeypatch.setattr("studio.runs.loading.load_writer", lambda folder, name: None)
    file = written(GUANQUE)
    tangshi("scan", "--suggest", "--rhymes", "中华通韵", "--no-rescue", "self", file)
    tangshi("scan", "--suggest", file)
    assert asked == [Measure("tongyun", ("self",)), Measure()]


RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"


def test_a_ci_is_scanned_by_its_tune(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written(RUMENGLING.replace("残酒", "残茶")))
    assert "如梦令 · 33字 · rhyme 仄第十二部" in result.out
    assert "✗ Line 2, 出韵 (out of rhyme): 茶 rhymes in 平第十部" in result.out
    file = written(RUMENGLING.replace("应是", "是"))
    assert "杂言" in tangshi("scan", file).out
    (poem,) = tangshi("scan", file, "--tune", "rumengling", "--json").document["poems"]
    assert (poem["form"], poem["rhyme_book"]) == ("如梦令", "词林正韵")
    assert [each["name"] for each in poem["faults"]] == ["字数"]
    unknown = tangshi("scan", file, "--tune", "x")
    assert unknown.code == 2 and "满江红 (manjianghong)" in unknown.err


def test_repeats_of_a_ci_are_noted_as_those_of_a_poem(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written(RUMENGLING.replace("应是", "知是")))
    assert result.out.splitlines()[-2:] == [
        "· Line 7, 重字 (character repeated): 知 is in line 5 already.",
        "No faults.",
    ]


def test_two_lines_are_scanned_as_a_couplet(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written("无可奈何花落去，似曾相识燕归来。"))
    assert result.out.splitlines()[-2:] == ["对联 · 7字", "No faults."]
    result = tangshi("scan", written("无可奈何花落去，似梦相识燕归来。"))
    assert "✗ Line 2, 失对 (not opposed): 可 and 梦 face each other and are both obl" in result.out
    four = written("海纳百川，有容乃大；壁立千仞，无欲则刚。")
    (poem,) = tangshi("scan", four, "--json").document["poems"]
    assert (poem["form"], poem["template"]) == ("对联", "8字")
    assert [(each["name"], each["line"]) for each in poem["faults"]] == [("失对", 2)]


def test_a_poem_with_a_semicolon_is_no_couplet(tangshi: Run, written: Writer) -> None:
    poem = written("白日依山尽，黄河入海流；欲穷千里目，更上一层楼。")
    assert "五绝" in tangshi("scan", poem).out


def test_two_rows_are_the_halves_of_a_couplet(tangshi: Run, written: Writer) -> None:
    file = written(
        "十里松风，半床明月\n一窗夜雨，数点秋灯\n\n"
        "海纳百川，有容乃大；壁立千仞，无欲则刚。\n\n海到尽头天作岸\n山登绝顶我为峰\n"
    )
    poems = tangshi("scan", file, "--couplet", "--json").document["poems"]
    lines = [[line["text"] for line in poem["lines"]] for poem in poems]
    assert lines[0] == ["十里松风", "半床明月", "一窗夜雨", "数点秋灯"]
    assert len(lines[1]) == 4
    assert lines[2] == ["海到尽头天作岸", "山登绝顶我为峰"]
    assert [poem["faults"] for poem in poems[::2]] == [[], []]


def test_a_ci_is_not_scanned_as_a_couplet(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written("十里松风"), "--couplet", "--tune", "如梦令")
    assert (result.code, result.out) == (2, "")
    assert "give --tune or --couplet" in result.err


def test_the_ci_of_a_library_are_measured(
    tangshi: Run, tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tangshi("corpus", "ci")
    assert missing.code == 1
    assert "corpus fetch --corpus songci --beside" in missing.err
    other = Home(tmp_path / "b", tmp_path / "c", tmp_path / "d")
    source = tmp_path / "ci.json"
    record = {"rhythmic": "如梦令", "author": "李清照", "paragraphs": [RUMENGLING]}
    source.write_text(json.dumps([record]), encoding="utf-8")
    fetch_and_build(other, source=source)
    other.library.rename(home.library_beside("songci"))
    assert "100.0%" in tangshi("corpus", "ci").out
    (tune,) = tangshi("corpus", "ci", "--json").document["tunes"]
    assert (tune["tune"], tune["fit"]) == ("如梦令", 1.0)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "none"))
    assert "Run `tangshi-studio corpus fetch`." in tangshi("corpus", "ci", "--corpus", "").err


def test_an_unfinished_place_is_no_fault(tangshi: Run, written: Writer) -> None:
    text = "白日依山尽，黄河□□流。欲穷□□目，更上一层天。"
    result = tangshi("scan", "--json", written(f"{text}\n"))
    assert result.code == 0
    (poem,) = result.document["poems"]
    assert [each["name"] for each in poem["faults"]] == ["出韵"]
    assert poem["form"] == "五绝"


def test_every_sign_for_a_blank_is_read_and_one_is_shown(tangshi: Run, written: Writer) -> None:
    result = tangshi("scan", written("白日_＿*，黄○●■▢。欲穷千里目，更上一层楼。"))
    assert result.code == 0
    shown = ["  白日□ □ □   平尤", "  仄仄□ □ □", "  黄□ □ □ □   平尤", "  平□ □ □ □"]
    assert result.out.splitlines()[:4] == shown


def test_a_tune_in_traditional_characters_is_known(tangshi: Run, written: Writer) -> None:
    ci = "怒髮衝冠，憑闌處、瀟瀟雨歇。抬望眼，仰天長嘯，壯懷激烈。三十功名塵與土，八千里路雲和月。"
    ci += "莫等閒、白了少年頭，空悲切。\n\n靖康恥，猶未雪。臣子恨，何時滅。駕長車踏破，賀蘭山缺。"
    ci += "壯志飢餐胡虜肉，笑談渴飲匈奴血。待從頭、收拾舊山河，朝天闕。"
    (poem,) = tangshi("scan", "--json", written(f"滿江紅\n岳飛\n{ci}\n")).document["poems"]
    assert (poem["title"], poem["author"], poem["form"]) == ("滿江紅", "岳飛", "满江红")
