"""How a poem is set as verse: from its text to rows of characters that fit a space."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from studio.corpus.poem import STOPS

_GAP = 3  # cells between the two lines of a couplet
_HANGING = 2  # cells of the stop that hangs at a line's end


@dataclass(frozen=True, slots=True)
class Shape:
    """The room a poem asks for: Han characters in its longest line, and lines."""

    line_length: int
    lines: int


NO_SHAPE = Shape(0, 0)


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to set a poem.

    `spaced` leaves a cell between characters, `couplets` puts two lines on a row, `leading` is the
    number of empty rows between rows.
    """

    spaced: bool
    couplets: bool
    leading: int

    def size(self, shape: Shape) -> tuple[int, int]:
        """Width and height in cells; the stops hang on the right, the left has as much room."""
        line = shape.line_length * 2 + (max(shape.line_length - 1, 0) if self.spaced else 0)
        rows = shape.lines
        if self.couplets:
            line = line * 2 + _HANGING + _GAP
            rows = (rows + 1) // 2
        return line + 2 * _HANGING, rows + max(rows - 1, 0) * self.leading


# From the most generous to the tightest.
SETTINGS = (
    Setting(spaced=True, couplets=False, leading=1),
    Setting(spaced=True, couplets=True, leading=1),
    Setting(spaced=True, couplets=False, leading=0),
    Setting(spaced=False, couplets=False, leading=1),
    Setting(spaced=False, couplets=True, leading=1),
    Setting(spaced=True, couplets=True, leading=0),
    Setting(spaced=False, couplets=False, leading=0),
    Setting(spaced=False, couplets=True, leading=0),
)
TIGHTEST = Setting(spaced=False, couplets=False, leading=0)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How several poems share a space: each as `setting`, in `columns`, `rows` below each other."""

    setting: Setting
    columns: int
    rows: int


def arrange(count: int, shape: Shape, width: int, height: int, frame: int) -> Arrangement:
    """Find the most generous setting in which `count` poems of `shape` fit the space.

    `frame` is what surrounds a poem on each side, in cells. Where nothing fits, the tightest
    setting in as many columns as there is room for, to be scrolled.
    """
    for setting in SETTINGS:
        poem_width, poem_height = setting.size(shape)
        columns = min(count, width // (poem_width + 2 * frame))
        if columns and -(-count // columns) * (poem_height + 2 * frame) <= height:
            return Arrangement(setting, columns, -(-count // columns))
    columns = max(1, min(count, width // (TIGHTEST.size(shape)[0] + 2 * frame)))
    return Arrangement(TIGHTEST, columns, -(-count // columns))


def lines_of(text: str, most: int = 0) -> list[str]:
    """Split a poem after its stops; with `most`, longer lines are broken after that many."""
    lines = [""]
    for character in text:
        length = len(lines[-1])
        if character in STOPS:
            lines[-1] += character
            lines.append("")
        elif most and length == most:
            lines.append(character)
        else:
            lines[-1] += character
    return [line for line in lines if line]


def shape_of(text: str) -> Shape:
    """The shape of a poem as it stands."""
    lines = lines_of(text)
    longest = max((sum(each not in STOPS for each in line) for line in lines), default=0)
    return Shape(longest, len(lines))


def set_verse(
    text: str,
    setting: Setting,
    width: int,
    opening: int = 0,
    cursor: bool = False,
    least: Shape = NO_SHAPE,
) -> list[Content]:
    """Set a poem in rows that are `width` cells or less, centred as one block.

    The first `opening` characters, stops not counted, are marked; `cursor` marks where the next
    character will stand, and the room of `least` is kept for what will come. Characters that a
    terminal cannot show are replaced.
    """
    step = 3 if setting.spaced else 2
    lines = lines_of(text, max(1, (width - 2 * _HANGING + step - 2) // step))
    if cursor and (not lines or lines[-1][-1] in STOPS):
        lines.append("")
    styled = list(_styled(lines, opening, setting.spaced))
    if cursor:
        block = Content.styled("  ", "on $accent")
        gap = " " if setting.spaced and styled[-1] else ""
        styled[-1] = Content.assemble(styled[-1], gap, block)
    rows = list(_rows(styled, setting))
    # The stops hang: the block is centred by its characters.
    reserved = setting.size(least)[0] - _HANGING if least.lines else 0
    block_width = max(reserved, *(row.cell_length for row in rows), 0) - _HANGING
    left = max(0, (width - block_width) // 2)
    padded = [row.pad_left(left) for row in rows]
    spread: list[Content] = []
    for row in padded:
        spread += [row, *[Content("")] * setting.leading]
    return spread[: len(spread) - setting.leading]


def _styled(lines: Sequence[str], opening: int, spaced: bool) -> Iterator[Content]:
    for line in lines:
        parts: list[str | tuple[str, str]] = []
        for character in line:
            shown = character if character.isprintable() else "?"
            if character in STOPS:
                parts.append((shown, "$foreground-muted"))
                continue
            if spaced and parts:
                parts.append(" ")
            parts.append((shown, "bold $text-accent") if opening > 0 else shown)
            opening -= 1
        yield Content.assemble(*parts)


def _rows(lines: Sequence[Content], setting: Setting) -> Iterator[Content]:
    """The rows of the block; the second lines of couplets begin in one column."""
    if not setting.couplets:
        yield from lines
        return
    first = max((cell_len(line.plain) for line in lines[::2]), default=0)
    for index in range(0, len(lines), 2):
        left = lines[index]
        if index + 1 == len(lines):
            yield left
        else:
            padding = first + _GAP - left.cell_length
            yield Content.assemble(left.pad_right(padding), lines[index + 1])
