"""Writing files so that a reader, or a crash, never sees half of one."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from studio.errors import StudioError

T = TypeVar("T")


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

    A folder that already stands at `path` is replaced, at the very end. Returns what `fill` does.
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
        old = staging.with_name(f"{staging.name}.old")
        if path.exists():
            path.rename(old)
        staging.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    sync_folder(path.parent)
    return result


def read_records(
    path: Path, decoder: "msgspec.json.Decoder[T]", error: type[StudioError], remedy: str
) -> list[T]:
    """The records of a file of JSON Lines, in order; none where there is no file.

    A last line that a crash cut short is left out. Raises `error`, which names the line and the
    remedy, for any other line that cannot be read.
    """
    content = path.read_bytes() if path.exists() else b""
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
        except (msgspec.MsgspecError, UnicodeDecodeError) as reason:
            raise error(f"{path}, line {number} cannot be read: {reason}. {remedy}") from reason


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
