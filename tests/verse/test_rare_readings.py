"""The model uses a reading that a character seldom has only in the words that have it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.prosody.measure import scan_by
from studio.prosody.report import Scansion
from studio.prosody.rhymes import rare_readings, readings, rhyme_book
from studio.prosody.scansion import scan
from studio.verse.composer import write
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer
from tests.model.conftest import CPU

RARE = {"僻读", "僻韵"}
# The 3,755 common characters of GB 2312.
LEVEL_ONE = bytes(
    each for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for each in (row, cell)
).decode("gb2312", "ignore")


@pytest.fixture(scope="module")
def writer() -> Writer:
    """A model that finds characters with a rare reading, and what completes their words, likely."""
    words = [word for its in rare_readings().values() for each in its.values() for word in each]
    doubtful = sorted({*rare_readings(), *"".join(words)})
    common = "".join(each for each in rhyme_book() if each in LEVEL_ONE)
    vocabulary = Vocabulary.build(["".join(doubtful), common, "，。"], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_bias[[vocabulary.index(each) for each in doubtful]] = 3
    return Writer(network.eval(), vocabulary, CPU, "test@0")


def scanned(writer: Writer, request: ComposeRequest) -> list[tuple[list[str], Scansion]]:
    poems = [verse_lines(each.text) for each in write(writer, request)]
    return [(lines, scan(lines, request.form)) for lines in poems]


@given(
    form=st.sampled_from(["五绝", "七绝", "五律", "七律", "排律"]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=12, deadline=None)
def test_no_poem_rests_on_a_rare_reading(writer: Writer, form: str, seed: int) -> None:
    request = ComposeRequest(form=form, seed=seed, candidates=4, tries=2)
    for lines, scansion in scanned(writer, request):
        assert scansion.broken == []
        assert not RARE & {each.name for each in scansion.notes}, lines


@pytest.mark.parametrize("form", ["念奴娇", "古绝", "七绝"])
def test_no_rhyme_rests_on_a_reading_that_its_character_seldom_has(
    writer: Writer, form: str
) -> None:
    # 深 and 空 are level in 99 of 100 uses.
    request = ComposeRequest(form=form, candidates=12, tries=1)
    book = request.measure.book_for(form)
    for poem in write(writer, request):
        for line in scan_by(verse_lines(poem.text), form, request.measure).lines:
            its = [each for each in book.readings(line.text[-1]) if each.named(line.rhyme)]
            assert not line.rhyme or not all(
                book.seldom_rhymes(line.text[-1], each, line.text[-2]) for each in its
            ), line.text


@pytest.mark.parametrize(
    ("first", "patterns"),
    [("五更", {"平"}), ("太华", {"仄"}), ("不征", {"平"}), ("中华", {"平"})],
)
def test_a_word_has_its_own_reading(writer: Writer, first: str, patterns: set[str]) -> None:
    """The second of two likely characters is taken for the tone that it has after the first."""
    bias = writer.network.softmax_bias
    before = bias.detach().clone()
    with torch.no_grad():
        bias[[writer.vocabulary.index(each) for each in first]] = 9
    try:
        found = set()
        for lines, scansion in scanned(writer, ComposeRequest(form="七律", candidates=24, tries=1)):
            for text, line in zip(lines, scansion.lines, strict=True):
                at = text.find(first)
                if 0 <= at < 5:
                    found.add(line.characters[at + 1].required)
        assert found - {"中"} == patterns
    finally:
        with torch.no_grad():
            bias.copy_(before)


@pytest.mark.parametrize("given_text", ["浪白依山尽", "更有一夜雨"])
def test_what_a_person_writes_may_rest_on_any_reading(writer: Writer, given_text: str) -> None:
    (poem,) = write(writer, ComposeRequest(first=given_text, tones="tang"))
    assert poem.text.startswith(given_text)


def test_a_rhyme_by_a_rare_reading_is_near_to_none(writer: Writer) -> None:
    # 居 is also in 支, a neighbour of 微; 台 in 支 too.
    assert {each.rhyme for each in readings("居")} == {"支", "魚"}
    for seed in range(3):
        request = ComposeRequest(form="五绝", candidates=32, tries=1, tones="tang", rhyme="微")
        for lines, _ in scanned(writer, request):
            assert lines[0][-1] not in "居台", (seed, lines)
