"""Writing files so that a reader, or a crash, never sees half of one."""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from studio.staging import held, staging_path, sweep

T = TypeVar("T")

# Of renameat2(2): paths are relative to the working folder; both names are exchanged.
_HERE, _EXCHANGE = -100, 2


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises OSError for anything else.

    Reading a pipe would block, and a device may never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file; raises OSError for anything else, and for a larger one."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", str(path))
    return content


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path`; once written it is flushed to disk and renamed over it.

    Raises FileNotFoundError where there is no such folder.
    """
    staging = staging_path(path)
    try:
        # mkstemp would make the file private, whatever the umask.
        with staging.open("xb") as file, held(staging):
            yield file
            file.flush()
            os.fsync(file.fileno())
            staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path`, flush to disk, rename over it; makes the folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)


def build_folder_atomically(path: Path, fill: Callable[[Path], T]) -> T:
    """Let `fill` write a folder beside `path`, flush it to disk, then rename it into place.

    A folder that already stands at `path` is replaced, at the very end: at every moment one of
    the two is there. Returns what `fill` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    # mkdtemp would make the folder private, whatever the umask.
    staging = staging_path(path)
    staging.mkdir()
    with held(staging):
        try:
            result = fill(staging)
            for file in staging.iterdir():
                file.chmod(staging.stat().st_mode & 0o666)
                sync(file)
            sync_folder(staging)
            if path.exists():
                _exchange(staging, path)
            else:
                staging.rename(path)
            sync_folder(path.parent)
        finally:
            # What is there now is the folder that was replaced, or what is left of a failure.
            shutil.rmtree(staging, ignore_errors=True)
    return result


def _exchange(one: Path, other: Path) -> None:
    """Let two folders take each other's place, at one moment where the system can (Linux)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        code = errno.ENOSYS
    else:
        names = os.fsencode(one), os.fsencode(other)
        failed = rename(_HERE, names[0], _HERE, names[1], _EXCHANGE)
        code = ctypes.get_errno() if failed else 0
    if code in (errno.ENOSYS, errno.EINVAL):
        # Some file systems (NFS) cannot exchange. If the process is killed here, the old folder
        # remains under this name.
        aside = other.with_name(f"{other.name}.replaced")
        # The folder itself is there, so this one is left from a process that was killed.
        shutil.rmtree(aside, ignore_errors=True)
        other.rename(aside)
        try:
            one.rename(other)
        except OSError:
            aside.rename(other)
            raise
        aside.rename(one)
    elif code:
        raise OSError(code, os.strerror(code), str(other))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while others wait for it; the system frees it when the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sync(path: Path) -> None:
    """Have the system write a file to the disk itself."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
