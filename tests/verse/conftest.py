"""A writer that knows twenty characters and is not trained."""

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.verse.writer import Writer
from tests.conftest import nonsense


class Corpus:
    """Stands in for the index: a corpus of all lines that end as these do."""

    def __init__(self, ends: str) -> None:
        self.ends = ends

    def is_line(self, line: str) -> bool:
        return line[-1] in self.ends

    def copied(self, text: str) -> tuple[bool, ...]:
        return (False,) * len(text)


@pytest.fixture(params=["lstm", "gru", "rnn"])
def writer(request: pytest.FixtureRequest) -> Writer:
    """One for each cell."""
    vocabulary = Vocabulary.build(nonsense(60), 1)
    config = ModelConfig(cell=request.param, embedding=8, hidden=8)
    network = Network(config, len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)  # opinions strong enough to differ
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")
