"""The metrics with a curve, and how each is read from a run's history."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.model.events import Validated, VerseMeasured
from studio.telemetry import GIGABYTE
from studio.translation import marked
from studio.tui.drawing.scales import Column
from studio.tui.training.history import History

SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)


Group = Literal["learning", "verse", "device"]
Read = Callable[[History], tuple[Column, Column]]


@dataclass(frozen=True, slots=True)
class Beside:
    """A second curve in the chart of a metric, with the labels of both."""

    first: str
    second: str
    read: Read
    # Whether it is also shown for each of several runs.
    of_each: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """A value measured along a run's steps. A `noisy` one is smoothed.

    Its title is translated where it is shown; so are the labels of `Beside`.
    """

    name: str
    title: str
    noisy: bool
    read: Read
    beside: Beside | None = None
    group: Group = "learning"
    is_recorded: Callable[[History], bool] = lambda history: bool(history.steps)


def _per_step(column: Callable[[History], Sequence[float]]) -> Read:
    return lambda history: (np.array(history.steps), np.array(column(history)))


def _validated(value: Callable[[Validated], float]) -> Read:
    def read(history: History) -> tuple[Column, Column]:
        steps = [each.step for each in history.validations]
        values = [value(each) for each in history.validations]
        return np.array(steps, float), np.array(values, float)

    return read


def _verse(name: str, title: str, value: Callable[[VerseMeasured], float | None]) -> Metric:
    def read(history: History) -> tuple[Column, Column]:
        steps = [each.step for each in history.verses]
        # NaN for None.
        return np.array(steps, float), np.array([value(each) for each in history.verses], float)

    return Metric(
        f"verse-{name}",
        title,
        False,
        read,
        group="verse",
        is_recorded=lambda history: any(value(each) is not None for each in history.verses),
    )


def _gauge(label: str, title: str, scale: float = 1.0) -> Metric:
    def read(history: History) -> tuple[Column, Column]:
        points = [
            (reading.step, gauge.value / scale)
            for reading in history.readings
            for gauge in reading.gauges
            if gauge.label == label
        ]
        x, y = np.array(points, float).reshape(-1, 2).T
        return x, y

    def is_recorded(history: History) -> bool:
        last = history.readings[-1].gauges if history.readings else ()
        return any(gauge.label == label for gauge in last)

    return Metric(f"device-{label}", title, True, read, group="device", is_recorded=is_recorded)


# Over the same targets as the training loss, in nats.
_validation_loss = _validated(lambda each: math.log(each.perplexity_all))
_over_all = _validated(lambda each: each.perplexity_all)
_over_han = _validated(lambda each: each.perplexity)


METRICS = (
    Metric(
        "loss",
        marked("loss"),
        True,
        _per_step(lambda history: history.losses),
        # With the blank it is another message than the status of a run.
        Beside(marked("training "), marked("validation"), _validation_loss, of_each=True),
    ),
    Metric(
        "perplexity",
        marked("perplexity"),
        False,
        _over_all,
        Beside(marked("all targets"), marked("Han"), _over_han, of_each=False),
    ),
    Metric("rate", marked("learning rate"), False, _per_step(lambda history: history.rates)),
    Metric("norm", marked("gradient norm"), True, _per_step(lambda history: history.norms)),
    Metric(
        "speed", marked("characters per second"), True, lambda h: (np.array(h.steps), h.speed())
    ),
    _verse("length", marked("poems of the right length"), lambda each: each.length_kept),
    _verse("tones", marked("poems that keep the tones"), lambda each: each.tones_kept),
    _verse("rhyme", marked("poems that rhyme"), lambda each: each.rhyme_kept),
    _verse("distinct", marked("distinct-2"), lambda each: each.distinct_2),
    _verse("copied", marked("4-grams copied"), lambda each: each.grams_copied),
    _verse("repeats", marked("repeated characters per poem"), lambda each: each.repeats),
    _gauge("gpu", marked("GPU, %")),
    _gauge("cpu", marked("processor, %")),
    _gauge("memory", marked("memory, GB"), GIGABYTE),
    _gauge("studio", marked("memory of the program, GB"), GIGABYTE),
    _gauge("temp", marked("temperature, °C")),
    _gauge("power", marked("power, W")),
)
