"""Cleaning: what is kept, removed and rejected."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.corpus import cleaning
from studio.corpus.cleaning import RejectedError, clean, clean_label, normalise_typed
from studio.corpus.poem import STOPS, is_han
from studio.errors import StudioError


def test_a_clean_poem_stays_as_it_is() -> None:
    assert clean("白日依山盡，黃河入海流。") == "白日依山盡，黃河入海流。"


def test_a_note_in_round_brackets_is_removed_with_its_content() -> None:
    assert clean("邏人（一作「叉」）橫鳥道，江祖出魚梁。") == "邏人橫鳥道，江祖出魚梁。"


def test_a_note_inside_a_note_is_removed() -> None:
    assert clean("白日（見〖甲〗卷一（乙））依山盡。") == "白日依山盡。"


def test_a_supplied_character_in_square_brackets_is_kept() -> None:
    assert clean("[爽]節在重九，物華新雨餘。") == "爽節在重九，物華新雨餘。"


def test_a_collation_mark_that_a_note_explains_is_removed() -> None:
    assert clean("春風[一]吹綠草。（[一]俞云：未詳。）") == "春風吹綠草。"


def test_a_supplied_numeral_without_a_note_is_kept() -> None:
    assert clean("[一]片孤城萬仞山。") == "一片孤城萬仞山。"


def test_a_stop_that_a_removed_note_leaves_behind_is_merged() -> None:
    assert clean("黃河入海流。（見卷一）。") == "黃河入海流。"
    assert clean("何處是歸程！。") == "何處是歸程！"


def test_quotation_marks_are_dropped() -> None:
    assert clean("童子解吟《長恨曲》，胡兒能唱「琵琶篇」。") == "童子解吟長恨曲，胡兒能唱琵琶篇。"


def test_a_compatibility_ideograph_becomes_the_unified_one() -> None:
    assert clean("\uf9fd") == "什"


def test_full_width_punctuation_survives_normalisation() -> None:
    assert clean("山，水！月？") == "山，水！月？"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("白日□山盡。", cleaning.LACUNA),
        ("●●啼深竹。", cleaning.LACUNA),
        ("簪玉步河堤，妖韶援綠{𥫗/戢}。", cleaning.FOREIGN),
        ("⿰木養深黃。", cleaning.FOREIGN),
        ("\ue829身思狡兔。", cleaning.FOREIGN),
        ("山abc。", cleaning.FOREIGN),
        ("白日（一作月依山盡。", cleaning.UNBALANCED),
        ("白日］依山盡。", cleaning.UNBALANCED),
        ("", cleaning.EMPTY),
        ("。", cleaning.EMPTY),
        ("空。", cleaning.EMPTY),
        ("（原卷缺。）。", cleaning.EMPTY),
        ("山\udc80水。", cleaning.NOT_UTF8),
    ],
)
def test_what_is_no_clean_poem_is_rejected_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(RejectedError) as rejected:
        clean(text)
    assert str(rejected.value) == reason


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("春眠?觉晓,处处闻啼鸟.", 3),
        ("春眠?觉晓", 3),
        ("春?不?晓，处处闻啼鸟。", 2),
        ("春眠不觉?，处处闻啼鸟。夜来风雨声，花落知多少。", 5),
        ("?眠不觉晓，处处闻啼鸟。", 1),
        ("白日依山??", 5),
        ("白日\ufffd山尽，黄河入海流。", 3),
    ],
)
def test_a_question_mark_for_a_lost_character_is_a_lacuna(text: str, column: int) -> None:
    with pytest.raises(RejectedError) as rejected:
        clean(text)
    assert (str(rejected.value), rejected.value.at) == (cleaning.LACUNA, column - 1)


@pytest.mark.parametrize(
    "text",
    [
        "何处是归程?长亭更短亭.",
        "何处是归程?\n长亭更短亭?",
        "君不见?黄河之水天上来,",
        "白日？山尽，",
    ],
)
def test_a_question_mark_that_ends_a_line_is_a_stop(text: str) -> None:
    assert "？" in clean(text)


def test_the_comma_of_enumerations_ends_no_line() -> None:
    assert clean("诗、礼固可学，郑、卫不足听。") == "诗礼固可学，郑卫不足听。"


def test_a_mark_is_removed_where_the_note_that_explains_it_holds_a_note() -> None:
    assert clean("雲外空聞好住生[一]。（[一]卷子〖伯二九一九號同〗。）") == "雲外空聞好住生。"


def test_what_is_to_blame_is_found_behind_notes_and_spaces() -> None:
    with pytest.raises(RejectedError) as rejected:
        clean("白日（□一作「月」） 依\n□盡。")
    assert (rejected.value.found, rejected.value.at) == ("□", 13)


_POEMISH = st.text(
    alphabet=st.sampled_from([*"山水月一，。？（）[]〖〗《》「」□ \n,.;a1\uf9fd\ufe00"])
)


@given(st.one_of(_POEMISH, st.text()))
@example("[一（）]（[一]）")
@example("[[一]]（[二]）")
def test_cleaning_is_idempotent_and_leaves_characters_and_single_stops(text: str) -> None:
    try:
        once = clean(text)
    except RejectedError:
        return
    assert clean(once) == once
    assert once and once[0] not in STOPS
    assert all(is_han(character) or character in STOPS for character in once)
    assert not any(a in STOPS and b in STOPS for a, b in pairwise(once))


@given(st.text())
def test_a_label_is_one_line_without_control_characters(text: str) -> None:
    label = clean_label(text)
    assert label.isprintable() or not label.isascii()
    assert not any(character in label for character in "\n\r\t\x1b\x00\x9b\u202e")
    label.encode()


def test_a_title_loses_its_notes() -> None:
    assert clean_label("永嘉懷古（題一作《石門山》）") == "永嘉懷古"
    assert clean_label("（題擬）") == "（題擬）"


def test_typed_text_is_written_as_the_corpus_writes() -> None:
    assert normalise_typed(" 紅豆, 生南國.\x1b") == "红豆，生南国。"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_typed_text_never_holds_spaces_or_control_characters(text: str) -> None:
    written = normalise_typed(text)
    assert not any(character.isspace() or ord(character) < 32 for character in written)


def test_normalising_typed_characters_again_changes_nothing() -> None:
    assert normalise_typed("薴") == "苎"
    common = map(chr, range(0x4E00, 0xA000))
    assert all(normalise_typed(each) == each for each in map(normalise_typed, common))


def test_a_lone_surrogate_is_explained_by_the_terminals_encoding() -> None:
    with pytest.raises(StudioError, match="UTF-8"):
        normalise_typed("\udce6\udc97\udca5")
