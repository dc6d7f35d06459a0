"""Smoothing, thinning, axes, sparklines and words for numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.tui.drawing.scales import LABEL, finite, log_ticks, round_values, smooth, thin, ticks
from studio.tui.training.history import History
from studio.wording import compact, duration, figure, printable, sparkline
from tests.tui.fake_worker import a_run

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=700)
weights = st.sampled_from([0.0, 0.1, 0.6, 0.9, 0.98])


@given(numbers, weights)
def test_smoothing_in_blocks_is_the_debiased_average(values: list[float], weight: float) -> None:
    expected, average = [], 0.0
    for count, value in enumerate(values, start=1):
        average = weight * average + (1 - weight) * value
        expected.append(average / (1 - weight**count))
    assert smooth(np.array(values), weight) == pytest.approx(expected, rel=1e-6, abs=1e-3)


@given(numbers, st.integers(1, 100))
def test_thinning_keeps_the_ends_the_lowest_and_the_highest(
    values: list[float], buckets: int
) -> None:
    x, y = thin(np.arange(len(values), dtype=float), np.array(values), buckets)
    assert len(x) <= 2 * buckets + 2
    assert (x[0], x[-1]) == (0, len(values) - 1)
    assert (y.min(), y.max()) == (min(values), max(values))
    assert list(x) == sorted(x)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 12))
def test_ticks_are_within_the_axis_and_not_too_many(low: float, span: float, most: int) -> None:
    values = round_values(low, low + span, most)
    assert len(values) <= most
    assert all(low - span * 1e-3 <= value <= low + span * 1.001 for value in values)


def test_a_logarithmic_axis_has_ticks_at_round_values() -> None:
    found = [(1.0, "10"), (2.0, "100"), (3.0, "1000"), (4.0, "10k")]
    assert log_ticks(1.0, 4.0, 5) == found


def test_a_logarithmic_axis_within_one_decade_still_has_ticks() -> None:
    values = log_ticks(math.log10(4.4), math.log10(8.6), 5)
    assert [label for _, label in values] == ["5", "6", "7", "8"]


@given(st.floats(-1e30, 1e30), st.floats(1e-9, 1e30), st.integers(2, 12))
def test_no_label_is_too_wide_or_repeated(low: float, span: float, most: int) -> None:
    labels = [label for _, label in ticks(low, low + span, most) if label]
    assert all(len(label) <= LABEL for label in labels)
    assert len(labels) == len(set(labels))


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.integers(2, 12))
def test_logarithmic_ticks_are_few_with_short_labels_at_every_zoom(
    low: float, span: float, most: int
) -> None:
    found = log_ticks(low, low + span, most)
    assert len(found) <= most
    assert all(len(label) <= LABEL for _, label in found)


def test_small_values_are_labelled_with_their_power_of_ten() -> None:
    assert [label for _, label in ticks(1e-5, 2e-5, 3)] == ["1e-5", "1.5e-5", "2e-5"]


def test_points_that_cannot_be_drawn_are_left_out() -> None:
    x = np.arange(5, dtype=float)
    y = np.array([1.0, np.nan, np.inf, -2.0, 3.0])
    assert list(finite(x, y)[1]) == [1.0, -2.0, 3.0]
    assert list(finite(x, y, positive=True)[1]) == [1.0, 3.0]


def test_a_sparkline_shows_the_mean_of_each_share_of_the_values() -> None:
    assert sparkline([0, 0, 7, 7], 2) == "▁█"
    assert sparkline([1, 2], 8) == "▁█"
    assert sparkline([3, 3, 3], 3) == "▁▁▁"
    assert sparkline([0, 50, 100], 3, 0, 100, plain=True) == "_=#"


def test_a_sparkline_survives_values_that_are_not_numbers() -> None:
    assert sparkline([math.nan, 1.0, math.inf, 2.0], 4) == "▁█"
    assert sparkline([math.nan], 4) == ""


def test_speed_is_measured_over_the_last_steps() -> None:
    history = History.of("spring", a_run(100))
    assert history.speed_now() == pytest.approx(6400 / 0.11)
    assert np.isnan(history.speed()[0])
    assert history.seconds_left(200) == pytest.approx(11.0)


def test_a_run_that_has_just_started_has_no_speed_and_no_time_left() -> None:
    history = History.of("spring", a_run(1))
    assert history.speed_now() is None
    assert history.seconds_left(200) is None


def test_numbers_and_times_are_short_and_readable() -> None:
    assert [compact(n) for n in (7, 950, 12_345, 1_234_567)] == ["7", "950", "12.3k", "1.23M"]
    # Rounding leads to the next unit.
    rounded = [compact(n) for n in (9999.4, 9999.7, 999_499, 999_600, 999_600_000)]
    assert rounded == ["9999", "10k", "999k", "1M", "1G"]
    assert [duration(s) for s in (42, 130, 11_040, 190_000)] == [
        "42s",
        "2m 10s",
        "3h 04m",
        "2d 04h",
    ]
    assert [figure(v) for v in (None, 4.66612, 1234.5, math.nan)] == ["-", "4.666", "1,234", "nan"]


def test_control_characters_and_lone_surrogates_are_not_printable() -> None:
    assert printable("白\x1b[0m日\ud800\u202e\n") == "白[0m日\n"


def test_ticks_around_a_constant_have_their_label_once() -> None:
    labels = [label for _, label in ticks(0.0039999, 0.0040001, 5)]
    assert len(labels) > 1
    assert [label for label in labels if label] == ["0.004"]
