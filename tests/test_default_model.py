"""The model that the studio ships: it opens, its card tells the truth about it, and it writes."""

from functools import cache
from pathlib import Path

import msgspec
import pytest

from studio.corpus.poem import verse_lines
from studio.corpus.script import simplified
from studio.model import checkpoint
from studio.paths import Home
from studio.prosody.scansion import scan
from studio.runs.card import Card
from studio.runs.loading import DEFAULT, load_writer, locate
from studio.runs.published import readme
from studio.verse.composer import write
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer

LARGEST = 25_000_000  # bytes


@pytest.fixture
def card(shipped_model: Path) -> Card:
    return msgspec.json.decode((shipped_model / "card.json").read_bytes(), type=Card)


# Reading it takes longer than a poem.
_loaded = cache(load_writer)


@pytest.fixture
def writer(shipped_model: Path, tmp_path: Path) -> Writer:
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    folder, name = locate(home, "auto")
    assert (folder, name) == (shipped_model, DEFAULT)
    return _loaded(folder, name)


def test_it_is_small_and_its_card_is_of_this_very_model(shipped_model: Path, card: Card) -> None:
    size = (shipped_model / "model.safetensors").stat().st_size
    assert size == card.bytes < LARGEST
    network, vocabulary, described = checkpoint.load_model(shipped_model)
    assert network.parameter_count == card.parameters
    assert len(vocabulary) == card.vocabulary
    assert (described.step, described.config) == (card.step, card.config.model)
    assert (shipped_model / "README.md").read_text(encoding="utf-8") == readme(card)


def test_it_knows_the_characters_that_a_library_is_built_of(shipped_model: Path) -> None:
    _, vocabulary, _ = checkpoint.load_model(shipped_model)
    stays = "巘騑鸂"
    assert simplified(stays) == stays
    assert not [each for each in stays if each not in vocabulary]


@pytest.mark.parametrize("first", "日红山夜湖海月")
@pytest.mark.parametrize("form", ["五绝", "七律"])
def test_it_writes_regulated_verse_from_a_first_character(
    writer: Writer, first: str, form: str
) -> None:
    (poem,) = write(writer, ComposeRequest(first=first, form=form, seed=7))
    assert poem.text.startswith(first)
    scanned = scan(verse_lines(poem.text))
    assert scanned.form == form
    assert not [fault for fault in scanned.faults if fault.name != "重字"]
