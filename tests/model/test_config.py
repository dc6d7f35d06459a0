"""Settings are validated when read."""

from pathlib import Path

import msgspec
import pytest

from studio.errors import ConfigError
from studio.model.config import RECIPES, read_config, recipe_named, with_settings

CLASSIC = RECIPES["classic"]


def test_the_classic_recipe_is_the_textbook_one() -> None:
    model, train = CLASSIC.model, CLASSIC.train
    assert (model.cell, model.embedding, model.layers, model.hidden) == ("lstm", 100, 2, 128)
    assert (train.loss, train.optimizer, train.learning_rate) == ("nll", "rmsprop", 0.01)
    assert (train.clip, train.batch_size) == (1.0, 100)


def test_a_setting_is_named_by_its_field_or_its_path() -> None:
    assert with_settings(CLASSIC, {"hidden": "256"}).model.hidden == 256
    assert with_settings(CLASSIC, {"train.epochs": 9}).train.epochs == 9
    assert with_settings(CLASSIC, {"tied": "true"}).model.tied is True


@pytest.mark.parametrize(
    ("key", "value"),
    [("hidden", "many"), ("hidden", 0), ("cell", "transformer"), ("dropout", 1.0), ("epochs", -1)],
)
def test_a_bad_value_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key):
        with_settings(CLASSIC, {key: value})


def test_an_unknown_setting_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="hidden"):
        with_settings(CLASSIC, {"heads": 8})


def test_an_unknown_recipe_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="classic"):
        recipe_named("transformer")


def test_a_config_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(msgspec.json.encode(RECIPES["studio"]))
    assert read_config(path) == RECIPES["studio"]


@pytest.mark.parametrize(
    "content",
    [b'{"model": {"heads": 8}}', b"{", b'{"train": {"clip": -1}}', b'{"recipe": "\xff"}'],
)
def test_a_config_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.json"):
        read_config(path)
