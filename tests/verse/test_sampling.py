"""Choosing a character keeps to what each setting promises."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.verse.line_places import line_places
from studio.verse.request import Sampling
from studio.verse.sampling import (
    BIGRAM_COST,
    DOUBLED_COST,
    DRAWS,
    FAR_COST,
    NEAR_COST,
    Floats,
    _nucleus,
    _top_k_min_p,
    choose,
    coming_cost,
    draw,
    keskar_penalty,
    log_probability,
    repeat_cost,
    shares,
)

LOGITS = torch.tensor([[4.0, 3.0, 2.0, 1.0, 0.0]])
SHARES = LOGITS.softmax(-1).numpy()
NOTHING = np.zeros((1, 0), np.int64)


def narrow(shares: Floats, sampling: Sampling) -> Floats:
    """Top-k, min-p, then top-p, all worked out: what `choose` draws from without doing so."""
    left = _top_k_min_p(shares, sampling)
    return _nucleus(left, sampling.top_p) if sampling.top_p < 1 else left


def kept(sampling: Sampling) -> list[int]:
    return [int(each) for each in narrow(SHARES, sampling)[0].nonzero()[0]]


def drawn(rows: int, seed: int = 9) -> Floats:
    return np.random.default_rng(seed).random((rows, DRAWS), np.float32)


def masked(
    logits: torch.Tensor, allowed: list[int], temperature: float = 1.0
) -> tuple[Floats, Floats]:
    mask = np.array([allowed], np.float32)
    return shares(logits, mask, temperature, NOTHING, np.zeros((1, 0), np.float32))


def test_greedy_takes_the_likeliest_whatever_is_drawn() -> None:
    rows = SHARES.repeat(50, axis=0)
    assert (choose(rows, Sampling(strategy="greedy"), drawn(50)) == 0).all()


def test_top_k_keeps_the_k_likeliest() -> None:
    assert kept(Sampling(top_k=2, top_p=1)) == [0, 1]


def test_top_k_above_the_vocabulary_keeps_all() -> None:
    assert kept(Sampling(top_k=99, top_p=1)) == [0, 1, 2, 3, 4]


def test_top_p_keeps_the_smallest_set_that_holds_it() -> None:
    assert kept(Sampling(top_p=float(SHARES[0, 0]) - 0.01)) == [0]
    assert kept(Sampling(top_p=float(SHARES[0, 0]) + 0.01)) == [0, 1]


def test_min_p_keeps_what_is_likely_beside_the_likeliest() -> None:
    # Each is e times less likely than the one before.
    assert kept(Sampling(min_p=0.3, top_p=1)) == [0, 1]


def test_the_smallest_top_p_keeps_the_likeliest() -> None:
    assert kept(Sampling(top_p=5e-324)) == [0]


@pytest.mark.parametrize("top_p", [0.4, 0.7, 0.9, 1.0])
def test_characters_come_as_often_as_they_are_likely_among_those_kept(top_p: float) -> None:
    count = 40_000
    # Shares need not sum to one.
    picked = choose(3 * SHARES.repeat(count, axis=0), Sampling(top_p=top_p), drawn(count))
    found = np.bincount(picked, minlength=5) / count
    wanted = narrow(SHARES, Sampling(top_p=top_p))[0]
    assert np.allclose(found, wanted / wanted.sum(), atol=0.01)
    assert (found[wanted == 0] == 0).all()


def test_shares_are_the_models_of_what_is_allowed_after_penalties() -> None:
    at, lost = np.array([[1, 2, 1]]), np.array([[0.5, 9.0, 0.5]], np.float32)
    found, mass = shares(LOGITS, np.array([1, 1, 0, 1, 0], np.float32), 0.8, at, lost)
    logits = LOGITS.numpy()
    wanted = np.exp((logits - [[0, 0.5, 9, 0, 0]]) / 0.8)[0, [0, 1, 3]]
    wanted /= np.exp(logits / 0.8).sum()
    assert np.allclose(found[0, [0, 1, 3]], wanted)
    assert found[0, [2, 4]].tolist() == [0, 0]
    assert np.allclose(mass, np.log(wanted.sum()))


def test_what_the_model_finds_all_but_impossible_is_still_ordered() -> None:
    logits = torch.tensor([[500.0, 1.0, 0.0, 2.0]])
    found, mass = masked(logits, [0, 1, 1, 0])
    assert float(found[0, 1] / found[0, 2]) == pytest.approx(math.e, rel=1e-5)
    assert float(mass[0]) == pytest.approx(-500 + math.log(1 + math.e), rel=1e-5)


def test_the_largest_draw_still_finds_a_character_that_may_come() -> None:
    row = np.array([[0.4, 0.6, 0.0]], np.float32)
    assert draw(row, np.array([1 - 2**-24], np.float32)).item() == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=300), st.floats(0, 1, width=32))
def test_a_draw_is_where_the_running_sum_passes_it(row: list[float], at: float) -> None:
    row[0] = row[0] or 0.5
    picked = int(draw(np.array([row], np.float32), np.array([at], np.float32))[0])
    assert row[picked] > 0
    whole = sum(row)
    assert sum(row[:picked]) <= at * whole + 1e-4 * whole
    assert sum(row[: picked + 1]) >= at * whole - 1e-4 * whole


def test_the_probability_of_a_token_is_exact_however_small() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0], [500.0, 0.0, 1.0]])
    found = log_probability(logits, np.array([1, 2]))
    assert np.allclose(found, logits.log_softmax(-1)[[0, 1], [1, 2]])


def test_a_low_temperature_comes_near_argmax() -> None:
    cold, _ = masked(LOGITS, [1] * 5, temperature=0.05)
    assert (choose(cold.repeat(200, axis=0), Sampling(), drawn(200)) == 0).all()


def test_the_penalty_lowers_what_is_written_whatever_the_sign() -> None:
    logits = np.array([2.0, -2.0], np.float32)
    assert (logits - keskar_penalty(logits, 2.0)).tolist() == [1.0, -4.0]
    assert keskar_penalty(logits, 1.0).tolist() == [0, 0]


def lost(text: list[int]) -> list[float]:
    """What the characters 1 to 5 lose after a text in lines of four and a stop, which is 0."""
    han = np.array([False, True, True, True, True, True])
    written = np.array([text])
    found = np.zeros((1, 6))
    at = line_places([4, 4, 4])[len(text)]
    np.put_along_axis(found, written, repeat_cost(written, at, han), axis=1)
    return [float(each) for each in found[0, 1:]]


def test_a_character_is_lowered_more_the_nearer_it_stood() -> None:
    assert lost([1, 2, 3, 4, 0, 2])[0] == pytest.approx(NEAR_COST)
    assert lost([1, 2, 3, 4, 0, 2, 3, 4, 5, 0, 2])[0] == pytest.approx(FAR_COST)
    assert 0 < FAR_COST < NEAR_COST


def test_what_a_character_costs_does_not_depend_on_other_poems() -> None:
    han = np.array([False, *[True] * 5])
    # The last character of the first and the third stands further back; the second repeats another.
    poems = np.array([[1, 2, 3, 4, 0, 2], [1, 2, 1, 4, 0, 3], [5, 2, 5, 2, 0, 5]])
    at = line_places([4, 4])[6]
    costs = repeat_cost(poems, at, han)
    for poem, cost in zip(poems, costs, strict=True):
        found = np.zeros((2, 6), np.float32)
        found[0, poem] = cost
        found[1, poem] = repeat_cost(poem[None], at, han)[0]
        assert found[0].tolist() == found[1].tolist()


def test_what_is_fixed_further_on_is_not_written_before() -> None:
    # Lines of four and a stop, which is 0, as is what is free; the last token comes first.
    places, han = line_places([4, 4, 4]), np.array([False, True, True, True, True, True])
    coming = np.array([[0, 3, 0, 2, 0, 1]])  # the rest of the first line is 1 0 2 0 3 0
    (cost,) = coming_cost(coming, places, 0, han).tolist()
    assert cost == pytest.approx([0, NEAR_COST, 0, NEAR_COST, 0, NEAR_COST])
    later = np.array([[5, 4, 3, 0, 0, 0, 0, 2, 1, 0, 0]])  # 3 4 5 are in the line after the next
    (cost,) = coming_cost(later, places, 1, han).tolist()
    assert cost[:3] == pytest.approx([FAR_COST] * 3)
    assert cost[7:9] == pytest.approx([NEAR_COST] * 2)


def test_a_character_may_double_its_neighbour_on_the_rhythm_of_the_line() -> None:
    assert lost([1])[0] == lost([2, 3, 1])[0] == pytest.approx(DOUBLED_COST)
    assert lost([2, 1])[0] == pytest.approx(NEAR_COST)
    # Nor over the end of a line, nor a third time.
    assert lost([2, 3, 4, 1, 0])[0] == pytest.approx(NEAR_COST)
    assert lost([1, 3, 1])[0] > lost([2, 3, 1])[0]
    assert 0 < DOUBLED_COST < FAR_COST


def test_two_characters_on_end_hardly_come_on_end_again() -> None:
    assert lost([1, 2, 3, 4, 0, 1])[1] == pytest.approx(BIGRAM_COST)


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
    forbidden = banned % len(logits)
    allowed = [int(at != forbidden) for at in range(len(logits))]
    found, _ = masked(torch.tensor([logits]), allowed, temperature)
    sampling = Sampling(
        strategy=strategy,  # type: ignore[arg-type]
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
    )
    assert choose(found, sampling, drawn(1)).item() != forbidden


@pytest.mark.parametrize("field", [{"temperature": 0}, {"top_p": 0}, {"min_p": 1}])
def test_values_that_leave_nothing_to_choose_are_refused(field: dict[str, float]) -> None:
    import msgspec

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(field, Sampling)
