"""Readings of the device, each with a sparkline."""

from collections import deque

from rich.text import Text
from textual import work

from studio.telemetry import DeviceReading, Gauge, Telemetry, open_telemetry
from studio.tui.training.text_panel import TextPanel
from studio.wording import printable, sparkline

# Seconds between two readings. Faster polling slows down the GPU.
EVERY = 1.0
KEPT = 240


class DevicePanel(TextPanel):
    """The last minutes of every reading. `poll` takes a reading, in a thread."""

    COMPONENT_CLASSES = {"device--label", "device--spark", "device--value"}  # noqa: RUF012

    def __init__(self, plain: bool = False) -> None:
        super().__init__(id="device")
        self.border_title = "Device"
        self._plain = plain
        self._gpu = ""
        self._telemetry: Telemetry | None = None
        self._reading: DeviceReading | None = None
        self._past: dict[str, deque[float]] = {}

    def use(self, gpu: str) -> None:
        """Read the GPU with this UUID from now on; "" is the processor."""
        self._gpu, self._telemetry, self._reading, self._past = gpu, None, None, {}

    def poll(self) -> None:
        """Start a new reading."""
        self._read()

    @work(thread=True, exclusive=True, group="telemetry", exit_on_error=False)
    def _read(self) -> None:
        # Opening NVML takes a while, too.
        gpu, telemetry = self._gpu, self._telemetry
        telemetry = telemetry or open_telemetry(gpu)
        self.app.call_later(self._take_from, gpu, telemetry.read(), telemetry)

    def _take_from(self, gpu: str, reading: DeviceReading, telemetry: Telemetry) -> None:
        # The device may have changed meanwhile.
        if gpu == self._gpu:
            self.take(reading, telemetry)

    def take(self, reading: DeviceReading, telemetry: Telemetry | None = None) -> None:
        """Add a reading. The next `update` shows it."""
        self._telemetry = telemetry
        self._reading = reading
        for gauge in reading.gauges:
            self._past.setdefault(gauge.label, deque(maxlen=KEPT)).append(gauge.value)

    def title(self) -> str:
        return printable(self._reading.device) if self._reading else "Device"

    def lines(self, width: int) -> list[Text]:
        if self._reading is None:
            return [Text("No reading yet.", self.get_component_rich_style("device--label"))]
        return [self._line(gauge, width) for gauge in self._reading.gauges]

    def _line(self, gauge: Gauge, width: int) -> Text:
        room = max(0, width - 8 - 13)
        past = list(self._past[gauge.label])[-room:] if room else []
        drawn = sparkline(
            past, room, 0.0, gauge.limit or max(past, default=1.0) * 1.25, self._plain
        )
        line = Text(f"{gauge.label:<8}", self.get_component_rich_style("device--label"), end="")
        line.append(f"{drawn:<{room}}", self.get_component_rich_style("device--spark"))
        value = gauge.text.rjust(max(0, width - 8 - room))
        line.append(value, self.get_component_rich_style("device--value"))
        line.truncate(width)
        return line
