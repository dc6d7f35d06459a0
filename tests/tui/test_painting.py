"""The terminal shows the same as if Textual had written everything."""

from collections.abc import Sequence

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from studio.tui.painting import Painted

WIDTH, HEIGHT = 12, 4
# ASCII, blanks, wide characters, a frame's line and a dash of ambiguous width, braille, an accent
# of its own.
TEXTS = st.text(alphabet="ab   中国│—⣿", max_size=6) | st.just("e\u0301")
COLOURS = st.sampled_from([None, "#12161c", "#dcdad2", "#6cb2d9", "red"])
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=st.sampled_from([None, True]),
    italic=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)
SEGMENTS = st.tuples(TEXTS, st.none() | STYLES).map(lambda each: Segment(*each))
ROWS = st.lists(SEGMENTS, max_size=4).map(lambda row: Strip(row).adjust_cell_length(WIDTH))
CUTS = st.sets(st.integers(1, WIDTH - 1), max_size=3).map(lambda cuts: [0, *sorted(cuts), WIDTH])
SCREENS = st.lists(st.tuples(ROWS, CUTS), min_size=HEIGHT, max_size=HEIGHT)
SPANS = st.lists(
    st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH)).filter(
        lambda span: span[1] < span[2]
    ),
    min_size=1,
    max_size=HEIGHT,
).map(sorted)
Screen = Sequence[tuple[Strip, list[int]]]


def pieces(row: Strip, cuts: list[int]) -> list[Strip]:
    return list(row.divide(cuts[1:]))


def whole(screen: Screen) -> LayoutUpdate:
    return LayoutUpdate([pieces(*row) for row in screen], Region(0, 0, WIDTH, HEIGHT))


def part(screen: Screen, spans: list[tuple[int, int, int]]) -> ChopsUpdate:
    chops = [dict(zip(cuts, pieces(row, cuts), strict=False)) for row, cuts in screen]
    return ChopsUpdate(chops, spans, [cuts[1:] for _, cuts in screen])


UPDATES = st.lists(
    st.builds(whole, SCREENS) | st.builds(part, SCREENS, SPANS), min_size=1, max_size=4
)


class Terminal:
    """A terminal with the cells that can be seen in it."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self._screen)
        self.write = self._stream.feed
        self.write("\x1b[?7l")  # no line wrap, as in the studio

    def cells(self) -> list[list[tuple[object, ...]]]:
        return [
            [self._seen(self._screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)
        ]

    @staticmethod
    def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
        if cell.data == " " and not (cell.underscore or cell.reverse):
            return (" ", cell.bg)
        return tuple(cell)


def console(system: str) -> Console:
    return Console(color_system=system, force_terminal=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
@settings(deadline=None, max_examples=60)
@given(UPDATES)
def test_any_updates_show_the_same_as_written_by_textual(
    system: str, updates: list[LayoutUpdate | ChopsUpdate]
) -> None:
    plain, ours, painted = Terminal(), Terminal(), Painted()
    for update in updates:
        plain.write(_by_textual(update, console(system)))
        ours.write(painted.paint(update, console(system)))
        assert ours.cells() == plain.cells()


@settings(deadline=None, max_examples=60)
@given(SCREENS, SCREENS)
def test_what_is_shown_already_is_not_written_again(first: Screen, second: Screen) -> None:
    painted = Painted()
    assert painted.paint(whole(first), console("256"))
    painted.paint(whole(second), console("256"))
    assert painted.paint(whole(second), console("256")) == ""
    painted.forget()
    assert painted.paint(whole(second), console("256"))


def test_only_the_changed_characters_are_written() -> None:
    style, painted = Style(color="#dcdad2", bgcolor="#12161c"), Painted()
    before = [(Strip([Segment("step 1,204  ", style)]), [0, WIDTH])]
    after = [(Strip([Segment("step 1,205  ", style)]), [0, WIDTH])]
    painted.paint(whole(before), console("truecolor"))
    written = painted.paint(whole(after), console("truecolor"))
    assert written == "\x1b[1;10H\x1b[38;2;220;218;210;48;2;18;22;28m5\x1b[m"


def test_a_row_with_a_character_that_some_terminals_draw_wide_is_written_as_a_whole() -> None:
    painted = Painted()
    painted.paint(whole([(Strip([Segment("1 — 4       ")]), [0, WIDTH])]), console("256"))
    written = painted.paint(whole([(Strip([Segment("1 — 5       ")]), [0, WIDTH])]), console("256"))
    assert written == "\x1b[1;1H1 — 5       "


def _by_textual(update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
    # Textual remembers the sequences of a style for one colour system only, and Rich the pieces of
    # a text with their style.
    Segment._split_cells.cache_clear()
    for strip in _strips(update):
        strip._render_cache = None
        for _, style, _ in strip:
            if style:
                style._ansi = None
    return update.render_segments(console)


def _strips(update: LayoutUpdate | ChopsUpdate) -> list[Strip]:
    if isinstance(update, LayoutUpdate):
        return [strip for row in update.strips for strip in row]
    return [strip for row in update.chops for strip in row.values() if strip]
