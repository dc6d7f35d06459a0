"""A poem as a picture: vertical columns from right to left.

One layout is drawn as SVG, with the viewer's fonts, or as PNG, with a Chinese font of this machine.
Imports Pillow only to draw a PNG.
"""

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio.errors import StudioError
from studio.translation import tr

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

PAPER, LINE, INK, FAINT, CINNABAR = "#f7f2e6", "#c9b993", "#1f1c18", "#857a66", "#ab3529"
# 唐诗工坊, the studio's name in Chinese, as two columns; a seal is read from the right.
SEAL = ("工坊", "唐诗")

# The size of a character, the distance to the next one, and the distance to the next column.
_SIZE, _PITCH, _COLUMN = 56, 68, 104
_SMALL, _FOOT = 24, 15
_MARGIN, _FRAME = 84, 28
_TALLEST = 14  # characters in a column
_MANY = 16  # with more lines than this, two lines share a column
_SCALE = 2  # pixels of the PNG per unit, fewer if the picture would exceed _LARGEST
_LARGEST = 8000  # pixels on a side

# Font families and, in lower case, the names of their files: serifs first, as in a printed book.
FAMILIES = (
    *("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN"),
    *("Songti SC", "STSong", "SimSun", "AR PL UMing CN", "Noto Serif CJK TC", "Noto Serif CJK JP"),
    *("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "serif"),
)
_FILES = (
    *("notoserifcjk-regular", "notoserifcjk", "notoserifsc", "sourcehanserif", "songti", "stsong"),
    *("simsun", "uming", "notosanscjk-regular", "notosanscjk", "notosanssc", "sourcehansans"),
    *("pingfang", "hiragino", "msyh", "wqy", "droidsansfallback"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """Text with its centre at (x, y), or its start or end at x."""

    x: float
    y: float
    size: float
    text: str
    colour: str
    anchor: Literal["middle", "start", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or a thin frame."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    is_filled: bool
    radius: float = 0


@dataclass(frozen=True, slots=True)
class Polyline:
    """Points joined by a line of this thickness."""

    points: tuple[tuple[float, float], ...]
    colour: str
    thickness: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture; the marks are drawn in order."""

    width: float
    height: float
    marks: tuple[Box | Word | Polyline, ...]


def sheet(lines: Sequence[str], title: str, signed: str, foot: str) -> Sheet:
    """Lay out lines of verse without punctuation.

    `title` is small and vertical on the right, `signed` small and vertical on the left above the
    seal, and `foot` small below everything.
    """
    columns = list(_columns([_shown(line) for line in lines]))
    rows = max(map(len, columns), default=1)
    side = 1.2 * _SMALL  # half the width of a small column
    inner = len(columns) * _COLUMN + 4 * side
    width = max(inner + 2 * _MARGIN, 0.62 * _FOOT * len(_shown(foot)) + 2 * _MARGIN)
    verse = max(rows * _PITCH, 1.25 * _SMALL * (max(len(title), len(signed)) + 4.2))
    height = verse + 2 * _MARGIN + 2 * _FOOT
    marks: list[Box | Word] = [Box(0, 0, width, height, PAPER, is_filled=True)]
    for inset in (_FRAME, _FRAME + 5):
        frame = (inset, inset, width - 2 * inset, height - 2 * inset)
        marks.append(Box(*frame, LINE, is_filled=False))
    right = (width + inner) / 2
    marks += _column(title, right - side, _MARGIN, _SMALL, 1.25 * _SMALL, FAINT)
    for number, column in enumerate(columns):
        x = right - 2 * side - (number + 0.5) * _COLUMN
        marks += _column(column, x, _MARGIN, _SIZE, _PITCH, INK)
    left = (width - inner) / 2 + side
    marks += _column(signed, left, _MARGIN, _SMALL, 1.25 * _SMALL, FAINT)
    marks += _seal(left, _MARGIN + verse - 1.6 * _SMALL)
    marks.append(Word(width / 2, height - _FRAME - 1.9 * _FOOT, _FOOT, _shown(foot), FAINT))
    return Sheet(width, height, tuple(marks))


def as_svg(drawn: Sheet) -> str:
    """The sheet as SVG; it names fonts but does not embed them."""
    families = ", ".join(name if name == "serif" else f"'{name}'" for name in FAMILIES)
    size = f'width="{drawn.width:g}" height="{drawn.height:g}"'
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {drawn.width:g} {drawn.height:g}" lang="zh" '
        f'font-family="{families}" text-anchor="middle">'
    ]
    for mark in drawn.marks:
        if isinstance(mark, Box):
            paint = 'fill="{}"' if mark.is_filled else 'fill="none" stroke="{}"'
            rows.append(
                f'<rect x="{mark.x:g}" y="{mark.y:g}" width="{mark.width:g}" '
                f'height="{mark.height:g}" rx="{mark.radius:g}" {paint.format(mark.colour)}/>'
            )
        elif isinstance(mark, Polyline):
            points = " ".join(f"{x:g},{y:g}" for x, y in mark.points)
            rows.append(
                f'<polyline points="{points}" fill="none" stroke="{mark.colour}" '
                f'stroke-width="{mark.thickness:g}" stroke-linejoin="round"/>'
            )
        else:
            anchor = "" if mark.anchor == "middle" else f' text-anchor="{mark.anchor}"'
            rows.append(
                f'<text x="{mark.x:g}" y="{_baseline(mark):g}" font-size="{mark.size:g}" '
                f'fill="{mark.colour}"{anchor}>{escape(mark.text)}</text>'
            )
    return "\n".join([*rows, "</svg>", ""])


def as_png(drawn: Sheet, folders: Iterable[Path] | None = None) -> bytes:
    """The sheet as PNG, with a font from `folders`, by default the system's font folders.

    Raises StudioError if no font there has all the characters.
    """
    from PIL import Image, ImageDraw

    needed = {each for mark in drawn.marks if isinstance(mark, Word) for each in mark.text}
    found = _font(needed, _font_folders() if folders is None else folders)
    scale = min(_SCALE, _LARGEST / max(drawn.width, drawn.height))
    sizes = {mark.size for mark in drawn.marks if isinstance(mark, Word)}
    fonts = {size: found.font_variant(size=size * scale) for size in sizes}
    image = Image.new("RGB", (round(drawn.width * scale), round(drawn.height * scale)), PAPER)
    draw = ImageDraw.Draw(image)
    for mark in drawn.marks:
        if isinstance(mark, Box):
            x, y = mark.x * scale, mark.y * scale
            draw.rounded_rectangle(
                (x, y, x + mark.width * scale, y + mark.height * scale),
                mark.radius * scale,
                fill=mark.colour if mark.is_filled else None,
                outline=None if mark.is_filled else mark.colour,
                width=max(1, round(scale)),
            )
        elif isinstance(mark, Polyline):
            line = [(x * scale, y * scale) for x, y in mark.points]
            draw.line(line, mark.colour, max(1, round(mark.thickness * scale)), joint="curve")
        else:
            place = (mark.x * scale, _baseline(mark) * scale)
            anchor = {"middle": "ms", "start": "ls", "end": "rs"}[mark.anchor]
            draw.text(place, mark.text, mark.colour, fonts[mark.size], anchor=anchor)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _columns(lines: Sequence[str]) -> Iterator[str]:
    """One line per column, or two if there are many lines; a long line continues in the next."""
    together = 2 if len(lines) > _MANY else 1
    for start in range(0, len(lines), together):
        column = " ".join(lines[start : start + together])
        tallest = max(_TALLEST, 2 * max(map(len, lines[start : start + together])) + 1)
        tallest = tallest if together == 2 and tallest <= 2 * _TALLEST else _TALLEST
        for begin in range(0, len(column), tallest):
            yield column[begin : begin + tallest]


def _column(
    text: str, x: float, top: float, size: float, pitch: float, colour: str
) -> Iterator[Word]:
    for place, character in enumerate(text):
        if not character.isspace():
            yield Word(x, top + (place + 0.5) * pitch, size, character, colour)


def _seal(x: float, y: float) -> Iterator[Box | Word]:
    """Two columns of white characters on cinnabar, with the centre at (x, y)."""
    half, size = 1.35 * _SMALL, 1.1 * _SMALL
    yield Box(x - half, y - half, 2 * half, 2 * half, CINNABAR, is_filled=True, radius=4)
    for side, column in zip((-1, 1), SEAL, strict=True):
        for place, character in zip((-1, 1), column, strict=True):
            yield Word(x + side * 0.56 * size, y + place * 0.56 * size, size, character, PAPER)


def _baseline(word: Word) -> float:
    # The centre of a Chinese character is 0.38 of its size above the baseline.
    return word.y + 0.38 * word.size


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def _font(needed: set[str], folders: Iterable[Path]) -> "FreeTypeFont":
    """A font that has all the characters; files named like Chinese fonts are tried first."""
    from PIL import ImageFont

    files = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf", ".ttc")
    ]
    fewest = needed
    for path in sorted(files, key=_preference):
        try:
            font = ImageFont.truetype(str(path), 32, index=_simplified_face(path))
        except OSError:
            continue
        missing = _missing(font, needed)
        if not missing:
            return font
        if len(missing) < len(fewest):
            fewest = missing
    han = "".join(sorted(fewest))
    raise StudioError(
        tr(
            "No font on this machine has {characters}, so a PNG would show boxes. Install a "
            "Chinese font (on Debian and Ubuntu: fonts-noto-cjk), or export SVG, which uses the "
            "viewer's fonts.",
            characters=han[:12] + (" ..." if len(han) > 12 else ""),
        )
    )


def _preference(path: Path) -> int:
    name = path.name.lower()
    return next((place for place, part in enumerate(_FILES) if part in name), len(_FILES))


def _simplified_face(path: Path) -> int:
    """The index of the simplified Chinese face in a font collection; 0 if unknown."""
    from PIL import ImageFont

    if path.suffix.lower() != ".ttc":
        return 0
    for face in range(12):
        try:
            family = ImageFont.truetype(str(path), 16, index=face).getname()[0] or ""
        except OSError:
            return 0
        if family.endswith(" SC"):
            return face
    return 0


def _missing(font: "FreeTypeFont", needed: set[str]) -> set[str]:
    """The characters that a font lacks: it draws them like a character that no font has."""
    box = bytes(font.getmask("\U0010fffd"))
    return {each for each in needed if not each.isspace() and bytes(font.getmask(each)) == box}


def _font_folders() -> list[Path]:
    """The font folders of this system."""
    home = Path.home()
    if sys.platform == "darwin":
        folders = [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    elif sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", "C:/Windows"))
        local = Path(os.environ.get("LOCALAPPDATA", home))
        folders = [windows / "Fonts", local / "Microsoft/Windows/Fonts"]
    else:
        data = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
        shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        folders = [data / "fonts", home / ".fonts"]
        folders += [Path(each) / "fonts" for each in shared.split(":")]
    return [folder for folder in folders if folder.is_dir()]
