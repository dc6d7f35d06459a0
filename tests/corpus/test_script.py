"""Script conversion."""

from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.poem import is_common
from studio.corpus.script import fully_simplified, simplified, variants


def test_traditional_becomes_simplified_by_the_phrase() -> None:
    assert simplified("乾坤一草亭") == "乾坤一草亭"
    assert simplified("葉乾枯") == "叶干枯"


def test_a_simplified_form_that_few_fonts_have_is_not_taken() -> None:
    assert simplified("紅鑪點雪，蹔坐") == "红鑪点雪，蹔坐"
    assert fully_simplified("紅鑪") == "红𬬻"
    # Nothing else is known of what the source writes so itself.
    assert simplified("𬬻") == "𬬻"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_conversion_leaves_no_character_less_common_than_it_was(text: str) -> None:
    assert all(map(is_common, simplified(text)))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_conversion_keeps_the_length(text: str) -> None:
    assert len(simplified(text)) == len(text)


def test_the_variants_of_a_character_are_its_other_scripts() -> None:
    assert "红" in variants("紅")
    assert "山" not in variants("山")
