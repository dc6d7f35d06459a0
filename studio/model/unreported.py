"""Steps whose losses are still on the device: they are read together, some steps at a time."""

import math
import time
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor

from studio.model.events import StepDone

# Training has diverged if the loss is this many times the loss of a uniform guess.
DIVERGED = 3.0

# If steps are slow, losses are reported at least this often, whatever `report_every` is.
REPORT_SECONDS = 1.0


class DivergenceError(Exception):
    """The losses or weights are NaN or infinite, or the loss is far too high."""


class UnreportedSteps:
    """The steps since the last report, with their losses and gradient norms on the device."""

    def __init__(self, uniform: float) -> None:
        """`uniform` is the loss of a uniform guess, ln(vocabulary), in nats."""
        self._limit = DIVERGED * uniform
        self._steps: list[tuple[StepDone, Tensor, Tensor]] = []

    def add(self, event: StepDone, loss: Tensor, norm: Tensor) -> None:
        """Add a step; its event has neither loss nor gradient norm yet. Both are scalars."""
        self._steps.append((event, loss, norm))

    def clear(self) -> None:
        """Forget the steps: their losses cannot be read any more."""
        self._steps.clear()

    def is_due(self, every: int) -> bool:
        """Whether to report now: after `every` steps, or earlier if they are slow."""
        seconds = self._steps[-1][0].elapsed - self._steps[0][0].elapsed
        return len(self._steps) >= every or seconds > REPORT_SECONDS

    def read(self) -> Iterator[StepDone]:
        """The events with their values; waits for the device.

        `elapsed` includes this wait: the device was still working on these steps. Raises
        DivergenceError at the first step that has diverged.
        """
        steps, self._steps = self._steps, []
        if not steps:
            return
        started = time.perf_counter()
        values = torch.stack([torch.stack((loss, norm)) for _, loss, norm in steps]).tolist()
        wait = (time.perf_counter() - started) / len(steps)
        for number, ((event, _, _), (loss, norm)) in enumerate(
            zip(steps, values, strict=True), start=1
        ):
            if not (loss < self._limit and norm < math.inf):
                raise DivergenceError(
                    f"At step {event.step} the loss was {loss:.4g} and the gradient norm "
                    f"{norm:.4g}."
                )
            elapsed = event.elapsed + wait * number
            yield msgspec.structs.replace(event, loss=loss, gradient_norm=norm, elapsed=elapsed)
