"""The text of a request: normalised when the request is made, and the same everywhere after."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.corpus.poem import STOPS, is_han
from studio.corpus.script import simplified
from studio.errors import StudioError, VerseError
from studio.prosody.rhymes import RHYMES
from studio.tui.poem.marks import given_places, opening_length
from studio.verse.composer import write
from studio.verse.request import BLANK, ComposeRequest
from studio.verse.writer import Writer
from tests.conftest import CHARACTERS

# The characters that the tests' model knows, as a person may type them.
KNOWN = CHARACTERS + "紅風雲門"
# What a request accepts besides: punctuation of both widths, blanks, spaces, line breaks, invisible
# and control characters, and characters whose simplified form depends on others or takes two steps.
ACCEPTED = ",.?!;:，。？！；：、﹐．\"'《》「」□_＿*＊乾薴髮" + (
    " \t\u3000\n\r\u2028\u200b\ufeff\x00\x1b\x7f\ufe00"
)
FOREIGN = "aＺ1😀é한か·()\ue000"
accepted = st.text(st.sampled_from(KNOWN) | st.sampled_from(ACCEPTED), max_size=12)
typed = accepted | st.text(st.sampled_from(KNOWN + ACCEPTED + FOREIGN), max_size=12) | st.text()
chinese = st.text(
    st.sampled_from(KNOWN) | st.sampled_from(" ,，。\n\u200b"), min_size=1, max_size=8
)
rhymes = typed | st.sampled_from(["", " 東\n", "平陽", "上 董", *"".join(RHYMES.values())])
TEXTS = st.fixed_dictionaries(
    {},
    optional={
        "first": typed,
        "acrostic": typed,
        "last": typed,
        "words": st.lists(typed, max_size=3).map(tuple),
        "given": typed,
        "rhyme": rhymes,
    },
)


@given(TEXTS)
def test_a_request_holds_normalised_text_or_there_is_a_clear_error(texts: dict[str, str]) -> None:
    try:
        request = ComposeRequest(**texts)  # type: ignore[arg-type]
    except StudioError as error:
        assert str(error).startswith("The ") and str(error).endswith(".")
        return
    for text in (request.first, request.given):
        assert all(is_han(each) or each in (*STOPS, BLANK) for each in text)
    for text in (request.acrostic, request.last, *request.words):
        assert all(is_han(each) or each == BLANK for each in text)
    assert all(request.words)
    assert request.rhyme in ("", *map(simplified, "".join(RHYMES.values())))
    # Made again, copied, or written to a file and read, it is the same.
    assert msgspec.structs.replace(request) == request
    encoded = msgspec.json.encode(request)
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=ComposeRequest)) == encoded


@pytest.mark.parametrize(
    ("name", "text", "normalised"),
    [
        ("first", "白日,", "白日，"),
        ("first", " 紅豆\n生南國.\x1b", "红豆生南国。"),
        ("acrostic", "春，江 花、月", "春江花月"),
        ("last", "更上一層樓。", "更上一层楼"),
        ("words", ("明月 ", "，", "紅\u200b豆"), ("明月", "红豆")),
        ("given", "白日__尽\r\n**___", "白日□□尽，□□□□□"),
        ("rhyme", "陽", "阳"),
        ("rhyme", "平 陽", "阳"),
    ],
)
def test_each_part_is_written_in_one_way(name: str, text: object, normalised: object) -> None:
    assert getattr(ComposeRequest(**{name: text}), name) == normalised  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"first": "spring"}, 'The opening: "s" is not a Chinese character'),
        ({"words": ("明月", "😀")}, 'The words: "😀" is not'),
        ({"given": "□□a"}, 'The given text: "a" is not'),
        ({"last": "\udce6"}, "The last line: .*UTF-8"),
        ({"rhyme": "鬼"}, "The rhyme: 鬼 is not one of the 106"),
    ],
)
def test_text_that_is_not_chinese_is_refused_with_the_part_that_has_it(
    wishes: dict[str, object], message: str
) -> None:
    with pytest.raises(VerseError, match=message):
        ComposeRequest(**wishes)  # type: ignore[arg-type]


def test_line_breaks_separate_the_lines_of_a_form_only() -> None:
    assert ComposeRequest(given="春□\n□月", form="四言").given == "春□，□月"
    assert ComposeRequest(given="春□\n□月", form="").given == "春□□月"


def test_every_rhyme_has_one_name_in_either_script() -> None:
    for tone, names in RHYMES.items():
        for name in names:
            spellings = (name, simplified(name), tone + name, tone + simplified(name))
            assert {ComposeRequest(rhyme=each).rhyme for each in spellings} == {simplified(name)}


@pytest.mark.parametrize("writer", ["lstm"], indirect=True)
@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["first", "acrostic", "last"]),
    text=chinese,
    form=st.sampled_from(["", "古绝", "五古"]),
)
def test_as_many_characters_are_marked_as_the_poem_was_given(
    writer: Writer, name: str, text: str, form: str
) -> None:
    try:
        request = ComposeRequest(form=form, longest=20, **{name: text})  # type: ignore[arg-type]
        (poem,) = write(writer, request)
    except StudioError:
        return
    characters = [each for each in getattr(request, name) if each not in STOPS]
    places = sorted(given_places(request, poem.text))
    assert [poem.text[at] for at in places] == characters
    assert opening_length(request) == (len(characters) if name == "first" else 0)


def test_a_blank_in_an_opening_is_not_marked_as_given() -> None:
    request = ComposeRequest(first="白_依", acrostic="_黄")
    assert request.first == "白□依"
    assert given_places(request, "白日依山尽，黄河入海流。") == {0, 2, 6}
    assert opening_length(request) == 1


def test_a_word_is_marked_in_a_poem_in_traditional_characters() -> None:
    request = ComposeRequest(words=("黄河",))
    assert given_places(request, "白日依山盡，黃河入海流。") == {6, 7}


def test_with_free_tones_the_scanner_says_what_a_regulated_form_has_become() -> None:
    assert ComposeRequest(form="五绝").scanned_as == "五绝"
    assert ComposeRequest(form="五绝", tones="free").scanned_as == ""
    assert ComposeRequest(form="古绝", tones="free").scanned_as == "古绝"


def test_a_title_may_have_digits_of_full_width() -> None:
    assert ComposeRequest(title="五月５日 之２").title == "五月5日之2"
