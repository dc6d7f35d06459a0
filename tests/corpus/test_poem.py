"""The record of a poem, and the rule of the splits."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.poem import couplets, split_of, verse_lines

_HAN = st.text(alphabet="山水月日人一風", min_size=1, max_size=9)


@given(_HAN, st.text(alphabet="山水，。"))
def test_the_split_hangs_on_the_first_line_alone(line: str, rest: str) -> None:
    remainder = int(hashlib.sha256(line.encode()).hexdigest(), 16) % 100
    expected = "test" if remainder < 5 else "valid" if remainder < 10 else "train"
    assert split_of(f"{line}，{rest}") == expected


def test_a_poem_is_set_a_couplet_a_line() -> None:
    assert couplets("白日依山盡，黃河入海流。欲窮千里目，更上一層樓。") == [
        "白日依山盡，黃河入海流。",
        "欲窮千里目，更上一層樓。",
    ]


@given(st.text(alphabet="山水，。？；"))
def test_setting_as_verse_loses_no_character(text: str) -> None:
    assert "".join(couplets(text)) == text


def test_lines_are_split_at_any_stop() -> None:
    assert verse_lines("山，水。月？人！") == ["山", "水", "月", "人"]
