"""A training run in its folder: each event is on disk before it is reported."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.vocabulary import Vocabulary
from studio.errors import DamageError, RunError, VerseError, out_of_memory_message
from studio.messages import TrainingStarted
from studio.model import checkpoint
from studio.model.config import MOST, RunConfig
from studio.model.device import choose_device
from studio.model.events import (
    CheckpointSaved,
    SampleWritten,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.runs import folders
from studio.runs.folders import Run
from studio.runs.loading import locate
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.request import ComposeRequest

# The poem written at each validation: always the same request, so that only the weights differ.
SAMPLE = ComposeRequest(first="", form="五绝", seed=20)
C = TypeVar("C")
T = TypeVar("T")


class TrainingSession:
    """One run at work. Close it to free the folder; closing does not save."""

    def __init__(self, home: Home, run: Run, epochs: int = 0, step: int | None = None) -> None:
        """Open the run's folder and continue from its last checkpoint, or begin.

        A damaged checkpoint is skipped. With `step`, training continues from that checkpoint.
        Later ones are deleted. Above 0, `epochs` more are added to the run's settings once it is
        open. Raises RunError where the run is busy, finished, has no such checkpoint, or does not
        fit the library.
        """
        self.run = run
        # What the person should know about how the run was opened.
        self.notice = ""
        # What happened and is not on disk yet; and what is, but has not been reported.
        self._unrecorded: list[TrainingEvent] = []
        self._unreported: list[TrainingEvent] = []
        self._last_saved: CheckpointSaved | None = None
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            opening.enter_context(run.lock())
            names = _checkpoints(run, step)
            self.config = _longer(run, epochs, names)
            self.trainer = self._trainer(home, names)
            if epochs > 0:
                run.write_config(self.config)
            self._closing = opening.pop_all()

    def _trainer(self, home: Home, names: list[str]) -> Trainer:
        """A trainer that continues from the first of the checkpoints `names` that is whole."""
        settings = self.config.train
        with Library.open(home.library) as library:
            own, valid = library.texts("train"), library.texts("valid")
        if settings.validation_poems:
            valid = valid[:: max(1, len(valid) // settings.validation_poems)]
        start = self._start(home) if self.config.start and not names else None
        # A run that starts from a model keeps its characters; else they are the library's.
        given = [self.run.checkpoints / name for name in names] + ([start] if start else [])
        if self.config.start and given:
            vocabulary = _first_whole(given, _vocabulary)
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
        if names:
            self._resume(trainer, names, home)
        else:
            if any(event.step for event in self.run.events()):
                self.notice = f"{self.run.name} has no checkpoint, so it starts from its beginning."
            self.run.drop_events_after(0)
        return trainer

    def _resume(self, trainer: Trainer, names: list[str], home: Home) -> None:
        """Load the first checkpoint of `names` that is whole, and have the log end there."""
        try:
            name = _first_whole(names, partial(self._load, trainer, home))
        except DamageError as error:
            if len(names) == 1:
                raise
            raise DamageError(
                f"No checkpoint of {self.run.name} can be read. The oldest: {error} To train the "
                f"run from its beginning, delete {self.run.checkpoints}."
            ) from error
        step = trainer.progress.step
        events = self.run.events()
        if step >= trainer.total_steps and TrainingEnded(step, "finished") in events:
            raise RunError(
                f"The run {self.run.name} has finished its {trainer.total_steps:,} steps. "
                "Give it more epochs to continue it."
            )
        if damaged := names[: names.index(name)]:
            self.notice = f"{', '.join(damaged)} cannot be read and was skipped. "
        # The checkpoints first: where this is interrupted, the log may hold more than they do.
        if deleted := checkpoint.drop_after(self.run.checkpoints, step):
            self.notice += f"Training continues from {name}; deleted {', '.join(deleted)}."
        checkpoint.prune(self.run.checkpoints, self.config.train.keep, trainer.progress.best_step)
        self.run.drop_events_after(step)
        saved = CheckpointSaved(step, name)
        if saved not in events:
            # The process was killed right after it had saved.
            self.run.record(saved)
        self._last_saved = saved

    def _load(self, trainer: Trainer, home: Home, name: str) -> str:
        folder = self.run.checkpoints / name
        checkpoint.describe(folder)
        if Vocabulary.load(folder / "vocabulary.json") != trainer.vocabulary:
            raise RunError(
                f"The run {self.run.name} was trained on another corpus: the characters of "
                f"{home.library} are not those of {folder / 'vocabulary.json'}. "
                "Fetch that corpus again to continue, or start a new run from it: "
                f"tangshi-studio train --from {self.run.name}."
            )
        trainer.load(folder)
        return name

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
            notice=self.notice,
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

        Raises OSError where something cannot be written; call it again to continue from there.
        """
        if self._unrecorded or self._unreported:
            self._record(())
            yield self._recorded()
        with contextlib.closing(self.trainer.run()) as items:
            for events in items:
                self._record(events)
                yield self._recorded()

    def save(self) -> tuple[TrainingEvent, ...]:
        """Save a checkpoint between two steps."""
        for events in self.trainer.save():
            self._record(events)
        return self._recorded()

    def _record(self, events: tuple[TrainingEvent, ...]) -> None:
        """Write events to disk, with a sample after each validation."""
        self._unrecorded += events
        while self._unrecorded:
            event = self._unrecorded[0]
            # A checkpoint that is there already, and asked for again, is reported only.
            if event != self._last_saved:
                self.run.record(event)
            if isinstance(event, CheckpointSaved):
                self._last_saved = event
            self._unreported.append(self._unrecorded.pop(0))
            if isinstance(event, Validated):
                with contextlib.suppress(VerseError):
                    (poem,) = write(self.writer(), SAMPLE)
                    self._unrecorded.insert(0, SampleWritten(event.step, poem.text))
        if self.trainer.saves_next:
            # So that not even a power failure leaves a checkpoint that the log knows nothing of.
            self.run.sync_events()

    def _recorded(self) -> tuple[TrainingEvent, ...]:
        """What is on disk and has not been reported."""
        reported, self._unreported = tuple(self._unreported), []
        return reported


def starting_from(home: Home, config: RunConfig, name: str) -> RunConfig:
    """`config` for a run that starts from the model called `name`, of that model's shape."""
    folder, full_name = locate(home, name)
    model = config.model.shaped_as(checkpoint.describe(folder).config)
    return msgspec.structs.replace(config, start=full_name, model=model)


def start_run(home: Home, name: str, config: RunConfig) -> TrainingSession:
    """Make the run's folder and open it; the folder goes again if nothing can be trained."""
    run = folders.create(home.runs, name, config)
    try:
        return TrainingSession(home, run)
    except BaseException:
        folders.delete(run)
        raise


def resume_run(home: Home, name: str, epochs: int = 0) -> TrainingSession:
    """Open a run that was stopped or interrupted; `epochs` more where above 0.

    "run@step" continues from that checkpoint and deletes what came after it. Raises RunError.
    """
    name, at, step = name.partition("@")
    run = folders.find(home.runs, name)
    if at and not step.isdecimal():
        raise RunError(f"{step!r} is not a step of {name}: write {name}@200, for example.")
    return TrainingSession(home, run, epochs, int(step) if at else None)


def _vocabulary(folder: Path) -> Vocabulary:
    return Vocabulary.load(folder / "vocabulary.json")


def _first_whole(choices: Sequence[C], load: Callable[[C], T]) -> T:
    """What `load` makes of the first choice that is not damaged; raises DamageError for none."""
    for choice in choices[:-1]:
        try:
            return load(choice)
        except DamageError as error:
            if not _is_damage(error.__cause__):
                raise
    return load(choices[-1])


def _is_damage(cause: BaseException | None) -> bool:
    """Whether the content is wrong, and not the disk, the permissions or the memory.

    Only then may an older checkpoint take the place of the newest, which is deleted.
    """
    if isinstance(cause, OSError):
        return isinstance(cause, FileNotFoundError)
    return not (isinstance(cause, Exception) and out_of_memory_message(cause))


def _beside(home: Home, corpus: str) -> list[str]:
    """The poems of a corpus beside the library; raises RunError where it is not there."""
    path = home.library_beside(published_corpus(corpus).name)
    if not path.exists():
        raise RunError(
            f"The poems to learn from are not in {path}. Fetch them with "
            f"`tangshi-studio corpus fetch --corpus {corpus} --beside`."
        )
    with Library.open(path) as library:
        return library.texts("train")


def _checkpoints(run: Run, step: int | None) -> list[str]:
    """The names of the checkpoints to try, the newest first; with `step` that one alone."""
    names = run.checkpoint_names()[::-1]
    if step is None:
        return names
    if checkpoint.name_of(step) not in names:
        steps = ", ".join(str(checkpoint.step_of(name)) for name in reversed(names))
        raise RunError(
            f"The run {run.name} has no checkpoint at step {step}. "
            + (f"Choose one of: {steps}." if steps else "It has none yet.")
        )
    return [checkpoint.name_of(step)]


def _longer(run: Run, epochs: int, names: Sequence[str]) -> RunConfig:
    """The run's settings with `epochs` more, after the epoch in which `max_steps` ended it.

    `names` are the checkpoints to continue from, the newest first.
    """
    config = run.config()
    if epochs <= 0:
        return config
    before = config.train.epochs
    if config.train.max_steps and names:
        folders = [run.checkpoints / name for name in names]
        at = _first_whole(folders, checkpoint.progress_of)
        before = at.epoch if at.position else at.epoch - 1
    train = msgspec.structs.replace(config.train, epochs=min(before + epochs, MOST), max_steps=0)
    return msgspec.structs.replace(config, train=train)
