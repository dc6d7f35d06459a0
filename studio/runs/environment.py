"""What a run was trained on: program, machine, corpus and model, one record for each start.

Runs of version 0.1.0 have no such file. Imports no torch.
"""

import contextlib
import importlib.metadata
import math
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from studio import __version__
from studio.files import read_regular
from studio.json_lines import write_records
from studio.limits import Moment
from studio.model.config import Natural
from studio.reasons import UNREADABLE

ENVIRONMENT = "environment.jsonl"
LARGEST = 2**24  # bytes; many times what a thousand starts write
PROGRAM = "tangshi-studio"


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was trained on from `step` on; `at` is in seconds since 1970.

    `commit` is that of the program if it runs from a git checkout, with "-dirty" if files differ
    from it, else "". `command` is the command line of the process. `corpus` names the source of the
    poems; `poems` is the sha256 of the training texts. `parameters` has the number of weights of
    each tensor of the model.
    """

    step: Natural
    at: Moment
    studio: str
    commit: str
    python: str
    torch: str
    system: str
    host: str
    device: str
    precision: str
    processes: Natural
    command: str
    corpus: str
    poems: str
    vocabulary: Natural
    parameters: dict[str, Annotated[int, Meta(ge=0, le=2**62)]]

    @property
    def parameter_count(self) -> int:
        """The number of all weights."""
        return sum(self.parameters.values())


_decoder = msgspec.json.Decoder(Environment)


def this_environment(
    step: int,
    device: str,
    precision: str,
    processes: int,
    corpus: str,
    poems: str,
    vocabulary: int,
    parameters: Mapping[str, int],
) -> Environment:
    """The environment of a training in this process."""
    return Environment(
        step=step,
        at=round(time.time(), 3),
        studio=__version__,
        commit=git_commit(Path(__file__).parents[2]),
        python=platform.python_version(),
        torch=importlib.metadata.version("torch"),
        system=platform.platform(),
        host=platform.node(),
        device=device,
        precision=precision,
        processes=processes,
        command=shlex.join([PROGRAM, *sys.argv[1:]]),
        corpus=corpus,
        poems=poems,
        vocabulary=vocabulary,
        parameters=dict(parameters),
    )


@cache
def git_commit(folder: Path) -> str:
    """The commit of a git checkout; "" if the folder is none, or git is missing."""
    # Otherwise git would find the repository that a virtual environment is in.
    if not (folder / ".git").exists():
        return ""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    command += ["--exclude", "*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def record_environment(folder: Path, environment: Environment) -> None:
    """Add a record to the run in `folder`. The caller holds the run's lock."""
    # If the disk is full, the events are what reports it.
    with contextlib.suppress(OSError):
        write_records(folder / ENVIRONMENT, [*read_environments(folder), environment])


def read_environments(folder: Path) -> list[Environment]:
    """The records of the run in `folder`, in order; without lines that cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for line in read_regular(folder / ENVIRONMENT, LARGEST).splitlines():
            with contextlib.suppress(*UNREADABLE):
                found.append(_decoder.decode(line))
    return found


def last_environment(folder: Path, step: float = math.inf) -> Environment | None:
    """The record of the start that trained `step` of the run in `folder`, by default the last one.

    None if it has none.
    """
    before = (each for each in reversed(read_environments(folder)) if each.step < step)
    return next(before, None)
