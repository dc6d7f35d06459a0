"""The run folder: the settings, events and checkpoints of a run, and its lock. Imports no torch.

```
runs/NAME/
  config.json       the settings
  events.jsonl      the events of training, appended, one per line
  checkpoints/      one folder per checkpoint, step-00000200, see model/checkpoint.py
  summary.json      cached figures, see summary.py; rebuilt if missing
  lock              locked while a process trains in the folder
  process.json      that process; it counts only while the lock is held
```

Two more files, to start and stop such a process, are in processes.py.
"""

import contextlib
import fcntl
import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from studio.documents import read_json
from studio.errors import RunError
from studio.files import sync, write_atomically
from studio.json_lines import append_record, write_records
from studio.model.config import RunConfig, read_config
from studio.model.events import TrainingEnded, TrainingEvent
from studio.runs.event_log import EventReader
from studio.runs.summary import figures_of
from studio.staging import staging_path

# At most 240 bytes in UTF-8: file systems accept names of 255.
_NAME = re.compile(r"\w[\w\-.]{0,59}")
# Names of models that are not runs.
_RESERVED = ("auto", "default")
_CHECKPOINT = re.compile(r"step-\d+")
_LOCK_TRIES = 10


class TrainingProcess(msgspec.Struct, frozen=True):
    """A process that trains a run of `total_steps` steps on `device`."""

    pid: int
    host: str
    device: str
    total_steps: int
    paused: bool = False


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
        """The folder of its checkpoints."""
        return self.folder / "checkpoints"

    @property
    def events_file(self) -> Path:
        """The file of its events."""
        return self.folder / "events.jsonl"

    def config(self) -> RunConfig:
        """Its settings."""
        return read_config(self.folder / "config.json")

    def write_config(self, config: RunConfig) -> None:
        """Write its settings."""
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
        """All events of the run, in order; raises RunError that names a damaged line."""
        try:
            with EventReader(self.events_file) as reader:
                return list(reader)
        except FileNotFoundError:
            return []

    def record(self, event: TrainingEvent) -> None:
        """Append one event."""
        append_record(self.events_file, event)

    def sync_events(self) -> None:
        """Flush the events to disk."""
        sync(self.events_file)

    def drop_events_after(self, step: int) -> None:
        """Drop the events after `step`, the checkpoint from which training resumes."""
        kept = (
            event
            for event in self.events()
            if event.step <= step and not isinstance(event, TrainingEnded)
        )
        write_records(self.events_file, kept)

    def is_busy(self) -> bool:
        """Whether a process is training in the folder now."""
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

    def process(self) -> TrainingProcess | None:
        """The process that trains the run now; None if there is none, or it cannot be known."""
        if not self.is_busy():
            return None
        try:
            return read_json(self.folder / "process.json", TrainingProcess, RunError, "")
        except RunError:
            return None  # not written yet, or an older version trains

    def record_process(self, device: str, total_steps: int, paused: bool = False) -> None:
        """Write down that this process trains the run; the caller holds the lock."""
        this = TrainingProcess(os.getpid(), platform.node(), device, total_steps, paused)
        # On a full disk the run is still trained; only others do not learn by whom.
        with contextlib.suppress(OSError):
            write_atomically(self.folder / "process.json", msgspec.json.encode(this))

    def forget_process(self) -> None:
        """Remove what an earlier process wrote down; the caller holds the lock."""
        (self.folder / "process.json").unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder for training; raises RunError if another process has locked it.

        The system frees the lock when this process ends, even if it is killed.
        """
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        try:
            # `is_busy` in another process holds the lock only for a moment.
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
    """A run as one row of the list of runs. `process` trains it now; seconds left are a guess."""

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
    process: TrainingProcess | None = None
    seconds_left: float | None = None


def check_name(name: str) -> None:
    """Raise RunError if no run may have that name."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise RunError(
            f"A run cannot be called {name!r}. Use at most 60 letters, digits and Chinese "
            "characters, and after the first also - and . characters. The names "
            f"{' and '.join(_RESERVED)} are reserved."
        )


def create(runs: Path, name: str, config: RunConfig) -> Run:
    """Make the folder of a new run; raises RunError if the name is taken or not allowed."""
    check_name(name)
    folder = runs / name
    if (folder / "config.json").exists():
        raise RunError(
            f"There is already a run called {name}. Choose another name, or delete that run."
        )
    # A folder without settings was left by a crash before the run started.
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
        # Rename first, so that no other process sees half of the folder or writes to it.
        removed = staging_path(run.folder)
        run.folder.rename(removed)
        shutil.rmtree(removed)


def new_name(runs: Path, recipe: str, cell: str) -> str:
    """A free name for a new run: recipe, cell, day and time."""
    stem = f"{recipe}-{cell}-{time.strftime('%m%d-%H%M')}"
    name, count = stem, 1
    while (runs / name).exists():
        count += 1
        name = f"{stem}-{count}"
    return name


def summary(run: Run) -> RunSummary:
    """Summarise a run in one row."""
    config = run.config()
    figures = figures_of(run.events_file)
    process = run.process()
    left = None
    if process and figures.step:
        left = figures.elapsed / figures.step * max(0, process.total_steps - figures.step)
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
        process=process,
        seconds_left=left,
    )


def _modified(run: Run) -> float:
    file = run.events_file if run.events_file.exists() else run.folder / "config.json"
    return file.stat().st_mtime
