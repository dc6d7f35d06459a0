"""A training run in its folder: the trainer's events, each on disk before it is told."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio import runs
from studio.corpus.library import Library
from studio.corpus.manifest import published
from studio.corpus.vocabulary import Vocabulary
from studio.errors import RunError, VerseError
from studio.messages import TrainingStarted
from studio.model import checkpoint
from studio.model.config import RunConfig
from studio.model.device import choose_device
from studio.model.events import SampleWritten, TrainingEvent, Validated
from studio.model.trainer import Trainer
from studio.models import locate
from studio.paths import Home
from studio.runs import Run
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.request import ComposeRequest

# The poem written at each validation: always the same request, so that only the weights differ.
SAMPLE = ComposeRequest(first="", form="五绝", seed=20)


class TrainingSession:
    """One run at work. Close it to free the folder; closing does not save."""

    def __init__(self, home: Home, run: Run, epochs: int = 0) -> None:
        """Open the run's folder and go on from its last checkpoint, or begin.

        Above 0, `epochs` more are added to the run's settings once it is open.
        Raises RunError where the run is busy, finished, or its checkpoint does not fit the library.
        """
        self.run = run
        # What happened and is not on disk yet.
        self._untold: list[TrainingEvent] = []
        self.config = _longer(run, epochs)
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            opening.enter_context(run.lock())
            self.trainer = self._trainer(home)
            if epochs > 0:
                run.write_config(self.config)
            self._closing = opening.pop_all()

    def _trainer(self, home: Home) -> Trainer:
        settings = self.config.train
        with Library.open(home.library) as library:
            own, valid = library.texts("train"), library.texts("valid")
        if settings.validation_poems:
            valid = valid[:: max(1, len(valid) // settings.validation_poems)]
        names = self.run.checkpoint_names()
        last = self.run.checkpoints / names[-1] if names else None
        start = self._start(home) if self.config.start and last is None else None
        # A run that starts from a model keeps its characters; else they are the library's.
        if self.config.start and (given := last or start):
            vocabulary = Vocabulary.load(given / "vocabulary.json")
        else:
            vocabulary = Vocabulary.build(own, settings.min_count)
        texts = _beside(home, self.config.poems) if self.config.poems else own
        trainer = Trainer(
            self.config,
            vocabulary,
            texts,
            valid,
            choose_device(settings.precision),
            self.run.checkpoints,
        )
        if start:
            checkpoint.load_weights(trainer.network, start)
        if last:
            if Vocabulary.load(last / "vocabulary.json") != vocabulary:
                raise RunError(
                    f"The run {self.run.name} was trained on another corpus: the characters of "
                    f"{home.library} are not those of {last / 'vocabulary.json'}. "
                    "Fetch that corpus again to go on, or start a new run."
                )
            trainer.load(last)
            if trainer.progress.step >= trainer.total_steps:
                raise RunError(
                    f"The run {self.run.name} has finished its {trainer.total_steps:,} steps. "
                    "Give it more epochs to go on."
                )
        self.run.forget_after(trainer.progress.step)
        return trainer

    def _start(self, home: Home) -> Path:
        """The folder of the model that the run starts from; raises RunError where it differs."""
        folder, name = locate(home, self.config.start)
        theirs = checkpoint.describe(folder).config
        if self.config.model != self.config.model.shaped_as(theirs):
            raise RunError(
                f"A run that starts from {name} has its {theirs.cell} of embedding "
                f"{theirs.embedding}, hidden {theirs.hidden} and {theirs.layers} layers, and only "
                "its dropout and initial state can be others. Leave the rest of the model as it is."
            )
        return folder

    def close(self) -> None:
        """Free the run's folder."""
        self._closing.close()

    def started(self) -> TrainingStarted:
        """What there is to say before the first step."""
        trainer = self.trainer
        return TrainingStarted(
            run=self.run.name,
            config=self.config,
            step=trainer.progress.step,
            total_steps=trainer.total_steps,
            steps_an_epoch=trainer.steps_an_epoch,
            parameters=trainer.network.parameter_count,
            vocabulary=len(trainer.vocabulary),
            device=trainer.device.name,
            precision=trainer.device.precision,
        )

    def writer(self) -> Writer:
        """A writer with the weights as they stand."""
        trainer = self.trainer
        return Writer(
            trainer.network,
            trainer.vocabulary,
            trainer.device,
            f"{self.run.name}@{trainer.progress.step}",
        )

    def steps(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """The trainer's events, one item a step, with a sample poem after each validation.

        Raises OSError where something cannot be written; call it again to go on, from there.
        """
        if self._untold:
            yield self._recorded(())
        for events in self.trainer.run():
            yield self._recorded(events)

    def save(self) -> tuple[TrainingEvent, ...]:
        """Save a checkpoint between two steps."""
        return self._recorded(self.trainer.save())

    def _recorded(self, events: tuple[TrainingEvent, ...]) -> tuple[TrainingEvent, ...]:
        """Write events to disk, with a sample after each validation; then they can be told."""
        self._untold += events
        told: list[TrainingEvent] = []
        while self._untold:
            event = self._untold[0]
            self.run.record(event)
            told.append(self._untold.pop(0))
            if isinstance(event, Validated):
                with contextlib.suppress(VerseError):
                    (poem,) = write(self.writer(), SAMPLE)
                    self._untold.insert(0, SampleWritten(event.step, poem.text))
        return tuple(told)


def starting_from(home: Home, config: RunConfig, name: str) -> RunConfig:
    """`config` for a run that starts from the model called `name`, of that model's shape."""
    folder, full_name = locate(home, name)
    model = config.model.shaped_as(checkpoint.describe(folder).config)
    return msgspec.structs.replace(config, start=full_name, model=model)


def begin(home: Home, name: str, config: RunConfig) -> TrainingSession:
    """Make the run's folder and open it; the folder goes again if nothing can be trained."""
    run = runs.create(home.runs, name, config)
    try:
        return TrainingSession(home, run)
    except BaseException:
        runs.delete(run)
        raise


def go_on(home: Home, name: str, epochs: int = 0) -> TrainingSession:
    """Open a run that was stopped or interrupted; `epochs` more where above 0."""
    return TrainingSession(home, runs.find(home.runs, name), epochs)


def _beside(home: Home, corpus: str) -> list[str]:
    """The poems of a corpus beside the library; raises RunError where it is not there."""
    path = home.beside(published(corpus).name)
    if not path.exists():
        raise RunError(
            f"The poems to learn from are not in {path}. Fetch them with "
            f"`tangshi-studio corpus fetch --corpus {corpus} --beside`."
        )
    with Library.open(path) as library:
        return library.texts("train")


def _longer(run: Run, epochs: int) -> RunConfig:
    """The run's settings with so many epochs more, after that in which `max_steps` ended it."""
    config = run.config()
    if epochs <= 0:
        return config
    before = config.train.epochs
    if config.train.max_steps and (names := run.checkpoint_names()):
        at = checkpoint.progress_of(run.checkpoints / names[-1])
        before = at.epoch if at.position else at.epoch - 1
    train = msgspec.structs.replace(config.train, epochs=before + epochs, max_steps=0)
    return msgspec.structs.replace(config, train=train)
