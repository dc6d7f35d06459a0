"""Files of JSON Lines: one record a line, appended whole or not at all."""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from studio.errors import StudioError
from studio.files import read_regular, write_atomically
from studio.reasons import UNREADABLE, reason

T = TypeVar("T")
# Bytes. Two thousand times what a day of training reports.
LARGEST_RECORDS = 2**30


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
