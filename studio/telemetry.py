"""Readings of the devices: GPUs through NVML, processor and memory through psutil.

Every reading is optional: cards, drivers and MIG slices differ in what they report.
"""

import pwd
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec
import psutil

from studio.limits import Measured
from studio.translation import marked

GIGABYTE = 1024**3
# From these shares of the limit on, a temperature or a full memory deserves attention, or alarm.
HIGH, CRITICAL = 0.9, 0.97
# Degrees at which a card that does not name its limit slows down.
HOT = 90.0
# The name of the processor, and the labels of the gauges, as they are recorded.
PROCESSOR = marked("processor")
LABELS = (
    marked("gpu"),
    marked("cpu"),
    marked("memory"),
    marked("temp"),
    marked("power"),
    marked("studio"),
)


class Gauge(msgspec.Struct, frozen=True, array_like=True):
    """One reading. Percent, bytes, degrees Celsius or watts; `limit` in the same unit."""

    label: str
    value: Measured
    unit: Literal["%", "B", "C", "W"]
    limit: Measured | None = None

    @property
    def text(self) -> str:
        """The reading in common units."""
        if self.unit == "B":
            used = gigabytes(self.value)
            return f"{used}/{gigabytes(self.limit)} GB" if self.limit else f"{used} GB"
        if self.unit == "W" and self.limit:
            return f"{self.value:.0f}/{self.limit:.0f} W"
        return f"{self.value:.0f}{'' if self.unit == '%' else ' '}{self.unit}"

    @property
    def level(self) -> Literal["normal", "high", "critical"]:
        """How near the limit it is. Use and power may be there: a training wants that."""
        limit = self.limit or (HOT if self.unit == "C" else None)
        if self.unit not in ("B", "C") or not limit or self.value < HIGH * limit:
            return "normal"
        return "critical" if self.value >= CRITICAL * limit else "high"


class DeviceReading(msgspec.Struct, frozen=True):
    """The gauges of a device at one moment."""

    device: str
    gauges: tuple[Gauge, ...]


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that computes on a GPU. `user` is "" if it cannot be known."""

    pid: int
    user: str


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU, or a MIG slice of one, at one moment. None: it does not report that.

    Use in percent, memory in bytes, temperature in degrees Celsius, power in watts. `temperature`
    and `power` of a slice are those of its board.
    """

    uuid: str
    name: str
    use: float | None = None
    memory: float | None = None
    total_memory: float | None = None
    temperature: float | None = None
    temperature_limit: float | None = None
    power: float | None = None
    power_limit: float | None = None
    processes: tuple[GpuProcess, ...] = ()

    @property
    def free_memory(self) -> float:
        """Bytes that are free; all of them if it does not report how many are used."""
        return (self.total_memory or 0.0) - (self.memory or 0.0)

    @property
    def memory_gauge(self) -> Gauge | None:
        """Its memory."""
        if self.memory is None:
            return None
        return Gauge("memory", self.memory, "B", self.total_memory)

    @property
    def temperature_gauge(self) -> Gauge | None:
        """Its temperature."""
        if self.temperature is None:
            return None
        return Gauge("temp", self.temperature, "C", self.temperature_limit)

    def reading(self) -> DeviceReading:
        """What it reports, as gauges."""
        gauges = (
            None if self.use is None else Gauge("gpu", self.use, "%", 100),
            self.memory_gauge,
            self.temperature_gauge,
            None if self.power is None else Gauge("power", self.power, "W", self.power_limit),
        )
        return DeviceReading(self.name, tuple(each for each in gauges if each))


class HostMeter:
    """The processor, the memory, and this program's share of it."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        # psutil.cpu_percent remembers the last reading of each thread, and readers change threads.
        self._last = _busy_and_all()

    def read(self) -> DeviceReading:
        """Read now; takes a fraction of a millisecond. The load is that since the last reading."""
        memory = psutil.virtual_memory()
        last, self._last = self._last, _busy_and_all()
        busy, time = (now - then for now, then in zip(self._last, last, strict=True))
        return DeviceReading(
            PROCESSOR,
            (
                Gauge("cpu", 100 * max(0.0, busy) / time if time > 0 else 0.0, "%", 100),
                Gauge("memory", memory.total - memory.available, "B", memory.total),
                Gauge("studio", self._process.memory_info().rss, "B"),
            ),
        )


def _busy_and_all() -> tuple[float, float]:
    """The seconds that the processors have worked, and all, together."""
    times = psutil.cpu_times()._asdict()
    # Linux counts the time of guests in that of the user, too.
    for name in ("guest", "guest_nice"):
        times.pop(name, None)
    idle = times["idle"] + times.get("iowait", 0.0)
    return sum(times.values()) - idle, sum(times.values())


@dataclass(frozen=True, slots=True)
class _Handle:
    """NVML's handles of a GPU, with what never changes. The board of a slice is the whole GPU."""

    device: Any
    board: Any
    uuid: str
    name: str
    temperature_limit: float | None
    power_limit: float | None


class Gpus:
    """All GPUs of the machine, in NVML's order; a GPU with MIG is its slices."""

    def __init__(self, nvml: Any = None) -> None:
        """Open NVML. Without a driver or the library there are none. Tests pass their own NVML."""
        self._handles: list[_Handle] = []
        with suppress(Exception):
            self._nvml = nvml or _pynvml()
            self._nvml.nvmlInit()
            count = self._nvml.nvmlDeviceGetCount()
            boards = (self._try("nvmlDeviceGetHandleByIndex", index) for index in range(count))
            self._handles = [each for board in boards if board for each in self._parts(board)]

    def read(self, uuid: str = "") -> list[Gpu]:
        """Read all, or the one with that UUID; takes some milliseconds each."""
        wanted = bare_uuid(uuid)
        return [self._read(each) for each in self._handles if wanted in ("", bare_uuid(each.uuid))]

    def _parts(self, board: Any) -> Iterator[_Handle]:
        """The slices of a board in use; the board itself if it has no MIG."""
        mode = self._try("nvmlDeviceGetMigMode", board)
        if not mode or not mode[0]:
            yield self._handle(board, board)
            return
        for index in range(self._try("nvmlDeviceGetMaxMigDeviceCount", board) or 0):
            if part := self._try("nvmlDeviceGetMigDeviceHandleByIndex", board, index):
                yield self._handle(part, board)

    def _handle(self, device: Any, board: Any) -> _Handle:
        slowdown = getattr(self._nvml, "NVML_TEMPERATURE_THRESHOLD_SLOWDOWN", 1)
        power = self._try("nvmlDeviceGetEnforcedPowerLimit", board)
        return _Handle(
            device,
            board,
            str(self._try("nvmlDeviceGetUUID", device) or ""),
            str(self._try("nvmlDeviceGetName", device) or "GPU"),
            self._try("nvmlDeviceGetTemperatureThreshold", board, slowdown),
            power / 1000 if power else None,
        )

    def _read(self, handle: _Handle) -> Gpu:
        use = self._try("nvmlDeviceGetUtilizationRates", handle.device)
        memory = self._try("nvmlDeviceGetMemoryInfo", handle.device)
        sensor = getattr(self._nvml, "NVML_TEMPERATURE_GPU", 0)
        power = self._try("nvmlDeviceGetPowerUsage", handle.board)
        processes = self._try("nvmlDeviceGetComputeRunningProcesses", handle.device) or ()
        return Gpu(
            uuid=handle.uuid,
            name=handle.name,
            use=use.gpu if use else None,
            memory=memory.used if memory else None,
            total_memory=memory.total if memory else None,
            temperature=self._try("nvmlDeviceGetTemperature", handle.board, sensor),
            temperature_limit=handle.temperature_limit,
            power=None if power is None else power / 1000,
            power_limit=handle.power_limit,
            processes=tuple(GpuProcess(each.pid, _user_of(each.pid)) for each in processes),
        )

    def _try(self, function: str, *arguments: Any) -> Any:
        """Call one NVML function; None if the library or this device does not support it."""
        call: Callable[..., Any] | None = getattr(self._nvml, function, None)
        if call is None:
            return None
        try:
            return call(*arguments)
        except self._nvml.NVMLError:
            return None


class Meter:
    """The device that a run trains on: a GPU by its UUID, else the processor."""

    def __init__(self, gpu: str, nvml: Any = None) -> None:
        """`gpu` is "" for the processor, which is also read if NVML does not know the GPU."""
        self._uuid = gpu
        self._gpus = Gpus(nvml) if gpu else None
        self._host = HostMeter()

    def read(self) -> DeviceReading:
        """Read now; takes some milliseconds for a GPU."""
        found = self._gpus.read(self._uuid) if self._gpus else []
        return found[0].reading() if found else self._host.read()


def bare_uuid(uuid: str) -> str:
    """A UUID without its prefix: CUDA reports that of a MIG slice without one."""
    return uuid.removeprefix("GPU-").removeprefix("MIG-").lower()


def gigabytes(value: float) -> str:
    """Bytes as gigabytes, in at most four characters."""
    amount = value / GIGABYTE
    return f"{amount:.1f}" if amount < 100 else f"{amount:.0f}"


def _user_of(pid: int) -> str:
    """The user whose process it is; "" inside a container, where those of others are not seen."""
    with suppress(psutil.Error, OSError):
        return _user_name(psutil.Process(pid).uids().effective)
    return ""


@cache
def _user_name(uid: int) -> str:
    # Names may come from another machine, so each is asked for once.
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _pynvml() -> Any:
    import pynvml

    return pynvml
