"""The small network that tells which couplet follows which."""

import importlib
import os
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from studio.corpus.vocabulary import BEGIN
from studio.errors import RunError
from studio.model.coherence import (
    FILE,
    Coherence,
    couplet_features,
    features_of,
    read_coherence,
    write_coherence,
)
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.verse.writer import Writer
from tests.model.conftest import CPU, VOCABULARY

COUPLETS = ["春江，月夜。", "江月，夜花。", "春，江。", "夜花，春江。"]


@pytest.fixture
def network() -> Network:
    return Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=3).eval()


@pytest.mark.parametrize("is_packed", [False, True])
def test_the_features_are_means_over_the_couplet_and_what_is_known_after_it(
    network: Network, is_packed: bool
) -> None:
    network.half().float()
    if is_packed:
        network.pack()
    found = couplet_features(network, VOCABULARY, COUPLETS, CPU)
    assert not network.training
    for text, features in zip(COUPLETS, found, strict=True):
        tokens = torch.tensor([[BEGIN, *VOCABULARY.encode(text)]])
        with torch.inference_mode():
            alone, _ = network(tokens)
            characters = network.embedding(tokens[0, 1:])
        expected = torch.cat([alone[0, 1:].mean(dim=0), alone[0, -1], characters.mean(dim=0)])
        assert len(features) == features_of(network)
        assert torch.allclose(features, expected, atol=1e-5)


def test_the_scores_of_pairs_are_some_of_all_scores() -> None:
    torch.manual_seed(1)
    coherence = Coherence(6, width=4).eval()
    features = torch.randn(5, 6)
    firsts, seconds = torch.tensor([3, 0]), torch.tensor([[1, 4, 3], [2, 2, 0]])
    with torch.inference_mode():
        every = coherence(features, features)
        found = coherence.of_pairs(features, firsts, seconds)
    torch.testing.assert_close(found, every[firsts[:, None], seconds])


def test_it_learns_which_of_some_couplets_follows(network: Network) -> None:
    torch.manual_seed(1)
    features = couplet_features(network, VOCABULARY, COUPLETS, CPU)
    coherence = Coherence(features.shape[1], width=16)
    coherence.mean.copy_(features.mean(dim=0))
    coherence.scale.copy_(features.std(dim=0))
    optimiser = torch.optim.AdamW(coherence.parameters(), 0.01)
    following = torch.tensor([1, 0, 3, 2])
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(coherence(features, features), following)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        assert coherence(features, features).argmax(dim=1).tolist() == following.tolist()


def test_a_unit_that_is_always_the_same_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "data"))
    script = importlib.import_module("build_coherence")
    features = torch.randn(5, 6).half()
    features[:, 2] = 1
    coherence = script.untrained(features)
    assert coherence(features.float(), features.float()).isfinite().all()


def test_without_validation_poems_it_is_trained_all_the_same(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "data"))
    script = importlib.import_module("build_coherence")
    writer = Writer(network, VOCABULARY, CPU, "a@1")
    assert script._found(writer, Coherence(features_of(network)), []) == ""


def test_it_is_read_beside_its_model(network: Network, tmp_path: Path) -> None:
    assert read_coherence(tmp_path, network) is None
    coherence = Coherence(features_of(network), width=4)
    write_coherence(tmp_path, coherence)
    read = read_coherence(tmp_path, network)
    assert read is not None and not read.training
    for name, each in coherence.state_dict().items():
        assert torch.equal(read.state_dict()[name], each.half().float())


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    write_coherence(tmp_path, Coherence(10, width=4))
    os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o644


@pytest.mark.parametrize("content", [b"", b"no tensors at all, but text"])
def test_a_damaged_file_is_named_with_the_remedy(
    network: Network, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(RunError, match=r"coherence.safetensors.*delete this file"):
        read_coherence(tmp_path, network)


@pytest.mark.parametrize("width", [0, 4])
def test_a_file_with_other_tensors_is_refused(network: Network, tmp_path: Path, width: int) -> None:
    features = features_of(network)
    save_file({"sides.0.1.weight": torch.zeros(width, features)}, tmp_path / FILE)
    with pytest.raises(RunError, match="cannot be used"):
        read_coherence(tmp_path, network)


def test_that_of_another_model_is_refused(network: Network, tmp_path: Path) -> None:
    write_coherence(tmp_path, Coherence(features=10, width=4))
    with pytest.raises(RunError, match="belongs to another model"):
        read_coherence(tmp_path, network)
