"""A training run in its folder: each event is on disk before it is reported."""

import contextlib
import time
from collections.abc import Iterator

import msgspec

from studio.errors import ConfigError, LostProcessError, RunError, VerseError, no_room_message
from studio.messages import TrainingStarted
from studio.model import checkpoint
from studio.model.config import RunConfig
from studio.model.events import (
    CheckpointSaved,
    Noted,
    SampleWritten,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.parallel import open_world
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.runs.environment import record_environment, this_environment
from studio.runs.folders import Run
from studio.runs.helping import saying_how_to_resume
from studio.runs.loading import locate
from studio.runs.opening import RunOpening, checkpoints_to_try, with_more_epochs
from studio.runs.readings import ReadingLog
from studio.runs.summary import figures_of
from studio.runs.training_folder import ProcessState
from studio.telemetry import Meter
from studio.translation import tr
from studio.verse.composer import write
from studio.verse.free_verse import FreeVerse
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer

# The request for the sample at each validation: always the same, so that only the weights differ.
SAMPLE = ComposeRequest(first="", form="五绝", seed=20)


class TrainingSession:
    """A run that is being trained. Close it to unlock the folder; closing does not save."""

    def __init__(
        self,
        home: Home,
        run: Run,
        epochs: int = 0,
        step: int | None = None,
        device: str = "",
        after: int = 0,
    ) -> None:
        """Open the run's folder; resume from its last checkpoint, or start if it has none.

        If torchrun has started several processes, this one is process 0: the others train with it.
        A damaged checkpoint is skipped. With `step`, training resumes from that checkpoint, and
        later ones are deleted. If `epochs` is above 0, it is added to the epochs in the run's
        settings. `device`, if given, replaces the one in the settings this time. If the process
        `after` trains the run, wait for it. Raises RunError if the run is in use, finished, has no
        such checkpoint, or does not fit the library.
        """
        self.run = run
        # Events not on disk yet; and events on disk that have not been reported.
        self._unrecorded: list[TrainingEvent] = []
        self._unreported: list[TrainingEvent] = []
        self._free_verse = FreeVerse(home.library)
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            self._world = opening.enter_context(open_world())
            opening.enter_context(run.lock(after))
            if not after:
                # Before the poems are read: a request that comes meanwhile is for this process, as
                # is one that came while the run was handed over.
                processes.clear_stop(run)
            run.record_process("", 0, "starting")
            opening.callback(run.forget_process)
            epochs = epochs or queue.more_epochs(run.folder)
            names = checkpoints_to_try(run, step)
            self.config = with_more_epochs(run, epochs, names)
            self._opened = RunOpening(home, run, self.config, self._world)
            self.trainer = self._opened.trainer(names, device)
            self._last_saved = self._opened.last_saved
            # The validation perplexity over all targets; None before the first validation.
            self.perplexity = self._opened.perplexity
            self._readings = ReadingLog(run.folder, Meter(self.trainer.device.gpu))
            if epochs > 0:
                run.write_config(self.config)
            queue.leave(run.folder)
            self.record_process()
            self._record_environment()
            self._closing = opening.pop_all()

    def record_process(self, state: ProcessState = "training") -> None:
        """Write down for other processes that this one trains the run, or has paused it."""
        world, gpu = self._world, self.trainer.device.gpu
        self.run.record_process(
            self._device_name, self.trainer.total_steps, state, world.size, 0, gpu, world.other_gpus
        )

    def _record_environment(self) -> None:
        trainer = self.trainer
        environment = this_environment(
            step=trainer.progress.step,
            device=self._device_name,
            precision=trainer.device.precision,
            processes=self._world.size,
            corpus=self._opened.corpus,
            poems=trainer.progress.poems,
            vocabulary=len(trainer.vocabulary),
            parameters={name: each.numel() for name, each in trainer.network.named_parameters()},
        )
        record_environment(self.run.folder, environment)

    @property
    def _device_name(self) -> str:
        """The name of the device, with the number of processes if there are several."""
        name = self.trainer.device.name
        return name if self._world.size == 1 else f"{self._world.size} × {name}"

    def close(self) -> None:
        """Unlock the run's folder."""
        self._free_verse.close()
        # The list of runs need not read all the events then.
        with contextlib.suppress(RunError, OSError):
            figures_of(self.run.events_file)
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
            device=self._device_name,
            precision=trainer.device.precision,
            gpu=trainer.device.gpu,
            notice=self._opened.notice,
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
        try:
            yield from self._trained()
        except LostProcessError:
            if not (reason := self._world.why_left()):
                raise
            self._record((TrainingEnded(self.trainer.progress.step, "failed", reason),))
            yield self._recorded()

    def _trained(self) -> Iterator[tuple[TrainingEvent, ...]]:
        """The items of `steps`; raises LostProcessError if another process ends."""
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
        self._readings.add(events)
        self._unrecorded += events
        while self._unrecorded:
            event = self._unrecorded[0]
            # A checkpoint that is on disk already is reported again, but not recorded twice.
            if event != self._last_saved:
                self.run.record(event)
            if isinstance(event, CheckpointSaved):
                self._last_saved = event
            if isinstance(event, TrainingEnded) and event.outcome == "failed":
                self._world.leave(event.reason)
            self._unreported.append(self._unrecorded.pop(0))
            if isinstance(event, Validated):
                self.perplexity = event.perplexity_all
                self._unrecorded[:0] = self._verse(event.step)
        if self.trainer.saves_next:
            # Even a power failure must not leave a checkpoint without its events in the log.
            self.run.sync_events()

    def _verse(self, step: int) -> Iterator[TrainingEvent]:
        """The sample poem, and how much verse the model writes without a form."""
        try:
            with contextlib.suppress(VerseError):
                (poem,) = write(self.writer(), SAMPLE)
                yield SampleWritten(step, poem.text)
            if count := self.config.train.verse_poems:
                with contextlib.suppress(VerseError):
                    yield self._free_verse.measure(self.writer(), step, count)
        except (MemoryError, RuntimeError) as error:
            if not (message := no_room_message(error)):
                raise
            # Writing many poems at once may need more memory than training.
            yield Noted(step, tr("Not all verse was written. {reason}", reason=message))

    def _recorded(self) -> tuple[TrainingEvent, ...]:
        """The events that are on disk but not reported yet."""
        reported, self._unreported = tuple(self._unreported), []
        return reported


def starting_from(home: Home, config: RunConfig, name: str) -> RunConfig:
    """`config` for a run that starts from the model called `name`, with that model's shape."""
    folder, full_name = locate(home, name)
    model = config.model.with_shape_of(checkpoint.read_description(folder).config)
    return msgspec.structs.replace(config, start=full_name, model=model)


def taught_by(home: Home, config: RunConfig, names: str) -> RunConfig:
    """`config` for a run that learns from the models of a list, as "a,b@200".

    Raises ConfigError if a name is missing or there twice, RunError if there is no such model.
    """
    given = [name.strip() for name in names.split(",")]
    teachers = tuple(locate(home, name)[1] for name in given if name)
    if not all(given) or len(set(teachers)) < len(teachers):
        raise ConfigError(tr("Name each teacher once, with a comma between them: --teachers a,b."))
    return msgspec.structs.replace(config, teachers=teachers)


def start_run(home: Home, name: str, config: RunConfig) -> TrainingSession:
    """Make the folder of a new run and open it. If that fails, the folder is deleted."""
    run = folders.create(home.runs, name, config)
    try:
        return TrainingSession(home, run)
    except BaseException:
        folders.delete(run)
        raise


def resume_run(
    home: Home, name: str, epochs: int = 0, device: str = "", after: int = 0
) -> TrainingSession:
    """Open a run that was stopped or interrupted; `epochs` are added to its settings.

    `device`, if given, is the device to train on this time. "run@step" resumes from that checkpoint
    and deletes later ones. If the process `after` trains the run, wait for it. Raises RunError.
    """
    name, at, step = name.partition("@")
    run = folders.find(home.runs, name)
    # Python refuses to read numbers of thousands of digits.
    if at and not (step.isdecimal() and len(step) < 20):
        raise RunError(
            tr(
                "{step!r} is not a step of {run}. Write {run}@200, for example.",
                step=step,
                run=name,
            )
        )
    return TrainingSession(home, run, epochs, int(step) if at else None, device, after)
