"""Files and folders that are being written, and the leftovers of killed processes."""

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
_LOCK_DELAY = 1.0  # seconds from creating a staging file to locking it, at most


def staging_path(path: Path) -> Path:
    """A hidden, temporary name beside `path`."""
    # Of a long name only the start: file systems accept 255 bytes.
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}{UNFINISHED}")


@contextlib.contextmanager
def in_use(staging: Path) -> Iterator[None]:
    """Lock a staging file or folder while it is being written.

    If the system cannot lock it, `leftovers` cannot either, and leaves it alone.
    """
    descriptor = _open(staging)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def leftovers(folder: Path, deep: bool = False) -> list[Path]:
    """Files and folders that killed processes left in `folder`; with `deep`, in subfolders too.

    A file that a running process is writing is not among them: it is locked, or less than a second
    old.
    """
    found = sorted(folder.glob(f"{'**/' if deep else ''}.*{UNFINISHED}*"))
    return [path for path in found if _is_leftover(path)]


def remove_leftovers(folder: Path, deep: bool = False) -> None:
    """Remove the `leftovers` of a folder."""
    for path in leftovers(folder, deep):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _is_leftover(path: Path) -> bool:
    if not _NAME.fullmatch(path.name):
        return False
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return time.time() - os.fstat(descriptor).st_mtime > _LOCK_DELAY
        finally:
            os.close(descriptor)
    return False


def _open(path: Path) -> int:
    """Open a file or a folder so that it can be locked, on a network disk too."""
    how = os.O_RDONLY if path.is_dir() else os.O_RDWR
    return os.open(path, how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
