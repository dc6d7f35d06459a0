"""The parallelism of couplets, on famous ones and on lines made to differ in one respect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.prosody.books import rhyme_books
from studio.prosody.parallelism import compare, middle_couplets, parallelism


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("白日依山尽", "黄河入海流"),
        ("明月松间照", "清泉石上流"),
        ("無邊落木蕭蕭下", "不盡長江滾滾來"),
    ],
)
def test_parallel_couplets_outdo_lines_exchanged(first: str, second: str) -> None:
    others = {5: "低头思故乡", 7: "轻舟已过万重山"}
    assert parallelism(first, second) > parallelism(first, others[len(first)])


def test_the_places_that_the_metre_counts_are_opposed() -> None:
    assert compare("平仄平平仄", "平平平仄平").tones == 1.0
    assert compare("平仄平平仄", "平平平平平").tones == pytest.approx(2 / 3)
    assert compare("平仄平平仄", "平仄平平仄").tones == 0.0


def test_an_unknown_character_passes_for_either_tone() -> None:
    assert compare("平仄平平仄", "平仄平平囗").tones == pytest.approx(1 / 3)


def test_a_character_of_two_readings_passes_for_either_tone() -> None:
    assert compare("看", "山").tones == compare("看", "望").tones == 1.0


def test_a_kind_is_answered_by_itself_or_half_by_its_part_of_speech() -> None:
    assert compare("日", "月").kinds == 1.0
    assert compare("日", "花").kinds == 0.5
    assert compare("日", "去").kinds == 0.0
    # Places where nothing is known of either character say nothing.
    assert compare("日甲", "月乙").kinds == 1.0


def test_both_scripts_have_the_same_kinds() -> None:
    assert compare("云红", "叶绿").kinds == compare("雲紅", "葉綠").kinds == 0.75


def test_words_at_the_same_places_agree_in_rhythm() -> None:
    # 春风, 明月 are words; with what follows they are none.
    assert compare("春风甲乙丙", "明月丁戊己").rhythm == 1.0
    assert compare("春风甲乙丙", "丁明月戊己").rhythm == pytest.approx(2 / 3)
    # The last three as 2+1 against 1+2.
    assert compare("甲乙春风丙", "丁戊己明月").rhythm == pytest.approx(1 / 3)


def test_a_shared_character_halves_the_score() -> None:
    both = compare("白日依山尽", "黄河入海山")
    assert both.shared == "山"
    assert both.score == pytest.approx(
        (0.3 * both.tones + 0.5 * both.kinds + 0.2 * both.rhythm) / 2
    )


def test_a_doubled_character_wants_another_in_its_place() -> None:
    assert compare("萧萧下", "滚滚来").doubled_alike
    alone = compare("萧萧下", "长江来")
    assert not alone.doubled_alike
    assert alone.score == pytest.approx(
        (0.3 * alone.tones + 0.5 * alone.kinds + 0.2 * alone.rhythm) / 2
    )


def test_lines_of_different_lengths_are_not_parallel() -> None:
    assert parallelism("白日依山尽", "黄河入") == parallelism("", "") == 0.0


def test_the_middle_couplets_are_all_but_the_first_and_last() -> None:
    assert middle_couplets("abcdefgh") == [("c", "d"), ("e", "f")]
    assert middle_couplets("abcdefghij") == [("c", "d"), ("e", "f"), ("g", "h")]
    assert middle_couplets("abcd") == middle_couplets("") == []


_LINES = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        *[st.text(alphabet="春风明月山水一二看x", min_size=size, max_size=size)] * 2
    )
)


@given(_LINES)
def test_the_score_lies_between_nothing_and_one_whichever_line_comes_first(
    lines: tuple[str, str],
) -> None:
    first, second = lines
    assert 0 <= parallelism(first, second) <= 1
    assert parallelism(first, second) == pytest.approx(parallelism(second, first))


def test_the_tones_are_those_of_the_rhyme_book() -> None:
    # 竹 is level today.
    assert compare("竹", "月").tones == 0.0
    assert compare("竹", "月", rhyme_books()["tongyun"]).tones == 1.0
