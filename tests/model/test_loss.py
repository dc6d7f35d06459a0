"""The chunked loss is the plain one."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.model import loss
from studio.model.loss import (
    IGNORED,
    chunked_loss,
    nll_loss,
    sample_candidates,
    sampled_loss,
    token_losses,
)


def _problem(tokens: int, features: int, vocabulary: int, seed: int) -> tuple[Tensor, ...]:
    source = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=source, dtype=torch.float64).requires_grad_()

    targets = torch.randint(0, vocabulary, (tokens,), generator=source)
    targets[0] = 1  # at least one that counts
    return draw(tokens, features), draw(vocabulary, features), draw(vocabulary), targets


@settings(deadline=None, max_examples=40)
@given(
    tokens=st.integers(1, 40),
    features=st.integers(1, 8),
    vocabulary=st.integers(2, 30),
    chunk=st.integers(1, 50),
    seed=st.integers(0, 1000),
)
def test_the_chunked_loss_has_the_value_and_gradients_of_the_plain_one(
    tokens: int, features: int, vocabulary: int, chunk: int, seed: int
) -> None:
    *parameters, targets = _problem(tokens, features, vocabulary, seed)
    plain = loss.F.nll_loss(
        loss.F.log_softmax(loss.F.linear(*parameters), dim=-1), targets, ignore_index=IGNORED
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss, "CHUNK", chunk)
        chunked = chunked_loss(*parameters, targets)
    expected = torch.autograd.grad(plain * 3, parameters)
    gradients = torch.autograd.grad(chunked * 3, parameters)
    torch.testing.assert_close(chunked, plain, rtol=1e-10, atol=1e-12)
    for gradient, right in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, right, rtol=1e-9, atol=1e-12)


def test_bfloat16_changes_the_loss_and_its_gradients_by_little() -> None:
    features, weight, bias, targets = _problem(700, 16, 50, seed=2)
    half = features.detach().bfloat16().requires_grad_()
    single = (half, weight.detach().float().requires_grad_(), bias.detach().float())
    exact = chunked_loss(half.double(), weight, bias, targets)
    rounded = chunked_loss(*single, targets)
    assert rounded.dtype == torch.float32
    assert rounded.item() == pytest.approx(exact.item(), rel=2e-3)
    for found, right in zip(
        torch.autograd.grad(rounded, single[:2]),
        torch.autograd.grad(exact, (half, weight)),
        strict=True,
    ):
        assert (found.double() - right.double()).norm() < 0.01 * right.double().norm()


def test_a_target_that_is_next_to_impossible_costs_much_and_not_everything() -> None:
    bias = torch.tensor([0.0, 0.0, 200.0])
    value = chunked_loss(torch.zeros(1, 2), torch.zeros(3, 2), bias, torch.tensor([1]))
    assert 80 < value.item() < math.inf


def test_nll_loss_of_a_uniform_model_is_the_logarithm_of_the_vocabulary() -> None:
    features, weight, bias = torch.zeros(5, 3), torch.zeros(7, 3), torch.zeros(7)
    value = nll_loss(features, weight, bias, torch.tensor([1, 2, 3, 4, 5]))
    assert value.item() == pytest.approx(math.log(7))


def test_padding_counts_neither_in_the_mean_nor_token_by_token() -> None:
    features, weight, bias, targets = _problem(600, 4, 9, seed=5)
    each = token_losses(features, weight, bias, targets)
    assert (each[targets == IGNORED] == 0).all()
    mean = each.sum() / (targets != IGNORED).sum()
    assert mean.item() == pytest.approx(chunked_loss(features, weight, bias, targets).item())


def test_a_batch_of_nothing_but_padding_costs_nothing() -> None:
    features, weight, bias, _ = _problem(3, 4, 9, seed=5)
    value = chunked_loss(features, weight, bias, torch.zeros(3, dtype=torch.long))
    (gradient,) = torch.autograd.grad(value, [weight])
    assert value.item() == 0
    assert not gradient.any()


def test_a_sample_of_the_whole_vocabulary_gives_the_loss_itself() -> None:
    *parameters, targets = _problem(40, 6, 30, seed=3)
    targets[7] = IGNORED
    sample = sample_candidates(targets, 30, torch.Generator().manual_seed(1))
    estimate = sampled_loss(*parameters, *sample)  # type: ignore[arg-type]
    torch.testing.assert_close(estimate, chunked_loss(*parameters, targets))


def test_the_sampled_denominator_is_right_on_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "FREQUENT", 5)
    monkeypatch.setattr(loss, "SAMPLED", 4)
    features, weight, bias, targets = _problem(6, 3, 40, seed=4)
    source = torch.Generator().manual_seed(2)
    denominators = []
    for _ in range(4_000):
        tokens, log_counts, positions = sample_candidates(targets, 40, source)
        assert torch.equal(tokens[positions], targets)
        assert len(tokens) < 40
        logits = features @ weight[tokens].T + bias[tokens] + log_counts
        denominators.append(logits.exp().sum(dim=1))
    expected = (features @ weight.T + bias).exp().sum(dim=1)
    torch.testing.assert_close(torch.stack(denominators).mean(dim=0), expected, rtol=0.05, atol=0)


def test_a_sample_leaves_the_rows_of_other_characters_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loss, "FREQUENT", 5)
    monkeypatch.setattr(loss, "SAMPLED", 4)
    features, weight, bias, targets = _problem(6, 3, 40, seed=5)
    sample = sample_candidates(targets, 40, torch.Generator().manual_seed(3))
    sampled_loss(features, weight, bias, *sample).backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
    touched = set(weight.grad.abs().sum(dim=1).nonzero()[:, 0].tolist())
    assert touched == set(sample[0].tolist())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_on_a_gpu_characters_are_added_and_the_loss_is_the_same() -> None:
    features, weight, bias, targets = _problem(200, 16, 50, seed=4)
    expected = torch.autograd.grad(chunked_loss(features, weight, bias, targets), (weight, bias))
    on_gpu = [each.detach().float().cuda().requires_grad_() for each in (features, weight, bias)]
    assert len(loss.softmax_parts(*on_gpu)[0]) == 64
    found = chunked_loss(*on_gpu, targets.cuda())
    torch.testing.assert_close(
        found.cpu().double(), chunked_loss(features, weight, bias, targets), rtol=1e-3, atol=1e-3
    )
    for gradient, right in zip(torch.autograd.grad(found, on_gpu[1:]), expected, strict=True):
        torch.testing.assert_close(gradient.cpu().double(), right, rtol=1e-2, atol=1e-3)
