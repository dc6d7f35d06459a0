"""The small network that expects how a reader would judge a poem."""

import os
from pathlib import Path

import pytest
import torch

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN
from studio.errors import RunError
from studio.model.config import ModelConfig
from studio.model.judge import (
    FILE,
    Judge,
    Passage,
    inputs_of,
    read_judge,
    read_poems,
    select_rows,
    write_judge,
)
from studio.model.network import Network
from tests.model.conftest import CPU, VOCABULARY

POEMS = ["春江，月夜。", "江月夜，夜花江。", "春，江。"]
NOTHING_KNOWN = [About("", "", "")] * len(POEMS)


@pytest.fixture
def network() -> Network:
    return Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=3).eval()


def read(network: Network) -> list[Passage]:
    return read_poems(network, VOCABULARY, POEMS, NOTHING_KNOWN, CPU)


def test_each_token_comes_with_the_features_that_predict_it_and_what_it_costs(
    network: Network,
) -> None:
    for text, passage in zip(POEMS, read(network), strict=True):
        tokens = torch.tensor([[BEGIN, *VOCABULARY.encode(text)]])
        with torch.inference_mode():
            features, _ = network(tokens)
            chances = torch.log_softmax(network.logits(features), dim=-1)
        costs = -chances[0, :-1].gather(1, tokens[0, 1:, None])[:, 0]
        assert torch.allclose(passage.features.float(), features[:, :-1], atol=1e-2)
        for at, character in enumerate(text):
            expected = 0 if character in "，。" else float(costs[at])
            assert float(passage.nats[0, at]) == pytest.approx(expected, abs=1e-2)
            embedded = network.embedding.weight[tokens[0, at + 1]]
            assert torch.allclose(passage.characters[0, at].float(), embedded, atol=1e-2)


def test_step_by_step_it_expects_what_it_expects_at_once(network: Network) -> None:
    torch.manual_seed(1)
    judge = Judge(inputs_of(network), width=4).eval()
    (passage, *_) = read(network)
    with torch.inference_mode():
        at_once, end = judge(passage)
        judging = None
        for at in range(at_once.shape[1]):
            step = Passage(*(each[:, at : at + 1] for each in passage))
            points, judging = judge(step, judging)
            assert torch.allclose(points[:, 0], at_once[:, at], atol=1e-5)
        last, _ = judge(passage, last=True)
        assert torch.allclose(last, at_once[:, -1:], atol=1e-5)
    assert judging is not None and judging.read == end.read == at_once.shape[1]


def test_rows_are_judged_apart(network: Network) -> None:
    torch.manual_seed(1)
    judge = Judge(inputs_of(network), width=4).eval()
    first, second, _ = read(network)
    length = first.nats.shape[1]
    both = Passage(*(torch.cat([a, b[:, :length]]) for a, b in zip(first, second, strict=True)))
    with torch.inference_mode():
        _, judging = judge(both)
        swapped = select_rows(judging, torch.tensor([1, 0]))
        step = Passage(*(each[:, -1:] for each in both))
        as_they_were, _ = judge(step, judging)
        after, _ = judge(Passage(*(each.flip(0) for each in step)), swapped)
    assert torch.allclose(after, as_they_were.flip(0), atol=1e-5)
    assert not torch.allclose(as_they_were[0], as_they_were[1])


def test_it_is_read_beside_its_model(network: Network, tmp_path: Path) -> None:
    assert read_judge(tmp_path, network) is None
    judge = Judge(inputs_of(network), width=4)
    write_judge(tmp_path, judge)
    found = read_judge(tmp_path, network)
    assert found is not None and not found.training
    for name, each in judge.state_dict().items():
        assert torch.equal(found.state_dict()[name], each.half().float())


def test_that_of_another_model_is_refused(network: Network, tmp_path: Path) -> None:
    write_judge(tmp_path, Judge(inputs=10, width=4))
    with pytest.raises(RunError, match=r"judge\.safetensors.*belongs to another model"):
        read_judge(tmp_path, network)


def test_weights_that_are_no_numbers_are_refused(network: Network, tmp_path: Path) -> None:
    judge = Judge(inputs_of(network), width=4)
    with torch.no_grad():
        next(judge.parameters()).view(-1)[0] = torch.nan
    write_judge(tmp_path, judge)
    with pytest.raises(RunError, match=r"judge\.safetensors.*holds NaN"):
        read_judge(tmp_path, network)


def test_a_pipe_in_its_place_is_refused(network: Network, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(RunError, match=r"judge\.safetensors.*not a regular file"):
        read_judge(tmp_path, network)


def test_a_damaged_file_is_named_with_the_remedy(network: Network, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no tensors at all, but text")
    with pytest.raises(RunError, match=r"judge\.safetensors.*delete this file"):
        read_judge(tmp_path, network)
