"""Files of JSON Lines: one record per line, appended completely or not at all."""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from studio.errors import StudioError
from studio.files import naming, read_regular, replacing
from studio.reasons import UNREADABLE, reason
from studio.translation import plain, tr

T = TypeVar("T")
LARGEST_RECORDS = 2**30  # bytes; two thousand times what a day of training reports


def read_records(
    path: Path, decoder: "msgspec.json.Decoder[T]", error: type[StudioError], remedy: str
) -> list[T]:
    """The records of a file of JSON Lines, in order; none if the file does not exist.

    A last line that a crash cut short is left out; one that only lacks its end of line, as an
    editor may leave it, is not. Raises `error`, which names the line and the remedy, if any other
    line or the file itself cannot be read.
    """
    try:
        content = read_regular(path, LARGEST_RECORDS) if path.exists() else b""
    except OSError as problem:
        raise error(
            tr(
                "{path} cannot be read: {reason}. Fix its permissions, or move it away.",
                path=path,
                reason=reason(problem),
            )
        ) from problem
    whole = content.rfind(b"\n") + 1
    if _is_json(content[whole:]):
        whole = len(content)
    return list(decode_lines(content[:whole], path, 1, decoder, error, remedy))


def _is_json(line: bytes) -> bool:
    """Whether a line is complete; a part of a record never is."""
    try:
        msgspec.json.decode(line)
    except UNREADABLE:
        return False
    return True


def decode_lines(
    lines: bytes,
    path: Path,
    first: int,
    decoder: "msgspec.json.Decoder[T]",
    error: type[StudioError],
    remedy: str,
) -> Iterator[T]:
    """The records of some complete lines of a file; `first` is the number of the first line.

    Blank lines are skipped: an editor may add them. Raises `error`, which names the line and the
    remedy, for a line that cannot be read.
    """
    for number, line in enumerate(lines.splitlines(), start=first):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except UNREADABLE as problem:
            words = reason(problem, decoder.type, line)
            raise error(
                tr(
                    "{path}, line {line} cannot be read: {reason}. {remedy}",
                    path=path,
                    line=number,
                    reason=words,
                    remedy=remedy,
                )
            ) from problem


def write_records(path: Path, records: Iterable[object]) -> None:
    """Write a whole file of JSON Lines, atomically; raises OSError if its folder is not there."""
    content = b"".join(msgspec.json.encode(record, enc_hook=plain) + b"\n" for record in records)
    with replacing(path) as file:
        file.write(content)


def append_record(path: Path, record: object) -> None:
    """Append one record to a file of JSON Lines. On failure raises OSError and appends nothing."""
    line = msgspec.json.encode(record, enc_hook=plain) + b"\n"
    with naming(path), path.open("ab", buffering=0) as file:
        before = file.tell()
        if file.write(line) < len(line):
            # The next record must not be appended to half a line.
            file.truncate(before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
