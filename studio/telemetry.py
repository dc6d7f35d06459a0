"""Readings of the device that trains: the GPU by NVML, else the processor and memory by psutil.

Every single reading is optional: cards, drivers and MIG slices differ in what they tell.
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
        """The reading in friendly units."""
        if self.unit == "B":
            used = _gigabytes(self.value)
            return f"{used}/{_gigabytes(self.limit)} GB" if self.limit else f"{used} GB"
        if self.unit == "W" and self.limit:
            return f"{self.value:.0f}/{self.limit:.0f} W"
        return f"{self.value:.0f}{'' if self.unit == '%' else ' '}{self.unit}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the device told at one moment."""

    device: str
    gauges: tuple[Gauge, ...]


class Telemetry(Protocol):
    """A device that can be read."""

    def read(self) -> Reading: ...


def open_telemetry(gpu: str, nvml: Any = None) -> Telemetry:
    """The GPU with that UUID where NVML knows it, else the processor.

    `nvml` stands in for the module pynvml in a test.
    """
    if gpu:
        # No driver, no such card, a library that is not there: the processor can always be read.
        with contextlib.suppress(Exception):
            return GpuTelemetry(gpu, nvml or _pynvml())
    return HostTelemetry()


class HostTelemetry:
    """The processor, the memory, and what this program holds of it."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        # The first answer is always 0: it tells the load since the call before.
        psutil.cpu_percent(None)

    def read(self) -> Reading:
        """Read now; a fraction of a millisecond."""
        memory = psutil.virtual_memory()
        return Reading(
            "processor",
            (
                Gauge("cpu", psutil.cpu_percent(None), "%", 100),
                Gauge("memory", memory.total - memory.available, "B", memory.total),
                Gauge("studio", self._process.memory_info().rss, "B"),
            ),
        )


class GpuTelemetry:
    """A GPU, or a MIG slice of one, by NVML."""

    def __init__(self, uuid: str, nvml: Any) -> None:
        """Raises NVML's error where there is no driver or no such device."""
        self._nvml = nvml
        nvml.nvmlInit()
        self._device = self._find(uuid)
        # A slice has its own memory, but the board's clockwork: temperature and power.
        self._board = self._device
        with contextlib.suppress(nvml.NVMLError):
            if nvml.nvmlDeviceIsMigDeviceHandle(self._device):
                self._board = nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self._device)
        self._name = str(self._try(nvml.nvmlDeviceGetName, self._device) or "GPU")

    def _find(self, uuid: str) -> Any:
        try:
            return self._nvml.nvmlDeviceGetHandleByUUID(uuid)
        except self._nvml.NVMLError:
            # CUDA gives a slice's UUID without saying that it is one.
            return self._nvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid.removeprefix('GPU-')}")

    def read(self) -> Reading:
        """Read now; some milliseconds, so not more than once a second."""
        nvml = self._nvml
        gauges = []
        if load := self._try(nvml.nvmlDeviceGetUtilizationRates, self._device):
            gauges.append(Gauge("gpu", load.gpu, "%", 100))
        if memory := self._try(nvml.nvmlDeviceGetMemoryInfo, self._device):
            gauges.append(Gauge("memory", memory.used, "B", memory.total))
        heat = self._try(nvml.nvmlDeviceGetTemperature, self._board, nvml.NVML_TEMPERATURE_GPU)
        if heat is not None:
            gauges.append(Gauge("heat", heat, "C"))
        power = self._try(nvml.nvmlDeviceGetPowerUsage, self._board)
        if power is not None:
            limit = self._try(nvml.nvmlDeviceGetEnforcedPowerLimit, self._board)
            gauges.append(Gauge("power", power / 1000, "W", limit / 1000 if limit else None))
        return Reading(self._name, tuple(gauges))

    def _try(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        """Ask for one thing; None where this device does not tell it."""
        try:
            return ask(*arguments)
        except self._nvml.NVMLError:
            return None


def _pynvml() -> Any:
    import pynvml

    return pynvml


def _gigabytes(value: float) -> str:
    amount = value / GIGABYTE
    return f"{amount:.1f}" if amount < 100 else f"{amount:.0f}"
