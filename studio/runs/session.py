"""A training run in its folder: each event is on disk before it is reported."""

import contextlib
import time
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
from studio.model.config import MAX_COUNT, RunConfig
from studio.model.device import choose_device
from studio.model.events import (
    CheckpointSaved,
    SampleWritten,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.parallel import open_world
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.folders import Run
from studio.runs.helping import SharedTask, saying_how_to_resume, send_task
from studio.runs.loading import locate
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.request import ComposeRequest

# The request for the sample at each validation: always the same, so that only the weights differ.
SAMPLE = ComposeRequest(first="", form="五绝", seed=20)
C = TypeVar("C")
T = TypeVar("T")


class TrainingSession:
    """A run that is being trained. Close it to unlock the folder; closing does not save."""

    def __init__(self, home: Home, run: Run, epochs: int = 0, step: int | None = None) -> None:
        """Open the run's folder; resume from its last checkpoint, or start if it has none.

        If torchrun has started several processes, this one is process 0: the others train with it.
        A damaged checkpoint is skipped. With `step`, training resumes from that checkpoint, and
        later ones are deleted. If `epochs` is above 0, it is added to the epochs in the run's
        settings. Raises RunError if the run is in use, finished, has no such checkpoint, or does
        not fit the library.
        """
        self.run = run
        # A message for the user about how the run was opened.
        self.notice = ""
        # Events not on disk yet; and events on disk that have not been reported.
        self._unrecorded: list[TrainingEvent] = []
        self._unreported: list[TrainingEvent] = []
        self._last_saved: CheckpointSaved | None = None
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            self._world = opening.enter_context(open_world())
            opening.enter_context(run.lock())
            # Before the poems are read: a request that comes meanwhile is for this process.
            processes.clear_stop(run)
            run.forget_process()
            names = _checkpoints(run, step)
            self.config = _with_more_epochs(run, epochs, names)
            self.trainer = self._trainer(home, names)
            if epochs > 0:
                run.write_config(self.config)
            self.record_process()
            self._closing = opening.pop_all()

    def _trainer(self, home: Home, names: list[str]) -> Trainer:
        """A trainer that resumes from the first undamaged checkpoint of `names`."""
        settings = self.config.train
        with Library.open(home.library) as library:
            own, valid = library.texts("train"), library.texts("valid")
        if settings.validation_poems:
            valid = valid[:: max(1, len(valid) // settings.validation_poems)]
        start = self._start_model(home) if self.config.start and not names else None
        # A run that starts from a model keeps its vocabulary; else it is built from the library.
        given = [self.run.checkpoints / name for name in names] + ([start] if start else [])
        if self.config.start and given:
            vocabulary = _first_undamaged(given, _vocabulary)
        else:
            vocabulary = Vocabulary.build(own, settings.min_count)
        texts = _texts_beside(home, self.config.poems) if self.config.poems else own
        trainer = Trainer(
            self.config,
            vocabulary,
            texts,
            valid,
            choose_device(settings.precision),
            self.run.checkpoints,
            self._world,
        )
        if start:
            checkpoint.load_weights(trainer.network, start)
        if names:
            self._resume(trainer, names, home)
        else:
            if any(event.step for event in self.run.events()):
                self.notice = f"{self.run.name} has no checkpoint, so it starts from the beginning."
            self.run.drop_events_after(0)
        task = SharedTask(self.run.name, self.config, vocabulary, texts, valid, trainer.progress)
        saved = self._last_saved
        with self._together():
            send_task(self._world, task, self.run.checkpoints / saved.name if saved else None)
        return trainer

    def _resume(self, trainer: Trainer, names: list[str], home: Home) -> None:
        """Load the first undamaged checkpoint of `names`, and cut the event log off there."""
        try:
            name = _first_undamaged(names, partial(self._load, trainer, home))
        except DamageError as error:
            if len(names) == 1:
                raise
            raise DamageError(
                f"No checkpoint of {self.run.name} can be read. The oldest: {error} To train the "
                f"run from the beginning, delete {self.run.checkpoints}."
            ) from error
        step = trainer.progress.step
        events = self.run.events()
        if step >= trainer.total_steps and TrainingEnded(step, "finished") in events:
            raise RunError(
                f"The run {self.run.name} has finished its {trainer.total_steps:,} steps. "
                "To resume it, give it more epochs."
            )
        if damaged := names[: names.index(name)]:
            self.notice = f"{', '.join(damaged)} cannot be read and was skipped. "
        # Checkpoints before events: after an interruption here the log may have too many events,
        # but never too few.
        if deleted := checkpoint.delete_after(self.run.checkpoints, step):
            self.notice += f"Training resumes from {name}; deleted {', '.join(deleted)}."
        checkpoint.prune(self.run.checkpoints, self.config.train.keep, trainer.progress.best_step)
        self.run.drop_events_after(step)
        saved = CheckpointSaved(step, name)
        if saved not in events:
            # The process was killed right after saving.
            self.run.record(saved)
        self._last_saved = saved

    def _load(self, trainer: Trainer, home: Home, name: str) -> str:
        folder = self.run.checkpoints / name
        checkpoint.read_description(folder)
        if Vocabulary.load(folder / "vocabulary.json") != trainer.vocabulary:
            raise RunError(
                f"The run {self.run.name} cannot be resumed: the characters of {home.library} are "
                f"not those of {folder / 'vocabulary.json'}. The library has other poems, or "
                "another version of the studio built it. Build the library that the run was "
                "trained on, or start a new run from its model: "
                f"tangshi-studio train --from {self.run.name}."
            )
        trainer.load(folder)
        return name

    def _start_model(self, home: Home) -> Path:
        """The folder of the model that the run starts from; raises RunError if it does not fit."""
        folder, name = locate(home, self.config.start)
        given = checkpoint.read_description(folder).config
        if self.config.model != self.config.model.with_shape_of(given):
            raise RunError(
                f"A run that starts from {name} must have the same model: {given.cell}, embedding "
                f"{given.embedding}, hidden {given.hidden}, {given.layers} layers. Only dropout "
                "and initial state may differ. Remove the other model settings."
            )
        return folder

    def record_process(self, paused: bool = False) -> None:
        """Write down for other processes that this one trains the run, or has paused it."""
        total = self.trainer.total_steps
        self.run.record_process(self._device, total, paused, self._world.size)

    @property
    def _device(self) -> str:
        """The name of the device, with the number of processes if there are several."""
        name = self.trainer.device.name
        return name if self._world.size == 1 else f"{self._world.size} × {name}"

    def close(self) -> None:
        """Unlock the run's folder."""
        self._closing.close()

    def started(self) -> TrainingStarted:
        """The event to report before the first step."""
        trainer = self.trainer
        return TrainingStarted(
            run=self.run.name,
            config=self.config,
            step=trainer.progress.step,
            total_steps=trainer.total_steps,
            parameters=trainer.network.parameter_count,
            vocabulary=len(trainer.vocabulary),
            device=self._device,
            precision=trainer.device.precision,
            notice=self.notice,
        )

    def writer(self) -> Writer:
        """A writer with the current weights."""
        trainer = self.trainer
        return Writer(
            trainer.network,
            trainer.vocabulary,
            trainer.device,
            f"{self.run.name}@{trainer.progress.step}",
        )

    def steps(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """The trainer's events, one item per step, with a sample poem after each validation.

        Raises OSError if a file cannot be written; call it again to resume from there.
        """
        if self._unrecorded or self._unreported:
            self._record(())
            yield self._recorded()
        looked = time.monotonic()
        with contextlib.closing(self.trainer.run()) as items, self._together():
            for events in items:
                self._record(events)
                yield self._recorded()
                if time.monotonic() - looked > processes.LOOK_EVERY:
                    looked = time.monotonic()
                    if self.is_stop_requested:
                        self.trainer.stop()

    @property
    def is_stop_requested(self) -> bool:
        """Whether another process has asked for the end of the training."""
        return processes.is_stop_requested(self.run)

    def save(self) -> tuple[TrainingEvent, ...]:
        """Save a checkpoint between two steps. Several processes stop for it: they must agree."""
        if self._world.size > 1:
            self.trainer.stop()
            return tuple(event for events in self.steps() for event in events)
        for events in self.trainer.save():
            self._record(events)
        return self._recorded()

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """Raise LostProcessError, with what becomes of the run, if another process has ended."""
        with saying_how_to_resume(self.run.name), self._world.naming_the_lost():
            yield

    def _record(self, events: tuple[TrainingEvent, ...]) -> None:
        """Write events to disk, with a sample after each validation."""
        self._unrecorded += events
        while self._unrecorded:
            event = self._unrecorded[0]
            # A checkpoint that is on disk already is reported again, but not recorded twice.
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
            # Even a power failure must not leave a checkpoint without its events in the log.
            self.run.sync_events()

    def _recorded(self) -> tuple[TrainingEvent, ...]:
        """The events that are on disk but not reported yet."""
        reported, self._unreported = tuple(self._unreported), []
        return reported


def starting_from(home: Home, config: RunConfig, name: str) -> RunConfig:
    """`config` for a run that starts from the model called `name`, with that model's shape."""
    folder, full_name = locate(home, name)
    model = config.model.with_shape_of(checkpoint.read_description(folder).config)
    return msgspec.structs.replace(config, start=full_name, model=model)


def start_run(home: Home, name: str, config: RunConfig) -> TrainingSession:
    """Make the folder of a new run and open it. If that fails, the folder is deleted."""
    run = folders.create(home.runs, name, config)
    try:
        return TrainingSession(home, run)
    except BaseException:
        folders.delete(run)
        raise


def resume_run(home: Home, name: str, epochs: int = 0) -> TrainingSession:
    """Open a run that was stopped or interrupted; `epochs` are added to its settings.

    "run@step" resumes from that checkpoint and deletes later ones. Raises RunError.
    """
    name, at, step = name.partition("@")
    run = folders.find(home.runs, name)
    if at and not step.isdecimal():
        raise RunError(f"{step!r} is not a step of {name}. Write {name}@200, for example.")
    return TrainingSession(home, run, epochs, int(step) if at else None)


def _vocabulary(folder: Path) -> Vocabulary:
    return Vocabulary.load(folder / "vocabulary.json")


def _first_undamaged(choices: Sequence[C], load: Callable[[C], T]) -> T:
    """The result of `load` for the first undamaged choice; raises DamageError if there is none."""
    for choice in choices[:-1]:
        try:
            return load(choice)
        except DamageError as error:
            if not _is_damage(error.__cause__):
                raise
    return load(choices[-1])


def _is_damage(cause: BaseException | None) -> bool:
    """Whether the content is wrong; a full memory or an error of the disk is not damage.

    Only then may an older checkpoint replace the newest, which is deleted.
    """
    if isinstance(cause, OSError):
        return isinstance(cause, FileNotFoundError)
    return not (isinstance(cause, Exception) and out_of_memory_message(cause))


def _texts_beside(home: Home, corpus: str) -> list[str]:
    """The training texts of a corpus beside the library; raises RunError if it is missing."""
    path = home.library_beside(published_corpus(corpus).name)
    if not path.exists():
        raise RunError(
            f"The poems to train on are missing: {path} does not exist. Fetch them with "
            f"`tangshi-studio corpus fetch --corpus {corpus} --beside`."
        )
    with Library.open(path) as library:
        return library.texts("train")


def _checkpoints(run: Run, step: int | None) -> list[str]:
    """The names of the checkpoints to try, the newest first; with `step` only that one."""
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


def _with_more_epochs(run: Run, epochs: int, names: Sequence[str]) -> RunConfig:
    """The run's settings with `epochs` added; if `max_steps` ended it, to the epoch it reached.

    `names` are the checkpoints to resume from, the newest first.
    """
    config = run.config()
    if epochs <= 0:
        return config
    before = config.train.epochs
    if config.train.max_steps and names:
        folders = [run.checkpoints / name for name in names]
        reached = _first_undamaged(folders, checkpoint.read_progress)
        before = reached.epoch if reached.position else reached.epoch - 1
    train = msgspec.structs.replace(
        config.train, epochs=min(before + epochs, MAX_COUNT), max_steps=0
    )
    return msgspec.structs.replace(config, train=train)
