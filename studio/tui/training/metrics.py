"""The metrics with a curve, and how each is read from a run's history."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.tui.drawing.scales import Column
from studio.tui.training.history import History

SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)


@dataclass(frozen=True, slots=True)
class Metric:
    """A value measured along a run's steps. A `noisy` one is smoothed."""

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
    steps = [each.step for each in history.validations]
    perplexities = [each.perplexity for each in history.validations]
    return np.array(steps, float), np.array(perplexities, float)


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
    Metric("speed", "characters per second", True, lambda h: (np.array(h.steps), h.speed())),
)
