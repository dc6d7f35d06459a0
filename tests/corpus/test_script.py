"""Script conversion."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import paths
from studio.corpus.poem import is_common
from studio.corpus.script import folded, fully_simplified, simplified, standard_forms, variants
from studio.errors import ConfigError
from studio.prosody.tones import tones_of


def test_traditional_becomes_simplified_by_the_phrase() -> None:
    assert simplified("乾坤一草亭") == "乾坤一草亭"
    assert simplified("葉乾枯") == "叶干枯"


def test_a_simplified_form_that_few_fonts_have_is_not_taken() -> None:
    assert simplified("絶巘點雪") == "绝巘点雪"
    assert fully_simplified("巘") == "𪩘"
    # Nothing else is known of what the source writes so itself.
    assert simplified("𪩘") == "𪩘"


def test_a_variant_has_the_form_of_its_character() -> None:
    assert simplified("寶劒鬬雞，嬾疎") == "宝剑斗鸡，懒疏"
    assert folded("寶劒鬬雞，嬾疎") == "寶劍鬥雞，懶疏"
    # The splits depend on this: it stays as it was.
    assert fully_simplified("宝劒") == "宝劒"


def test_the_form_of_a_variant_is_none_itself_and_has_a_tone_of_its() -> None:
    forms = standard_forms()
    assert not forms.keys() & set(forms.values())
    for variant, form in forms.items():
        assert tones_of(variant, rhyming=True) & tones_of(form, rhyming=True), variant


def test_the_table_of_variants_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    with pytest.raises(ConfigError, match=r"variants\.txt"):
        standard_forms.__wrapped__()


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_conversion_leaves_no_character_less_common_than_it_was(text: str) -> None:
    assert all(map(is_common, simplified(text)))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_conversion_keeps_the_length(text: str) -> None:
    assert len(simplified(text)) == len(text)


def test_the_variants_of_a_character_are_its_other_scripts() -> None:
    assert "红" in variants("紅")
    assert {"懶", "懒"} <= {*variants("嬾")}
    assert "山" not in variants("山")
