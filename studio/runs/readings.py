"""The device while a run trains: a reading every few seconds, in a file beside the events.

Readings are not events: a run without them is whole. The file has a bounded number of lines. When
it is full it is thinned evenly, so that it reaches from the start of the run to its end. Imports no
torch.
"""

import contextlib
import statistics
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from studio.files import read_regular
from studio.json_lines import append_record, write_records
from studio.limits import Measured, Moment
from studio.model.config import Natural
from studio.model.events import StepDone, TrainingEvent
from studio.reasons import UNREADABLE
from studio.telemetry import Gauge, Meter

READINGS = "readings.jsonl"
EVERY = 5.0  # seconds between two readings
MOST = 4096  # lines of the file
LARGEST = 2**24  # bytes; many times the size of a full file


class TrainingReading(msgspec.Struct, frozen=True):
    """The device at a moment of training. `at` is in seconds since 1970.

    `speed` is in characters per second of training, since the reading before; None if no step was
    reported since, or if it is the first after a start.
    """

    at: Moment
    step: Natural
    speed: Measured | None
    device: str
    gauges: tuple[Gauge, ...]


_decoder = msgspec.json.Decoder(TrainingReading)


class ReadingLog:
    """Takes the readings of a run in training. The caller holds the run's lock."""

    def __init__(self, folder: Path, meter: Meter) -> None:
        self._path, self._meter = folder / READINGS, meter
        self._next = 0.0
        self._characters = 0
        self._last: StepDone | None = None
        self._measured: StepDone | None = None
        self._count = 0
        # A reading must not be appended to half a line. On a full disk this is left to a later one.
        with contextlib.suppress(OSError):
            kept = read_readings(folder)
            self._count = len(kept)
            if self._path.exists():
                write_records(self._path, kept)

    def add(self, events: Iterable[TrainingEvent]) -> None:
        """Note the events of a step; take a reading if it is time."""
        for event in events:
            if isinstance(event, StepDone):
                self._characters += event.characters
                self._last = event
        if self._last and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._take(self._last)

    def _take(self, last: StepDone) -> None:
        seconds = last.elapsed - self._measured.elapsed if self._measured else 0.0
        speed = self._characters / seconds if seconds > 0 else None
        self._measured, self._characters = last, 0
        found = self._meter.read()
        # If the disk is full, the events are what reports it.
        with contextlib.suppress(OSError):
            append_record(
                self._path,
                TrainingReading(time.time(), last.step, speed, found.device, found.gauges),
            )
            self._count += 1
            if self._count >= MOST:
                kept = thinned(read_readings(self._path.parent))
                write_records(self._path, kept)
                self._count = len(kept)


def read_readings(folder: Path) -> list[TrainingReading]:
    """The readings of the run in `folder`, in order; without lines that cannot be read."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        content = read_regular(folder / READINGS, LARGEST)
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            with contextlib.suppress(*UNREADABLE):
                found.append(_decoder.decode(line))
    return found


def without_repeated(readings: Sequence[TrainingReading]) -> list[TrainingReading]:
    """The readings without those of steps that a resumed run has repeated; one for each step."""
    kept = list[TrainingReading]()
    for reading in reversed(readings):
        if not kept or reading.step < kept[-1].step:
            kept.append(reading)
    return kept[::-1]


def thinned(readings: Sequence[TrainingReading]) -> list[TrainingReading]:
    """At most three quarters of the readings, with the first and the last, and no long gaps.

    One in two goes where they are dense, none where they are sparse: at length all are equally far
    apart.
    """
    gaps = [abs(after.at - before.at) for before, after in pairwise(readings)]
    # A gap of about the median or less is joined with the next one.
    apart = 1.5 * statistics.median(gaps) if gaps else 0.0
    kept = list(readings[:1])
    for reading in readings[1:]:
        if abs(reading.at - kept[-1].at) > apart:
            kept.append(reading)
    if readings and kept[-1] is not readings[-1]:
        kept[-1:] = [kept[-1], readings[-1]] if len(kept) == 1 else [readings[-1]]
    return kept


class ReadingsReader:
    """Reads the readings of a run again when its file has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> list[TrainingReading] | None:
        """All readings; None if nothing was written since. Without access, there are none."""
        try:
            found = (self._folder / READINGS).stat()
            seen = found.st_ino, found.st_size, found.st_mtime_ns
            if seen == self._seen:
                return None
            readings = read_readings(self._folder)
        except OSError:
            seen, readings = (0, 0, 0), []
            if seen == self._seen:
                return None
        self._seen = seen
        return readings
