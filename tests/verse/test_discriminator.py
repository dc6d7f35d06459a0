"""Telling a model's poems from people's by their statistics."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.records import RawPoem
from studio.errors import VerseError
from studio.verse.discriminator import Frequencies, discriminate
from studio.verse.novelty import Novelty
from studio.verse.writer import Writer
from tests.conftest import nonsense

TEXTS = nonsense(80)


@pytest.fixture
def training(tmp_path: Path) -> Novelty:
    path = tmp_path / "library.sqlite"
    build(path, [RawPoem("", "", text, str(at)) for at, text in enumerate(TEXTS)], source="")
    return Novelty.open(path)


def test_what_repeats_itself_is_told_and_what_is_alike_is_not(
    writer: Writer, training: Novelty
) -> None:
    with training:
        frequencies = Frequencies(TEXTS[:40])
        dull = ["日日日日日，日日日日日。" + text[12:] for text in TEXTS[40:]]
        told = discriminate(writer, dull, TEXTS[:40], frequencies, training)
        alike = discriminate(writer, TEXTS[40:60], TEXTS[60:], frequencies, training)
    assert told.poems == 80
    assert told.accuracy > 0.95
    assert alike.accuracy < 0.8
    assert len(told.tells) == 8


@pytest.mark.parametrize("writer", ["lstm"], indirect=True)
@pytest.mark.parametrize("short", ["日。", "日月，山。", "凹凸，凸。"])
def test_poems_of_few_characters_are_told(writer: Writer, training: Novelty, short: str) -> None:
    with training:
        told = discriminate(writer, [short] * 20, TEXTS[:20], Frequencies(TEXTS), training)
    assert told.accuracy == 1.0


def test_too_few_poems_are_refused(writer: Writer, training: Novelty) -> None:
    with training, pytest.raises(VerseError, match="Only 2 poems"):
        discriminate(writer, TEXTS[:2], TEXTS, Frequencies(TEXTS), training)


def test_characters_that_belong_together_are_associated() -> None:
    frequencies = Frequencies(["惆怅明月，明月惆怅。", "山明月怅，惆惆明怅。"])
    assert frequencies.association("惆怅") > frequencies.association("明怅") > 0
    assert frequencies.association("怅明") != 0
    assert frequencies.association("山山") == 0.0
