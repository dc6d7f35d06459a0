"""Processes that train runs: start one without a terminal, stop any. Imports no torch.

```
runs/NAME/
  stop              a request to save a checkpoint and end, seen between two steps
  training.log      the output of a process that has no terminal
```
"""

import contextlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

import studio
from studio.errors import RunError
from studio.files import open_regular, read_regular
from studio.model.events import Outcome, TrainingEnded
from studio.paths import is_there
from studio.runs.folders import Run
from studio.runs.summary import figures_of
from studio.translation import as_option, tr
from studio.wording import printable

# Seconds between two looks at a file or a process.
LOOK_EVERY = 0.25
# Bytes of the end of the log in which an error is looked for, and its lines that are shown.
_LAST_WORDS, _LAST_LINES = 8000, 12
_LARGEST = 2**26  # bytes of a log; many times what a month of training writes
# How a training ends that did not fail.
_AS_IT_SHOULD: tuple[Outcome, ...] = ("finished", "stopped")
# How the output of a process starts, and its error.
_START, _ERRORS = "Loading torch", ("tangshi-studio: ", "Traceback ")


# --- stopping -------------------------------------------------------------------------------


def request_stop(run: Run) -> None:
    """Ask the process that trains the run to save a checkpoint and end; returns at once.

    Raises RunError if no process trains the run.
    """
    if not run.is_busy():
        raise RunError(tr("The run {run} is not in training.", run=run.name))
    _stop_file(run).touch()


def is_stop_requested(run: Run) -> bool:
    """Whether the process that trains the run is to end; false while the folder is unreadable."""
    return is_there(_stop_file(run))


def clear_stop(run: Run) -> None:
    """Remove the request; the caller holds the run's lock."""
    _stop_file(run).unlink(missing_ok=True)


def how_to_resume(name: str) -> str:
    """What to say where a training was cut short."""
    return tr(
        "The run {run} ends at its last checkpoint. "
        "Resume it with: tangshi-studio train --run {run} --resume",
        run=name,
    )


def _stop_file(run: Run) -> Path:
    return run.folder / "stop"


def wait_until_stopped(
    run: Run, report: Callable[[], None], is_cancelled: Callable[[], bool] = lambda: False
) -> bool:
    """Wait until no process trains the run, or `is_cancelled`: a process that hangs never ends.

    `report` is called once it takes longer. Returns False if the process ended, but another one
    started to train the run at once: it has cleared the request.
    """
    start, reported = time.monotonic(), False
    while run.is_busy() and not is_cancelled():
        if not is_stop_requested(run):
            return False
        if not reported and time.monotonic() - start > 1:
            report()
            reported = True
        time.sleep(LOOK_EVERY / 5)
    return True


def suspended(run: Run) -> int:
    """The process of this host that trains the run if ctrl-z has suspended it, or 0."""
    process = run.process()
    if process and process.host == platform.node():
        with contextlib.suppress(psutil.Error):
            if psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
                return process.pid
    return 0


# --- starting -------------------------------------------------------------------------------


def resuming(name: str) -> list[str]:
    """The arguments of Python to resume a run (NAME or NAME@STEP) in a process of its own."""
    return [*this_program(), "train", "--run", name, "--resume"]


def this_program() -> list[str]:
    """The arguments of Python to run this program, in the language of this process."""
    # -P: a folder called studio in the current one must not be taken for the program.
    return ["-P", "-m", "studio", "--language", as_option()]


def search_path() -> dict[str, str]:
    """The environment variable by which such a process finds this program."""
    program = str(Path(studio.__file__).parents[1])
    return {"PYTHONPATH": os.pathsep.join(filter(None, [program, os.environ.get("PYTHONPATH")]))}


def working_folder() -> str | None:
    """Where such a process works; None is here. In a folder that was deleted torch would end it."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return "/"
    return None


@dataclass(frozen=True, slots=True)
class DetachedTraining:
    """How a process without a terminal resumes a run; without options as the run's settings say.

    `epochs` are added to those of the settings. `device`, or several `devices`, replace the one in
    them this time; `gpu` is NVML's UUID of the device, which others then count as taken.
    `then_queue`: the process also trains the runs that wait; if it `may_fail`, even where the run
    itself cannot be resumed.
    """

    epochs: int = 0
    device: str = ""
    devices: str = ""
    gpu: str = ""
    then_queue: bool = False
    may_fail: bool = False

    @property
    def arguments(self) -> list[str]:
        """The arguments of the command."""
        given = {"--epochs": self.epochs, "--device": self.device, "--devices": self.devices}
        words = [word for name, value in given.items() if value for word in (name, str(value))]
        return words + ["--queue"] * self.then_queue + ["--may-fail"] * self.may_fail


AS_IN_SETTINGS = DetachedTraining()


def start_detached(
    run: Run, how: DetachedTraining = AS_IN_SETTINGS, after: int = 0
) -> "subprocess.Popen[bytes]":
    """Resume the run in a process of its own, which outlives this one and its terminal.

    The new process waits for the process `after` if that one trains the run, and heeds a request
    to stop that was made before. Raises OSError.
    """
    command = [sys.executable, *resuming(run.name), *how.arguments]
    if after:
        command += ["--after", str(after)]
    with _log(run).open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=working_folder(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A session of its own: it gets no signal from this terminal.
            start_new_session=True,
            env=os.environ | search_path(),
        )


def hand_over(
    run: Run, finish: Callable[[], None], then_queue: bool = False
) -> "subprocess.Popen[bytes]":
    """Let a process of its own resume the run that this one trains, once `finish` has saved it.

    The new process is started before: if this one is killed meanwhile, the run is resumed, too.
    Raises OSError.
    """
    # Nobody looks on any more: a run that cannot be resumed must not hold up those that wait.
    how = DetachedTraining(then_queue=then_queue, may_fail=True)
    successor = start_detached(run, how, os.getpid())
    finish()
    # Until it has loaded torch. It may have locked the folder already.
    with contextlib.suppress(RunError), run.lock():
        run.record_process("", 0, "starting", pid=successor.pid)
    return successor


def train_detached(run: Run, how: DetachedTraining = AS_IN_SETTINGS, is_new: bool = False) -> int:
    """The same, but wait until the process trains, and return its id.

    With several devices, that process starts one for each of them, and waits for these. `is_new` as
    in `wait_until_training`.

    Raises RunError if another process trains the run, or with the end of the log if the new one
    ends before it trains.
    """
    return wait_until_training(run, begin_detached(run, how), is_new)


def begin_detached(run: Run, how: DetachedTraining) -> "subprocess.Popen[bytes]":
    """Start the process, and note that it is about to train the run. Raises RunError or OSError."""
    with run.lock():
        clear_stop(run)
        process = start_detached(run, how, os.getpid())
        run.record_process("", 0, "starting", pid=process.pid, gpu=how.gpu)
    return process


def wait_until_training(run: Run, process: "subprocess.Popen[bytes]", is_new: bool = False) -> int:
    """Wait until the process trains the run; its id. Raises RunError if it ends before.

    If the run `is_new` the caller deletes its folder then, so the log is moved beside it.
    """
    while process.poll() is None:
        trained_by = run.process()
        if (
            trained_by
            and trained_by.state != "starting"
            and process.pid in (trained_by.pid, _parent(trained_by.pid))
        ):
            return process.pid
        with contextlib.suppress(OSError):
            if not run.is_busy() and _has_ended(run, _log(run)):
                return process.pid  # it had only a few steps to do, and trains the runs that wait
        time.sleep(LOOK_EVERY)
    if process.returncode == 0:
        return process.pid  # it had only a few steps to do
    log = _log(run)
    last_words = _last_words(log)
    if is_new and not run.checkpoint_names():
        with contextlib.suppress(OSError):
            log = log.replace(run.folder.with_name(f"{run.name}.log"))
    raise RunError(
        tr(
            "The training of {run} did not start: {last_words} All of its output is in {log}.",
            run=run.name,
            last_words=last_words,
            log=log,
        )
    )


def _parent(pid: int) -> int | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return int(psutil.Process(pid).ppid())
    return None


def _log(run: Run) -> Path:
    return run.folder / "training.log"


def last_error(run: Run) -> list[str]:
    """The lines of the error that ended the last process without a terminal, if it did.

    None if the run has been trained since, or if the process has ended it as it should: then the
    error is of a run that it trained afterwards.
    """
    log = _log(run)
    with contextlib.suppress(OSError):
        if run.events_file.exists() and log.stat().st_mtime < run.events_file.stat().st_mtime:
            return []
        lines = _last_lines(log)
        for at in range(len(lines) - 1, -1, -1):
            if lines[at].startswith(_starts()):
                break
            if lines[at].startswith(_ERRORS):
                return [] if _has_ended(run, log) else lines[at:][-_LAST_LINES:]
    return []


def _has_ended(run: Run, log: Path) -> bool:
    """Whether the last process that wrote to the log has ended the run as it should."""
    figures = figures_of(run.events_file)
    if figures.outcome not in _AS_IT_SHOULD:
        return False
    text = read_regular(log, _LARGEST).decode("utf-8", "replace")
    text = text[max(0, *(text.rfind(each) for each in _starts())) :]
    ends = (ending(run.name, TrainingEnded(figures.step, each)) for each in _AS_IT_SHOULD)
    return any(f"\n{each.strip()}" in text for each in ends)


def ending(name: str, last: TrainingEnded) -> str:
    """How the training of a run ended, as a message."""
    return tr(
        "{run}: {outcome} at step {step}. {reason}",
        run=name,
        outcome=tr(last.outcome),
        step=last.step,
        reason=last.reason,
    )


def _starts() -> tuple[str, str]:
    """How the output of a process starts, in English and in the language of this process."""
    return _START, tr("Loading torch and the poems ...")


def _last_words(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = _last_lines(log)
        return " ".join(lines[-3:]) if lines else tr("it wrote nothing.")
    return tr("its log cannot be read.")


def _last_lines(log: Path) -> list[str]:
    with open_regular(log) as file:
        file.seek(max(0, log.stat().st_size - _LAST_WORDS))
        return [printable(line) for line in file.read().decode("utf-8", "replace").splitlines()]
