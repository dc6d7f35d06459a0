"""Setting a poem as verse: from its text to rows of characters that fit a space."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from rich.cells import cell_len
from textual.content import Content

from studio.corpus.poem import STOPS
from studio.prosody.rules import BLANK, WIDE_BLANK

_GAP = 3  # cells between the two lines of a couplet
_HANGING = 2  # cells of the stop that hangs at a line's end


@dataclass(frozen=True, slots=True)
class Mark:
    """What is shown with a character: its style, a word over it and a sign under it.

    With `joined` the style continues over the gap to the next character.
    """

    style: str = ""
    over: str = ""
    under: str = ""
    under_style: str = ""
    joined: bool = False


PLAIN = Mark()
Marks = Sequence[Mark]  # one for each character of a text, stops included; or none at all


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a poem: Han characters in its longest line, and lines.

    `rows` is the number of rows of a line with the text over and under it. `columns` are the cells
    of each character if there are words over them. `breaks` are the lines that begin a stanza, but
    for the first.
    """

    line_length: int
    lines: int
    rows: int = 1
    columns: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()


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
        if shape.columns:
            line = sum(shape.columns) - 1
        if self.couplets:
            line = line * 2 + _HANGING + _GAP
        height = self.row_of(shape.lines - 1, shape) + shape.rows if shape.lines else 0
        return line + 2 * _HANGING, height

    def row_of(self, line: int, shape: Shape) -> int:
        """The first row of a line. An empty row is before each further stanza."""
        breaks = [each for each in shape.breaks if each <= line]
        stanzas = pairwise([0, *breaks, line])
        on_a_row = 1 + self.couplets
        *whole, last = (end - start for start, end in stanzas)
        rows = sum(-(-each // on_a_row) for each in whole) + last // on_a_row
        return rows * (shape.rows + self.leading) + len(breaks)


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
    """Split a poem after its stops; lines longer than `most` are broken, unless it is 0."""
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


def shape_of(text: str, marks: Marks = (), width: int = 0, breaks: tuple[int, ...] = ()) -> Shape:
    """The shape of a poem with its marks, in a space of `width` cells."""
    lines = lines_of(text)
    longest = max((sum(each not in STOPS for each in line) for line in lines), default=0)
    columns = _columns(lines, marks, width)
    under = any(mark.under for mark in marks)
    return Shape(longest, len(lines), 1 + bool(columns) + under, columns, breaks)


def set_verse(
    text: str,
    setting: Setting,
    width: int,
    opening: int = 0,
    cursor: bool = False,
    least: Shape = NO_SHAPE,
    marks: Marks = (),
    breaks: Sequence[int] = (),
) -> list[Content]:
    """Set a poem in rows that are `width` cells or less, centred as one block.

    The first `opening` characters, stops not counted, are marked; `cursor` marks where the next
    character will be, and space is kept for a poem of shape `least`. `marks` has more for each
    character; words over characters are left out if they are too wide. Characters that a terminal
    cannot show are replaced. An empty row is before each line of `breaks`, which begins a stanza.
    """
    step = 3 if setting.spaced else 2
    columns = _columns(lines_of(text), marks, width)
    most = len(columns) or max(1, (width - 2 * _HANGING + step - 2) // step)
    lines = lines_of(text, most)
    if cursor and (not lines or lines[-1][-1] in STOPS):
        lines.append("")
    widths = columns or (step,) * most
    styled = list(_styled(lines, marks or _opening_marks(text, opening), widths, bool(columns)))
    if cursor:
        block = Content.styled("  ", "on $accent")
        gap = " " if setting.spaced and styled[-1][0] else ""
        styled[-1] = [Content.assemble(styled[-1][0], gap, block), *styled[-1][1:]]
    # If lines are too long for the space, the numbers are of others.
    is_whole = len(lines_of(text, most)) == len(lines_of(text))
    starts = [0, *(each for each in breaks if is_whole and each < len(styled)), len(styled)]
    stanzas = list(_rows([styled[start:end] for start, end in pairwise(starts)], setting))
    rows = [row for stanza in stanzas for row in stanza]
    # The stops hang: the block is centred by its characters.
    reserved = setting.size(least)[0] - _HANGING if least.lines else 0
    block_width = max(reserved, *(each.cell_length for row in rows for each in row), 0) - _HANGING
    left = max(0, (width - block_width) // 2)
    spread: list[Content] = []
    for stanza in stanzas:
        for row in stanza:
            spread += [*(each.pad_left(left) for each in row), *[Content("")] * setting.leading]
        spread.append(Content(""))
    return spread[: len(spread) - setting.leading - 1]


def _columns(lines: Sequence[str], marks: Marks, width: int) -> tuple[int, ...]:
    """The cells of each character of a line with words over it: all alike if there is room.

    Empty if there are no words over it, or if they are too wide for the space.
    """
    if not any(mark.over for mark in marks):
        return ()
    widths: list[int] = []
    following = iter(marks)
    for line in lines:
        words = [
            mark.over for each, mark in zip(line, following, strict=False) if each not in STOPS
        ]
        widths += [3] * (len(words) - len(widths))
        for column, word in enumerate(words):
            widths[column] = max(widths[column], cell_len(word) + 1)
    room = width - 2 * _HANGING + 1
    for found in ([max(widths)] * len(widths), widths):
        if sum(found) <= room:
            return tuple(found)
    return ()


def _opening_marks(text: str, opening: int) -> list[Mark]:
    marks = []
    for character in text:
        given = character not in STOPS and opening > 0
        marks.append(Mark("bold $text-accent") if given else PLAIN)
        opening -= character not in STOPS
    return marks


def _styled(
    lines: Sequence[str], marks: Marks, widths: Sequence[int], words: bool
) -> Iterator[list[Content]]:
    """The rows of each line: the words over it if `words`, the line, and the signs under it."""
    following = iter(marks)
    signs = any(mark.under for mark in marks)
    for line in lines:
        over, main, under = _Row(), _Row(), _Row()
        column = 0
        for character, mark in zip(line, following, strict=False):
            shown = "?" if not character.isprintable() else character.replace(BLANK, WIDE_BLANK)
            if character in STOPS:
                main.hang(shown, "$foreground-muted")
                continue
            width = widths[column]
            over.put(mark.over, "$foreground-muted", width, words)
            main.put(shown, mark.style, width, words, mark.joined)
            under.put(mark.under or "  ", mark.under_style, width, words)
            column += 1
        rows = [main.content()]
        if signs:
            rows.append(under.content())
        yield [over.content(), *rows] if words else rows


class _Row:
    """Builds a row of a line, cell by cell; each cell has its own width."""

    def __init__(self) -> None:
        self._parts: list[str | tuple[str, str]] = []
        self._gap: str | tuple[str, str] = ""

    def put(self, text: str, style: str, width: int, centred: bool, joined: bool = False) -> None:
        """Put a text in the next cell; with `joined` its style continues to the cell after."""
        # The last column of a cell separates it from the next.
        before = max(0, width - 1 - cell_len(text)) // 2 if centred else 0
        after = " " * (max(0, width - before - cell_len(text)) if centred else width - 2)
        self._parts += [self._gap, " " * before, (text, style)]
        self._gap = (after, style) if joined else after

    def hang(self, stop: str, style: str) -> None:
        """Put a stop at the line's end."""
        self._parts.append((stop, style))

    def content(self) -> Content:
        """The row, without the gap after its last text."""
        return Content.assemble(*self._parts)


def _rows(
    stanzas: Sequence[list[list[Content]]], setting: Setting
) -> Iterator[list[list[Content]]]:
    """The rows of each stanza; the second lines of couplets start in one column."""
    if not setting.couplets:
        yield from stanzas
        return
    left = (each for lines in stanzas for line in lines[::2] for each in line)
    first = max((each.cell_length for each in left), default=0)
    for lines in stanzas:
        pairs = zip_longest(lines[::2], lines[1::2])
        yield [_side_by_side(left, right, first) if right else left for left, right in pairs]


def _side_by_side(left: list[Content], right: list[Content], first: int) -> list[Content]:
    """The rows of two lines, the second after `first` cells and a gap."""
    return [
        Content.assemble(each.pad_right(first + _GAP - each.cell_length), beside)
        for each, beside in zip(left, right, strict=True)
    ]


def places_of_lines(text: str) -> list[list[int]]:
    """For each line of verse, the positions of its characters in the text."""
    lines: list[list[int]] = [[]]
    for at, character in enumerate(text):
        if character not in STOPS:
            lines[-1].append(at)
        elif lines[-1]:
            lines.append([])
    return [line for line in lines if line]
