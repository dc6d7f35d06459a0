"""Poems in a form that was chosen: it is kept, whatever rules they break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.prosody.forms import forms
from studio.prosody.scansion import scan
from tests.prosody.test_scansion import CHUNWANG, GUANQUE, of


def test_a_poem_that_is_to_be_regulated_keeps_its_faults_however_many_they_are() -> None:
    lines = ["空山新雨后", "天气晚来秋", "青山松下路", "清泉石上流"]
    assert scan(lines).form == "古绝"
    assert [each.name for each in scan(lines, "五绝").broken] == ["撞韵", "失粘", "失对"]


@pytest.mark.parametrize(
    ("text", "wrong", "form"),
    [
        (CHUNWANG, {"抵万金": "抵万字", "不胜簪": "不胜鬓"}, "五律"),
        (GUANQUE, {"入海流": "入海去"}, "五绝"),
    ],
)
def test_a_chosen_regulated_form_is_kept_with_feet_in_the_oblique_tone(
    text: str, wrong: dict[str, str], form: str
) -> None:
    for right, other in wrong.items():
        text = text.replace(right, other)
    lines = of(text).lines
    scanned = scan([line.text for line in lines], form)
    assert scanned.form == form and len(scanned.rhymes) == 1
    feet = [each for each in scanned.broken if each.name == "出韵"]
    assert [lines[each.line].text[-1] for each in feet] == [each[-1] for each in wrong.values()]
    assert all("is oblique; the poem rhymes in" in each.explanation for each in feet)
    assert not scanned.perfect


def test_a_chosen_regulated_form_is_kept_without_any_foot_in_the_level_tone() -> None:
    lines = ["白日依山尽", "黄河入海去", "欲穷千里目", "更上一层路"]
    scanned = scan(lines, "五绝")
    assert (scanned.form, scanned.rhymes) == ("五绝", ())
    faults = [each for each in scanned.broken if each.name == "出韵"]
    assert [each.line for each in faults] == [1, 3]
    assert "a regulated poem rhymes in the level tone" in faults[0].explanation
    # The first line rhymes, so its rhyme is that of the poem.
    assert scan(["白日依山深", *lines[1:]], "五绝").rhymes == ("平侵",)
    assert scan(lines).form == "古绝"


@given(
    st.sampled_from(list(forms())),
    st.sampled_from([5, 7]).flatmap(
        lambda length: st.lists(
            st.text("山水月去不看A□", min_size=length, max_size=length), min_size=4, max_size=10
        )
    ),
)
def test_a_regulated_form_is_kept_whatever_the_characters_are(form: str, lines: list[str]) -> None:
    scanned = scan(lines, form)
    if forms()[form].has_shape(len(lines[0]), len(lines)):
        assert scanned.regulated is forms()[form].regulated
