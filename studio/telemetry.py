"""Readings of the training device: the GPU through NVML, else processor and memory through psutil.

Every reading is optional: cards, drivers and MIG slices differ in what they report.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psutil

GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Gauge:
    """One reading. Percent, bytes, degrees Celsius or watts; `limit` in the same unit."""

    label: str
    value: float
    unit: Literal["%", "B", "C", "W"]
    limit: float | None = None

    @property
    def text(self) -> str:
        """The reading in common units."""
        if self.unit == "B":
            used = _gigabytes(self.value)
            return f"{used}/{_gigabytes(self.limit)} GB" if self.limit else f"{used} GB"
        if self.unit == "W" and self.limit:
            return f"{self.value:.0f}/{self.limit:.0f} W"
        return f"{self.value:.0f}{'' if self.unit == '%' else ' '}{self.unit}"


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """The gauges of a device at one moment."""

    device: str
    gauges: tuple[Gauge, ...]


class Telemetry(Protocol):
    """A device that can be read."""

    def read(self) -> DeviceReading: ...


def open_telemetry(gpu: str, nvml: Any = None) -> Telemetry:
    """The GPU with that UUID if NVML knows it, else the processor.

    A test passes its own `nvml` instead of the module pynvml.
    """
    if gpu:
        # Without a driver, the card or the NVML library, the processor can still be read.
        with contextlib.suppress(Exception):
            return GpuTelemetry(gpu, nvml or _pynvml())
    return HostTelemetry()


class HostTelemetry:
    """The processor, the memory, and this program's share of it."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        # Each call returns the load since the previous one; the first returns 0.
        psutil.cpu_percent(None)

    def read(self) -> DeviceReading:
        """Read now; takes a fraction of a millisecond."""
        memory = psutil.virtual_memory()
        return DeviceReading(
            "processor",
            (
                Gauge("cpu", psutil.cpu_percent(None), "%", 100),
                Gauge("memory", memory.total - memory.available, "B", memory.total),
                Gauge("studio", self._process.memory_info().rss, "B"),
            ),
        )


class GpuTelemetry:
    """A GPU, or a MIG slice of one, through NVML."""

    def __init__(self, uuid: str, nvml: Any) -> None:
        """Raises NVML's error if there is no driver or no such device."""
        self._nvml = nvml
        nvml.nvmlInit()
        self._device = self._find(uuid)
        # A slice has its own memory; temperature and power belong to the whole board.
        self._board = self._device
        with contextlib.suppress(nvml.NVMLError):
            if nvml.nvmlDeviceIsMigDeviceHandle(self._device):
                self._board = nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self._device)
        self._name = str(self._try(nvml.nvmlDeviceGetName, self._device) or "GPU")

    def _find(self, uuid: str) -> Any:
        try:
            return self._nvml.nvmlDeviceGetHandleByUUID(uuid)
        except self._nvml.NVMLError:
            # CUDA reports a slice's UUID without the prefix MIG.
            return self._nvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid.removeprefix('GPU-')}")

    def read(self) -> DeviceReading:
        """Read now; takes some milliseconds, so call it at most once a second."""
        nvml = self._nvml
        gauges = []
        if load := self._try(nvml.nvmlDeviceGetUtilizationRates, self._device):
            gauges.append(Gauge("gpu", load.gpu, "%", 100))
        if memory := self._try(nvml.nvmlDeviceGetMemoryInfo, self._device):
            gauges.append(Gauge("memory", memory.used, "B", memory.total))
        sensor = nvml.NVML_TEMPERATURE_GPU
        temperature = self._try(nvml.nvmlDeviceGetTemperature, self._board, sensor)
        if temperature is not None:
            gauges.append(Gauge("temp", temperature, "C"))
        power = self._try(nvml.nvmlDeviceGetPowerUsage, self._board)
        if power is not None:
            limit = self._try(nvml.nvmlDeviceGetEnforcedPowerLimit, self._board)
            gauges.append(Gauge("power", power / 1000, "W", limit / 1000 if limit else None))
        return DeviceReading(self._name, tuple(gauges))

    def _try(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call one NVML function; None if this device does not support it."""
        try:
            return function(*arguments)
        except self._nvml.NVMLError:
            return None


def _pynvml() -> Any:
    import pynvml

    return pynvml


def _gigabytes(value: float) -> str:
    amount = value / GIGABYTE
    return f"{amount:.1f}" if amount < 100 else f"{amount:.0f}"
