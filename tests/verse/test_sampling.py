"""Choosing a character keeps to what each setting promises."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.verse.request import Sampling
from studio.verse.sampling import choose, narrow, penalise

LOGITS = torch.tensor([[4.0, 3.0, 2.0, 1.0, 0.0]])


def kept(sampling: Sampling) -> list[int]:
    return narrow(LOGITS, sampling)[0].isfinite().nonzero().flatten().tolist()


def test_greedy_takes_the_likeliest_and_draws_nothing() -> None:
    source = torch.Generator().manual_seed(3)
    before = source.get_state()
    assert choose(LOGITS, Sampling(strategy="greedy"), source).tolist() == [0]
    assert torch.equal(source.get_state(), before)


def test_top_k_keeps_the_k_likeliest() -> None:
    assert kept(Sampling(top_k=2, top_p=1)) == [0, 1]


def test_top_k_above_the_vocabulary_keeps_all() -> None:
    assert kept(Sampling(top_k=99, top_p=1)) == [0, 1, 2, 3, 4]


def test_top_p_keeps_the_smallest_set_that_holds_it() -> None:
    shares = LOGITS.softmax(-1)[0]
    assert kept(Sampling(top_p=float(shares[0]) - 0.01)) == [0]
    assert kept(Sampling(top_p=float(shares[0]) + 0.01)) == [0, 1]


def test_min_p_keeps_what_is_likely_beside_the_likeliest() -> None:
    # Each is e times less likely than the one before.
    assert kept(Sampling(min_p=0.3, top_p=1)) == [0, 1]


def test_a_seed_gives_the_same_draws_again() -> None:
    rows = LOGITS.expand(50, -1)
    draws = [choose(rows, Sampling(), torch.Generator().manual_seed(9)) for _ in range(2)]
    assert torch.equal(*draws)
    assert draws[0].unique().numel() > 1


def test_a_low_temperature_comes_near_argmax() -> None:
    draws = choose(LOGITS.expand(200, -1), Sampling(temperature=0.05), torch.Generator())
    assert (draws == 0).all()


def test_the_penalty_lowers_what_is_written_whatever_the_sign() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    written = torch.tensor([[True, True, False]])
    assert penalise(logits, written, 2.0).tolist() == [[1.0, -4.0, 1.0]]
    assert penalise(logits, written, 1.0) is logits


@settings(deadline=None)
@given(
    logits=st.lists(st.floats(-30, 30), min_size=2, max_size=12),
    banned=st.integers(0, 10),
    top_k=st.integers(0, 5),
    top_p=st.floats(0.01, 1),
    min_p=st.floats(0, 0.99),
    temperature=st.floats(0.1, 5),
    strategy=st.sampled_from(["greedy", "sample"]),
)
def test_what_is_forbidden_is_never_chosen(
    logits: list[float],
    banned: int,
    top_k: int,
    top_p: float,
    min_p: float,
    temperature: float,
    strategy: str,
) -> None:
    row = torch.tensor([logits])
    forbidden = banned % len(logits)
    row[0, forbidden] = -torch.inf
    sampling = Sampling(
        strategy=strategy,  # type: ignore[arg-type]
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
    )
    picked = choose(row, sampling, torch.Generator().manual_seed(0)).item()
    assert picked != forbidden


@pytest.mark.parametrize("field", [{"temperature": 0}, {"top_p": 0}, {"min_p": 1}])
def test_values_that_leave_nothing_to_choose_are_refused(field: dict[str, float]) -> None:
    import msgspec

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(field, Sampling)
