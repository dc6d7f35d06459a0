"""A published model writes as the run did, and its card says what it is."""

from pathlib import Path

import msgspec
import pytest
import safetensors.torch
import torch

from studio.errors import RunError
from studio.paths import Home
from studio.runs import publishing
from studio.runs.card import Card
from studio.runs.loading import load_writer
from studio.runs.publishing import publish
from studio.runs.session import start_run
from studio.verse.composer import write
from studio.verse.request import ComposeRequest
from tests.small import small

REQUEST = ComposeRequest(form="", longest=12, seed=3)


@pytest.fixture
def published(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Card]:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    session = start_run(home, "a", small(validate_every=2))
    for _ in session.steps():
        pass
    session.close()
    folder = tmp_path / "model"
    return folder, publish(home, "a", folder)


def test_the_weights_are_in_half_precision_and_read_as_single(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    assert {each.dtype for each in weights.values()} == {torch.float16}
    assert card.bytes == (folder / "model.safetensors").stat().st_size
    network = load_writer(folder, "a").network
    assert {each.dtype for each in network.parameters()} == {torch.float32}
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, weights[name].float())


def test_the_card_says_what_it_was_made_from_and_how_good_it_is(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    assert msgspec.json.decode((folder / "card.json").read_bytes(), type=Card) == card
    assert card.config == small(validate_every=2)
    assert [each.split for each in card.figures] == ["valid", "test"]
    words = (folder / "card.md").read_text(encoding="utf-8")
    for each in card.figures:
        assert each.poems == card.poems[each.split]
        assert f"| {each.perplexity:.1f} | {each.perplexity_han:.1f} |" in words
    assert card.samples[0].text in words.replace("\\\n", "")


def test_the_card_names_the_run_before_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    home.library_beside("quansongshi").symlink_to(home.library.resolve())
    settings = {"lines_above": 1, "max_steps": 2}
    for name, poems, start in (("a", "quansongshi", ""), ("b", "", "a@2")):
        config = msgspec.structs.replace(small(**settings), poems=poems, start=start)
        session = start_run(home, name, config)
        for _ in session.steps():
            pass
        session.close()
    card = publish(home, "b", tmp_path / "model")
    assert card.before is not None
    assert (card.before.run, card.before.config.poems) == ("a@2", "quansongshi")
    assert [each.tokens for each in card.before.figures] == [each.tokens for each in card.figures]
    words = (tmp_path / "model" / "card.md").read_text(encoding="utf-8")
    assert f"Before it the run a@2: 2 steps in {card.before.hours:.1f} hours" in words
    assert f"{card.before.figures[1].perplexity:.1f} (test)" in words
    assert f"Of its poems {card.before.sharing:,} share three lines" in " ".join(words.split())


def test_poems_with_three_lines_of_a_held_out_poem_are_counted() -> None:
    held_out = {"valid": ["床前明月光，疑是地上霜。举头望明月，低头思故乡。"], "test": []}
    two = "床前明月光，疑是地上霜。白日依山尽，黄河入海流。"
    three = "床前明月光，疑是地上霜。举头望明月，黄河入海流。"
    assert publishing._sharing([two, three, "春眠不觉晓。"], held_out) == 1


def test_the_samples_come_again_from_their_requests(published: tuple[Path, Card]) -> None:
    folder, card = published
    (sample,) = card.samples
    (poem,) = write(load_writer(folder, "a"), sample.request)
    assert poem.text == sample.text


def test_a_folder_with_anything_else_in_it_is_left_alone(
    published: tuple[Path, Card], home: Home, tmp_path: Path
) -> None:
    mine = tmp_path / "mine" / "letter.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for folder in (mine.parent, next((home.runs / "a" / "checkpoints").iterdir())):
        before = sorted(folder.iterdir())
        with pytest.raises(RunError, match="not a published model"):
            publish(home, "a", folder)
        assert sorted(folder.iterdir()) == before


def test_what_was_published_before_stays_where_publishing_fails(
    published: tuple[Path, Card], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, card = published

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "_figures", fail)
    with pytest.raises(KeyboardInterrupt):
        publish(home, "a", folder)
    assert msgspec.json.decode((folder / "card.json").read_bytes(), type=Card) == card
    assert [path for path in folder.parent.iterdir() if path.name.startswith(".")] == []
    monkeypatch.undo()
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    assert publish(home, "a", folder) == card


def test_what_is_no_run_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run called 'default'"):
        publish(home, "default", tmp_path / "model")
    assert not (tmp_path / "model").exists()
