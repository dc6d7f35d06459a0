"""What a model writes without a form is measured as the scanner and the index see it."""

from functools import cache
from pathlib import Path

import pytest
import torch

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.paths import Home
from studio.prosody.scansion import scan
from studio.runs.loading import DEFAULT, load_writer
from studio.verse import evaluation
from studio.verse.composer import write
from studio.verse.constraints import FreeRules
from studio.verse.free_verse import FreeVerse, write_quatrains
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest, WrittenPoem
from studio.verse.writer import Writer

COUNT = 16


# Reading it takes longer than a poem.
_loaded = cache(load_writer)


@pytest.fixture
def writer(shipped_model: Path) -> Writer:
    return _loaded(shipped_model, DEFAULT)


def test_the_shares_are_those_of_the_poems_that_it_writes(writer: Writer, home: Home) -> None:
    found = FreeVerse(home.library).measure(writer, 7, COUNT)
    request = ComposeRequest(form="", longest=32, seed=20, candidates=COUNT)
    poems = [verse_lines(poem.text)[:4] for poem in write(writer, request)]
    right = [lines for lines in poems if [*map(len, lines)] in ([5] * 4, [7] * 4)]
    assert len(right) > 0
    assert (found.step, found.poems, found.length_kept) == (7, COUNT, len(right) / COUNT)
    perfect = [lines for lines in right if scan(lines).regulated and scan(lines).perfect]
    assert found.tones_kept == len(perfect) / COUNT
    with Novelty.open(home.library, "train") as novelty:
        copied = [each for lines in poems for each in novelty.copied("".join(lines))]
    assert found.grams_copied == sum(copied) / len(copied)


def written(text: str) -> WrittenPoem:
    return WrittenPoem(text, 0.0, complete=True)


def test_a_quatrain_that_keeps_everything_and_one_that_keeps_nothing(
    writer: Writer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["白日依山尽，黄河入海流。欲穷千里目，更上一层楼。山", "山山山山山山，山。"]
    monkeypatch.setattr(evaluation, "write_best", lambda *_: tuple(map(written, texts)))
    found = FreeVerse(home.library).measure(writer, 1, 2)
    assert (found.length_kept, found.tones_kept, found.rhyme_kept) == (0.5, 0.5, 0.5)
    # Nothing of the first poem repeats; of the second, six of seven characters do.
    assert found.repeats == (0 + 6) / 2
    assert found.distinct_2 == (19 + 1) / (19 + 6)


def test_a_quatrain_has_the_stops_that_the_model_wrote(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    texts = [whole, whole + "山水", "山，水。月"]
    monkeypatch.setattr(evaluation, "write_best", lambda *_: tuple(map(written, texts)))
    assert write_quatrains(writer, 3)[0] == [whole, whole, "山，水。月"]


def test_without_a_library_nothing_is_said_about_copies(writer: Writer, tmp_path: Path) -> None:
    assert FreeVerse(tmp_path / "none").measure(writer, 1, 2).grams_copied is None


def test_a_network_in_training_writes_no_variant_that_its_checkpoint_would_not() -> None:
    vocabulary = Vocabulary("剑劒山，。")
    network = Network(ModelConfig(embedding=6, hidden=8), len(vocabulary), seed=4)
    training = Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "a@7")
    request = ComposeRequest(form="", longest=16, candidates=16)
    tokens = {each for poem in write(training, request) for each in poem.text}
    assert tokens == {"剑", "山", "，", "。"}
    assert FreeRules(vocabulary, "", 4, False, 1).allowed(1)[vocabulary.superseded].max() == 0
