"""What is marked in a poem."""

import math

from studio.messages import Inspected
from studio.tui.poem.layout import SETTINGS, places_of_lines, set_verse, shape_of
from studio.tui.poem.marks import Overlays, given_places, marks_of, opening_length, shade
from studio.tui.poem.remarks import copied_in_words
from studio.verse.reading import CopiedSpan, Prediction
from studio.verse.request import COUPLET_FORM, ComposeRequest
from tests.tui.playground_worker import QUATRAIN

LINES = ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"]


def read(text: str, *copied: CopiedSpan) -> Inspected:
    places = tuple(Prediction(each, math.log(1 / 100), ()) for each in text)
    return Inspected(1, text, "night@800", places, copied)


def test_tones_stand_under_the_characters_and_rhyme_at_the_feet() -> None:
    # 更 has both tones, and nothing decides.
    marks = marks_of(QUATRAIN, Overlays(tones=True))
    assert "".join(mark.under for mark in marks) == "仄仄平平仄平平仄仄韵仄平平仄仄中仄仄平韵"


def test_a_miss_has_the_colour_of_faults() -> None:
    # 开 is level where an oblique tone is required.
    marks = marks_of(QUATRAIN.replace("白日", "白开"), Overlays(tones=True))
    assert "error" in marks[1].under_style
    assert "error" not in marks[2].under_style


def test_characters_with_a_fault_are_marked_with_and_without_colours() -> None:
    faulty = QUATRAIN.replace("白日", "白开")
    styles = [mark.style for mark in marks_of(faulty, Overlays())]
    assert [at for at, style in enumerate(styles) if style] == [1]
    assert {"bold", "underline", "$text-error"} <= set(styles[1].split())
    assert not any(mark.style for mark in marks_of(QUATRAIN, Overlays()))
    # One that a person gave has a fault all the same, and so has the one at the cursor.
    assert "$text-error" in marks_of(faulty, Overlays(), given={1})[1].style
    assert "underline" in marks_of(faulty, Overlays(), cursor=1)[1].style
    # Where tints show how likely each character was, the colour is theirs.
    tinted = marks_of(faulty, Overlays(likelihood=True), read(faulty))[1].style
    assert "underline" in tinted and "error" not in tinted


def test_the_half_of_a_couplet_that_was_given_is_marked_upper_or_lower() -> None:
    couplet = "明月松间照，清泉石上流。"
    upper, lower = (ComposeRequest(form=COUPLET_FORM, first=each) for each in couplet.split("，"))
    assert given_places(upper, couplet) == {0, 1, 2, 3, 4}
    assert given_places(lower, couplet) == {6, 7, 8, 9, 10}
    assert (opening_length(upper), opening_length(lower)) == (5, 0)


def test_copied_spans_are_underlined_as_one() -> None:
    reading = read(QUATRAIN, CopiedSpan(0, 4, 7, "登鹳雀楼", "王之涣"))
    marks = marks_of(QUATRAIN, Overlays(copied=True), reading)
    assert ["underline" in mark.style for mark in marks[:5]] == [True] * 4 + [False]
    assert [mark.joined for mark in marks[:5]] == [True, True, True, False, False]


def test_a_copied_poem_may_have_neither_title_nor_poet() -> None:
    poems = [("登鹳雀楼", "王之涣"), ("登鹳雀楼", ""), ("", "")]
    spans = (CopiedSpan(0, 2, 7, title, poet) for title, poet in poems)
    assert [row.plain for row in copied_in_words(read(QUATRAIN, *spans))] == [
        "白日 is also in 登鹳雀楼 by 王之涣",
        "白日 is also in 登鹳雀楼",
        "白日 is also in no. 7",
    ]


def test_nothing_is_marked_that_was_not_asked_for() -> None:
    reading = read(QUATRAIN, CopiedSpan(0, 4, 7, "登鹳雀楼", "王之涣"))
    assert all(
        not mark.style and not mark.under for mark in marks_of(QUATRAIN, Overlays(), reading)
    )


def test_the_less_likely_a_character_the_deeper_its_tint() -> None:
    shades = [shade(math.log(chance)) for chance in (0.5, 0.1, 0.02, 0.005, 0.0001)]
    assert shades[0] == ""
    assert len(set(shades)) == 5


def test_the_places_of_the_lines_leave_the_stops_out() -> None:
    assert places_of_lines("白日，，黄河。") == [[0, 1], [4, 5]]


def test_pinyin_is_over_the_middle_of_its_character() -> None:
    marks = marks_of("春眠，觉晓。", Overlays(pinyin=True))
    words, line, *_ = set_verse("春眠，觉晓。", SETTINGS[0], 40, marks=marks)
    assert words.plain.split() == ["chūn", "mián"]
    assert abs(words.plain.index("chūn") + 1 - line.plain.index("春")) <= 1


def test_pinyin_is_left_out_where_there_is_no_room_for_it() -> None:
    marks = marks_of(QUATRAIN, Overlays(pinyin=True))
    rows = set_verse(QUATRAIN, SETTINGS[0], 20, marks=marks)
    assert rows[0].plain.split()[0] == "白"
    assert shape_of(QUATRAIN, marks, 20).rows == 1


def test_marks_ask_for_the_room_they_take() -> None:
    marks = marks_of(QUATRAIN, Overlays(tones=True, pinyin=True))
    shape = shape_of(QUATRAIN, marks, 60)
    for setting in SETTINGS:
        if setting.size(shape)[0] <= 60:
            rows = set_verse(QUATRAIN, setting, 60, marks=marks)
            assert len(rows) == setting.size(shape)[1]
            assert max(row.cell_length for row in rows) <= 60
