"""Script conversion."""

from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.script import simplified, variants


def test_traditional_becomes_simplified_by_the_phrase() -> None:
    assert simplified("乾坤一草亭") == "乾坤一草亭"
    assert simplified("葉乾枯") == "叶干枯"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_conversion_keeps_the_length(text: str) -> None:
    assert len(simplified(text)) == len(text)


def test_the_variants_of_a_character_are_its_other_scripts() -> None:
    assert "红" in variants("紅")
    assert "山" not in variants("山")
