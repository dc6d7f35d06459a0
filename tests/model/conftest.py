"""A tiny corpus and trainers on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import RECIPES, RunConfig, with_settings
from studio.model.device import Device
from studio.model.trainer import Trainer

CPU = Device(torch.device("cpu"), "float32")
CHARACTERS = "春江花月夜山水日红海天地人风雨"

MakeTrainer = Callable[..., Trainer]


def poems(count: int) -> list[str]:
    """Four-line nonsense from fifteen characters, each poem another one."""
    lines = []
    for number in range(count):
        characters = [CHARACTERS[(number * 7 + step * (1 + number % 4)) % 15] for step in range(20)]
        lines.append(
            "".join(
                "".join(characters[at : at + 5]) + stop
                for at, stop in zip(range(0, 20, 5), "，。，。", strict=True)
            )
        )
    return lines


TRAIN, VALID = poems(60), poems(75)[60:]
VOCABULARY = Vocabulary.build(TRAIN, 1)


def tiny(recipe: str = "classic", **settings: object) -> RunConfig:
    """A recipe made small."""
    small = {
        "embedding": 8,
        "hidden": 8,
        "batch_size": 8,
        "window": 16,
        "epochs": 3,
        "validate_every": 5,
        "checkpoint_every": 5,
        "report_every": 4,
        "warmup_steps": 0,
        "precision": "float32",
    }
    return with_settings(RECIPES[recipe], small | settings)


@pytest.fixture
def make_trainer(tmp_path: Path) -> MakeTrainer:
    """Make a trainer whose checkpoints go to a folder of this test."""

    def make(config: RunConfig, folder: str = "checkpoints") -> Trainer:
        return Trainer(config, VOCABULARY, TRAIN, VALID, CPU, tmp_path / folder)

    return make
