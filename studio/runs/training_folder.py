"""The process that trains in a run's folder, and the lock that it holds. Imports no torch.

```
runs/NAME/
  lock              locked while a process trains in the folder
  process.json      that process, or the one that is about to; it counts only while the lock is held
                    or that process lives, see `is_busy`
```
"""

import contextlib
import fcntl
import os
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from studio.documents import read_json
from studio.errors import RunError
from studio.files import lock_file, replacing
from studio.limits import Moment
from studio.model.config import Natural, Positive
from studio.translation import tr

# At most 240 bytes in UTF-8: file systems accept names of 255.
RUN_NAME = re.compile(r"\w[\w\-.]{0,59}")
_LOCK_TRIES = 10
# Seconds for which a process on another host is trusted to train without writing anything.
_TRUSTED = 60.0

ProcessState = Literal["starting", "training", "paused"]


class TrainingProcess(msgspec.Struct, frozen=True):
    """A process that trains a run of `total_steps` steps on `device`; both unknown at its start.

    `processes`: how many train it together; this one is process 0 of them. `created` is when the
    process itself was, for one that is starting. `gpu` is NVML's UUID of the device, or "";
    `other_gpus` are those of the other processes on this host.
    """

    pid: Positive
    host: str
    device: str
    total_steps: Natural
    state: ProcessState = "training"
    processes: Positive = 1
    created: Moment = 0.0
    gpu: str = ""
    other_gpus: tuple[str, ...] = ()

    @property
    def gpus(self) -> tuple[str, ...]:
        """The GPUs of this host on which the run is trained."""
        return tuple(filter(None, (self.gpu, *self.other_gpus)))

    @property
    def is_this(self) -> bool:
        """Whether it is the process that asks, by the name of its host or the time of its start.

        The network may give the host another name. Processes that run keep the old one.
        """
        if self.pid != os.getpid():
            return False
        return self.host == platform.node() or _is_as_old(self.pid, self.created)

    @property
    def is_about_to(self) -> bool:
        """Whether it lives on this host and is starting, so that it will lock the folder."""
        if self.state != "starting" or self.host != platform.node():
            return False
        return _is_as_old(self.pid, self.created)


@dataclass(frozen=True, slots=True)
class TrainingFolder:
    """A folder in which one process at a time trains."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def events_file(self) -> Path:
        """The file of its events."""
        return self.folder / "events.jsonl"

    def is_busy(self) -> bool:
        """Whether a process is training in the folder now.

        The system frees the lock of a process that is killed.
        """
        if self._is_locked():
            return True
        return self._is_awaited_elsewhere()

    def _is_awaited_elsewhere(self) -> bool:
        """Whether another process trains the run or is about to, though no lock is seen."""
        process = self._recorded_process()
        if process is None or process.is_this:
            return False
        if process.pid == os.getppid():
            # It has started this process, as one of several.
            return False
        return process.is_about_to or self._is_on_another_host(process)

    def _is_locked(self) -> bool:
        try:
            descriptor = os.open(self._lock_file, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            # It is not there, or not to be read: no process of this person has locked it.
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            # Its file system cannot lock files: nobody trains there.
            return False
        finally:
            os.close(descriptor)
        return False

    def _is_on_another_host(self, process: TrainingProcess) -> bool:
        """Whether the process seems to train the run on another host, though no lock is seen.

        Some shared file systems keep the locks of each host to itself.
        """
        if process.host == platform.node():
            return False
        written = 0.0
        for path in (self._process_file, self.events_file):
            with contextlib.suppress(FileNotFoundError):
                written = max(written, path.stat().st_mtime)
        return time.time() - written < _TRUSTED

    def process(self) -> TrainingProcess | None:
        """The process that trains the run now; None if there is none, or it cannot be known."""
        return self._recorded_process() if self.is_busy() else None

    def _recorded_process(self) -> TrainingProcess | None:
        try:
            return read_json(self._process_file, TrainingProcess, RunError, "")
        except RunError:
            return None  # not written yet, or an older version trains

    @property
    def _lock_file(self) -> Path:
        return self.folder / "lock"

    @property
    def _process_file(self) -> Path:
        return self.folder / "process.json"

    def record_process(
        self,
        device: str,
        total_steps: int,
        state: ProcessState = "training",
        processes: int = 1,
        pid: int = 0,
        gpu: str = "",
        other_gpus: tuple[str, ...] = (),
    ) -> None:
        """Write down that this process, or `pid`, trains the run; the caller holds the lock."""
        pid = pid or os.getpid()
        created = _created(pid) if state == "starting" else 0.0
        process = TrainingProcess(
            pid, platform.node(), device, total_steps, state, processes, created, gpu, other_gpus
        )
        try:
            with replacing(self._process_file) as file:
                file.write(msgspec.json.encode(process))
        except OSError:
            # On a full disk the run is still trained; only others do not learn by whom. A folder
            # that was renamed or deleted meanwhile must not come back.
            self.forget_process()

    def stay_known(self) -> None:
        """Show other hosts, which may not see the lock, that this process still has the run."""
        with contextlib.suppress(OSError):
            os.utime(self._process_file)

    def forget_process(self) -> None:
        """Remove what a process wrote down; the caller holds the lock."""
        with contextlib.suppress(OSError):
            self._process_file.unlink()

    @contextlib.contextmanager
    def lock(self, after: int = 0) -> Iterator[None]:
        """Lock the folder for training; raises RunError if another process has locked it.

        If it is the process `after` of this host, wait for it. The system frees the lock when this
        process ends, even if it is killed.
        """
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT)
        try:
            # `is_busy` in another process holds the lock only for a moment.
            tries = 0
            while not _locked(descriptor, self._lock_file):
                tries += 1
                if tries >= _LOCK_TRIES and not (after and self._may_be_trained_by(after)):
                    raise self._trained_by_another()
                time.sleep(0.02)
            if self._is_awaited_elsewhere():
                raise self._trained_by_another()
            yield
        finally:
            os.close(descriptor)

    def _may_be_trained_by(self, pid: int) -> bool:
        process = self._recorded_process()
        # It may have been written down by the process that started this one.
        if process is None or (process.is_this and process.state == "starting"):
            return True
        return process.pid == pid

    def _trained_by_another(self) -> RunError:
        process = self._recorded_process()
        if process and process.is_this:
            return RunError(tr("{run} is in training. Stop it first.", run=self.name))
        if process is None:
            return RunError(
                tr(
                    "The run {run} is being trained by another process. "
                    "Wait for it to end, or stop it.",
                    run=self.name,
                )
            )
        return RunError(
            tr(
                "The run {run} is being trained by another process, {pid} on {host}. "
                "Wait for it to end, or stop it.",
                run=self.name,
                pid=process.pid,
                host=process.host,
            )
        )


def _is_as_old(pid: int, created: float) -> bool:
    """Whether it was created then: the number of a process that has ended may be used again."""
    return created > 0 and abs(_created(pid) - created) < 1


def _created(pid: int) -> float:
    """When a process of this host was created; 0 if it has ended."""
    import psutil

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0.0


def _locked(descriptor: int, path: Path) -> bool:
    """Lock an open file, if no other process has locked it."""
    try:
        lock_file(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
    except BlockingIOError:
        return False
    return True
