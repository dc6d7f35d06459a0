"""The small network that tells which couplet follows which."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from studio.corpus.vocabulary import BEGIN
from studio.errors import RunError
from studio.model.coherence import FILE, Coherence, couplet_features, read_coherence
from studio.model.config import ModelConfig
from studio.model.network import Network
from tests.model.conftest import CPU, VOCABULARY

COUPLETS = ["春江，月夜。", "江月，夜花。", "春，江。", "夜花，春江。"]


@pytest.fixture
def network() -> Network:
    return Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=3).eval()


def test_the_features_are_the_mean_over_the_couplet_and_those_after_it(network: Network) -> None:
    found = couplet_features(network, VOCABULARY, COUPLETS, CPU)
    assert not network.training
    for text, features in zip(COUPLETS, found, strict=True):
        tokens = torch.tensor([[BEGIN, *VOCABULARY.encode(text)]])
        with torch.inference_mode():
            alone, _ = network(tokens)
        expected = torch.cat([alone[0, 1:].mean(dim=0), alone[0, -1]])
        assert torch.allclose(features, expected, atol=1e-5)


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


def test_it_is_read_beside_the_model(tmp_path: Path) -> None:
    assert read_coherence(tmp_path) is None
    coherence = Coherence(12, width=4)
    save_file({name: each.half() for name, each in coherence.state_dict().items()}, tmp_path / FILE)
    read = read_coherence(tmp_path)
    assert read is not None and not read.training
    for name, each in coherence.state_dict().items():
        assert torch.equal(read.state_dict()[name], each.half().float())


@pytest.mark.parametrize("content", [b"", b"no tensors at all, but text"])
def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(RunError, match=r"coherence.safetensors.*delete this file"):
        read_coherence(tmp_path)


def test_a_file_with_other_tensors_is_refused(tmp_path: Path) -> None:
    save_file({"sides.0.1.weight": torch.zeros(4, 12)}, tmp_path / FILE)
    with pytest.raises(RunError, match="cannot be used"):
        read_coherence(tmp_path)
