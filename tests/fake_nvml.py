"""A stand-in for pynvml: as much of it as is asked, for any number of GPUs."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from studio.telemetry import GIGABYTE


class NVMLError(Exception):
    """As NVML's own."""


@dataclass(frozen=True)
class FakeGpu:
    """A GPU as the test has it; one with `slices` is divided by MIG. Memory in gigabytes."""

    uuid: str = "GPU-1"
    name: str = "Some GPU"
    use: int = 87
    used: float = 12
    total: float = 80
    temperature: int = 61
    power: int = 300
    pids: Sequence[int] = ()
    slices: Sequence["FakeGpu"] = ()


@dataclass(frozen=True)
class _Slice:
    gpu: FakeGpu


Handle = FakeGpu | _Slice


def _gpu(handle: Handle) -> FakeGpu:
    return handle.gpu if isinstance(handle, _Slice) else handle


class FakeNvml:
    """`missing` names the functions that the cards do not support."""

    NVMLError = NVMLError
    NVML_TEMPERATURE_GPU = 0
    NVML_TEMPERATURE_THRESHOLD_SLOWDOWN = 1

    def __init__(self, *gpus: FakeGpu, missing: Sequence[str] = ()) -> None:
        self.gpus = list(gpus)
        self._missing = missing

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "_missing"):

            def unsupported(*_: object) -> None:
                raise NVMLError("Not Supported")

            return unsupported
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Handle:  # noqa: N802
        return self.gpus[index]

    def nvmlDeviceGetMigMode(self, handle: Handle) -> list[int]:  # noqa: N802
        return [1, 1] if _gpu(handle).slices else [0, 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Handle) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Handle, at: int) -> Handle:  # noqa: N802
        slices = _gpu(handle).slices
        if at >= len(slices):
            raise NVMLError("Not Found")
        return _Slice(slices[at])

    def nvmlDeviceGetUUID(self, handle: Handle) -> str:  # noqa: N802
        return _gpu(handle).uuid

    def nvmlDeviceGetName(self, handle: Handle) -> str:  # noqa: N802
        return _gpu(handle).name

    def nvmlDeviceGetUtilizationRates(self, handle: Handle) -> SimpleNamespace:  # noqa: N802
        self._only_of_a_board(handle)
        return SimpleNamespace(gpu=_gpu(handle).use)

    def nvmlDeviceGetMemoryInfo(self, handle: Handle) -> SimpleNamespace:  # noqa: N802
        gpu = _gpu(handle)
        return SimpleNamespace(used=gpu.used * GIGABYTE, total=gpu.total * GIGABYTE)

    def nvmlDeviceGetTemperature(self, handle: Handle, sensor: int) -> int:  # noqa: N802
        self._only_of_a_board(handle)
        return _gpu(handle).temperature

    def nvmlDeviceGetTemperatureThreshold(self, handle: Handle, kind: int) -> int:  # noqa: N802
        self._only_of_a_board(handle)
        return 92

    def nvmlDeviceGetPowerUsage(self, handle: Handle) -> int:  # noqa: N802
        self._only_of_a_board(handle)
        return _gpu(handle).power * 1000

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: Handle) -> int:  # noqa: N802
        self._only_of_a_board(handle)
        return 700_000

    def nvmlDeviceGetComputeRunningProcesses(  # noqa: N802
        self, handle: Handle
    ) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=None) for pid in _gpu(handle).pids]

    def _only_of_a_board(self, handle: Handle) -> None:
        if isinstance(handle, _Slice):
            raise NVMLError("Not Supported")
