"""Training in processes that are killed, and what has been learnt in the end."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec
import safetensors.torch

from studio.model.checkpoint import read_progress
from studio.model.config import RunConfig
from studio.paths import Home
from studio.runs import folders
from studio.runs.folders import Run
from studio.runs.session import resume_run, start_run

# Children come from a process that has torch already, but neither threads, for whose locks a child
# could wait, nor open files of the tests.
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.child_preload"])
PATIENCE = 120.0  # seconds until a child that has not ended will not


def train(home: Home, name: str, config: RunConfig) -> None:
    """Train a run to its end, from where it stands."""
    known = (home.runs / name / "config.json").exists()
    session = resume_run(home, name) if known else start_run(home, name, config)
    for _ in session.steps():
        pass
    session.close()


def in_child(action: Callable[[], None]) -> BaseProcess:
    """Start doing something, which can be pickled, in a process of its own.

    The process has the environment and the standard error of this one, not its patches.
    """
    errors = Connection(os.dup(2), readable=False)
    child = CHILDREN.Process(target=_do, args=(dict(os.environ), errors, action), daemon=True)
    child.start()
    return child


def _do(environment: dict[str, str], errors: Connection, action: Callable[[], None]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(errors.fileno(), 2)
    try:
        action()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


def outcome(child: BaseProcess) -> int:
    """Wait for a process to end; its exit code, or minus the signal that ended it."""
    child.join(PATIENCE)
    if child.exitcode is None:
        child.kill()
        raise AssertionError(f"process {child.pid} did not end")
    return child.exitcode


def watch_files(folder: Path, touched: Callable[[str, str], None]) -> None:
    """Call `touched` with name and path before each change to what is in a folder, from now on.

    Python reports what it is about to open, rename or remove (an audit hook). Such a hook stays
    until the process ends.
    """

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(("open", "os.", "shutil.", "fcntl.")):
            path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else ""
            if path.startswith(str(folder)):
                touched(event, path)

    sys.addaudithook(watch)


def killed_at(point: int, folder: Path, action: Callable[[], None]) -> bool:
    """Do something in a child that is killed when it is about to change `folder` again.

    The `point`th change is not made any more. Returns whether it came to that.
    """
    ended = outcome(in_child(partial(_until_killed, point, folder, action)))
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


def _until_killed(point: int, folder: Path, action: Callable[[], None]) -> None:
    changes = 0

    def count(event: str, path: str) -> None:
        nonlocal changes
        changes += 1
        if changes == point:
            os.kill(os.getpid(), signal.SIGKILL)

    watch_files(folder, count)
    action()


def learnt(run: Run) -> dict[str, Any]:
    """All that a run has learnt and reported, without the seconds it took."""
    last = run.checkpoints / run.checkpoint_names()[-1]
    events = [msgspec.to_builtins(event) for event in run.events()]
    return {
        "events": [{key: each[key] for key in each if key != "elapsed"} for each in events],
        "checkpoints": run.checkpoint_names(),
        "model": (last / "model.safetensors").read_bytes(),
        "training": {
            name: tensor.numpy().tobytes()
            for name, tensor in safetensors.torch.load_file(last / "training.safetensors").items()
        },
        "progress": msgspec.structs.replace(read_progress(last), elapsed=0.0),
        "vocabulary": (last / "vocabulary.json").read_bytes(),
        "description": (last / "model.json").read_bytes(),
    }


def found(home: Home, name: str) -> Run:
    return folders.find(home.runs, name)
