"""The run folder: what a run is, what it told, and who is at work in it. Imports no torch.

```
runs/NAME/
  config.json       the settings
  events.jsonl      what training told, one event a line, appended
  checkpoints/      one folder a checkpoint, step-00000200, see model/checkpoint.py
  summary.json      cached figures, see summary.py; rebuilt if missing
  lock              held while a process trains in the folder
```
"""

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from studio.errors import RunError
from studio.files import sync, write_atomically
from studio.json_lines import append_record, write_records
from studio.model.config import RunConfig, read_config
from studio.model.events import TrainingEnded, TrainingEvent
from studio.runs.event_log import EventReader
from studio.runs.summary import figures_of
from studio.staging import staging_path

# At most 240 bytes in UTF-8: file systems take names of 255.
_NAME = re.compile(r"\w[\w\-.]{0,59}")
# What a model can be called that is no run's.
_RESERVED = ("auto", "default")
_CHECKPOINT = re.compile(r"step-\d+")
_LOCK_TRIES = 10


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints are."""
        return self.folder / "checkpoints"

    @property
    def events_file(self) -> Path:
        """What it told."""
        return self.folder / "events.jsonl"

    def config(self) -> RunConfig:
        """Its settings."""
        return read_config(self.folder / "config.json")

    def write_config(self, config: RunConfig) -> None:
        """Set its settings."""
        encoded = msgspec.json.format(msgspec.json.encode(config), indent=2)
        write_atomically(self.folder / "config.json", encoded)

    def checkpoint_names(self) -> list[str]:
        """The complete checkpoints, oldest first."""
        return sorted(
            path.name
            for path in self.checkpoints.glob("step-*")
            if path.is_dir() and _CHECKPOINT.fullmatch(path.name)
        )

    def events(self) -> list[TrainingEvent]:
        """All that the run told, in order; raises RunError that names a damaged line."""
        try:
            with EventReader(self.events_file) as reader:
                return list(reader)
        except FileNotFoundError:
            return []

    def record(self, event: TrainingEvent) -> None:
        """Append one event."""
        append_record(self.events_file, event)

    def sync_events(self) -> None:
        """Have the system write the events to the disk itself."""
        sync(self.events_file)

    def drop_events_after(self, step: int) -> None:
        """Drop the events after the checkpoint that training continues from."""
        kept = (
            event
            for event in self.events()
            if event.step <= step and not isinstance(event, TrainingEnded)
        )
        write_records(self.events_file, kept)

    def is_busy(self) -> bool:
        """Whether a process trains in the folder now."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for training; raises RunError where another process does.

        The system frees the lock when its process ends, however it ends.
        """
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        try:
            # Somebody who just looks (`is_busy`) is gone in a moment.
            for _ in range(_LOCK_TRIES):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.02)
            else:
                raise RunError(
                    f"The run {self.name} is being trained by another process. "
                    "Wait for it to end, or stop it."
                )
            yield
        finally:
            os.close(descriptor)


class RunSummary(msgspec.Struct, frozen=True):
    """One row of the list of runs."""

    name: str
    recipe: str
    cell: str
    status: str
    step: int
    epoch: int
    loss: float | None
    best_perplexity: float | None
    elapsed: float
    modified: float


def create(runs: Path, name: str, config: RunConfig) -> Run:
    """Make a new run's folder; raises RunError where the name is taken or cannot be a folder."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise RunError(
            f"A run cannot be called {name!r}. Use letters, digits, Chinese characters, and after "
            f"the first also - and ., at most 60; {' and '.join(_RESERVED)} mean other models."
        )
    folder = runs / name
    if (folder / "config.json").exists():
        raise RunError(f"There is a run called {name} already. Choose another name or delete it.")
    # A folder without settings is what a crash left of a run that never began.
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    run.write_config(config)
    return run


def find(runs: Path, name: str) -> Run:
    """The run called `name`; raises RunError that lists the known ones."""
    folder = runs / name
    if not _NAME.fullmatch(name) or not (folder / "config.json").exists():
        known = ", ".join(run.name for run in all_runs(runs)) or "none yet"
        raise RunError(f"There is no run called {name!r}. Runs: {known}.")
    return Run(folder)


def all_runs(runs: Path) -> list[Run]:
    """All runs, the most recently active first."""
    found = [Run(path.parent) for path in runs.glob("[!.]*/config.json")]
    return sorted(found, key=_modified, reverse=True)


def delete(run: Run) -> None:
    """Remove a run's folder; raises RunError while it is being trained."""
    with run.lock():
        # At once, so that nobody who reads the list sees half of it or writes into it.
        gone = staging_path(run.folder)
        run.folder.rename(gone)
        shutil.rmtree(gone)


def new_name(runs: Path, recipe: str, cell: str) -> str:
    """A free name for a new run: recipe, cell, day and time."""
    stem = f"{recipe}-{cell}-{time.strftime('%m%d-%H%M')}"
    name, count = stem, 1
    while (runs / name).exists():
        count += 1
        name = f"{stem}-{count}"
    return name


def summary(run: Run) -> RunSummary:
    """Condense a run's folder to one row."""
    config = run.config()
    figures = figures_of(run.events_file)
    return RunSummary(
        name=run.name,
        recipe=config.recipe,
        cell=config.model.cell,
        status="training" if run.is_busy() else figures.outcome or "interrupted",
        step=figures.step,
        epoch=figures.epoch,
        loss=figures.loss,
        best_perplexity=figures.best_perplexity,
        elapsed=figures.elapsed,
        modified=_modified(run),
    )


def _modified(run: Run) -> float:
    file = run.events_file if run.events_file.exists() else run.folder / "config.json"
    return file.stat().st_mtime
