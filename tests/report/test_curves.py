"""Curves keep their ends and their means, however many points they have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.report.curves import POINTS, smoothed, thinned
from studio.report.training_chapter import SAMPLES, spread, steps_shown

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=1000)


@given(VALUES)
def test_a_smoothed_curve_starts_at_the_first_value_and_stays_among_them(
    values: list[float],
) -> None:
    found = smoothed(values)
    assert len(found) == len(values)
    assert found[0] == pytest.approx(values[0], abs=1e-3)
    assert min(values) - 1e-3 <= min(found) <= max(found) <= max(values) + 1e-3


def test_one_value_at_the_end_is_no_spike() -> None:
    found = smoothed([1.0] * 199 + [5.0])
    assert found[150] == 1.0
    assert 1.0 < found[-1] < 3.0


def test_a_straight_line_stays_straight() -> None:
    line = [float(each) for each in range(200)]
    assert smoothed(line) == pytest.approx(line)


def test_few_points_stay_and_many_become_means_of_equal_shares() -> None:
    few = [1.0, 5.0, 2.0]
    assert thinned(few, few) == ((1.0, 5.0, 2.0), (1.0, 5.0, 2.0))
    many = [float(each) for each in range(POINTS * 3)]
    x, y = thinned(many, many)
    assert len(x) == POINTS
    assert x == y
    assert x[0] == 1.0
    assert sum(x) / len(x) == pytest.approx(sum(many) / len(many))


@pytest.mark.parametrize("runs", [1, 2, 3, 4])
def test_of_each_run_the_first_and_the_last_sample_are_shown(runs: int) -> None:
    samples = [[*range(100 + run, 4000, 110 + 20 * run)] for run in range(runs)]
    shown = steps_shown(samples)
    assert len(shown) <= SAMPLES
    assert {step for each in samples for step in (each[0], each[-1])} <= set(shown)
    # Where they have the same steps, all rows are whole.
    assert steps_shown([samples[0]] * runs) == spread(samples[0], SAMPLES)
    assert steps_shown([[]] * runs) == []


def test_samples_are_spread_from_the_first_to_the_last() -> None:
    steps = list(range(0, 1000, 10))
    assert spread(steps[:8], 8) == steps[:8]
    chosen = spread(steps, 8)
    assert (len(chosen), chosen[0], chosen[-1]) == (8, 0, 990)
    assert chosen == sorted(set(chosen))
