"""Drawing with few bytes: what the terminal shows is remembered, and only differences are written.

Textual writes every part of the screen that was drawn again, changed or not, and each piece of text
with its whole style. Over SSH that is slow.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import east_asian_width

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip


class _Look(NamedTuple):
    """A style as parameters of SGR, the terminal's command for styles.

    None allows anything: a blank cell has no visible colour, and most attributes do not show there.
    """

    attributes: str | None
    colour: str | None
    background: str


# A character with its look; the second cell of a wide character holds "".
_Cell = tuple[str, _Look]

_PLAIN = _Look("", "", "")
_NULL = Style.null()
# The attributes that show in a blank cell: underlines, reverse, strike, frames, overline.
_SHOWN_IN_BLANKS = {"4", "7", "9", "21", "51", "52", "53"}


class Painted:
    """What the terminal shows, as far as it is known."""

    def __init__(self) -> None:
        self._rows: dict[int, list[_Cell | None]] = {}

    def forget(self) -> None:
        """Assume nothing: the content of the terminal may have changed."""
        self._rows.clear()

    def paint(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """The characters and escape sequences after which the terminal shows an update."""
        written = list[str]()
        system = console._color_system or ColorSystem.TRUECOLOR
        look = _PLAIN
        for y, pieces in _rows(update):
            row = self._rows.setdefault(y, [])
            # The column of the cursor; -1 if it is elsewhere or not certain.
            cursor = -1
            for x, strip in pieces:
                cells, certain = _cells(strip, system)
                end = x + len(cells)
                row.extend([None] * (end - len(row)))
                before = row[x:end]
                if before == cells:
                    continue
                if certain and _are_certain(before):
                    first, last = _difference(before, cells)
                else:
                    # What is equal may have been drawn in another place.
                    first, last = 0, len(cells)
                _place(row, x, cells)
                if x + first != cursor:
                    written.append(f"\x1b[{y + 1};{x + first + 1}H")
                for character, wanted in cells[first:last]:
                    if wanted is not look:
                        change, look = _change(look, wanted)
                        written.append(change)
                    written.append(character)
                cursor = x + last if certain else -1
        if look != _PLAIN:
            written.append("\x1b[m")
        return "".join(written)


class Economical(CompositorUpdate):
    """An update of the screen of which only the differences are written."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, painted: Painted) -> None:
        self._update, self._painted = update, painted

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        return self._painted.paint(self._update, console)


# --- from an update to cells --------------------------------------------------------------------


def _rows(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, Iterable[tuple[int, Strip]]]]:
    """The rows of an update, each with its pieces and their columns, from left to right."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, _side_by_side(update.region.x, strips)
    else:
        for y, start, end in update.spans:
            yield y, _between(update, y, start, end)


def _side_by_side(x: int, strips: Iterable[Strip]) -> Iterator[tuple[int, Strip]]:
    for strip in strips:
        yield x, strip
        x += strip.cell_length


def _between(update: ChopsUpdate, y: int, start: int, end: int) -> Iterator[tuple[int, Strip]]:
    """The pieces of a row that begin before column `end` and end after column `start`."""
    for piece_end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
        if strip is not None and x < end and piece_end > start:
            yield x, strip.crop(0, min(piece_end, end) - x)


def _cells(strip: Strip, system: ColorSystem) -> tuple[list[_Cell], bool]:
    """The cells of a strip, and whether all terminals agree on the width of its characters."""
    cells, all_certain = list[_Cell](), True
    for text, style, _ in strip:
        found, certain = _styled(text, style or _NULL, system)
        cells += found
        all_certain = all_certain and certain
    return cells, all_certain


@lru_cache(4096)
def _styled(text: str, style: Style, system: ColorSystem) -> tuple[list[_Cell], bool]:
    """The cells of a text in one style."""
    characters, certain = _characters(text)
    look, blank = _looks(style, system)
    return [(each, blank if each == " " else look) for each in characters], certain


@lru_cache(4096)
def _characters(text: str) -> tuple[Sequence[str], bool]:
    """The characters of a text by cell, and whether all terminals agree on their width."""
    if text.isascii():
        return text, True
    widths = [get_character_cell_size(each) for each in text]
    if 0 in widths or sum(widths) != cell_len(text):
        # With combining characters the text is written as a whole.
        return (text, *[""] * (cell_len(text) - 1))[: cell_len(text)], False
    characters = list[str]()
    for character, width in zip(text, widths, strict=True):
        characters += [character, *[""] * (width - 1)]
    # Some terminals give lines of frames, dashes and other ambiguous characters two cells.
    return characters, not any(east_asian_width(each) == "A" for each in text)


def _are_certain(cells: Iterable[_Cell | None]) -> bool:
    return all(cell is None or cell[0].isascii() or _characters(cell[0])[1] for cell in cells)


@lru_cache(4096)
def _looks(style: Style, system: ColorSystem) -> tuple[_Look, _Look]:
    """How the characters of a style look, and how its blanks do."""
    attributes = Strip.render_ansi(style.without_color, system)
    colour, background = (
        ";".join(colour.downgrade(system).get_ansi_codes(foreground)) if colour else ""
        for colour, foreground in ((style.color, True), (style.bgcolor, False))
    )
    look = _Look(attributes, colour, background)
    if _SHOWN_IN_BLANKS.isdisjoint(attributes.split(";")):
        return look, _Look(None, None, background)
    return look, look


# --- from cells to the terminal -----------------------------------------------------------------


def _difference(before: Sequence[_Cell | None], after: Sequence[_Cell]) -> tuple[int, int]:
    """The first place and the place behind the last one that differ, by whole characters."""
    first, last = 0, len(after)
    while before[first] == after[first]:
        first += 1
    while before[last - 1] == after[last - 1]:
        last -= 1
    while first > 0 and not after[first][0]:
        first -= 1
    while last < len(after) and not after[last][0]:
        last += 1
    return first, last


def _place(row: list[_Cell | None], x: int, cells: Sequence[_Cell]) -> None:
    """Put cells into a row. What remains of a wide character that they cut is unknown."""
    before, after = x, x + len(cells)
    while before > 0 and _is_continuation(row[before]):
        before -= 1
        row[before] = None
    while after < len(row) and _is_continuation(row[after]):
        row[after] = None
        after += 1
    row[x : x + len(cells)] = cells


def _is_continuation(cell: _Cell | None) -> bool:
    return cell is not None and not cell[0]


@lru_cache(4096)
def _change(look: _Look, wanted: _Look) -> tuple[str, _Look]:
    """The escape sequence from one look to another, and the look that results."""
    attributes, colour = wanted.attributes, wanted.colour
    if attributes is None:
        shown = not _SHOWN_IN_BLANKS.isdisjoint((look.attributes or "").split(";"))
        attributes = "" if shown else look.attributes
    codes = list[str]()
    if attributes != look.attributes:
        if look.attributes:
            codes.append("0")
            look = _PLAIN
        codes += filter(None, [attributes])
    if colour is None:
        colour = look.colour
    if colour != look.colour:
        codes.append(colour or "39")
    if wanted.background != look.background:
        codes.append(wanted.background or "49")
    sequence = f"\x1b[{';'.join(codes)}m" if codes else ""
    return sequence, _Look(attributes, colour, wanted.background)
