"""Curves for a chart: which there are, smoothing, thinning, and axes that tell real values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from textual_plot.axis_formatter import AxisFormatter

from studio.tui.history import Column, History
from studio.tui.wording import compact

# The widest label of an axis.
LABEL = 6
SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured along a run's steps. `noisy`: worth smoothing."""

    name: str
    title: str
    noisy: bool
    read: Callable[[History], tuple[Column, Column]]


def _per_step(
    column: Callable[[History], Sequence[float]],
) -> Callable[[History], tuple[Column, Column]]:
    return lambda history: (np.array(history.steps), np.array(column(history)))


def validation(history: History) -> tuple[Column, Column]:
    """Validation perplexity by step."""
    told = history.validations
    return np.array([v.step for v in told], float), np.array([v.perplexity for v in told], float)


def validation_loss(history: History) -> tuple[Column, Column]:
    """Validation loss by step, over the same targets as the training loss, in nats."""
    steps, _ = validation(history)
    losses = [math.log(each.perplexity_all) for each in history.validations]
    return steps, np.array(losses, float)


METRICS = (
    Metric("loss", "loss", True, _per_step(lambda history: history.losses)),
    Metric("perplexity", "validation perplexity", False, validation),
    Metric("rate", "learning rate", False, _per_step(lambda history: history.rates)),
    Metric("norm", "gradient norm", True, _per_step(lambda history: history.norms)),
    Metric("speed", "characters a second", True, lambda h: (np.array(h.steps), h.speed())),
)


def finite(x: Column, y: Column, positive: bool = False) -> tuple[Column, Column]:
    """The points that can be drawn; with `positive` those that have a logarithm."""
    good = np.isfinite(x) & np.isfinite(y)
    if positive:
        good &= y > 0
    return x[good], y[good]


def smooth(values: Column, weight: float) -> Column:
    """Exponential moving average, debiased: each value is a true mean of those so far.

    The weight is of the past, in [0, 1). Applied to all values, before any are thinned out, so that
    the curve does not change with the width of the terminal.
    """
    if weight <= 0 or len(values) == 0:
        return values
    # In blocks short enough that no power leaves the range of a double.
    block = 256
    powers = weight ** np.arange(block, dtype=np.float64)
    averages = np.empty(len(values), np.float64)
    carried = 0.0
    for start in range(0, len(values), block):
        part = np.asarray(values[start : start + block], np.float64)
        power = powers[: len(part)]
        inner = power * np.cumsum(part / power) * (1 - weight)
        averages[start : start + len(part)] = inner + carried * power * weight
        carried = float(averages[start + len(part) - 1])
    return averages / (1 - weight ** np.arange(1, len(values) + 1, dtype=np.float64))


def thin(x: Column, y: Column, buckets: int) -> tuple[Column, Column]:
    """At most two points a bucket, its lowest and its highest, so that no peak is lost."""
    if len(x) <= 2 * buckets:
        return x, y
    size = math.ceil(len(x) / buckets)
    edges = np.arange(0, len(x), size)
    keep = set()
    for start in edges:
        part = y[start : start + size]
        keep.add(int(start + part.argmin()))
        keep.add(int(start + part.argmax()))
    keep.update((0, len(x) - 1))
    kept = np.array(sorted(keep))
    return x[kept], y[kept]


class Axis(AxisFormatter):
    """An axis with no more ticks, at round values, than it has `room` for."""

    room = 5

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        return round_values(min_, max_, self.room)

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        gap = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        if gap >= 1:
            return [compact(tick) for tick in ticks]
        decimals = min(LABEL, math.ceil(-math.log10(gap) - 1e-9))
        labels = [f"{tick:.{decimals}f}" for tick in ticks]
        if max(map(len, labels)) > LABEL:
            labels = [compact(tick) for tick in ticks]
        # Around a constant, ticks differ in digits that have no room: said once.
        return ["" if label in labels[:index] else label for index, label in enumerate(labels)]


class LogAxis(Axis):
    """Values whose logarithm to base 10 is drawn: ticks at round real values, labelled so."""

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        decades = range(math.floor(min_), math.ceil(max_) + 1)
        for digits in ((1,), (1, 3), (1, 2, 5)):
            values = [decade + math.log10(digit) for decade in decades for digit in digits]
            ticks = [value for value in values if min_ <= value <= max_]
            if len(ticks) >= min(3, self.room):
                return ticks[:: math.ceil(len(ticks) / self.room)]
        real = round_values(10.0**min_, 10.0**max_, self.room)
        return [math.log10(tick) for tick in real if tick > 0]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        return [compact(float(f"{10.0**tick:.4g}")) for tick in ticks]


def round_values(low: float, high: float, most: int) -> list[float]:
    """At most so many multiples of 1, 2 or 5 times a power of ten between `low` and `high`."""
    if not high - low > abs(high) * 1e-9:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (power, 2 * power, 5 * power, 10 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            return [index * step for index in range(first, last + 1)]
    return [low]
