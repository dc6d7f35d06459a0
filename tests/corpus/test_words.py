"""Words told from chance pairs."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.records import RawPoem
from studio.corpus.words import Words

# 山河 and 玉钩 fill pairs, 玉钩 also ends lines. 河写 straddles two, 终不 never ends a line,
# and 写玉 is in the last three only.
LINES = ("春云春云春", "山河写玉钩", "终不见山河", "玉钩终不见", "青天望玉钩")


def made(tmp_path: Path, lines: tuple[str, ...]) -> Words:
    text = "".join(f"{each}，" for each in lines)
    target = tmp_path / "library.sqlite"
    build(target, [RawPoem("题", "某人", text, "1")], source="a test")
    with Library.open(target) as library:
        return Words.of_library(library)


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return made(tmp_path, LINES * 120)


def test_a_word_fills_a_pair_and_does_not_straddle_two(words: Words) -> None:
    assert "玉钩" in words and "山河" in words
    assert "钩终" not in words and "河写" not in words
    assert "天望" not in words


def test_what_is_met_in_the_last_three_only_is_no_word(words: Words) -> None:
    assert "写玉" not in words and "望玉" not in words
    assert words.count("玉钩") == 360


def test_what_cannot_end_a_line_is_no_word(words: Words) -> None:
    assert "终不" not in words


def test_a_common_word_of_the_tang_needs_no_more_than_its_place(tmp_path: Path) -> None:
    words = made(tmp_path, ("床前明月光", "疑是地上霜"))
    assert "明月" in words and "地上" in words
    assert "月光" not in words and "前明" not in words


def test_the_words_of_a_character_are_sorted_by_frequency(words: Words) -> None:
    assert list(words.ending("河")) == ["山河"]
    assert list(words.beginning("玉")) == ["玉钩"]
    assert list(words.beginning("青")) == ["青天"]


@pytest.mark.parametrize(
    ("line", "at", "word"),
    [
        ("山河写玉钩", 0, "山河"),
        ("山河写玉钩", 1, "山河"),
        ("山河写玉钩", 2, "写"),
        ("山河写玉钩", 3, "玉钩"),
        # Not in the rhythm: 玉 and 钩 are in two pairs.
        ("春玉钩春云", 1, "玉"),
        ("山", 0, "山"),
        ("到山", 0, "到"),
    ],
)
def test_the_word_of_a_place_is_a_word_in_the_rhythm(
    words: Words, line: str, at: int, word: str
) -> None:
    places = words.places(line, at)
    assert line[places.start : places.stop] == word


def test_a_library_without_lines_of_two_characters_has_no_words(tmp_path: Path) -> None:
    assert not list(made(tmp_path, ("山", "河")).beginning("山"))
