"""A checkpoint is whole, fits its vocabulary, or says what is wrong."""

import json
import os
import shutil
import stat
from pathlib import Path
from unittest.mock import Mock

import msgspec
import pytest
import safetensors.torch
import torch

from studio.corpus.vocabulary import BEGIN, Vocabulary
from studio.errors import DamageError, RunError, StudioError
from studio.model import checkpoint, preferred
from studio.model.checkpoint import Progress
from studio.model.checkpoint_names import name_of, names_in
from studio.model.config import ModelConfig
from studio.model.eight_bits import in_eight_bits
from studio.model.events import Validated
from studio.model.network import Network
from tests.model.conftest import VOCABULARY

VALIDATED = Validated(7, 1, perplexity=99.0, perplexity_all=66.0, best=True)


@pytest.fixture(params=[False, True], ids=["untied", "tied"])
def saved(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Network]:
    network = Network(
        ModelConfig(embedding=6, hidden=8, tied=request.param), len(VOCABULARY), seed=4
    )
    folder = tmp_path / name_of(7)
    checkpoint.save(folder, network, VOCABULARY, {"a": torch.ones(2)}, Progress(step=7), VALIDATED)
    return folder, network


def test_a_model_is_read_back(saved: tuple[Path, Network]) -> None:
    folder, network = saved
    again, vocabulary, card = checkpoint.load_model(folder)
    assert vocabulary == VOCABULARY
    assert (card.step, card.perplexity, card.perplexity_all) == (7, 99.0, 66.0)
    for name, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)
    assert not again.training


def test_poems_are_written_with_preferred_weights_and_training_resumes_without(
    saved: tuple[Path, Network],
) -> None:
    folder, network = saved
    assert preferred.read_preference(folder) is None
    learnt = preferred.Preference(poems=24, requests=2, seconds=3.5)
    liked = Network(network.config, len(VOCABULARY), seed=5)
    preferred.write_preferred(folder, liked, learnt)
    assert preferred.read_preference(folder) == learnt
    assert torch.equal(checkpoint.load_model(folder)[0].softmax_weight, liked.softmax_weight)
    before, _, _ = checkpoint.load_model(folder, preferred=False)
    assert torch.equal(before.softmax_weight, network.softmax_weight)
    resumed = Network(network.config, len(VOCABULARY))
    checkpoint.load_weights(resumed, folder)
    assert torch.equal(resumed.softmax_weight, network.softmax_weight)


def test_preferred_weights_that_cannot_be_used_are_named(saved: tuple[Path, Network]) -> None:
    folder, network = saved
    path = folder / preferred.FILE
    safetensors.torch.save_file(network.state_dict(), path)
    with pytest.raises(DamageError, match=r"preferred.safetensors does not say.*delete it"):
        preferred.read_preference(folder)
    path.write_bytes(b"hostile")
    for read in (preferred.read_preference, checkpoint.load_model):
        with pytest.raises(DamageError, match=r"preferred.safetensors"):
            read(folder)


def test_reading_a_model_draws_no_weights(
    saved: tuple[Path, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    # To draw some without memory, PyTorch imports its compiler.
    for name in ("_no_grad_normal_", "_no_grad_uniform_"):
        monkeypatch.setattr(torch.nn.init, name, None)
    model, _, _ = checkpoint.load_model(saved[0])
    assert torch.equal(model.softmax_weight, saved[1].softmax_weight)


def test_an_older_model_never_writes_a_superseded_variant(tmp_path: Path) -> None:
    older = Vocabulary("剑劒山，。")
    network = Network(ModelConfig(embedding=6, hidden=8), len(older), seed=4)
    folder = tmp_path / name_of(7)
    checkpoint.save(folder, network, older, {}, Progress(step=7), None)
    read, vocabulary, _ = checkpoint.load_model(folder)
    features, _ = read(torch.tensor([[BEGIN, *vocabulary.encode("剑山")]]))
    chances = read.logits(features).softmax(dim=-1)
    assert chances[..., older.superseded].max() == 0
    assert chances[..., vocabulary.index("剑")].min() > 0


def test_training_state_is_read_back(saved: tuple[Path, Network]) -> None:
    tensors, progress = checkpoint.load_training(saved[0])
    assert tensors["a"].tolist() == [1, 1]
    assert progress == Progress(step=7)


def test_another_vocabulary_is_refused(saved: tuple[Path, Network]) -> None:
    folder, _ = saved
    Vocabulary(VOCABULARY.characters[::-1]).save(folder / "vocabulary.json")
    with pytest.raises(RunError, match="vocabulary"):
        checkpoint.load_model(folder)


def test_weights_of_another_model_are_refused(saved: tuple[Path, Network]) -> None:
    folder, _ = saved
    safetensors.torch.save_file({"embedding.weight": torch.zeros(2)}, folder / "model.safetensors")
    with pytest.raises(RunError, match=r"embedding\.weight"):
        checkpoint.load_model(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "model.json", "vocabulary.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_is_named(saved: tuple[Path, Network], name: str, damage: str) -> None:
    path = saved[0] / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StudioError, match=name.replace(".", r"\.")):
        checkpoint.load_model(saved[0])


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_are_read(
    saved: tuple[Path, Network], precision: torch.dtype
) -> None:
    folder, network = saved
    halves = {
        name: each.to(precision) if each.is_floating_point() else each
        for name, each in network.state_dict().items()
    }
    safetensors.torch.save_file(halves, folder / checkpoint.WEIGHTS)
    again, _, _ = checkpoint.load_model(folder)
    for name, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor.to(precision).float())


def test_weights_in_eight_bits_are_near_and_fit_half_precision(
    saved: tuple[Path, Network],
) -> None:
    folder, network = saved
    with torch.no_grad():
        network.embedding.weight[3] = 0
    checkpoint.write_small_weights(folder, network)
    again = checkpoint.load_model(folder)[0].state_dict()
    for name, tensor in network.state_dict().items():
        found = again[name]
        assert torch.equal(found, found.half().to(found.dtype))
        if tensor.dim() == 2:
            step = tensor.abs().amax(dim=1, keepdim=True) / 127
            assert bool(((found - tensor).abs() <= 0.6 * step).all()), name
    assert not again["embedding.weight"][3].any()


@pytest.mark.parametrize("damage", ["no scale", "a scale too many", "a scale of the wrong shape"])
def test_eight_bits_with_the_wrong_scales_are_refused(
    saved: tuple[Path, Network], damage: str
) -> None:
    folder, network = saved
    stored = in_eight_bits(network.state_dict())
    match damage:
        case "no scale":
            del stored["embedding.weight.scale"]
        case "a scale too many":
            stored["softmax_bias.scale"] = torch.ones(1, 1)
        case _:
            stored["embedding.weight.scale"] = torch.ones(1, 1)
    safetensors.torch.save_file(stored, folder / checkpoint.WEIGHTS)
    with pytest.raises(DamageError, match=r"does not fit .*\.scale"):
        checkpoint.load_model(folder)


def test_scales_that_make_infinite_weights_are_refused(saved: tuple[Path, Network]) -> None:
    folder, network = saved
    stored = in_eight_bits(network.state_dict())
    # Half precision holds the scale, but not its products.
    stored["embedding.weight.scale"].fill_(60_000)
    safetensors.torch.save_file(stored, folder / checkpoint.WEIGHTS)
    with pytest.raises(DamageError, match=r"NaN or infinity in embedding\.weight"):
        checkpoint.load_model(folder)


def test_nothing_is_built_of_the_size_that_a_file_claims(
    saved: tuple[Path, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = saved
    description = checkpoint.read_description(folder)
    large = msgspec.structs.replace(description.config, hidden=8192, layers=16)
    claimed = msgspec.structs.replace(description, config=large)
    (folder / "model.json").write_bytes(msgspec.json.encode(claimed))
    sizes: list[int] = []

    def build(config: ModelConfig, vocabulary: int) -> Network:
        network = Network(config, vocabulary)
        sizes.append(sum(each.numel() for each in network.parameters() if not each.is_meta))
        return network

    monkeypatch.setattr(checkpoint, "Network", build)
    with pytest.raises(RunError, match="does not fit"):
        checkpoint.load_model(folder)
    assert sizes == [0]


def test_a_save_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Vocabulary, "save", fail)
    network = Network(ModelConfig(embedding=4, hidden=4), len(VOCABULARY))
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(tmp_path / "step-00000001", network, VOCABULARY, {}, Progress(), None)
    assert list(tmp_path.iterdir()) == []


def test_others_may_read_a_checkpoint_as_the_umask_says(saved: tuple[Path, Network]) -> None:
    folder, _ = saved
    before = os.umask(0o022)
    os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~before
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o666 & ~before}


def test_what_a_killed_process_left_of_a_checkpoint_goes(tmp_path: Path) -> None:
    left = tmp_path / ".step-00000003.0f0f"
    left.mkdir()
    (tmp_path / "step-00000006").mkdir()
    checkpoint.prune(tmp_path, 3, None)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000006"]


def test_what_a_person_keeps_beside_the_checkpoints_stays(tmp_path: Path) -> None:
    kept, elsewhere = tmp_path / "checkpoints", tmp_path / "elsewhere"
    names = [name_of(step) for step in (1, 2, 3, 4)]
    for name in (*names[1:], f"{names[0]}-good", "step-4", "step-best"):
        (kept / name).mkdir(parents=True)
    (kept / "step-notes.txt").touch()
    elsewhere.mkdir()
    (kept / names[0]).symlink_to(elsewhere)
    checkpoint.prune(kept, 2, None)
    own = [f"{names[0]}-good", "step-4", "step-best", "step-notes.txt"]
    assert sorted(path.name for path in kept.iterdir()) == [own[0], *names[2:], *own[1:]]
    assert checkpoint.delete_after(kept, 3) == [names[3]]
    assert sorted(path.name for path in kept.iterdir()) == [own[0], names[2], *own[1:]]
    assert elsewhere.exists()


def test_a_checkpoint_that_cannot_be_deleted_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name_of(step) for step in (1, 2, 3)]
    for name in names:
        (tmp_path / name).mkdir()
    rename = Path.rename

    def refuse(folder: Path, target: Path) -> Path:
        if folder.name == names[0]:
            raise PermissionError(13, "Permission denied", str(folder))
        return rename(folder, target)

    monkeypatch.setattr(Path, "rename", refuse)
    checkpoint.prune(tmp_path, 1, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], names[2]]


def test_a_process_that_is_killed_while_it_deletes_leaves_no_half_of_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name_of(step) for step in (1, 2)]
    for name in names:
        (tmp_path / name).mkdir()
    with monkeypatch.context() as killed:
        killed.setattr(shutil, "rmtree", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            checkpoint.prune(tmp_path, 1, None)
    assert names_in(tmp_path) == names[1:]
    checkpoint.prune(tmp_path, 1, None)
    assert [path.name for path in tmp_path.iterdir()] == names[1:]


def test_the_best_checkpoint_has_the_lowest_perplexity_over_all_targets(tmp_path: Path) -> None:
    network = Network(ModelConfig(embedding=4, hidden=4), len(VOCABULARY))
    for step, han, over_all in ((1, 80.0, 60.0), (2, 90.0, 50.0), (3, 0.0, 0.0)):
        name = name_of(step)
        validated = Validated(step, 1, han, over_all, False) if han else None
        checkpoint.save(tmp_path / name, network, VOCABULARY, {}, Progress(step), validated)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert checkpoint.best_of(tmp_path, names) == name_of(2)
    assert checkpoint.best_of(tmp_path, names[2:]) == name_of(3)
    (tmp_path / name_of(2) / "model.json").write_text("{")
    assert checkpoint.best_of(tmp_path, names) == name_of(1)


def test_checkpoints_of_an_older_version_are_compared_over_han_characters(tmp_path: Path) -> None:
    network = Network(ModelConfig(embedding=4, hidden=4), len(VOCABULARY))
    for step, han, over_all in ((1, 80.0, 60.0), (2, 90.0, 50.0)):
        folder = tmp_path / name_of(step)
        validated = Validated(step, 1, han, over_all, False)
        checkpoint.save(folder, network, VOCABULARY, {}, Progress(step), validated)
    path = tmp_path / name_of(1) / "model.json"
    description = json.loads(path.read_bytes())
    del description["perplexity_all"]
    path.write_text(json.dumps(description))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert checkpoint.best_of(tmp_path, names) == name_of(1)
