"""Choosing a character keeps to what each setting promises."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.verse.request import Sampling
from studio.verse.sampling import AGAIN, DOUBLED, FAR, NEAR, choose, narrow, penalise, stutter

LOGITS = torch.tensor([[4.0, 3.0, 2.0, 1.0, 0.0]])


def kept(sampling: Sampling) -> list[int]:
    return narrow(LOGITS, sampling)[0].isfinite().nonzero().flatten().tolist()


def drawn(rows: int, seed: int = 9) -> torch.Tensor:
    return torch.rand(rows, 2, generator=torch.Generator().manual_seed(seed))


def test_greedy_takes_the_likeliest_whatever_is_drawn() -> None:
    rows = LOGITS.expand(50, -1)
    assert (choose(rows, Sampling(strategy="greedy"), drawn(50))[0] == 0).all()


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


def test_characters_come_as_often_as_they_are_likely_among_those_kept() -> None:
    count = 40_000
    sampling = Sampling(temperature=1, top_p=0.9)
    picked, total = choose(LOGITS.expand(count, -1), sampling, drawn(count))
    assert torch.allclose(total, LOGITS.logsumexp(-1))
    found = picked.bincount(minlength=5) / count
    wanted = narrow(LOGITS, sampling).softmax(-1)[0]
    assert 0 < (wanted == 0).sum() < 4
    assert torch.allclose(found, wanted, atol=0.01)
    assert (found[wanted == 0] == 0).all()


def test_the_largest_draw_still_finds_a_character_that_may_come() -> None:
    row = torch.tensor([[0.0, 1.0, -torch.inf]])
    assert choose(row, Sampling(top_p=1), torch.full((1, 2), 1 - 2**-24))[0].item() == 1


def test_a_low_temperature_comes_near_argmax() -> None:
    draws, _ = choose(LOGITS.expand(200, -1), Sampling(temperature=0.05), drawn(200))
    assert (draws == 0).all()


def test_the_penalty_lowers_what_is_written_whatever_the_sign() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    written = torch.tensor([[0, 1, 1]])
    assert penalise(logits, written, 2.0).tolist() == [[1.0, -4.0, 1.0]]
    assert penalise(logits, written, 1.0) is logits


def lost(text: list[int]) -> list[float]:
    """What the characters 1 to 5 lose after a text in lines of four and a stop, which is 0."""
    han = torch.tensor([False, True, True, True, True, True])
    return stutter(torch.tensor([text]), 5, han)[0, 1:].tolist()


def test_a_character_is_lowered_more_the_nearer_it_stood() -> None:
    assert lost([1, 2, 3, 4, 0, 2])[0] == pytest.approx(NEAR)
    assert lost([1, 2, 3, 4, 0, 2, 3, 4, 5, 0, 2])[0] == pytest.approx(FAR)
    assert 0 < FAR < NEAR


def test_a_character_may_double_its_neighbour_on_the_rhythm_of_the_line() -> None:
    assert lost([1])[0] == lost([2, 3, 1])[0] == pytest.approx(DOUBLED)
    assert lost([2, 1])[0] == pytest.approx(NEAR)
    # Nor over the end of a line, nor a third time.
    assert lost([2, 3, 4, 1, 0])[0] == pytest.approx(NEAR)
    assert lost([1, 3, 1])[0] > lost([2, 3, 1])[0]
    assert 0 < DOUBLED < FAR


def test_two_characters_on_end_hardly_come_on_end_again() -> None:
    assert lost([1, 2, 3, 4, 0, 1])[1] == pytest.approx(AGAIN)


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
    picked, _ = choose(row, sampling, drawn(1))
    assert picked.item() != forbidden


@pytest.mark.parametrize("field", [{"temperature": 0}, {"top_p": 0}, {"min_p": 1}])
def test_values_that_leave_nothing_to_choose_are_refused(field: dict[str, float]) -> None:
    import msgspec

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(field, Sampling)
