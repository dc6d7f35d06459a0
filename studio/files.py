"""Reading regular files, and writing files and folders atomically."""

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

from studio.paths import HOME_VARIABLE
from studio.staging import in_use, remove_leftovers, staging_path
from studio.translation import tr

T = TypeVar("T")

# AT_FDCWD and RENAME_EXCHANGE of renameat2(2): paths are relative to the working folder, and the
# two names are exchanged.
_HERE, _EXCHANGE = -100, 2


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises OSError for anything else.

    Reading a pipe would block, and a device may never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, tr("it is not a regular file"), str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The content of a regular file.

    Raises OSError if it is not a regular file, or has more than `max_bytes`.
    """
    with open_regular(path) as file:
        is_larger = os.fstat(file.fileno()).st_size > max_bytes
        # A file may grow meanwhile, and those of /proc have no size.
        content = b"" if is_larger else file.read(max_bytes + 1)
    if is_larger or len(content) > max_bytes:
        raise OSError(
            errno.EFBIG, tr("it is larger than {size:,} bytes", size=max_bytes), str(path)
        )
    return content


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an OSError that names none, such as one from writing to an open file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


@contextlib.contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file to write; afterwards it is flushed to disk and renamed to `path`.

    If `path` is a symbolic link, the file that it names is replaced. Unless `durable`, the new file
    is not flushed: after a power failure it may be empty. Raises FileNotFoundError if the folder
    does not exist.
    """
    path = Path(os.path.realpath(path))
    staging = staging_path(path)
    try:
        # mkstemp would ignore the umask and make the file private.
        with naming(path), staging.open("xb") as file, in_use(staging):
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file through `replacing`; creates its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)


def build_folder_atomically(path: Path, fill: Callable[[Path], T]) -> T:
    """Let `fill` write a folder beside `path`, flush it to disk, then rename it to `path`.

    If `path` exists already, it is replaced at the very end: at every moment either the old or the
    new folder is there. If `path` is a symbolic link, the folder that it names is replaced. Returns
    the result of `fill`; raises NotADirectoryError before it is called if `path` is not a folder.
    """
    path = Path(os.path.realpath(path))
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        # A link to itself, or a file. `fill` may take minutes; the exchange would hide the file.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent)
    # mkdtemp would ignore the umask and make the folder private.
    staging = staging_path(path)
    staging.mkdir()
    with in_use(staging):
        try:
            with naming(path):
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
            # By now this is the replaced folder, or what a failure left.
            shutil.rmtree(staging, ignore_errors=True)
    return result


def _exchange(one: Path, other: Path) -> None:
    """Exchange two folders, in one step if the system can (Linux)."""
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
        # keeps this name.
        aside = other.with_name(f"{other.name}.replaced")
        # A folder of this name was left by a killed process: `other` itself exists.
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
    """Hold a lock file. Other processes wait; the system frees it when this process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        lock_file(file.fileno(), fcntl.LOCK_EX, path)
        yield


def lock_file(descriptor: int, how: int, path: Path) -> None:
    """Lock the open file at `path`; `how` is that of flock.

    Raises BlockingIOError if another process has locked it and `how` does not wait, OSError with
    the remedy where files cannot be locked, as on some network disks.
    """
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        raise
    except OSError as error:
        reason = tr(
            "its file system cannot lock files; {variable} can name a folder on another one",
            variable=HOME_VARIABLE,
        )
        raise OSError(error.errno, reason, str(path)) from error


def sync(path: Path) -> None:
    """Flush a file to disk."""
    with naming(path), path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` durable, if the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
