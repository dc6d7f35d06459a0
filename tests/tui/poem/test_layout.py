"""How a poem is set as verse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from studio.prosody.tunes import stanza_breaks
from studio.tui.poem.layout import (
    SETTINGS,
    TIGHTEST,
    Setting,
    Shape,
    arrange,
    lines_of,
    set_verse,
    shape_of,
)
from tests.tui.playground_worker import QUATRAIN

POEMS = st.text("白日依山尽黄河入海流，。？", min_size=1, max_size=80)
SHAPES = st.builds(Shape, st.integers(1, 9), st.integers(1, 40))


def rows(text: str, setting: Setting, width: int = 60) -> list[str]:
    return [row.plain for row in set_verse(text, setting, width)]


def test_a_poem_is_split_after_its_stops() -> None:
    assert lines_of(QUATRAIN)[:2] == ["白日依山尽，", "黄河入海流。"]
    assert shape_of(QUATRAIN) == Shape(5, 4)


def test_the_lines_of_a_poem_begin_in_one_column() -> None:
    set_rows = rows(QUATRAIN, Setting(spaced=True, couplets=False, leading=0))
    assert len({len(row) - len(row.lstrip()) for row in set_rows}) == 1
    assert set_rows[0].strip() == "白 日 依 山 尽，"


def test_the_second_lines_of_couplets_begin_in_one_column() -> None:
    set_rows = rows(
        "白日尽，黄河入海流。欲穷千里目，楼。", Setting(spaced=False, couplets=True, leading=0)
    )
    columns = {cell_len(row.split(second)[0]) for row, second in zip(set_rows, "黄楼", strict=True)}
    assert len(columns) == 1


def test_a_poem_is_centred_by_its_characters_and_the_stops_hang() -> None:
    (row,) = rows("白日，", TIGHTEST, width=10)
    assert row == "   白日，"


def test_leading_puts_empty_rows_between_rows_only() -> None:
    set_rows = rows("白，日。", Setting(spaced=False, couplets=False, leading=1))
    assert [row.strip() for row in set_rows] == ["白，", "", "日。"]


def test_the_opening_is_marked_whatever_its_stops() -> None:
    first, second = set_verse("白日，黄河。", TIGHTEST, 20, opening=3)
    marked = [
        row.plain[span.start : span.end]
        for row in (first, second)
        for span in row.spans
        if "bold" in str(span.style)
    ]
    assert marked == ["白", "日", "黄"]


def test_the_room_of_what_will_come_is_kept() -> None:
    (begun,) = set_verse("白", TIGHTEST, 40, cursor=True, least=Shape(5, 4))
    done = set_verse(QUATRAIN, TIGHTEST, 40)[0]
    assert begun.plain.index("白") == done.plain.index("白")


def test_what_a_terminal_cannot_show_is_replaced() -> None:
    assert "\x1b" not in rows("白\x1b[31m日，", TIGHTEST)[0]


def test_brackets_in_a_poem_are_text() -> None:
    assert "[/b]" in rows("[/b]", TIGHTEST)[0]


@given(POEMS, st.sampled_from(SETTINGS), st.integers(6, 60))
def test_every_character_of_a_poem_is_set(text: str, setting: Setting, width: int) -> None:
    assert "".join("".join(rows(text, setting, width)).split()) == text


@given(POEMS, st.integers(6, 60))
def test_no_row_is_wider_than_the_space(text: str, width: int) -> None:
    for setting in (TIGHTEST, Setting(spaced=True, couplets=False, leading=1)):
        assert all(cell_len(row) <= width for row in rows(text, setting, width))


@given(SHAPES, st.integers(1, 24), st.integers(8, 200), st.integers(4, 60))
def test_poems_have_their_places_within_the_space(
    shape: Shape, count: int, width: int, height: int
) -> None:
    found = arrange(count, shape, width, height, frame=1)
    assert 1 <= found.columns <= count
    assert found.columns * found.rows >= count
    if found.columns > 1:
        assert found.columns * (found.setting.size(shape)[0] + 2) <= width


def test_one_poem_gets_the_most_generous_setting_that_fits() -> None:
    assert arrange(1, Shape(5, 4), 47, 17, 0).setting == SETTINGS[0]
    assert arrange(1, Shape(7, 8), 60, 8, 0).setting.couplets


def test_two_poems_stand_side_by_side_where_there_is_room() -> None:
    assert arrange(2, Shape(5, 4), 60, 12, 1).columns == 2
    assert arrange(2, Shape(5, 4), 24, 24, 1).columns == 1


CI = "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回？"
CI += "无可奈何花落去，似曾相识燕归来。小园香径独徘徊。"


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_empty_row_is_between_the_stanzas_of_a_ci(setting: Setting) -> None:
    shape = shape_of(CI, breaks=(3,))
    rows = [row.plain for row in set_verse(CI, setting, 60, breaks=shape.breaks)]
    assert setting.size(shape)[1] == len(rows)
    at = setting.row_of(3, shape)
    assert "".join(rows[at].split()).startswith("无可奈何花落去，")
    assert rows[at - 1] == "" and rows[at - 2 - setting.leading].split()[-1][-1] == "？"
    assert setting.row_of(5, shape) == len(rows) - 1


def test_lines_that_are_broken_have_no_stanzas() -> None:
    assert "" not in [row.plain for row in set_verse(CI, TIGHTEST, 12, breaks=(3,))]


@pytest.mark.parametrize(
    ("form", "lengths", "breaks"),
    [
        ("浣溪沙", (7,) * 6, (3,)),
        ("浣溪沙", (7, 14, 7, 14), (2,)),
        ("浣溪沙", (7, 7), ()),
        ("浣溪沙", (7, 7, 14, 7, 7), ()),
        ("忆江南", (3, 5, 7, 7, 5), ()),
        ("忆江南", (3, 5, 7, 7, 5) * 2, (5,)),
        ("五律", (5,) * 8, ()),
        ("", (7,) * 6, ()),
    ],
)
def test_only_ci_have_stanzas(form: str, lengths: tuple[int, ...], breaks: tuple[int, ...]) -> None:
    assert stanza_breaks(form, lengths) == breaks
