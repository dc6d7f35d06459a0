"""The picture of a poem."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from studio.collection.picture import CINNABAR, Sheet, Word, as_png, as_svg, sheet
from studio.errors import StudioError

LINES = ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(lines: list[str] = LINES, foot: str = "night@800 · seed 7") -> Sheet:
    return sheet(lines, "五绝", "二〇二六年一月", foot)


def place_of(character: str, whole: Sheet) -> Word:
    return next(m for m in whole.marks if isinstance(m, Word) and m.text == character)


def latin_font(folder: Path) -> Path:
    """A font without Chinese: the one that Pillow brings."""
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    path = folder / "latin.ttf"
    path.write_bytes(font.font_bytes)
    return path


def test_lines_stand_from_right_to_left_and_are_read_downwards() -> None:
    whole = drawn()
    first, second = place_of("白", whole), place_of("黄", whole)
    assert first.x > second.x > place_of("欲", whole).x > place_of("更", whole).x
    assert first.y == second.y < place_of("日", whole).y < place_of("尽", whole).y


def test_the_title_is_at_the_right_and_the_seal_at_the_left() -> None:
    whole = drawn()
    assert place_of("五", whole).x > place_of("白", whole).x
    assert place_of("唐", whole).x < place_of("更", whole).x
    assert CINNABAR in as_svg(whole)


def test_everything_is_on_the_picture() -> None:
    for lines in ([], ["山"], LINES, ["昔人已乘黄鹤去"] * 40, ["山" * 300]):
        whole = drawn(lines)
        words = [mark for mark in whole.marks if isinstance(mark, Word)]
        assert all(0 < word.x < whole.width and 0 < word.y < whole.height for word in words)
        assert len([w for w in words if w.text in "".join(lines)]) >= len("".join(lines))


def test_the_svg_is_well_formed_whatever_the_text() -> None:
    root = ET.fromstring(as_svg(drawn(["<b>&山"], foot='"</svg>\x1b[31m')))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert "<" in texts and "&" in texts
    assert '"</svg> [31m' in texts


def test_the_svg_names_chinese_fonts() -> None:
    root = ET.fromstring(as_svg(drawn()))
    assert "Noto Serif CJK SC" in root.attrib["font-family"]


def test_without_a_chinese_font_a_png_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Install a Chinese font"):
        as_png(drawn(), [tmp_path])
    latin_font(tmp_path)
    with pytest.raises(StudioError, match="Install a Chinese font"):
        as_png(drawn(), [tmp_path])


def test_a_file_that_is_no_font_is_passed_over(tmp_path: Path) -> None:
    latin_font(tmp_path)
    (tmp_path / "a.ttf").write_bytes(b"no font")
    plain = Sheet(40, 20, (Word(20, 10, 12, "a", "#000000"),))
    image = Image.open(io.BytesIO(as_png(plain, [tmp_path])))
    assert image.size == (80, 40)
    assert image.getcolors() is not None


def test_a_png_has_the_sheets_shape_and_is_not_too_large() -> None:
    whole = drawn(["山" * 2000])
    try:
        image = Image.open(io.BytesIO(as_png(whole)))
    except StudioError as error:
        pytest.skip(str(error))
    assert max(image.size) <= 8000
    assert image.size[0] / image.size[1] == pytest.approx(whole.width / whole.height, rel=0.01)
