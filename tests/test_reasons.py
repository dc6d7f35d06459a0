"""What is wrong with data from outside is said with the key and what it takes."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from studio.documents import converted
from studio.errors import ConfigError, StudioError
from studio.json_lines import read_records
from studio.model.config import RunConfig
from studio.model.events import TrainingEvent
from studio.settings import Settings
from studio.verse.request import ComposeRequest


@pytest.mark.parametrize(
    ("kind", "document", "words"),
    [
        (
            ComposeRequest,
            {"sampling": {"temperature": 0}},
            "sampling.temperature must be a number from 0.000001 to 10, not 0.",
        ),
        (
            ComposeRequest,
            {"sampling": {"top_p": 2.5}},
            "sampling.top_p must be a number above 0 and at most 1, not 2.5.",
        ),
        (ComposeRequest, {"words": ["山", 5]}, "words.1 must be text, not 5."),
        (
            RunConfig,
            {"model": {"cell": "foo"}},
            "model.cell must be rnn, gru or lstm, not 'foo'.",
        ),
        (
            RunConfig,
            {"model": {"layers": 2**64}},
            "model.layers must be a whole number from 1 to 16, not 18446744073709551616.",
        ),
        (
            RunConfig,
            {"model": {"layers": 10**5000}},
            "model.layers must be a whole number from 1 to 16, "
            "not a number of more than 20 digits.",
        ),
        (RunConfig, {"model": {"tied": None}}, "model.tied must be true or false, not null."),
        (RunConfig, {"model": []}, "model must be an object, not a list."),
        (RunConfig, {"model": {"heads": 8}}, "model.heads is not a known key."),
        (RunConfig, [], "it must be an object, not a list."),
        (Settings, {"keymap": {"studio.zoom": 5}}, "each value of keymap must be text."),
        (TrainingEvent, {"event": "EpochDone", "step": 1}, "epoch is missing."),
        (
            TrainingEvent,
            {"event": "EpochDone", "step": "x", "epoch": 1, "loss": 1.0},
            "step must be a whole number from 0 to 2,147,483,647, not 'x'.",
        ),
        (TrainingEvent, {"event": "Sung"}, "event cannot be 'Sung'."),
    ],
)
def test_what_is_wrong_names_the_key_and_what_it_takes(
    kind: Any, document: object, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        converted(document, kind)
    assert str(caught.value) == words


def test_a_number_that_was_typed_is_shown_as_it_was_typed() -> None:
    class Typed(msgspec.Struct):
        count: int = 1

    with pytest.raises(ConfigError, match="not 'many'"):
        converted({"count": "many"}, Typed, strict=False)


def test_a_key_has_the_name_that_the_person_knows() -> None:
    with pytest.raises(ConfigError, match=r"^--tries must be a whole number from 1 to 256, not 0"):
        converted({"tries": 0}, ComposeRequest, lambda key: f"--{key}")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["likelihood", "repetition", "novelty"])
def test_what_is_no_number_is_no_weight(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=key):
        converted({"ranking": {key: value}}, ComposeRequest)


def test_a_wrong_value_before_broken_json_is_answered_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b'{"a": "x", garbage\n')
    with pytest.raises(StudioError, match=r"lines, line 1 cannot be read"):
        read_records(path, msgspec.json.Decoder(Limited), StudioError, "Delete it.")


class Limited(msgspec.Struct):
    a: int
