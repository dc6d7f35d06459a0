"""The run folder: the settings, events and checkpoints of a run. Imports no torch.

```
runs/NAME/
  config.json       the settings
  events.jsonl      the events of training, appended, one per line
  checkpoints/      one folder per checkpoint, step-00000200, see model/checkpoint.py
  environment.jsonl what it was trained on, see environment.py
  readings.jsonl    the device while it trained, see readings.py
  summary.json      cached figures, see summary.py; rebuilt if missing
```

More files are for the processes that train the run: see training_folder.py, processes.py and
queue.py.
"""

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec

from studio.errors import RunError
from studio.files import locked, replacing, sync
from studio.json_lines import append_record
from studio.model.checkpoint_names import names_in
from studio.model.config import RunConfig, read_config
from studio.model.events import TrainingEnded, TrainingEvent
from studio.paths import is_there
from studio.reasons import system_reason
from studio.runs import queue
from studio.runs.event_log import EventReader
from studio.runs.summary import figures_of
from studio.runs.training_folder import RUN_NAME, ProcessState, TrainingFolder, TrainingProcess
from studio.staging import staging_path
from studio.translation import marked, plain, tr
from studio.wording import ordinal

# Names of models that are not runs.
_RESERVED = ("auto", "default")
_CREATING = ".creating"  # locked while the folder of a run is made
# What the status of a run can be. Programs read it; `tr` says it to a person.
STATUSES = (
    marked("waiting"),
    marked("starting"),
    marked("training"),
    marked("paused"),
    marked("stopping"),
    marked("finished"),
    marked("stopped"),
    marked("diverged"),
    marked("failed"),
    marked("interrupted"),
)


@dataclass(frozen=True, slots=True)
class Run(TrainingFolder):
    """A run's folder."""

    @property
    def checkpoints(self) -> Path:
        """The folder of its checkpoints."""
        return self.folder / "checkpoints"

    def config(self) -> RunConfig:
        """Its settings."""
        return read_config(self.folder / "config.json")

    def write_config(self, config: RunConfig) -> None:
        """Write its settings."""
        encoded = msgspec.json.format(msgspec.json.encode(config), indent=2)
        with replacing(self.folder / "config.json") as file:
            file.write(encoded)

    def checkpoint_names(self) -> list[str]:
        """The complete checkpoints, oldest first."""
        return names_in(self.checkpoints)

    def events(self) -> list[TrainingEvent]:
        """All events of the run, in order; raises RunError that names a damaged line."""
        return list(self.each_event())

    def each_event(self) -> Iterator[TrainingEvent]:
        """The same, one after the other: all of a long run take gigabytes of memory."""
        with contextlib.suppress(FileNotFoundError), EventReader(self.events_file) as reader:
            yield from reader

    def times(self) -> list[float | None]:
        """The time of each event in seconds since 1970; None for those of older versions."""
        try:
            with EventReader(self.events_file) as reader:
                return list(reader.times())
        except FileNotFoundError:
            return []

    def record(self, event: TrainingEvent) -> None:
        """Append one event, with the time."""
        append_record(self.events_file, _with_time(event, time.time()))

    def sync_events(self) -> None:
        """Flush the events to disk."""
        sync(self.events_file)

    def drop_events_after(self, step: int) -> None:
        """Drop the events after `step`, the checkpoint from which training resumes."""
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(replacing(self.events_file))
            with contextlib.suppress(FileNotFoundError):
                reader = opened.enter_context(EventReader(self.events_file))
                file.writelines(
                    line
                    for event, line in reader.lines()
                    if event.step <= step and not isinstance(event, TrainingEnded)
                )


class RunSummary(msgspec.Struct, frozen=True):
    """A run as one row of the list of runs. `process` trains it now; seconds left are a guess.

    `best_perplexity` is the lowest over all targets, `best_perplexity_han` that over Han characters
    at the same step. `place` is its place in the queue, from 1; 0 if it does not wait.
    """

    name: str
    recipe: str
    cell: str
    status: str
    step: int
    epoch: int
    loss: float | None
    best_perplexity: float | None
    best_perplexity_han: float | None
    elapsed: float
    modified: float
    process: TrainingProcess | None = None
    seconds_left: float | None = None
    place: int = 0

    @property
    def status_in_words(self) -> str:
        """The status, with the place in the queue."""
        status = tr(self.status)
        if self.place:
            return tr("{status}, {place}", status=status, place=ordinal(self.place))
        return status

    @property
    def is_busy(self) -> bool:
        """Whether a process trains it."""
        return self.status in get_args(ProcessState)


def check_name(name: str) -> None:
    """Raise RunError if no run may have that name."""
    if not RUN_NAME.fullmatch(name) or name in _RESERVED:
        raise RunError(
            tr(
                "A run cannot be called {name!r}. Use at most 60 letters, digits and Chinese "
                "characters, and after the first also - and . characters. The names "
                "{reserved} are reserved.",
                name=name,
                reserved=tr(" and ").join(_RESERVED),
            )
        )


def create(runs: Path, name: str, config: RunConfig) -> Run:
    """Make the folder of a new run; raises RunError if the name is taken or not allowed."""
    check_name(name)
    run = Run(runs / name)
    # Of two processes at once one would put its settings in the place of the other's.
    with locked(runs / _CREATING):
        if (run.folder / "config.json").exists():
            raise RunError(
                tr(
                    "There is already a run called {name}. Choose another name, or delete that "
                    "run.",
                    name=name,
                )
            )
        # A crash before the run started leaves only hidden, unfinished files. Anything else is a
        # person's, and a run that cannot start is deleted with its folder.
        if run.folder.is_dir() and any(not f.name.startswith(".") for f in run.folder.iterdir()):
            raise RunError(
                tr(
                    "{folder} has files, but not the settings of a run (config.json). Choose "
                    "another name, or move that folder away.",
                    folder=run.folder,
                )
            )
        run.folder.mkdir(parents=True, exist_ok=True)
        run.write_config(config)
    return run


def find(runs: Path, name: str) -> Run:
    """The run called `name`; raises RunError that lists the known ones."""
    folder = runs / name
    if not RUN_NAME.fullmatch(name) or not (folder / "config.json").exists():
        known = tr(", ").join(run.name for run in all_runs(runs)) or tr("none yet")
        raise RunError(
            tr("There is no run called {name!r}. Runs: {known}.", name=name, known=known)
        )
    return Run(folder)


def all_runs(runs: Path) -> list[Run]:
    """All runs, the most recently active first."""
    named = (path for path in runs.glob("[!.]*") if RUN_NAME.fullmatch(path.name))
    return sorted((Run(path) for path in named if _has_settings(path)), key=_modified, reverse=True)


def _has_settings(folder: Path) -> bool:
    """Whether it is the folder of a run, or one that may not be read: reading it says why."""
    try:
        return (folder / "config.json").exists()
    except PermissionError:
        return True


def delete(run: Run) -> None:
    """Remove a run's folder; raises RunError while it is in training, or if files are left."""
    with run.lock():
        # Rename first, so that no other process sees half of the folder or writes to it.
        removed = staging_path(run.folder)
        run.folder.rename(removed)
    try:
        # On NFS a folder with an open file, such as the lock, cannot be deleted.
        if removed.is_symlink():
            # The run was moved to another disk, with a link in its place.
            shutil.rmtree(removed.resolve())
            removed.unlink()
        else:
            shutil.rmtree(removed)
    except OSError as error:
        raise RunError(
            tr(
                "{run} is deleted, but some of its files could not be: {reason}. "
                "They are in {folder}. Delete that folder yourself.",
                run=run.name,
                reason=system_reason(error),
                folder=removed,
            )
        ) from error


def new_name(runs: Path, recipe: str, cell: str) -> str:
    """A free name for a new run: recipe, cell, day and time."""
    stem = f"{recipe}-{cell}-{time.strftime('%m%d-%H%M')}"
    name, count = stem, 1
    while is_there(runs / name):
        count += 1
        name = f"{stem}-{count}"
    return name


def summary(run: Run, places: Mapping[str, int] | None = None) -> RunSummary:
    """Summarise a run in one row; `places` are those in the queue, if they are known."""
    config = run.config()
    figures = figures_of(run.events_file)
    busy, process = run.is_busy(), run.process()
    place = 0
    if not busy:
        place = queue.place(run.folder) if places is None else places.get(run.name, 0)
    left = None
    if process and process.total_steps and figures.step:
        left = figures.elapsed / figures.step * max(0, process.total_steps - figures.step)
    return RunSummary(
        name=run.name,
        recipe=config.recipe,
        cell=config.model.cell,
        status=_status(busy, process, place, figures.outcome),
        step=figures.step,
        epoch=figures.epoch,
        loss=figures.loss,
        best_perplexity=figures.best_perplexity,
        best_perplexity_han=figures.best_perplexity_han,
        elapsed=figures.elapsed,
        modified=_modified(run),
        process=process,
        seconds_left=left,
        place=place,
    )


def _with_time(event: TrainingEvent, when: float) -> dict[str, object]:
    """What is written for an event."""
    return {**msgspec.to_builtins(event, enc_hook=plain), "time": round(when, 3)}


def _status(busy: bool, process: TrainingProcess | None, place: int, outcome: str) -> str:
    if process:
        return process.state
    if busy:
        return "training"
    return "waiting" if place else outcome or "interrupted"


def _modified(run: Run) -> float:
    try:
        file = run.events_file if run.events_file.exists() else run.folder / "config.json"
        return file.stat().st_mtime
    except OSError:  # it was deleted meanwhile, or may not be read
        return 0.0
