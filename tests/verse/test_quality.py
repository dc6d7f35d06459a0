"""The figures of a set of poems, on poems whose figures can be counted by hand."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.poem import verse_lines
from studio.corpus.records import RawPoem
from studio.prosody.forms import form_named
from studio.verse.figures import (
    common_closings,
    distinct,
    doubled,
    keeps_length,
    keeps_rhyme,
    keeps_tones,
)
from studio.verse.novelty import Novelty
from studio.verse.quality import quality_metrics
from studio.verse.writer import Writer

lstm = pytest.mark.parametrize("writer", ["lstm"], indirect=True)

TOWER = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
NIGHT = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
SPRING = (
    "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。"
    "烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
)
JUEJU, LUSHI = form_named("五绝"), form_named("五律")
OLD = form_named("古绝")


@pytest.fixture
def training(tmp_path: Path) -> Novelty:
    """The index of a library that holds 登鹳雀楼 alone."""
    path = tmp_path / "library.sqlite"
    build(path, [RawPoem("登鹳雀楼", "王之涣", TOWER, "a")], source="a test")
    return Novelty.open(path)


def test_distinct_is_different_ngrams_in_all_of_them() -> None:
    assert distinct(["山山水，山"], 1) == 2 / 4
    assert distinct(["山山水，山"], 2) == 3 / 3
    assert distinct(["山水", "山水"], 2) == 1 / 2
    assert distinct(["山水"], 3) == distinct([], 1) == 0.0


def test_a_form_is_kept_by_its_lines() -> None:
    assert keeps_length(JUEJU, verse_lines(TOWER))
    assert not keeps_length(LUSHI, verse_lines(TOWER))
    assert not keeps_length(JUEJU, verse_lines(TOWER.replace("依", "")))


def test_tones_are_kept_where_the_scanner_finds_every_character_in_place() -> None:
    assert keeps_tones(verse_lines(TOWER))
    assert not keeps_tones(verse_lines(NIGHT))
    assert not keeps_tones(verse_lines(TOWER.replace("黄河", "白水")))


def test_a_regulated_poem_rhymes_in_one_level_rhyme() -> None:
    assert keeps_rhyme(JUEJU, verse_lines(TOWER))
    assert not keeps_rhyme(JUEJU, verse_lines(TOWER.replace("楼", "山")))
    assert not keeps_rhyme(JUEJU, verse_lines("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"))


def test_a_poem_in_the_old_style_may_rhyme_in_any_tone() -> None:
    assert keeps_rhyme(OLD, verse_lines("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"))
    assert not keeps_rhyme(OLD, verse_lines("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多山。"))


def test_a_character_is_doubled_beside_itself_in_a_line() -> None:
    assert doubled("晴川历历汉阳树，芳草萋萋鹦鹉洲。") == 2
    assert doubled("白云山，山上有山。") == 0


def test_a_closing_is_the_last_pair_and_the_most_frequent_are_common() -> None:
    others = [f"山水{chr(0x4E00 + at)}人。" for at in range(60)]
    common = common_closings([TOWER, *others, *others[:49], TOWER])
    assert len(common) == 50 and "层楼" in common
    assert "山水" not in common and f"{chr(0x4E00 + 59)}人" not in common


@lstm
def test_doubled_characters_and_common_closings_are_counted(
    writer: Writer, training: Novelty
) -> None:
    poems = [TOWER.replace("千里目", "悠悠目"), NIGHT]
    found = quality_metrics(JUEJU, poems, writer, training, closings=frozenset({"故乡"}))
    assert (found.doubled, found.closings_common) == (0.5, 0.5)


@lstm
def test_rules_repeats_and_copies_are_counted(writer: Writer, training: Novelty) -> None:
    found = quality_metrics(JUEJU, [TOWER, NIGHT], writer, training)
    assert (found.poems, found.length_kept, found.tones_kept, found.rhyme_kept) == (2, 1, 0.5, 1)
    # 静夜思 has 头, 明 and 月 twice each.
    assert (found.repeated, found.repeats) == (0.5, 1.5)
    assert (found.lines_copied, found.grams_copied) == (0.5, 0.5)
    assert (found.distinct_of, found.distinct_1, found.distinct_2) == (2, 36 / 40, 37 / 38)
    assert found.perplexity > 1
    assert found.parallelism is None


@lstm
def test_distinct_ngrams_may_be_counted_in_the_first_poems_alone(
    writer: Writer, training: Novelty
) -> None:
    found = quality_metrics(JUEJU, [TOWER, NIGHT], writer, training, distinct_of=1)
    assert (found.poems, found.distinct_of, found.distinct_1) == (2, 1, 1.0)


@lstm
def test_only_the_middle_couplets_are_asked_for_parallelism(
    writer: Writer, training: Novelty
) -> None:
    lines = verse_lines(SPRING)
    exchanged = "".join(f"{line}，" for line in [*lines[6:], *lines[2:6], *lines[:2]])
    first = quality_metrics(LUSHI, [SPRING], writer, training).parallelism
    assert first is not None
    assert first == quality_metrics(LUSHI, [exchanged], writer, training).parallelism


@lstm
def test_the_original_is_what_is_scanned(writer: Writer, training: Novelty) -> None:
    found = quality_metrics(JUEJU, [NIGHT], writer, training, originals=[TOWER])
    assert found.tones_kept == 1.0
    assert found.lines_copied == 0.0


@lstm
def test_an_old_form_has_no_tones_to_keep(writer: Writer, training: Novelty) -> None:
    assert quality_metrics(OLD, [NIGHT], writer, training).tones_kept is None
