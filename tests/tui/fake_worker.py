"""A worker that a test drives: it records commands, and reports the test's events."""

import math
from collections.abc import Callable, Iterable, Iterator

from studio.messages import Command, Event, Ready, Trained, TrainingStarted
from studio.model.config import RECIPES, RunConfig
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.paths import Home
from studio.runs import folders
from studio.runs.folders import Run

# From noise to a couplet of 王之涣: what a sample looks like along a run.
SAMPLES = (
    "不不人人不，不人不人不。不人人不人，人不不人不。",
    "山人不可见，不见不知人。不是无人处，何人不可知。",
    "山中无处去，江上有人归。明月何时见，春风满客衣。",
    "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
)


class FakeWorker:
    """A stand-in for the worker."""

    def __init__(self, home: Home, emit: Callable[[Event], None]) -> None:
        self.home = home
        self._emit = emit
        self.sent: list[Command] = []
        self.started = False
        self.closed = False

    def start(self) -> None:
        self.started = True

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def close(self) -> None:
        self.closed = True

    def report(self, *events: Event) -> None:
        """Emit events as the worker's thread would."""
        for event in events:
            self._emit(event)

    def start_run(
        self, run: str = "spring", step: int = 0, total: int = 1200, config: RunConfig | None = None
    ) -> None:
        """Report the start of a run."""
        self.report(
            Ready("2.13.0", "Processor, 2 threads", ""),
            TrainingStarted(
                run=run,
                config=config or RECIPES["classic"],
                step=step,
                total_steps=total,
                parameters=1_523_456,
                vocabulary=5_432,
                device="Processor, 2 threads",
                precision="float32",
            ),
        )

    def train(self, events: Iterable[TrainingEvent], run: str = "spring") -> None:
        """Report the events of a run."""
        self.report(*(Trained(run, event) for event in events))


def a_run(steps: int = 800, first: int = 1, depth: float = 1.0) -> Iterator[TrainingEvent]:
    """A run that learns, the same each time: a validation, sample and checkpoint each 200 steps."""
    for step in range(first, first + steps):
        noise = 0.25 * math.sin(step * 12.9898) * math.cos(step * 4.1414)
        loss = 4.6 + 3.9 * math.exp(-step / (160 * depth)) + noise
        yield StepDone(
            step=step,
            epoch=1 + (step - 1) // 300,
            loss=loss,
            gradient_norm=0.6 + 0.3 * noise + 2 * math.exp(-step / 40),
            learning_rate=0.01 * min(1, step / 100),
            characters=6_400,
            elapsed=step * 0.11,
        )
        if step % 300 == 0:
            yield EpochDone(step, step // 300, loss)
        if step % 200 == 0:
            perplexity = math.exp(4.75 + 3.2 * math.exp(-step / (190 * depth)))
            yield Validated(step, 1 + step // 300, perplexity, perplexity * 0.82, True)
            yield SampleWritten(step, SAMPLES[min(step // 200, len(SAMPLES)) - 1])
            yield CheckpointSaved(step, f"step-{step:08}")


def write_run(
    home: Home, name: str, steps: int = 600, depth: float = 1.0, outcome: str = "stopped"
) -> Run:
    """Put a run's folder on disk."""
    run = folders.create(home.runs, name, RECIPES["classic"])
    for event in a_run(steps, depth=depth):
        run.record(event)
    run.record(TrainingEnded(steps, outcome))  # type: ignore[arg-type]  # a test's own word
    return run
