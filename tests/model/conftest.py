"""A tiny corpus and trainers on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import RunConfig
from studio.model.device import Device
from studio.model.trainer import Trainer
from tests.conftest import nonsense

CPU = Device(torch.device("cpu"), "float32")
POEMS = nonsense(75)
TRAIN, VALID = POEMS[:60], POEMS[60:]
VOCABULARY = Vocabulary.build(TRAIN, 1)

MakeTrainer = Callable[..., Trainer]


@pytest.fixture
def make_trainer(tmp_path: Path) -> MakeTrainer:
    """Make a trainer whose checkpoints go to a folder of this test."""

    def make(config: RunConfig, folder: str = "checkpoints") -> Trainer:
        return Trainer(config, VOCABULARY, TRAIN, VALID, CPU, tmp_path / folder)

    return make
