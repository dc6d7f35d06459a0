"""Writing files so that a reader, or a crash, never sees half of one."""

import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from studio.errors import StudioError
from studio.reasons import UNREADABLE, reason

T = TypeVar("T")
# Bytes. Two thousand times what a day of training reports.
LARGEST_RECORDS = 2**30


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises OSError for anything else.

    A pipe would be waited for, and a device can be read for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file; raises OSError for anything else, and for a larger one."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"It is larger than {most:,} bytes", str(path))
    return content


# Of renameat2(2): paths are relative to the working folder; both names are exchanged.
_HERE, _EXCHANGE = -100, 2


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside `path`, flush to disk, rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_atomically(path, content)


def replace_atomically(path: Path, content: bytes) -> None:
    """The same in a folder that exists; raises FileNotFoundError where it has been deleted."""
    # Not by mkstemp, whose files others may not read, whatever the umask says.
    staging = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with staging.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def build_folder_atomically(path: Path, fill: Callable[[Path], T]) -> T:
    """Let `fill` write a folder beside `path`, flush it to disk, then rename it into place.

    A folder that already stands at `path` is replaced, at the very end: at every moment one of
    the two is there. Returns what `fill` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by mkdtemp, whose folders others may not read, whatever the umask says.
    staging = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    staging.mkdir()
    try:
        result = fill(staging)
        for file in staging.iterdir():
            file.chmod(staging.stat().st_mode & 0o666)
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
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
        # Some file systems cannot, as NFS. A process killed between these leaves the old folder
        # beside its place, under a name that nothing deletes.
        aside = other.with_name(f"{other.name}.replaced")
        other.rename(aside)
        one.rename(other)
        aside.rename(one)
    elif code:
        raise OSError(code, os.strerror(code), str(other))


def read_records(
    path: Path, decoder: "msgspec.json.Decoder[T]", error: type[StudioError], remedy: str
) -> list[T]:
    """The records of a file of JSON Lines, in order; none where there is no file.

    A last line that a crash cut short is left out. Raises `error`, which names the line and the
    remedy, for any other line that cannot be read, and where the file itself cannot.
    """
    try:
        content = read_regular(path, LARGEST_RECORDS) if path.exists() else b""
    except OSError as problem:
        raise error(
            f"{path} cannot be read: {reason(problem)}. Fix its permissions, or move it away."
        ) from problem
    whole = content[: content.rfind(b"\n") + 1]
    return list(decode_lines(whole, path, 1, decoder, error, remedy))


def decode_lines(
    lines: bytes,
    path: Path,
    first: int,
    decoder: "msgspec.json.Decoder[T]",
    error: type[StudioError],
    remedy: str,
) -> Iterator[T]:
    """The records of some whole lines of a file, the first of which has the number `first`.

    Raises `error`, which names the line and the remedy, for a line that cannot be read.
    """
    for number, line in enumerate(lines.splitlines(), start=first):
        try:
            yield decoder.decode(line)
        except UNREADABLE as problem:
            words = reason(problem, decoder.type, line)
            raise error(f"{path}, line {number} cannot be read: {words}. {remedy}") from problem


def write_records(path: Path, records: Iterable[object]) -> None:
    """Write a file of JSON Lines anew, atomically."""
    write_atomically(path, b"".join(msgspec.json.encode(record) + b"\n" for record in records))


def append_record(path: Path, record: object) -> None:
    """Append one record to a file of JSON Lines: all of it, or OSError and nothing."""
    line = msgspec.json.encode(record) + b"\n"
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        if file.write(line) < len(line):
            # What is appended next must not run on from half of it.
            file.truncate(before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


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
