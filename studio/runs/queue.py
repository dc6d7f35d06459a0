"""The queue: runs that wait until they are trained. Imports no torch.

```
runs/NAME/
  waiting.json      since when the run waits; removed by the process that trains it, under the lock
```

A new run has its settings, and no step yet; one that was trained before is resumed. The studio
takes the first one when a training ends.
"""

import contextlib
import hashlib
import math
import time
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from studio.files import read_regular, replacing
from studio.model.config import MAX_COUNT
from studio.reasons import UNREADABLE
from studio.runs.training_folder import RUN_NAME

_FILE, _CONFIG = "waiting.json", "config.json"
_LARGEST, _LARGEST_CONFIG = 4096, 2**20  # bytes


class _Waiting(msgspec.Struct, frozen=True):
    """`settings` is the sha256 of config.json when the run joined; once that differs, the `epochs`
    are in it: a process was killed before it took the run out of the queue.
    """

    since: Annotated[float, Meta(ge=0)]
    epochs: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = 0
    settings: str = ""


# A damaged file is as good as none: the run waits behind the others.
_DAMAGED = _Waiting(float("inf"))


def join(folder: Path, epochs: int = 0) -> int:
    """Let the run in a folder wait behind the others; returns its place, from 1.

    `epochs` are added to its settings when it is trained.
    """
    others = [_read(folder.parent / name / _FILE).since for name in waiting(folder.parent)]
    # The clock may have been set back since.
    last = max(filter(math.isfinite, others), default=0.0)
    waits = _Waiting(max(time.time(), last + 0.001), epochs, _settings(folder))
    # A run that was deleted meanwhile does not come back.
    with replacing(folder / _FILE) as file:
        file.write(msgspec.json.encode(waits))
    return place(folder)


def more_epochs(folder: Path) -> int:
    """The epochs to add to the settings of the run in a folder; 0 if it does not wait."""
    found = _read(folder / _FILE)
    return found.epochs if found.settings in ("", _settings(folder)) else 0


def leave(folder: Path) -> None:
    """Take the run out of the queue; the caller holds its lock, and trains it."""
    (folder / _FILE).unlink(missing_ok=True)


def place(folder: Path) -> int:
    """The place of the run in the queue, from 1; 0 if it does not wait."""
    return places(folder.parent).get(folder.name, 0) if (folder / _FILE).exists() else 0


def places(runs: Path) -> dict[str, int]:
    """The places of all runs that wait, by their names. To ask for each alone takes much longer."""
    return {name: place for place, name in enumerate(waiting(runs), start=1)}


def waiting(runs: Path) -> list[str]:
    """The names of the runs that wait, the first one first.

    A run that is being opened waits until it trains.
    """
    files = (
        path
        for path in runs.glob(f"[!.]*/{_FILE}")
        if RUN_NAME.fullmatch(path.parent.name) and (path.parent / _CONFIG).exists()
    )
    ordered = sorted(files, key=lambda path: (_read(path).since, path))
    return [path.parent.name for path in ordered]


def _settings(folder: Path) -> str:
    with contextlib.suppress(*UNREADABLE):
        return hashlib.sha256(read_regular(folder / _CONFIG, _LARGEST_CONFIG)).hexdigest()
    return ""


def _read(path: Path) -> _Waiting:
    try:
        return msgspec.json.decode(read_regular(path, _LARGEST), type=_Waiting)
    except UNREADABLE:
        return _DAMAGED
