"""Perplexity is what the formula says, however the poems are batched."""

import math

import pytest
import torch

from studio.corpus.vocabulary import BEGIN, END
from studio.model import evaluate
from studio.model.config import ModelConfig
from studio.model.evaluate import Score, poem_losses, quatrain_score, score_poems, total
from studio.model.network import Network
from tests.model.conftest import CPU, VALID, VOCABULARY


@pytest.fixture
def network() -> Network:
    return Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=3)


def test_a_poem_is_scored_character_by_character(network: Network) -> None:
    text = "春江，月夜。"
    tokens = torch.tensor([[BEGIN, *VOCABULARY.encode(text), END]])
    features, _ = network.eval()(tokens[:, :-1])
    logs = network.logits(features).log_softmax(-1).detach()
    nats = [-float(logs[0, at, tokens[0, at + 1]]) for at in range(tokens.shape[1] - 1)]
    (score,) = score_poems(network, VOCABULARY, [text], CPU)
    assert score.tokens == 7
    assert score.han == 4
    assert score.nats == pytest.approx(sum(nats), rel=1e-5)
    han = [nats[at] for at in (0, 1, 3, 4)]
    assert score.perplexity == pytest.approx(math.exp(sum(han) / 4), rel=1e-5)
    assert score.perplexity_all == pytest.approx(math.exp(sum(nats) / 7), rel=1e-5)


def test_scores_do_not_depend_on_the_batches(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [*VALID, "春。", "江月，" * 30]
    together = score_poems(network, VOCABULARY, texts, CPU)
    monkeypatch.setattr(evaluate, "_BATCH", 1)
    alone = score_poems(network, VOCABULARY, texts, CPU)
    for one, other in zip(together, alone, strict=True):
        assert one.nats == pytest.approx(other.nats, rel=1e-5)
        assert one.tokens == other.tokens


def test_unknown_characters_count_as_the_unknown_token_and_are_reported(network: Network) -> None:
    (score,) = score_poems(network, VOCABULARY, ["春龘，月夜。"], CPU)
    assert (score.han, score.unknown) == (4, 1)
    assert score.unknown_share == 0.25


def test_a_network_that_knows_nothing_has_the_perplexity_of_its_vocabulary(
    network: Network,
) -> None:
    with torch.no_grad():
        network.softmax_weight.zero_()
    whole = total(score_poems(network, VOCABULARY, VALID, CPU))
    assert whole.perplexity == pytest.approx(len(VOCABULARY), rel=1e-4)


def test_scoring_leaves_the_network_in_training(network: Network) -> None:
    score_poems(network.train(), VOCABULARY, VALID, CPU)
    assert network.training


def test_no_text_has_no_perplexity() -> None:
    assert math.isnan(total([]).perplexity)
    assert total([]) == Score()


def test_quatrains_are_scored_from_their_second_line_without_the_end_token(
    network: Network,
) -> None:
    text = "春江月夜花，江月夜春花。花月江春夜，夜江花月春。"
    ((targets, losses),) = poem_losses(network, VOCABULARY, [text], CPU)
    assert len(targets) == len(text) + 1 and int(targets[-1]) == END
    score = quatrain_score(network, VOCABULARY, [text], CPU)
    assert score.tokens == 18
    assert score.nats == pytest.approx(float(losses[6:24].sum()))
