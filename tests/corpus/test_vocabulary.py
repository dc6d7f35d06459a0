"""Characters to indices and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.errors import DamageError

TEXTS = ["山山山水水月，", "山月，"]


def test_the_special_tokens_come_first_then_characters_by_frequency() -> None:
    vocabulary = Vocabulary.build(TEXTS, min_count=2)
    assert (PAD, BEGIN, END, UNKNOWN) == (0, 1, 2, 3)
    assert vocabulary.characters == "山月水，"
    assert len(vocabulary) == 8
    assert vocabulary.index("山") == 4


def test_a_rare_character_is_unknown() -> None:
    vocabulary = Vocabulary.build(TEXTS, min_count=3)
    assert "水" not in vocabulary
    assert vocabulary.encode("山水") == [4, UNKNOWN]


@given(st.lists(st.text(alphabet="山水月日，。", max_size=20)))
def test_known_text_survives_encoding_and_decoding(texts: list[str]) -> None:
    vocabulary = Vocabulary.build(texts, min_count=1)
    for text in texts:
        assert vocabulary.decode(vocabulary.encode(text)) == text


def test_decoding_shows_the_unknown_and_hides_the_other_tokens() -> None:
    vocabulary = Vocabulary("山")
    assert vocabulary.decode([BEGIN, 4, UNKNOWN, END, PAD]) == "山□"


def test_punctuation_and_tokens_are_no_chinese_characters() -> None:
    vocabulary = Vocabulary("山，")
    assert [vocabulary.is_han(index) for index in range(6)] == [False] * 4 + [True, False]


def test_a_saved_vocabulary_is_loaded_equal(tmp_path: Path) -> None:
    vocabulary = Vocabulary("山水")
    vocabulary.save(tmp_path / "vocabulary.json")
    loaded = Vocabulary.load(tmp_path / "vocabulary.json")
    assert loaded == vocabulary
    assert loaded.fingerprint == vocabulary.fingerprint


def test_of_several_forms_in_an_older_vocabulary_only_the_first_is_used() -> None:
    older = Vocabulary("剑山劒疎疏褭")
    assert older.decode(range(4, 10)) == "剑山剑疏疏袅"
    assert older.encode("剑疏袅") == [4, 7, 9]
    assert older.superseded == [6, 8]
    assert older.distinct == "剑山疏袅"
    assert len(older) == 10


def test_an_older_vocabulary_keeps_its_script() -> None:
    assert Vocabulary("鬥鬬斗").decode([4, 5, 6]) == "鬥鬥斗"


def test_the_fingerprint_depends_on_the_order() -> None:
    assert Vocabulary("山水").fingerprint != Vocabulary("水山").fingerprint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"special": ["\xff"], "characters": ""}',
        b'{"special": ["<pad>"], "characters": "\xe5\xb1\xb1"}',
        b'{"special": ["<pad>", "<begin>", "<end>", "<unknown>"], "characters": "aa"}',
        b'{"special": ["<pad>", "<begin>", "<end>", "<unknown>"], "characters": 1}',
        b'{"special": ["<pad>", "<begin>", "<end>", "<unknown>"], "characters": "a\\u001b"}',
    ],
)
def test_a_file_that_is_no_vocabulary_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_bytes(content)
    with pytest.raises(DamageError, match=r"vocabulary\.json"):
        Vocabulary.load(path)


def test_near_characters_are_script_variants_first_then_neighbours() -> None:
    vocabulary = Vocabulary("山红湖江，")
    assert vocabulary.near("紅", 1) == ["红"]
    assert vocabulary.near("河", 2) == ["江", "湖"]


def test_near_characters_are_chinese_for_anything_typed() -> None:
    assert Vocabulary("，山水").near("x", 5) == ["山", "水"]
