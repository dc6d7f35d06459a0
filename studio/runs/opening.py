"""Opening a run for training: its poems, its device, and a trainer at its last checkpoint."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from studio.corpus.library import Library
from studio.corpus.poem import About
from studio.corpus.vocabulary import Vocabulary
from studio.errors import ConfigError, DamageError, DeviceError, RunError, no_room_message
from studio.model import checkpoint
from studio.model.checkpoint_names import name_of, step_of
from studio.model.config import MAX_COUNT, RunConfig
from studio.model.device import Device, choose_device
from studio.model.events import (
    CheckpointSaved,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.network import Network
from studio.model.parallel import World
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.runs.beside import library_beside
from studio.runs.folders import Run
from studio.runs.gpu_claims import choosing_gpu
from studio.runs.helping import SharedTask, saying_how_to_resume, send_task
from studio.runs.loading import locate
from studio.translation import marked, tr

C = TypeVar("C")
T = TypeVar("T")


class _Poems(NamedTuple):
    """Texts, and what is known of each; the last `others` are not of the library."""

    texts: list[str]
    about: list[About]
    others: int = 0


class RunOpening:
    """Makes the trainer of a run whose folder is locked.

    Afterwards `notice` is a message for the user about how the run was opened, `last_saved` is the
    checkpoint that it resumes from, and `perplexity` is its last validation perplexity over
    all targets. `corpus` names the source of the poems.
    """

    def __init__(self, home: Home, run: Run, config: RunConfig, world: World) -> None:
        self.run = run
        self.config = config
        self.notice = ""
        self.last_saved: CheckpointSaved | None = None
        self.perplexity: float | None = None
        self.corpus = ""
        self._home, self._world = home, world

    def trainer(self, names: list[str], device: str) -> Trainer:
        """A trainer that resumes from the first undamaged checkpoint of `names`."""
        settings = self.config.train
        if self.config.teachers and self._world.size > 1:
            raise ConfigError(tr("A run with teachers uses one process: remove --devices."))
        if self.config.mixed and settings.batching != "stream":
            raise ConfigError(
                tr(
                    "The poems of {corpus} can be mixed in only where the text is a stream: set "
                    "batching=stream, or leave them out (--mix '').",
                    corpus=self.config.mixed,
                )
            )
        own, train, valid = self._read_poems()
        start = self._start_model() if self.config.start and not names else None
        # A run that starts from a model keeps its vocabulary; else it is built from the library.
        given = [self.run.checkpoints / name for name in names] + ([start] if start else [])
        if self.config.start and given:
            vocabulary = _first_undamaged(given, _vocabulary)
        else:
            # The poets of the vocabulary are those of the library, too.
            poets = [each.poet for each in own.about] if self.config.model.poet_input else []
            vocabulary = Vocabulary.build(own.texts, settings.min_count, poets)
        trainer = Trainer(
            self.config,
            vocabulary,
            train.texts,
            valid,
            self._device(device, is_new=not names),
            self.run.checkpoints,
            self._world,
            train.about,
            train.others,
            self._teachers(vocabulary),
        )
        if start:
            checkpoint.load_weights(trainer.network, start)
        if names:
            self._resume(trainer, names)
        else:
            if any(event.step for event in self.run.each_event()):
                self.notice += tr(
                    "{run} has no checkpoint: it starts from the beginning.", run=self.run.name
                )
            self.run.drop_events_after(0)
        task = SharedTask(
            self.run.name,
            self.config,
            vocabulary,
            train.texts,
            valid,
            trainer.progress,
            train.about,
            train.others,
        )
        saved = self.last_saved
        with saying_how_to_resume(self.run.name), self._world.naming_the_lost():
            send_task(self._world, task, self.run.checkpoints / saved.name if saved else None)
        return trainer

    def _read_poems(self) -> tuple[_Poems, _Poems, list[str]]:
        """The poems of the library, those to train on, and the texts to validate on."""
        settings, reads = self.config.train, self.config.model.has_conditions
        with Library.open(self._home.library) as library:
            own = _Poems(library.texts("train"), library.about("train") if reads else [])
            valid = library.texts("valid")
            self.corpus = library.statistics().source
        train = own
        if name := self.config.poems or self.config.mixed:
            with library_beside(self._home, name) as beside:
                texts, about = beside.texts("train"), beside.about("train") if reads else []
                source = beside.statistics().source
                if self.config.poems:
                    train, valid = _Poems(texts, about), beside.texts("valid")
                    self.corpus = source
                else:
                    train = _Poems(own.texts + texts, own.about + about, len(texts))
                    self.corpus = f"{self.corpus}; {source}"
        if settings.validation_poems:
            valid = valid[:: max(1, len(valid) // settings.validation_poems)]
        return own, train, valid

    def _teachers(self, vocabulary: Vocabulary) -> list[Network]:
        """The models that the run learns from; raises RunError if one cannot teach it."""
        teachers = []
        for name in self.config.teachers:
            try:
                folder, full_name = locate(self._home, name)
            except RunError as error:
                raise RunError(
                    tr(
                        "{run} learns from {name}, which is missing. Put it back, or start a new "
                        "run from its model with other teachers (--from {run} --teachers ...).",
                        run=self.run.name,
                        name=name,
                    )
                ) from error
            network, known, _ = checkpoint.load_model(folder)
            # If the run has no poets, its teachers read an unknown one.
            reads_poets = network.config.poet_input and vocabulary.poets
            if known.characters != vocabulary.characters or (
                reads_poets and known.poets != vocabulary.poets
            ):
                raise RunError(
                    tr(
                        "{name} cannot teach this run: its characters or poets differ. Use a model "
                        "trained on the same library with the same min_count.",
                        name=full_name,
                    )
                )
            teachers.append(network)
        return teachers

    def _device(self, wish: str, is_new: bool) -> Device:
        """The device `wish`, or that of the settings, noted for processes that choose one now."""
        with choosing_gpu(self._home.runs, self.run.name) as taken:
            device = self._chosen(wish, is_new, taken)
            others = self._world.other_gpus
            self.run.record_process(device.name, 0, "starting", gpu=device.gpu, other_gpus=others)
        return device

    def _chosen(self, wish: str, is_new: bool, taken: dict[str, int]) -> Device:
        """The device, or another one if a resumed run is on another machine."""
        settings = self.config.train
        wish_or_setting = self._world.device or wish or settings.device
        try:
            return choose_device(settings.precision, wish_or_setting, taken)
        except DeviceError as error:
            if wish or is_new:
                raise
            device = choose_device(settings.precision, taken=taken)
            self.notice = tr(
                "{run} was to train on {wish}, which cannot be used here. "
                "It trains on {device}. {reason} ",
                run=self.run.name,
                wish=settings.device,
                device=device.name,
                reason=error,
            )
            return device

    def _resume(self, trainer: Trainer, names: list[str]) -> None:
        """Load the first undamaged checkpoint of `names`, and cut the event log off there."""
        try:
            name = _first_undamaged(names, partial(self._load, trainer))
        except DamageError as error:
            if len(names) == 1 or not _is_damage(error.__cause__):
                raise
            raise DamageError(
                tr(
                    "No checkpoint of {run} can be read. The oldest: {reason} To train the "
                    "run from the beginning, delete {folder}.",
                    run=self.run.name,
                    reason=error,
                    folder=self.run.checkpoints,
                )
            ) from error
        step = trainer.progress.step
        # Those of the steps, of which a long run has millions, say nothing here.
        events = [each for each in self.run.each_event() if not isinstance(each, StepDone)]
        if step >= trainer.total_steps and TrainingEnded(step, "finished") in events:
            raise RunError(
                tr(
                    "The run {run} has finished its {steps:,} steps. "
                    "To resume it, give it more epochs.",
                    run=self.run.name,
                    steps=trainer.total_steps,
                )
            )
        if damaged := names[: names.index(name)]:
            skipped = tr(", ").join(damaged)
            self.notice += tr("{names} cannot be read and was skipped. ", names=skipped)
        # Checkpoints before events: after an interruption here the log may have too many events,
        # but never too few.
        if deleted := checkpoint.delete_after(self.run.checkpoints, step):
            self.notice += tr(
                "Training resumes from {name}; deleted {names}.",
                name=name,
                names=tr(", ").join(deleted),
            )
        _compare_all_targets(trainer, self.run.checkpoint_names(), events)
        checkpoint.prune(self.run.checkpoints, self.config.train.keep, trainer.progress.best_step)
        self.run.drop_events_after(step)
        saved = CheckpointSaved(step, name)
        if saved not in events:
            # The process was killed right after saving.
            self.run.record(saved)
        self.last_saved = saved
        for event in events:
            if isinstance(event, Validated) and event.step <= step:
                self.perplexity = event.perplexity_all

    def _load(self, trainer: Trainer, name: str) -> str:
        folder = self.run.checkpoints / name
        checkpoint.read_description(folder)
        if Vocabulary.load(folder / "vocabulary.json") != trainer.vocabulary:
            raise RunError(
                tr(
                    "The run {run} cannot be resumed: the characters of {library} are not those of "
                    "{vocabulary}. The library has other poems, or another version of the studio "
                    "built it. Build the library that the run was trained on, or start a new run "
                    "from its model: tangshi-studio train --from {run}.",
                    run=self.run.name,
                    library=self._home.library,
                    vocabulary=folder / "vocabulary.json",
                )
            )
        trainer.load(folder)
        return name

    def _start_model(self) -> Path:
        """The folder of the model that the run starts from; raises RunError if it does not fit."""
        folder, name = locate(self._home, self.config.start)
        given = checkpoint.read_description(folder).config
        if self.config.model != self.config.model.with_shape_of(given):
            raise RunError(
                tr(
                    "A run that starts from {name} must have the same model: {cell}, embedding "
                    "{embedding}, hidden {hidden}, {layers} layers. Only dropout and initial state "
                    "may differ. Remove the other model settings.",
                    name=name,
                    cell=given.cell,
                    embedding=given.embedding,
                    hidden=given.hidden,
                    layers=given.layers,
                )
            )
        return folder


def _compare_all_targets(
    trainer: Trainer, names: list[str], events: Sequence[TrainingEvent]
) -> None:
    """Find the best checkpoint of a run whose best was the lowest over Han characters.

    Version 0.1.0 compared those. Of its checkpoints, the best is that with the lowest perplexity
    over all targets, as the log has it.
    """
    if trainer.progress.best is None:
        return
    kept = [
        (event.perplexity_all, event.step)
        for event in events
        if isinstance(event, Validated) and name_of(event.step) in names
    ]
    best, at = min(kept, default=(None, None))
    trainer.progress = msgspec.structs.replace(
        trainer.progress, best=None, best_all=best, best_step=at
    )


def checkpoints_to_try(run: Run, step: int | None) -> list[str]:
    """The names of the checkpoints to try, the newest first; with `step` only that one."""
    names = run.checkpoint_names()[::-1]
    if step is None:
        return names
    if name_of(step) not in names:
        steps = tr(", ").join(str(step_of(name)) for name in reversed(names))
        message = marked("The run {run} has no checkpoint at step {step}. It has none yet.")
        if steps:
            message = marked(
                "The run {run} has no checkpoint at step {step}. Choose one of: {known}."
            )
        raise RunError(tr(message, run=run.name, step=step, known=steps))
    return [name_of(step)]


def with_more_epochs(run: Run, epochs: int, names: Sequence[str]) -> RunConfig:
    """The run's settings with `epochs` added; if `max_steps` ended it, to the epoch it reached.

    `names` are the checkpoints to resume from, the newest first. Raises RunError if the run has not
    reached its `max_steps` or the end of its epochs.
    """
    config = run.config()
    if epochs <= 0:
        return config
    before = mixing = config.train.epochs
    if limit := config.train.max_steps:
        folders = [run.checkpoints / name for name in names]
        reached = _first_undamaged(folders, checkpoint.read_progress) if names else None
        if reached is None or (reached.step < limit and reached.epoch <= before):
            raise RunError(
                tr(
                    "{run} has not reached its max_steps, {limit:,}. Resume it without --epochs "
                    "first; then it can have more epochs.",
                    run=run.name,
                    limit=limit,
                )
            )
        before = reached.epoch if reached.position else reached.epoch - 1
        mixing = max(1, before)
    train = msgspec.structs.replace(
        config.train, epochs=min(before + epochs, MAX_COUNT), max_steps=0
    )
    mixing = config.mixing_epochs or (mixing if config.mixed else 0)
    return msgspec.structs.replace(config, train=train, mixing_epochs=mixing)


def _vocabulary(folder: Path) -> Vocabulary:
    return Vocabulary.of_model(folder)


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
    return not (isinstance(cause, Exception) and no_room_message(cause))
