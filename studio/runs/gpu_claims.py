"""GPUs that runs have taken: two processes that start at once choose different ones.

A process is seen on a GPU only once it computes there, and until then others would choose it, too.
So each notes the GPU that it has chosen in its run's process.json, under a lock for all runs.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from studio.files import lock_file
from studio.runs import folders

_LOCK = ".choosing-gpu"
# Seconds to wait for another process that chooses; one that hangs must not hold up the others.
_PATIENCE, _LOOK_EVERY = 10.0, 0.05


@contextlib.contextmanager
def choosing_gpu(runs: Path, chooser: str) -> Iterator[dict[str, int]]:
    """While a GPU is chosen for the run `chooser`: those that other runs have taken.

    By UUID, with the process that trains there. Others wait to choose.
    """
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        end = time.monotonic() + _PATIENCE
        while not _locked(descriptor, path) and time.monotonic() < end:
            time.sleep(_LOOK_EVERY)
        others = (run.process() for run in folders.all_runs(runs) if run.name != chooser)
        yield {gpu: each.pid for each in others if each for gpu in each.gpus}
    finally:
        os.close(descriptor)


def _locked(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(BlockingIOError):
        lock_file(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
        return True
    return False
