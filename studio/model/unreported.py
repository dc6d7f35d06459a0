"""Steps whose losses are still on the device: they are read together, some steps at a time."""

import math
import time
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor

from studio.model.events import StepDone
from studio.model.parallel import ALONE, World
from studio.translation import tr

# Training has diverged if the loss is this many times the loss of a uniform guess.
DIVERGED = 3.0

# If steps are slow, losses are reported at least this often, whatever `report_every` is.
REPORT_SECONDS = 1.0


class DivergenceError(Exception):
    """The losses or weights are NaN or infinite, or the loss is far too high."""


class UnreportedSteps:
    """The steps since the last report, with their losses and gradient norms on the device.

    With several processes, each has a part of each loss; a report adds the parts up. There they
    also agree on whether to stop, so that all of them stop after the same step.
    """

    def __init__(self, uniform: float, world: World = ALONE) -> None:
        """`uniform` is the loss of a uniform guess, ln(vocabulary), in nats."""
        self._limit = DIVERGED * uniform
        self._world = world
        # Whether any process wanted to stop at the last report.
        self.stop_agreed = False
        # How many steps took as long as REPORT_SECONDS at the last report, in all processes.
        self._steps_in_time = 1
        self._reported_at = 0.0
        self._steps: list[tuple[StepDone, Tensor]] = []

    def add(self, event: StepDone, measured: Tensor) -> None:
        """Add a step; its event has neither loss nor gradient norm yet. `measured` has both."""
        self._steps.append((event, measured))

    def clear(self) -> None:
        """Forget the steps: their losses cannot be read any more."""
        self._steps.clear()

    def is_due(self, every: int) -> bool:
        """Whether to report now: after `every` steps, or earlier if they are slow."""
        if self._world.size > 1:
            # Each process has a clock of its own; they must report after the same step.
            return len(self._steps) >= min(every, self._steps_in_time)
        seconds = self._steps[-1][0].elapsed - self._steps[0][0].elapsed
        return len(self._steps) >= every or seconds > REPORT_SECONDS

    def read(self, wants_to_stop: bool) -> Iterator[StepDone]:
        """The events with their values; waits for the device and for the other processes.

        `elapsed` includes this wait: the device was still working on these steps. Raises
        DivergenceError at the first step that has diverged.
        """
        steps, self._steps = self._steps, []
        if not steps:
            return
        started = time.perf_counter()
        values = torch.stack([measured for _, measured in steps]).tolist()
        if self._world.size > 1:
            values = self._add_up(steps, values, wants_to_stop)
        wait = (time.perf_counter() - started) / len(steps)
        for number, ((event, _), (loss, norm)) in enumerate(
            zip(steps, values, strict=True), start=1
        ):
            if not (loss < self._limit and norm < math.inf):
                raise DivergenceError(
                    tr(
                        "At step {step} the loss was {loss:.4g} and the gradient norm {norm:.4g}.",
                        step=event.step,
                        loss=loss,
                        norm=norm,
                    )
                )
            elapsed = event.elapsed + wait * number
            yield msgspec.structs.replace(event, loss=loss, gradient_norm=norm, elapsed=elapsed)

    def _add_up(
        self,
        steps: list[tuple[StepDone, Tensor]],
        values: list[list[float]],
        wants_to_stop: bool,
    ) -> list[list[float]]:
        """The losses of all processes, added up; the gradient norms are the same in each."""
        seconds = steps[-1][0].elapsed - self._reported_at
        self._reported_at = steps[-1][0].elapsed
        parts = [wants_to_stop, seconds, *(loss for loss, _ in values)]
        stopping, seconds, *losses = self._world.sum(parts)
        self.stop_agreed = stopping > 0
        per_step = seconds / self._world.size / len(steps)
        self._steps_in_time = max(1, int(REPORT_SECONDS / per_step))
        return [[loss, norm] for loss, (_, norm) in zip(losses, values, strict=True)]
