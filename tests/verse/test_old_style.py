"""Marks of the old style stay out of regulated verse."""

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.prosody.forms import form_named
from studio.verse.composer import write
from studio.verse.request import ComposeRequest, Tones
from studio.verse.writer import Writer
from tests.conftest import nonsense
from tests.model.conftest import CPU


@pytest.fixture(scope="module")
def writer() -> Writer:
    """A model that finds 兮 likely everywhere."""
    vocabulary = Vocabulary.build([*nonsense(60), "兮"], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_bias[vocabulary.index("兮")] = 4
    return Writer(network.eval(), vocabulary, CPU, "test@0")


@pytest.mark.parametrize("tones", ["strict", "tang", "free"])
@pytest.mark.parametrize("form", ["五绝", "七律", "古绝", "五古"])
def test_regulated_forms_have_none(writer: Writer, form: str, tones: Tones) -> None:
    poems = write(writer, ComposeRequest(form=form, tones=tones, candidates=3))
    assert any("兮" in poem.text for poem in poems) != form_named(form).regulated


def test_one_that_is_given_stays(writer: Writer) -> None:
    (poem,) = write(writer, ComposeRequest(first="风兮", tones="free"))
    assert poem.text.startswith("风兮")
