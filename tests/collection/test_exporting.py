"""How poems leave the studio."""

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from studio.collection import picture
from studio.collection.exporting import as_markdown, as_sheet, as_text, export, format_of, free_path
from studio.collection.saved import SavedPoem
from studio.corpus.poem import couplets
from studio.errors import StudioError
from tests.collection.test_saved import TEXT, saved


def test_a_poem_is_split_into_couplets() -> None:
    assert couplets(TEXT) == ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]


def test_a_poem_without_full_stops_is_split_into_lines() -> None:
    assert couplets("白日，黄河，楼") == ["白日，", "黄河，", "楼"]


def test_plain_text_has_a_couplet_a_line_and_a_gap_between_poems() -> None:
    assert as_text([saved(), saved("山。")]) == (
        "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n\n山。\n"
    )


def test_a_poem_stands_under_its_title() -> None:
    request = msgspec.structs.replace(saved().request, title="登楼", poet="王之涣")
    titled = msgspec.structs.replace(saved(), request=request)
    assert as_text([titled]).startswith("登楼\n白日依山尽")
    markdown = as_markdown([titled])
    assert markdown.startswith("## 登楼\n")
    assert "五绝 · on 登楼 · in the manner of 王之涣 · " in markdown


def test_markdown_names_the_model_and_the_request() -> None:
    assert as_markdown([saved()]) == (
        "## 白日依山尽\n\n白日依山尽，黄河入海流。\\\n欲穷千里目，更上一层楼。\n\n"
        "*night@800 · 五绝 · temperature 0.85 · top-p 0.95 · seed 7 · 2026-01-02T03:04:05+00:00*\n"
    )


def test_markdown_signs_in_a_poem_stay_what_they_are() -> None:
    assert "\\[山\\]\\*" in as_markdown([saved("[山]*。")])


def test_an_export_never_overwrites_unless_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_text("mine")
    with pytest.raises(StudioError, match="exists already"):
        export(path, [saved()], "text")
    assert path.read_text() == "mine"
    export(path, [saved()], "text", replace=True)
    assert path.read_text() == as_text([saved()])


def test_an_export_to_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="is a folder"):
        export(tmp_path, [saved()], "text")


def test_an_export_that_the_system_refuses_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        export(tmp_path / "file" / "poem.txt", [saved()], "text")


def test_the_default_path_is_named_for_the_first_line_and_is_free(tmp_path: Path) -> None:
    assert free_path(tmp_path, saved().poem, "markdown") == tmp_path / "白日依山尽.md"
    (tmp_path / "白日依山尽.md").touch()
    assert free_path(tmp_path, saved().poem, "markdown") == tmp_path / "白日依山尽-2.md"


def test_a_folder_that_cannot_be_read_has_a_default_path(tmp_path: Path) -> None:
    # The system refuses this name, as it refuses to look into another user's folder.
    folder = tmp_path / ("x" * 300)
    assert free_path(folder, saved().poem, "text") == folder / "白日依山尽.txt"


def test_a_path_cannot_leave_its_folder_by_the_poem(tmp_path: Path) -> None:
    assert free_path(tmp_path, saved("../山/。").poem, "text") == tmp_path / "山.txt"


def words(poem: SavedPoem) -> str:
    marks = as_sheet(poem).marks
    return "".join(mark.text for mark in marks if isinstance(mark, picture.Word))


def test_a_picture_has_the_lines_without_stops_the_form_the_day_and_what_wrote_it() -> None:
    told = words(saved())
    assert "白日依山尽黄河入海流欲穷千里目更上一层楼" in told
    assert told.startswith("五绝")
    assert "二〇二六年一月二日" in told
    assert "night@800 · 五绝 · temperature 0.85 · top-p 0.95 · seed 7" in told


@pytest.fixture
def in_shanghai() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("saved_on", "day"),
    [
        ("2026-11-24T03:04:05+00:00", "二〇二六年十一月二十四日"),
        ("2026-11-24T18:30:00+00:00", "二〇二六年十一月二十五日"),
        ("9999-12-31T23:00:00+00:00", ""),
        ("some day", ""),
    ],
)
def test_the_day_is_written_in_chinese_numerals_as_it_was_in_that_place(
    saved_on: str, day: str, in_shanghai: None
) -> None:
    poem = SavedPoem(saved().poem, saved().request, "a@4", saved_on)
    assert ("年" in words(poem)) == bool(day)
    assert day in words(poem)


def test_an_svg_is_written_as_xml(tmp_path: Path) -> None:
    export(tmp_path / "poem.svg", [saved()], "svg")
    assert ET.parse(tmp_path / "poem.svg").getroot().tag.endswith("svg")


def test_a_picture_of_several_poems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="one poem, not 2"):
        export(tmp_path / "poem.svg", [saved(seed=1), saved(seed=2)], "svg")
    assert not (tmp_path / "poem.svg").exists()


def test_the_name_of_the_file_decides_the_format() -> None:
    assert format_of(Path("a.MD")) == "markdown"
    assert format_of(Path("a.png")) == "png"
    with pytest.raises(StudioError, match=r"\.svg"):
        format_of(Path("a.doc"))


def test_a_poem_that_a_person_wrote_stands_under_its_title_and_poet() -> None:
    request = msgspec.structs.replace(saved().request, title="登楼", poet="王之涣")
    own = msgspec.structs.replace(saved(), request=request, model="")
    assert as_text([own]).startswith("登楼 王之涣\n白日依山尽")
    assert as_markdown([own]).startswith("## 登楼 王之涣\n")
    ci = msgspec.structs.replace(request, form="浣溪沙", title="春情", poet="")
    assert as_text([msgspec.structs.replace(own, request=ci)]).startswith("浣溪沙·春情\n")
