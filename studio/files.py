"""Writing files so that a reader, or a crash, never sees half of one."""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from studio.errors import StudioError

T = TypeVar("T")
# How the names of files and folders end that are not yet in their place.
UNFINISHED = ".unfinished"
OLD = ".old"
_STAGING = re.compile(rf"\.(?P<target>.+)\.[0-9a-z_]{{8}}{UNFINISHED}(?P<old>{OLD})?")
_MOMENT = 1.0  # seconds from creating a staging file to locking it, at most


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path`; once written it is flushed to disk and renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = _staging(path)
    try:
        # Not by mkstemp, whose files others may not read, whatever the umask says.
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
    """Write beside `path`, flush to disk, rename over it."""
    with replacing(path) as file:
        file.write(content)


def build_folder_atomically(path: Path, fill: Callable[[Path], T]) -> T:
    """Let `fill` write a folder beside `path`, flush it to disk, then rename it into place.

    A folder that already stands at `path` is replaced, at the very end. Returns what `fill` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    # Not by mkdtemp, whose folders others may not read, whatever the umask says.
    staging = _staging(path)
    staging.mkdir()
    with held(staging):
        try:
            result = fill(staging)
            for file in staging.iterdir():
                file.chmod(staging.stat().st_mode & 0o666)
                with file.open("rb") as handle:
                    os.fsync(handle.fileno())
            sync_folder(staging)
            old = staging.with_name(f"{staging.name}{OLD}")
            if path.exists():
                path.rename(old)
            staging.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    sync_folder(path.parent)
    return result


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
    """What killed processes left half written in `folder`, and where `deep` in all folders in it.

    What a living process is writing is none of it: that is locked, or younger than the moment that
    locking it takes.
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


def _staging(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")


def _is_litter(path: Path) -> bool:
    name = _STAGING.fullmatch(path.name)
    # An old folder that nothing has replaced yet is the only copy.
    if not name or (name["old"] and not path.with_name(name["target"]).exists()):
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


def read_records(
    path: Path, decoder: "msgspec.json.Decoder[T]", error: type[StudioError], remedy: str
) -> list[T]:
    """The records of a file of JSON Lines, in order; none where there is no file.

    A last line that a crash cut short is left out. Raises `error`, which names the line and the
    remedy, for any other line that cannot be read.
    """
    content = path.read_bytes() if path.exists() else b""
    records: list[T] = []
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            records.append(decoder.decode(line))
        except msgspec.MsgspecError as reason:
            raise error(f"{path}, line {number} cannot be read: {reason}. {remedy}") from reason
    return records


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


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
