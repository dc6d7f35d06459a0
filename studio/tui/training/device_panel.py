"""The device of the run shown, with its history, and the other GPUs of the machine."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from rich.cells import set_cell_size
from rich.text import Text
from textual import work
from textual.message import Message

from studio.devices import CudaDevice, GpuChoice, candidates
from studio.runs.readings import ReadingsReader, TrainingReading
from studio.telemetry import PROCESSOR, DeviceReading, Gauge, Gpus, HostMeter, bare_uuid
from studio.translation import tr
from studio.tui.training.gpu_lines import LEVEL_CLASSES, LOAD_CLASSES, gpu_line
from studio.tui.training.text_panel import TextPanel
from studio.tui.training.under_way import is_under_way
from studio.wording import local_time, printable, sparkline

# Seconds between two readings. Faster polling slows down the GPUs.
EVERY = 2.0
KEPT = 240
_TELEMETRY = "telemetry"


@dataclass(frozen=True, slots=True)
class _Use:
    """What the panel is about: the GPU in use ("" is the processor), and the run shown."""

    gpu: str = ""
    run: Path | None = None
    # Whether this process trains the run, or did so last. Of others there is only what is recorded.
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a run recorded: the last reading with its time, and the history of each gauge."""

    last: DeviceReading
    when: str
    values: dict[str, list[float]]

    @classmethod
    def of(cls, readings: Sequence[TrainingReading]) -> "_Recorded":
        last = readings[-1]
        labels = {gauge.label for reading in readings for gauge in reading.gauges}
        when = datetime.fromtimestamp(last.at, UTC).isoformat()
        return cls(
            DeviceReading(last.device, last.gauges),
            local_time(when),
            {label: _means(_values(readings, label), KEPT) for label in labels},
        )


class DevicePanel(TextPanel):
    """Every gauge of the device with its history, as far as the run shown recorded it.

    `poll` takes a reading, in a thread, and posts `Taken`.
    """

    COMPONENT_CLASSES = (
        {"device--label", "device--spark", "device--value"} | LOAD_CLASSES | LEVEL_CLASSES
    )

    class Taken(Message):
        """The GPUs of the machine were read."""

        def __init__(self, gpus: Sequence[GpuChoice]) -> None:
            super().__init__()
            self.gpus = gpus

    def __init__(self, plain: bool = False) -> None:
        super().__init__(id="device")
        self.border_title = tr("Device")
        self._plain = plain
        self._use = _Use()
        # Which GPUs CUDA sees; None until the worker has reported it.
        self._cuda: Sequence[CudaDevice] | None = None
        self._meters: tuple[Gpus, HostMeter] | None = None
        self._reader: ReadingsReader | None = None
        self._recorded: _Recorded | None = None
        self._gpus: Sequence[GpuChoice] = ()
        self._reading: DeviceReading | None = None
        self._past: deque[DeviceReading] = deque(maxlen=KEPT)
        self._stale = True

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._touch())

    def _touch(self) -> None:
        self._stale = True

    def say_again(self) -> None:
        """Draw the gauges in the language of now."""
        self._touch()
        super().say_again()

    def update(self) -> None:
        """Repaint the panel if anything was read since; the lines are too costly for each frame."""
        if self._stale or self._width != self.content_size.width:
            self._stale = False
            super().update()

    def use(self, gpu: str, cuda: Sequence[CudaDevice] | None = None) -> None:
        """Show the GPU with this UUID, "" is the processor; `cuda` is what CUDA sees."""
        self._cuda = self._cuda if cuda is None else cuda
        if gpu != self._use.gpu:
            self._reading = None
            self._past.clear()
        self._change(_Use(gpu, self._use.run, self._use.is_here))

    def show_run(self, run: Path | None, is_here: bool) -> None:
        """Show the device of the run in this folder; `is_here`: this process trains it."""
        if run != self._use.run:
            self._reader, self._recorded = ReadingsReader(run) if run else None, None
        self._change(_Use(self._use.gpu, run, is_here))

    def _change(self, use: _Use) -> None:
        if use != self._use:
            self._use = use
            self._stale = True
            self.poll()

    def poll_in_turn(self) -> None:
        """Start a new reading once the last one is there.

        Where a driver hangs, readings would soon hold all threads, which others need, too.
        """
        if not is_under_way(self, _TELEMETRY):
            self.poll()

    def poll(self) -> None:
        """Start a new reading."""
        # Both from one moment: a reader tells only once what it has read.
        self._read(self._use, self._reader)

    @work(thread=True, exclusive=True, group=_TELEMETRY, exit_on_error=False)
    def _read(self, use: _Use, reader: ReadingsReader | None) -> None:
        # Opening NVML takes a while, too.
        gpus, host = meters = self._meters or (Gpus(), HostMeter())
        known = gpus.read()
        wanted = bare_uuid(use.gpu)
        used = next((each for each in known if wanted and bare_uuid(each.uuid) == wanted), None)
        reading = used.reading() if used else host.read()
        read = reader.read() if reader else None
        recorded = _Recorded.of(read) if read else None
        found = [] if self._cuda is None else candidates(self._cuda, known)
        self._meters = meters
        self.call_later(self._take_for, use, reading, found, recorded)

    def _take_for(
        self,
        use: _Use,
        reading: DeviceReading,
        gpus: Sequence[GpuChoice],
        recorded: "_Recorded | None",
    ) -> None:
        if recorded and use.run == self._use.run:
            self._recorded, self._stale = recorded, True
        # The device may have changed meanwhile.
        if use.gpu == self._use.gpu:
            self.take(reading, gpus)

    def take(self, reading: DeviceReading, gpus: Sequence[GpuChoice] = ()) -> None:
        """Add a reading of the device and of all GPUs. The next `update` shows it."""
        self._reading, self._gpus = reading, gpus
        self._past.append(reading)
        self._stale = True
        self.post_message(self.Taken(gpus))

    @property
    def _shown(self) -> DeviceReading | None:
        """The last reading of the device: of now, or as it was recorded."""
        if self._use.is_here:
            return self._reading
        return self._recorded.last if self._recorded else None

    def title(self) -> str:
        shown = self._shown
        if shown is None:
            return tr("Device")
        # The processor; a GPU has a name.
        return tr(printable(shown.device))

    def lines(self, width: int) -> list[Text]:
        style_of = self.get_component_rich_style
        shown = self._shown
        if shown is None:
            here = self._use.is_here
            nothing = tr("No reading yet.") if here else tr("No readings were recorded.")
            lines = [Text(nothing, style_of("device--label"))]
        else:
            lines = [self._line(gauge, width) for gauge in shown.gauges]
            if not self._use.is_here and self._recorded:
                recorded = tr("recorded {when}", when=self._recorded.when)
                lines.append(Text(recorded, style_of("device--label")))
        wanted = bare_uuid(self._use.gpu) if self._use.is_here else ""
        if len(self._gpus) > 1 or any(each.load != "idle" for each in self._gpus):
            lines += [
                gpu_line(each, bare_uuid(each.gpu.uuid) == wanted, width, style_of)
                for each in self._gpus
            ]
        return lines

    def _values(self, label: str) -> list[float]:
        """The history of a gauge: of the run as it was recorded, or of the last minutes."""
        if not self._recorded:
            return _values(self._past, label)
        now = [self._reading] if self._reading and self._use.is_here else []
        return self._recorded.values.get(label, []) + _values(now, label)

    def _label(self, gauge: Gauge) -> str:
        shown = self._shown
        if gauge.label == "memory" and shown and shown.device != PROCESSOR:
            # With the blank it is another message: Chinese has a word for the memory of a GPU.
            return tr("memory ")
        return tr(gauge.label)

    def _line(self, gauge: Gauge, width: int) -> Text:
        style_of = self.get_component_rich_style
        room = max(0, width - 8 - 13)
        past = self._values(gauge.label)
        drawn = sparkline(
            past, room, 0.0, gauge.limit or max(past, default=1.0) * 1.25, self._plain
        )
        label = set_cell_size(self._label(gauge), 8)
        line = Text(label, style_of("device--label"), end="")
        line.append(f"{drawn:<{room}}", style_of("device--spark"))
        value = gauge.text.rjust(max(0, width - 8 - room))
        normal = gauge.level == "normal"
        line.append(value, style_of("device--value" if normal else f"device--{gauge.level}"))
        line.truncate(width)
        return line


def _values(readings: Iterable[DeviceReading | TrainingReading], label: str) -> list[float]:
    return [gauge.value for reading in readings for gauge in reading.gauges if gauge.label == label]


def _means(values: list[float], most: int) -> list[float]:
    """At most so many values, each the mean of an equal share of them."""
    count = min(most, len(values))
    edges = [index * len(values) // count for index in range(count + 1)] if count else []
    return [sum(values[start:end]) / (end - start) for start, end in pairwise(edges)]
