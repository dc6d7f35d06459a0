"""Names of files and folders that are being written, and what killed processes leave of them."""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

# Suffix of files and folders that are still being written.
UNFINISHED = ".unfinished"
_NAME = re.compile(rf"\..+\.[0-9a-z_]{{8}}{UNFINISHED}")
_MOMENT = 1.0  # seconds from creating a staging file to locking it, at most


def staging_path(path: Path) -> Path:
    """A hidden name beside `path` for what will take its place."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")


@contextlib.contextmanager
def held(staging: Path) -> Iterator[None]:
    """Mark a staging file or folder as being written, for as long as this process lives.

    Where the system cannot lock it, nobody else can either, and `litter` leaves it alone.
    """
    descriptor = _open(staging)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def litter(folder: Path, deep: bool = False) -> list[Path]:
    """Leftovers of killed processes in `folder`, with `deep` in its subfolders too.

    What a running process is writing is left out: it is locked, or less than a second old.
    """
    found = sorted(folder.glob(f"{'**/' if deep else ''}.*{UNFINISHED}*"))
    return [path for path in found if _is_litter(path)]


def sweep(folder: Path, deep: bool = False) -> None:
    """Remove the litter of killed processes."""
    for path in litter(folder, deep):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _is_litter(path: Path) -> bool:
    if not _NAME.fullmatch(path.name):
        return False
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return time.time() - os.fstat(descriptor).st_mtime > _MOMENT
        finally:
            os.close(descriptor)
    return False


def _open(path: Path) -> int:
    """Open a file or a folder in a way that lets it be locked, on a network's disk too."""
    how = os.O_RDONLY if path.is_dir() else os.O_RDWR
    return os.open(path, how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
