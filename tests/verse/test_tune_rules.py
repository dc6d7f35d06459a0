"""Ci are written by construction: every tone and every rhyme of the tune."""

import pytest
import torch

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.prosody.measure import scan_by
from studio.prosody.rhymes import rhyme_book
from studio.prosody.tunes import tunes
from studio.verse.composer import write
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer


@pytest.fixture(scope="module")
def writer() -> Writer:
    """A network of random weights that knows many characters of the rhyme book."""
    known = "".join(list(rhyme_book())[:2500])
    vocabulary = Vocabulary.build(["，。昨夜瘦", known], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


@pytest.mark.parametrize("tune", tunes())
def test_a_ci_keeps_every_rule_of_its_tune(writer: Writer, tune: str) -> None:
    for poem in write(writer, ComposeRequest(form=tune, candidates=2, tries=1)):
        scanned = scan_by(verse_lines(poem.text), tune)
        assert poem.complete
        assert scanned.broken == []
        ends = [line.text[-1] for line in scanned.lines if line.rhyme]
        assert len(set(ends)) == len(ends)


def test_what_is_given_stays_and_decides_the_rhyme(writer: Writer) -> None:
    given = "□□□□□□。□□□□□□。□□□□□，□□□□□□。□□，□□。□□□□□瘦。"
    (poem,) = write(writer, ComposeRequest(form="如梦令", given=given, tries=2))
    assert poem.text[-2] == "瘦"
    scanned = scan_by(verse_lines(poem.text), "如梦令")
    assert (scanned.broken, scanned.rhymes) == ([], ("仄第十二部",))
    (opened,) = write(writer, ComposeRequest(form="如梦令", first="昨夜", tries=1))
    assert opened.text.startswith("昨夜")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ComposeRequest(form="如梦令", acrostic="春江"), "opening or a given text only"),
        (ComposeRequest(form="如梦令", given="春" * 99), "33 characters; the text has 99"),
    ],
)
def test_what_a_tune_cannot_take_is_refused(
    writer: Writer, request_: ComposeRequest, says: str
) -> None:
    with pytest.raises(VerseError, match=says):
        write(writer, request_)
