"""The metrics with a curve, and how each is read from a run's history."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.model.events import Validated
from studio.tui.drawing.scales import Column
from studio.tui.training.history import History

SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)


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
    """A value measured along a run's steps. A `noisy` one is smoothed."""

    name: str
    title: str
    noisy: bool
    read: Read
    beside: Beside | None = None


def _per_step(column: Callable[[History], Sequence[float]]) -> Read:
    return lambda history: (np.array(history.steps), np.array(column(history)))


def _validated(value: Callable[[Validated], float]) -> Read:
    def read(history: History) -> tuple[Column, Column]:
        steps = [each.step for each in history.validations]
        values = [value(each) for each in history.validations]
        return np.array(steps, float), np.array(values, float)

    return read


# Over the same targets as the training loss, in nats.
_validation_loss = _validated(lambda each: math.log(each.perplexity_all))
_over_all = _validated(lambda each: each.perplexity_all)
_over_han = _validated(lambda each: each.perplexity)


METRICS = (
    Metric(
        "loss",
        "loss",
        True,
        _per_step(lambda history: history.losses),
        Beside("training", "validation", _validation_loss, of_each=True),
    ),
    Metric(
        "perplexity",
        "validation perplexity",
        False,
        _over_all,
        Beside("all targets", "Han", _over_han, of_each=False),
    ),
    Metric("rate", "learning rate", False, _per_step(lambda history: history.rates)),
    Metric("norm", "gradient norm", True, _per_step(lambda history: history.norms)),
    Metric("speed", "characters per second", True, lambda h: (np.array(h.steps), h.speed())),
)
