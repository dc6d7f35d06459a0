"""The queue: runs that wait until they are trained. Imports no torch.

```
runs/NAME/
  waiting.json      since when the run waits; removed by the process that trains it, under the lock
```

Such a run has its settings, and no step yet. The studio takes the first one when a training ends.
"""

import time
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from studio.files import read_regular, write_atomically
from studio.reasons import UNREADABLE

_FILE = "waiting.json"
_LARGEST = 4096  # bytes


class _Waiting(msgspec.Struct, frozen=True):
    since: Annotated[float, Meta(ge=0)]


def join(folder: Path) -> int:
    """Let the run in a folder wait behind the others; returns its place, from 1."""
    write_atomically(folder / _FILE, msgspec.json.encode(_Waiting(time.time())))
    return place(folder)


def leave(folder: Path) -> None:
    """Take the run out of the queue; the caller holds its lock, and trains it."""
    (folder / _FILE).unlink(missing_ok=True)


def place(folder: Path) -> int:
    """The place of the run in the queue, from 1; 0 if it does not wait."""
    if not (folder / _FILE).exists():
        return 0
    names = waiting(folder.parent)
    return names.index(folder.name) + 1 if folder.name in names else 0


def waiting(runs: Path) -> list[str]:
    """The names of the runs that wait, the first one first.

    A run that is being opened waits until it trains.
    """
    files = runs.glob(f"[!.]*/{_FILE}")
    return [path.parent.name for path in sorted(files, key=lambda path: (_since(path), path))]


def _since(path: Path) -> float:
    """A damaged file is as good as none: the run waits behind the others."""
    try:
        return msgspec.json.decode(read_regular(path, _LARGEST), type=_Waiting).since
    except UNREADABLE:
        return float("inf")
