"""Preparing numbers for a plot: smoothing, thinning, ticks at round values."""

import math
import time
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from studio.translation import marked, tr
from studio.wording import compact

Column = NDArray[np.float64]


# The maximum width of an axis label.
LABEL = 6
_DAY = marked("%d %b")
# Seconds between two ticks of a time axis.
_GAPS = (
    1,
    5,
    10,
    30,
    60,
    300,
    600,
    1800,
    3600,
    10800,
    21600,
    43200,
    *(86400 * 2**n for n in range(12)),
)
# A damaged file may have larger numbers. A plot could not compute with their differences.
_FAR = 1e60
# The latest time that gets a tick, in the year 5138.
_LATEST = 1e11
# A range that is smaller than this share of its values is that of a constant.
CONSTANT = 2e-6


def finite(x: Column, y: Column, positive: bool = False) -> tuple[Column, Column]:
    """The points that can be drawn; with `positive`, only those whose value is above 0."""
    if not positive and _all_near(x) and _all_near(y):
        # So it is nearly always, and found without copies of a long curve.
        return x, y
    good = (np.abs(x) < _FAR) & (np.abs(y) < _FAR)
    if positive:
        good &= y > 0
    return x[good], y[good]


def _all_near(values: Column) -> bool:
    """Whether all can be drawn; NaN is the lowest and the highest value of any that it is among."""
    return len(values) == 0 or (values.min() > -_FAR and values.max() < _FAR)


def smooth(values: Column, weight: float) -> Column:
    """Exponential moving average without bias: each value is a weighted mean of those so far.

    `weight` is the weight of the past, in [0, 1). Smooth before thinning, so that the curve does
    not depend on the width of the terminal.
    """
    if weight <= 0 or len(values) == 0:
        return values
    # All blocks at once; they are so short that no power leaves the range of a double. Then each
    # block adds what is carried over from the previous one. In place: for a long curve most of the
    # time would go into new memory.
    block = 256
    powers = weight ** np.arange(block, dtype=np.float64)
    averages = np.zeros((math.ceil(len(values) / block), block))
    smoothed = averages.reshape(-1)[: len(values)]
    smoothed[:] = values
    averages /= powers
    np.cumsum(averages, axis=1, out=averages)
    averages *= powers
    averages *= 1 - weight
    ends = averages[:-1, -1].tolist()
    carried = accumulate(ends, lambda carry, own: own + carry * weight**block, initial=0.0)
    for row, before in zip(averages, carried, strict=True):
        row += before * weight * powers
    # After these, the weights add up to 1 in all digits.
    early = smoothed[: math.ceil(-40 / math.log(weight))]
    early /= 1 - weight ** np.arange(1, len(early) + 1)
    return smoothed


def thin(x: Column, y: Column, buckets: int) -> tuple[Column, Column]:
    """At most two points per bucket, the lowest and the highest, so that no peak is lost."""
    if len(x) <= 2 * buckets:
        return x, y
    size = math.ceil(len(x) / buckets)
    # The full buckets, and the rest at the end.
    full = len(y) // size * size
    kept = [np.array([0, len(y) - 1])]
    for start, part in ((0, y[:full].reshape(-1, size)), (full, y[full:].reshape(1, -1))):
        if part.size:
            first = start + np.arange(len(part)) * size
            kept += [first + part.argmin(axis=1), first + part.argmax(axis=1)]
    places = np.unique(np.concatenate(kept))
    return x[places], y[places]


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """At most `most` round values between `low` and `high`, each with its label."""
    if _is_constant(low, high):
        value = (low + high) / 2
        return _labelled([value], [_label(float(f"{value:.4g}"))])
    values = round_values(low, high, most)
    gap = values[1] - values[0] if len(values) > 1 else 1.0
    labels = [_label(value) for value in values]
    if gap < 1:
        decimals = min(LABEL, math.ceil(-math.log10(gap) - 1e-9))
        exact = [f"{value:.{decimals}f}" for value in values]
        labels = exact if max(map(len, exact)) <= LABEL else labels
    return _labelled(values, labels)


def log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Ticks for decimal logarithms: the values behind them are round, and are the labels."""
    values: list[float] = []
    # Far zoomed out, the values themselves are out of range.
    low, high = max(low, -300.0), min(high, 300.0)
    if _is_constant(low, high):
        value = (low + high) / 2
        return _labelled([value], [_label(float(f"{10.0**value:.4g}"))])
    decades = range(math.floor(low), math.ceil(high) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5)):
        round_logs = [decade + math.log10(digit) for decade in decades for digit in digits]
        values = [value for value in round_logs if low <= value <= high]
        if len(values) >= min(3, most):
            values = values[:: math.ceil(len(values) / most)]
            break
    else:
        if low < high:
            real = round_values(10.0**low, 10.0**high, most)
            values = [math.log10(value) for value in real if value > 0]
    return _labelled(values, [_label(float(f"{10.0**value:.4g}")) for value in values])


def time_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """At most `most` round times of day between two times in seconds since 1970."""
    # Far zoomed out, the times themselves are out of range.
    low, high = max(low, 0.0), min(high, _LATEST)
    if low > high:
        return []
    gap = next((gap for gap in _GAPS if (high - low) / gap < most), math.inf)
    if math.isinf(gap):
        return [(low, time.strftime(tr(_DAY), time.localtime(low)))]
    form = "%M:%S" if gap < 60 else "%H:%M" if gap < 86400 else tr(_DAY)
    # Round in local time, whose distance from UTC may have half an hour.
    offset = time.localtime(low).tm_gmtoff
    first = math.ceil((low + offset) / gap)
    times = [at * gap - offset for at in range(first, math.floor((high + offset) / gap) + 1)]
    return [(each, time.strftime(form, time.localtime(each))) for each in times]


def core(values: Column) -> tuple[float, float]:
    """The range of the values without the few that are far off, as at the start of a training.

    Within it are nine tenths of them, and half as much again to both sides.
    """
    # Of a long curve an even selection: the quantiles of all would take as long as drawing it.
    selected = values[:: max(1, len(values) // 4096)]
    low, high = np.quantile(selected, (0.05, 0.95))
    reach = (high - low) / 2
    return max(float(values.min()), low - reach), min(float(values.max()), high + reach)


def _is_constant(low: float, high: float) -> bool:
    """Whether labels between these would be the same: there is no room for so many digits."""
    return 0 <= high - low <= CONSTANT * max(abs(low), abs(high))


def _label(value: float) -> str:
    text = compact(value)
    # Such as 1.2e-4.
    return (text if len(text) <= LABEL else f"{value:.1e}").replace("e-0", "e-")


def _labelled(values: Sequence[float], labels: Sequence[str]) -> list[tuple[float, str]]:
    """Ticks with their labels, without labels that are too wide or repeated.

    Around a constant, labels can be the same, because there is no room for more digits.
    """
    shown = [
        "" if len(label) > LABEL or label in labels[:at] else label
        for at, label in enumerate(labels)
    ]
    return list(zip(values, shown, strict=True))


def round_values(low: float, high: float, most: int) -> list[float]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    if not high - low > abs(high) * 1e-9:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (power, 2 * power, 5 * power, 10 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            return [index * step for index in range(first, last + 1)]
    return [low]
