"""A writer that knows twenty characters and is not trained."""

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.verse.writer import Writer
from tests.conftest import nonsense


@pytest.fixture(params=["lstm", "gru", "rnn"])
def writer(request: pytest.FixtureRequest) -> Writer:
    """One for each cell."""
    vocabulary = Vocabulary.build(nonsense(60), 1)
    config = ModelConfig(cell=request.param, embedding=8, hidden=8)
    network = Network(config, len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)  # opinions strong enough to differ
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")
