"""Reading the events of a run while they are appended: complete lines, from a known place on.

Each line is an event with the wall-clock time at which it was recorded.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, TypeVar

import msgspec
from msgspec import Meta

from studio.errors import RunError
from studio.files import open_regular
from studio.json_lines import decode_lines
from studio.limits import Moment
from studio.model.events import TrainingEvent
from studio.reasons import UNREADABLE, reason
from studio.translation import marked, tr

BLOCK = 1 << 20  # bytes read at once
END_BLOCK = 1 << 16  # bytes read at once from the end backwards
LONGEST = 1 << 20  # bytes of a line, a thousand times the longest event
# Bytes before a place that are compared. They are more than one line of a step, which has the
# training time and so differs from run to run.
SEAL = 256
_REMEDY = marked("Delete that line to use the run.")
_decoder = msgspec.json.Decoder(TrainingEvent)

T = TypeVar("T")
Count = Annotated[int, Meta(ge=0)]


class Place(msgspec.Struct, frozen=True):
    """A place between two lines of a file, with the means to see whether the file was rewritten.

    Resuming a run rewrites its file. Then the inode, the length, or the bytes before the place
    (`seal` is their hash) differ.
    """

    inode: int
    offset: Count
    seal: str


class _Time(msgspec.Struct):
    """The time in a line, whatever else it has."""

    time: Moment | None = None


_time_decoder = msgspec.json.Decoder(_Time)

START = Place(0, 0, "")


class EventReader:
    """Reads events from a place on; `place` advances with them.

    If the file was rewritten since, it reads from the start, and `place` is START before the first
    event. A last line that is still incomplete is left for the next time.
    """

    def __init__(self, path: Path, place: Place = START) -> None:
        """Open the file; raises FileNotFoundError if there is none, RunError if it is a pipe."""
        self._path = path
        try:
            self._open = open_regular(path)
        except FileNotFoundError:
            raise
        except OSError as problem:
            raise RunError(
                tr(
                    "{path} cannot be read: {reason}. Fix its permissions, or move it away.",
                    path=path,
                    reason=reason(problem),
                )
            ) from problem
        self._file = self._open.fileno()
        with contextlib.ExitStack() as failing:
            failing.callback(self._open.close)
            status = os.fstat(self._file)
            self._inode = status.st_ino
            same = place.inode == self._inode and place.offset <= status.st_size
            self.place = place if same and place.seal == self._seal(place.offset) else START
            failing.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[TrainingEvent]:
        """The events after the place; raises RunError that names a damaged line."""
        return self._decoded(_decoder)

    def lines(self) -> Iterator[tuple[TrainingEvent, bytes]]:
        """The events after the place, each with its line."""
        for block in self._blocks():
            offset = self.place.offset
            lines = (line + b"\n" for line in block.split(b"\n") if line.strip())
            yield from zip(self._decode(block, offset, _decoder), lines, strict=True)
            self.place = self._place(offset + len(block))

    def times(self) -> Iterator[float | None]:
        """The times at which the events after the place were recorded, in seconds since 1970.

        None for events of older versions.
        """
        return (each.time for each in self._decoded(_time_decoder))

    def _decoded(self, decoder: "msgspec.json.Decoder[T]") -> Iterator[T]:
        for block in self._blocks():
            offset = self.place.offset
            yield from self._decode(block, offset, decoder)
            self.place = self._place(offset + len(block))

    def _blocks(self) -> Iterator[bytes]:
        """The bytes after the place, in blocks of complete lines."""
        offset, parts = self.place.offset, list[bytes]()
        while read := os.pread(self._file, BLOCK, offset):
            offset += len(read)
            whole, newline, rest = read.rpartition(b"\n")
            if newline:
                yield b"".join([*parts, whole, newline])
                parts = [rest]
            elif sum(map(len, parts)) > LONGEST:
                raise self._too_long(self.place.offset)
            else:
                parts.append(read)

    def from_end(self) -> Iterator["EndBlock"]:
        """The complete lines after the place, in blocks, the last block first.

        From the first block on, `place` is behind the last line.
        """
        low, rest = self.place.offset, b""
        high = self._end()
        if high > low:
            self.place = self._place(high)
        while high > low:
            at = max(low, high - END_BLOCK)
            read = os.pread(self._file, high - at, at) + rest
            start = read.find(b"\n") + 1 if at > low else 0
            rest, high = read[:start], at
            if len(rest) > LONGEST:
                raise self._too_long(at)
            if start < len(read):
                yield EndBlock(self, at + start, read[start:])

    def _end(self) -> int:
        """Where the last complete line after the place ends."""
        low, high = self.place.offset, os.fstat(self._file).st_size
        while high > low:
            at = max(low, high - END_BLOCK)
            if newline := os.pread(self._file, high - at, at).rfind(b"\n") + 1:
                return at + newline
            high = at
        return low

    def decode(self, lines: bytes, offset: int) -> list[TrainingEvent]:
        """The events of complete lines that start at `offset`; raises RunError like iterating."""
        return self._decode(lines, offset, _decoder)

    def _decode(self, lines: bytes, offset: int, decoder: "msgspec.json.Decoder[T]") -> list[T]:
        with contextlib.suppress(*UNREADABLE):
            found = decoder.decode_lines(lines)
            if len(found) == lines.count(b"\n"):
                return found
        # This takes longer, and names the damaged line.
        first = self._line_at(offset)
        return list(decode_lines(lines, self._path, first, decoder, RunError, tr(_REMEDY)))

    def _line_at(self, offset: int) -> int:
        """The number of the line that starts at `offset`, or is cut by it."""
        blocks = range(0, offset, BLOCK)
        return 1 + sum(
            os.pread(self._file, min(BLOCK, offset - at), at).count(b"\n") for at in blocks
        )

    def _too_long(self, offset: int) -> RunError:
        return RunError(
            tr(
                "{path}, line {line} cannot be read: it is longer than {most:,} bytes. {remedy}",
                path=self._path,
                line=self._line_at(offset),
                most=LONGEST,
                remedy=tr(_REMEDY),
            )
        )

    def _place(self, offset: int) -> Place:
        return Place(self._inode, offset, self._seal(offset))

    def _seal(self, offset: int) -> str:
        before = os.pread(self._file, min(SEAL, offset), max(0, offset - SEAL))
        return hashlib.blake2b(before, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class EndBlock:
    """Complete lines of a file, which start at `offset`."""

    reader: EventReader
    offset: int
    lines: bytes

    def events(self) -> list[TrainingEvent]:
        """Their events; raises RunError that names a damaged line."""
        return self.reader.decode(self.lines, self.offset)

    def last(self, part: bytes) -> list[TrainingEvent]:
        """The event of the last line with these bytes, if there is one."""
        at = self.lines.rfind(part)
        if at < 0:
            return []
        start, end = self.lines.rfind(b"\n", 0, at) + 1, self.lines.index(b"\n", at) + 1
        return self.reader.decode(self.lines[start:end], self.offset + start)
