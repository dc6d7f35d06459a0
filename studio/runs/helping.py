"""Training a run in several processes: what process 0 sends to the others, and what they do.

Process 0 has the run's folder. The others read and write nothing: they get the settings, the poems
and the state to resume from, so another machine needs neither the library nor the run.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import safetensors.torch

from studio.corpus.poem import About
from studio.corpus.vocabulary import Vocabulary
from studio.errors import LostProcessError
from studio.model.checkpoint import Progress
from studio.model.config import RunConfig
from studio.model.device import choose_device
from studio.model.events import TrainingEnded, TrainingEvent
from studio.model.parallel import World, open_world
from studio.model.trainer import Trainer
from studio.runs.processes import how_to_resume
from studio.translation import tr


class SharedTask(msgspec.Struct, frozen=True):
    """What a process needs to train a run with others; the weights come with the first step."""

    run: str
    config: RunConfig
    vocabulary: Vocabulary
    train: list[str]
    valid: list[str]
    progress: Progress
    about: list[About]
    others: int = 0


def send_task(world: World, task: SharedTask, checkpoint: Path | None) -> None:
    """Send the task to the other processes, with the state in `checkpoint` to resume from."""
    if world.size > 1:
        world.broadcast(msgspec.msgpack.encode(task))
        state = (checkpoint / "training.safetensors").read_bytes() if checkpoint else b""
        world.broadcast(state)


class HelpingSession:
    """A run that process 0 trains, as another process sees it."""

    def __init__(self, run: str, trainer: Trainer, world: World) -> None:
        self.run = run
        self.trainer = trainer
        self._world = world

    def steps(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """Take the steps of process 0 with it; process 0 records their events.

        Raises LostProcessError if another process ends meanwhile, or if this one fails: process 0
        then records why. On GPUs process 0 waits for this one, so this one reports why.
        """
        with saying_how_to_resume(self.run), self._world.naming_the_lost():
            for events in self.trainer.run():
                for event in events:
                    if isinstance(event, TrainingEnded) and event.outcome == "failed":
                        self._world.leave(event.reason)
                        raise LostProcessError("" if self._world.device == "cpu" else event.reason)
                yield events


@contextlib.contextmanager
def helping() -> Iterator[HelpingSession | None]:
    """The run that process 0 trains; None if that one cannot start."""
    with open_world() as world, world.naming_the_lost():
        message = world.broadcast(b"")
        if not message:
            yield None
            return
        task = msgspec.msgpack.decode(message, type=SharedTask)
        state = world.broadcast(b"")
        trainer = Trainer(
            task.config,
            task.vocabulary,
            task.train,
            task.valid,
            choose_device(task.config.train.precision, world.device),
            Path(),  # only process 0 writes
            world,
            task.about,
            task.others,
        )
        if state:
            trainer.resume(safetensors.torch.load(state), task.progress)
        yield HelpingSession(task.run, trainer, world)


@contextlib.contextmanager
def saying_how_to_resume(run: str) -> Iterator[None]:
    """Add what becomes of the run to a LostProcessError."""
    try:
        yield
    except LostProcessError as error:
        text = str(error)
        if text:
            text = tr("{what} {remedy}", what=text, remedy=how_to_resume(run))
        raise LostProcessError(text) from error
