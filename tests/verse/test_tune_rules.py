"""Ci are written by construction: every tone and every rhyme of the tune."""

import dataclasses

import msgspec
import pytest
import torch

from studio.corpus.poem import STOPS, About, verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.evaluate import poem_losses
from studio.model.network import Network
from studio.prosody.measure import scan_by
from studio.prosody.rhymes import rhyme_book
from studio.prosody.tunes import tunes
from studio.verse.composer import write, written
from studio.verse.decoder import _PoemBatch
from studio.verse.facing import compose_any
from studio.verse.fixed_characters import in_stops_of
from studio.verse.request import ComposeRequest, Sampling
from studio.verse.sampling import Floats
from studio.verse.writer import Writer
from tests.verse.conftest import Corpus


@pytest.fixture(scope="module")
def writer() -> Writer:
    """A network of random weights that knows many characters of the rhyme book."""
    known = "".join(list(rhyme_book())[:2500])
    vocabulary = Vocabulary.build(["，。昨夜瘦柳酒友首久旧走", known], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


@pytest.mark.parametrize("tune", tunes())
def test_a_ci_keeps_every_rule_of_its_tune(writer: Writer, tune: str) -> None:
    for poem in write(writer, ComposeRequest(form=tune, candidates=2, tries=1)):
        scanned = scan_by(verse_lines(poem.text), tune)
        assert poem.complete
        assert scanned.broken == []
        assert scanned.notes == ()
        # The end of a line that is said again rhymes twice, no other.
        ends = [line.text[-1] for line in scanned.lines if line.rhyme]
        assert len(set(ends)) == len(ends) - (tune == "如梦令")


def test_what_is_given_stays_and_decides_the_rhyme(writer: Writer) -> None:
    given = "□□□□□□。□□□□□□。□□□□□，□□□□□□。□□，□□。□□□□□瘦。"
    (poem,) = write(writer, ComposeRequest(form="如梦令", given=given, tries=2))
    assert poem.text[-2] == "瘦"
    scanned = scan_by(verse_lines(poem.text), "如梦令")
    assert (scanned.broken, scanned.rhymes) == ([], ("仄第十二部",))
    ends = [line.text[-1] for line in scanned.lines if line.rhyme]
    assert len(set(ends)) == len(ends) - 1
    (opened,) = write(writer, ComposeRequest(form="如梦令", first="昨夜", tries=1))
    assert opened.text.startswith("昨夜")


def test_a_whole_text_keeps_its_stops_and_the_division_of_its_lines(writer: Writer) -> None:
    given = "□□□□□□□□□□□□。□□□□□；□□□□□□。□□？□□？□□□□□瘦！"
    (poem,) = write(writer, ComposeRequest(form="如梦令", given=given, tries=1))
    kept = zip(given, poem.text, strict=True)
    assert all((stop in STOPS) == (found in STOPS) and stop in ("□", found) for stop, found in kept)
    verse = in_stops_of("白日□山尽。黄河入海流！", "白日依山尽，黄河入海流。")
    assert verse == "白日依山尽。黄河入海流！"
    # A text without all of its stops has those of the tune.
    (poem,) = write(writer, ComposeRequest(form="如梦令", given=given[:-1], tries=1))
    assert poem.text.endswith("瘦。")


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ("□□。□□。", None),
        ("夜瘦。□□。", ("夜瘦", "夜瘦")),
        ("□□。夜瘦。", ("夜瘦", "夜瘦")),
        ("夜瘦。夜□。", ("夜瘦", "夜瘦")),
        ("□瘦。夜□。", ("夜瘦", "夜瘦")),
        # What a person has written stays.
        ("夜瘦。夜久。", ("夜瘦", "夜久")),
    ],
)
@pytest.mark.parametrize("tries", [1, 3])
def test_a_line_that_the_tune_says_again_is_written_again(
    taught: Writer, given: str, lines: tuple[str, str] | None, tries: int
) -> None:
    before, after = "□□□□□□。□□□□□□。□□□□□，□□□□□□。", "□□□□□□。"
    request = ComposeRequest(form="如梦令", given=before + given + after, candidates=2, tries=tries)
    for poem in write(taught, request):
        said, again = verse_lines(poem.text)[4:6]
        assert said == again if lines is None else (said, again) == lines


def test_a_ci_has_both_its_opening_and_its_given_text(writer: Writer) -> None:
    request = ComposeRequest(form="如梦令", first="昨夜", given="□□□□□□。□□□酒", tries=1)
    (poem,) = write(writer, request)
    assert poem.text.startswith("昨夜") and poem.text[10] == "酒"


@pytest.mark.parametrize(("count", "length"), [(2, 27), (27, 27), (28, 54), (42, 54), (54, 54)])
@pytest.mark.parametrize("part", ["given", "first"])
def test_a_ci_is_as_long_as_the_shortest_pattern_that_holds_what_is_given(
    writer: Writer, part: str, count: int, length: int
) -> None:
    text = "昨夜瘦柳酒友首久旧走" * 6
    request = ComposeRequest(form="忆江南", tries=1)
    (poem,) = write(writer, msgspec.structs.replace(request, **{part: text[:count]}))
    assert len("".join(verse_lines(poem.text))) == length
    assert "".join(verse_lines(poem.text)).startswith(text[:count])


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ComposeRequest(form="如梦令", acrostic="春江"), "opening or a given text only"),
        (ComposeRequest(form="如梦令", given="春" * 99), "33 characters; the text has 99"),
        (ComposeRequest(form="忆江南", first="春" * 55), "54 characters; the text has 55"),
        (
            ComposeRequest(form="如梦令", first="昨夜", given="昨柳"),
            "Line 1, place 2 must be 柳 for the given text and 夜 for the opening",
        ),
    ],
)
def test_what_a_tune_cannot_take_is_refused(
    writer: Writer, request_: ComposeRequest, says: str
) -> None:
    with pytest.raises(VerseError, match=says):
        write(writer, request_)


@pytest.fixture(scope="module")
def taught(writer: Writer) -> Writer:
    """A network of random weights that reads form, title and the place of the next token."""
    config = ModelConfig(embedding=8, hidden=8, skips=True, form_input=True, title_input=True)
    network = Network(config, len(writer.vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)
    return Writer(network.eval(), writer.vocabulary, writer.device, "taught@0")


@pytest.mark.parametrize(("form", "shape"), [("菩萨蛮", "古体"), ("念奴娇", "古体")])
@pytest.mark.parametrize("title", ["", "昨夜"])
def test_a_ci_is_written_under_its_tune_as_it_is_read(
    taught: Writer, form: str, shape: str, title: str
) -> None:
    (poem,) = write(taught, ComposeRequest(form=form, title=title, tries=1))
    (losses,) = poem_losses(
        taught.network,
        taught.vocabulary,
        [poem.text],
        taught.device,
        [About(shape, form + title)],
    )
    chosen = [
        -float(nats)
        for character, nats in zip(poem.text, losses[1], strict=False)
        if character not in STOPS
    ]
    assert poem.log_probability == pytest.approx(sum(chosen) / len(chosen), rel=1e-4)


def test_no_line_of_the_corpus_comes_out_except_short_ones(writer: Writer) -> None:
    request = ComposeRequest(form="如梦令", seed=3, candidates=4, tries=1)
    ends = "".join({line[-1] for poem in write(writer, request) for line in verse_lines(poem.text)})
    poems = write(writer, request, Corpus(ends))  # type: ignore[arg-type]
    lines = [line for poem in poems for line in verse_lines(poem.text)]
    assert not {line[-1] for line in lines if len(line) > 2} & set(ends)
    # A line of two characters is nobody's.
    assert {line[-1] for line in lines if len(line) == 2} & set(ends)
    allowed = msgspec.structs.replace(request, copied_lines=True)
    assert [each.text for each in write(writer, allowed, Corpus(ends))] == [  # type: ignore[arg-type]
        each.text for each in write(writer, request)
    ]


def test_one_try_of_each_line_is_kept(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_at, resample = [], _PoemBatch.resample

    def record(batch: _PoemBatch, each: int, draws: Floats) -> None:
        kept_at.append(batch.written.shape[1])
        resample(batch, each, draws)

    monkeypatch.setattr(_PoemBatch, "resample", record)
    (poem,) = write(writer, ComposeRequest(form="如梦令", tries=3, seed=4))
    ends = [at for at, each in enumerate(poem.text, start=1) if each in STOPS]
    # The end token is read before a try of the last line is chosen.
    assert kept_at == [*ends[:-1], ends[-1] + 1]


def test_guidance_stresses_the_title_that_is_asked_for_and_not_the_tune(writer: Writer) -> None:
    config = ModelConfig(embedding=8, hidden=8, title_input=True)
    network = Network(config, len(writer.vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)  # opinions strong enough to differ
    titled = dataclasses.replace(writer, network=network.eval())
    plain = ComposeRequest(form="如梦令", tries=1, seed=4)
    for title, changes in (("", False), ("昨夜", True)):
        asked = msgspec.structs.replace(plain, title=title)
        guided = msgspec.structs.replace(asked, sampling=Sampling(guidance=9))
        assert (write(titled, guided) != write(titled, asked)) is changes


@pytest.mark.parametrize(
    ("known", "form", "given"),
    [
        ("月日国欲入目一白，。", "如梦令", ""),
        ("月日国欲入目一白，。", "对联", "月□□，□□□。"),
        ("天风花山东红，。", "对联", "天□□，□□□。"),
        ("𠀀𠀁，。", "", ""),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_model_without_a_character_for_a_place_is_refused(
    known: str, form: str, given: str
) -> None:
    vocabulary = Vocabulary.build([known], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    writer = Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")
    with pytest.raises(VerseError, match="the model knows no suitable character"):
        written(compose_any(writer, ComposeRequest(form=form, given=given, longest=5)))
