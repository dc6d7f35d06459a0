"""Poems are what was asked for, and what cannot be written is answered clearly."""

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import BEGIN, END
from studio.errors import StudioError, VerseError
from studio.prosody.forms import forms
from studio.verse.composer import compose, write
from studio.verse.request import ComposeRequest, Sampling
from studio.verse.writer import Writer

GREEDY = Sampling(strategy="greedy")
lstm = pytest.mark.parametrize("writer", ["lstm"], indirect=True)


@lstm
@pytest.mark.parametrize("form", forms())
@pytest.mark.parametrize("first", ["", "日", "红日山"])
def test_a_form_decides_lines_and_punctuation(writer: Writer, form: str, first: str) -> None:
    for poem in write(writer, ComposeRequest(first=first, form=form, candidates=5)):
        shape = forms()[form]
        assert poem.text.startswith(first)
        assert [len(line) for line in verse_lines(poem.text)] == [shape.line_length] * (
            shape.line_count
        )
        assert poem.text[shape.line_length] == "，"
        assert poem.text[-1] == "。"
        assert poem.complete


@pytest.mark.parametrize("first", ["日", "红", "山", "夜", "湖", "海", "月"])
def test_argmax_continues_a_first_character_as_the_whole_prefix_would(
    writer: Writer, first: str
) -> None:
    request = ComposeRequest(first=first, form="", sampling=GREEDY, longest=12)
    (poem,) = write(writer, request)
    assert poem.text.startswith(first)

    # The classical program: read the whole prefix again for every character.
    text, vocabulary = first, writer.vocabulary
    while len(text) < 12:
        tokens = torch.tensor([[BEGIN, *vocabulary.encode(text)]])
        features, _ = writer.network.eval()(tokens)
        logits = writer.network.logits(features[0, -1]).clone()
        logits[[0, 1, 3]] = -torch.inf
        picked = int(logits.argmax())
        if picked == END:
            break
        text += vocabulary.decode([picked])
    assert poem.text == text


def test_a_seed_writes_the_same_again_and_another_seed_something_else(writer: Writer) -> None:
    request = ComposeRequest(candidates=4, seed=7)
    poems = write(writer, request)
    assert write(writer, request) == poems
    assert write(writer, msgspec.structs.replace(request, seed=8)) != poems
    assert len({poem.text for poem in poems}) > 1


def test_columns_are_the_poems_character_by_character(writer: Writer) -> None:
    columns, written = compose(writer, ComposeRequest(first="月", form="", candidates=3)), [""] * 3
    while True:
        try:
            column = next(columns)
        except StopIteration as end:
            assert sorted(written) == sorted(poem.text for poem in end.value)
            break
        assert all(len(character) <= 1 for character in column)
        written = [text + character for text, character in zip(written, column, strict=True)]


def test_a_model_without_an_end_stops_at_the_limit(writer: Writer) -> None:
    with torch.no_grad():
        writer.network.softmax_bias[END] = -1e9
    (poem,) = write(writer, ComposeRequest(form="", longest=30))
    assert len(poem.text) == 30
    assert not poem.complete


def test_a_model_that_ends_at_once_still_writes_a_character(writer: Writer) -> None:
    with torch.no_grad():
        writer.network.softmax_bias[END] = 1e9
    (poem,) = write(writer, ComposeRequest(form=""))
    assert len(poem.text) == 1
    assert poem.complete


def test_writing_during_training_leaves_the_network_in_training(writer: Writer) -> None:
    writer.network.train()
    columns = compose(writer, ComposeRequest())
    next(columns)
    assert writer.network.training


def test_a_character_the_model_has_never_seen_is_named_with_near_ones(writer: Writer) -> None:
    with pytest.raises(VerseError, match="never seen 龘") as caught:
        write(writer, ComposeRequest(first="龘"))
    assert "knows" in str(caught.value)


def test_traditional_characters_and_half_width_stops_are_converted(writer: Writer) -> None:
    (poem,) = write(writer, ComposeRequest(first="紅日江雲夜,", form="五绝"))
    assert poem.text.startswith("红日江云夜，")


def test_lone_surrogates_get_a_clear_error(writer: Writer) -> None:
    with pytest.raises(StudioError, match="UTF-8"):
        write(writer, ComposeRequest(first="\udce6\udc97\udca5"))


def test_punctuation_is_set_where_the_form_has_it_typed_or_not(writer: Writer) -> None:
    texts = {
        write(writer, ComposeRequest(first=first, form="五绝"))[0].text
        for first in ("春江花月夜山", "春江花月夜，山")
    }
    (text,) = texts
    assert text.startswith("春江花月夜，山")


@pytest.mark.parametrize(
    ("first", "form", "reason"),
    [
        ("春江，花", "五绝", "line of 2"),
        ("春江花，", "五绝", "after 3"),
        ("春" * 20, "五绝", "20"),
        ("春" * 31, "", "30"),
        ("春", "十四行", "no form"),
        ("spring", "五绝", "not a Chinese character"),
    ],
)
def test_an_opening_that_does_not_fit_is_refused_with_the_reason(
    writer: Writer, first: str, form: str, reason: str
) -> None:
    with pytest.raises(StudioError, match=reason):
        write(writer, ComposeRequest(first=first, form=form, longest=30))


@lstm
@pytest.mark.parametrize("form", ["", "五绝", "如梦令"])
@pytest.mark.parametrize(
    ("part", "named"), [("given", "The given text has only"), ("first", "The opening has only")]
)
def test_a_text_of_only_punctuation_is_refused(
    writer: Writer, form: str, part: str, named: str
) -> None:
    with pytest.raises(VerseError, match=named):
        compose(writer, msgspec.structs.replace(ComposeRequest(form=form), **{part: "，。"}))


def test_the_repetition_penalty_lowers_repetition(writer: Writer) -> None:
    def distinct(penalty: float) -> int:
        sampling = Sampling(strategy="greedy", repetition_penalty=penalty)
        (poem,) = write(writer, ComposeRequest(form="", sampling=sampling))
        return len(set(poem.text))

    assert distinct(10.0) > distinct(1.0)


def test_log_probability_is_the_mean_over_the_characters_chosen(writer: Writer) -> None:
    (poem,) = write(writer, ComposeRequest(first="春江花月", form="五绝", sampling=GREEDY))
    tokens = torch.tensor([[BEGIN, *writer.vocabulary.encode(poem.text)]])
    features, _ = writer.network.eval()(tokens)
    logs = writer.network.logits(features[0]).log_softmax(-1)
    chosen = [at for at in range(4, len(poem.text)) if poem.text[at] not in "，。"]
    nats = [float(logs[at, tokens[0, at + 1]].detach()) for at in chosen]
    assert len(chosen) == 16
    assert poem.log_probability == pytest.approx(sum(nats) / 16, rel=1e-4)


@lstm
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.text(max_size=8), form=st.sampled_from(["", *forms()]))
def test_whatever_is_typed_a_poem_or_a_clear_error_comes(
    writer: Writer, first: str, form: str
) -> None:
    try:
        (poem,) = write(writer, ComposeRequest(first=first, form=form, longest=20))
    except StudioError as error:
        assert str(error)
    else:
        assert poem.text
