import pytest

from studio.prosody.forms import form_named, form_of, forms, line_types, templates


def test_the_forms_of_regulated_verse_come_first() -> None:
    assert list(forms())[:4] == ["五绝", "七绝", "五律", "七律"]
    assert set(forms()) >= {"排律", "古绝", "五古", "七古", "四言"}


def test_the_usual_length_of_a_form_is_one_that_it_may_have() -> None:
    for form in forms().values():
        assert form.line_count % 2 == 0
        assert form.has_shape(form.line_length, form.line_count)


@pytest.mark.parametrize("name", ["七律", "qilü", "qilv", "qilu", " QILU ", "qīlǜ"])
def test_a_form_goes_by_its_pinyin_however_the_u_is_spelled(name: str) -> None:
    assert form_named(name).name == "七律"


@pytest.mark.parametrize(
    ("line_length", "level", "oblique"), [(5, "平起", "仄起"), (7, "仄起", "平起")]
)
def test_the_templates_of_a_quatrain(line_length: int, level: str, oblique: str) -> None:
    assert {each.name: each.types for each in templates(line_length, 4)} == {
        f"{level}首句入韵": "BAaB",
        f"{level}首句不入韵": "bAaB",
        f"{oblique}首句入韵": "ABbA",
        f"{oblique}首句不入韵": "aBbA",
    }


@pytest.mark.parametrize("line_length", [5, 7])
@pytest.mark.parametrize("line_count", [4, 8, 12])
def test_templates_keep_opposition_and_adhesion(line_length: int, line_count: int) -> None:
    for template in templates(line_length, line_count):
        second = [pattern[1] for pattern in template.patterns(line_length)]
        for at in range(1, line_count):
            assert (second[at] == second[at - 1]) == (at % 2 == 0)


@pytest.mark.parametrize("line_length", [5, 7])
def test_the_start_names_the_second_character(line_length: int) -> None:
    for template in templates(line_length, 8):
        assert template.patterns(line_length)[0][1] == template.name[0]


def test_even_places_alternate_in_every_line() -> None:
    for line in line_types().values():
        five, seven = line.patterns(5)[0], line.patterns(7)[0]
        assert five[1] != five[3]
        assert (seven[1], seven[3], seven[5]) == (five[3], five[1], five[3])


@pytest.mark.parametrize(
    ("shape", "form"),
    [
        ((5, 4, True), "五绝"),
        ((5, 4, False), "古绝"),
        ((7, 8, True), "七律"),
        ((7, 8, False), "七古"),
        ((5, 12, True), "排律"),
        ((7, 20, True), "排律"),
        ((5, 13, True), ""),
        ((5, 6, False), "五古"),
        ((4, 8, False), "四言"),
        ((6, 4, True), ""),
    ],
)
def test_a_form_goes_by_shape_and_regulation(shape: tuple[int, int, bool], form: str) -> None:
    assert form_of(*shape) == form
