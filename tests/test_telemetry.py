"""Readings of the device, with a stand-in for NVML."""

from types import SimpleNamespace
from typing import Any

from studio.telemetry import GIGABYTE, Gauge, GpuTelemetry, HostTelemetry, open_telemetry


class NVMLError(Exception):
    """As NVML's own."""


class FakeNvml:
    """As much of pynvml as is asked. `missing` names the functions this card does not support."""

    NVMLError = NVMLError
    NVML_TEMPERATURE_GPU = 0

    def __init__(
        self,
        devices: tuple[str, ...] = ("GPU-1",),
        missing: tuple[str, ...] = (),
        mig: bool = False,
    ) -> None:
        self._devices, self._missing, self._mig = devices, missing, mig

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in object.__getattribute__(self, "_missing"):

            def unsupported(*_: object) -> None:
                raise NVMLError("Not Supported")

            return unsupported
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        if uuid not in self._devices:
            raise NVMLError("Not Found")
        return uuid

    def nvmlDeviceIsMigDeviceHandle(self, device: str) -> bool:  # noqa: N802
        return self._mig

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, device: str) -> str:  # noqa: N802
        return "board"

    def nvmlDeviceGetName(self, device: str) -> str:  # noqa: N802
        return "Some GPU"

    def nvmlDeviceGetUtilizationRates(self, device: str) -> SimpleNamespace:  # noqa: N802
        if self._mig:
            raise NVMLError("Not Supported")
        return SimpleNamespace(gpu=87)

    def nvmlDeviceGetMemoryInfo(self, device: str) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(used=12 * GIGABYTE, total=80 * GIGABYTE)

    def nvmlDeviceGetTemperature(self, device: str, sensor: int) -> int:  # noqa: N802
        return 40 if device == "board" else 61

    def nvmlDeviceGetPowerUsage(self, device: str) -> int:  # noqa: N802
        return 300_000

    def nvmlDeviceGetEnforcedPowerLimit(self, device: str) -> int:  # noqa: N802
        return 700_000


def texts(telemetry: Any) -> dict[str, str]:
    return {gauge.label: gauge.text for gauge in telemetry.read().gauges}


def test_a_gpu_shows_load_memory_temperature_and_power_in_common_units() -> None:
    assert texts(open_telemetry("GPU-1", FakeNvml())) == {
        "gpu": "87%",
        "memory": "12.0/80.0 GB",
        "temp": "61 C",
        "power": "300/700 W",
    }


def test_a_reading_that_a_card_does_not_support_is_left_out() -> None:
    nvml = FakeNvml(missing=("nvmlDeviceGetPowerUsage", "nvmlDeviceGetMemoryInfo"))
    assert list(texts(open_telemetry("GPU-1", nvml))) == ["gpu", "temp"]


def test_power_without_a_limit_is_shown_alone() -> None:
    nvml = FakeNvml(missing=("nvmlDeviceGetEnforcedPowerLimit",))
    assert texts(open_telemetry("GPU-1", nvml))["power"] == "300 W"


def test_a_mig_slice_is_found_and_shows_the_temperature_of_its_board() -> None:
    telemetry = open_telemetry("GPU-7", FakeNvml(devices=("MIG-7",), mig=True))
    assert isinstance(telemetry, GpuTelemetry)
    assert texts(telemetry) == {"memory": "12.0/80.0 GB", "temp": "40 C", "power": "300/700 W"}


def test_without_a_driver_the_processor_is_read() -> None:
    nvml = FakeNvml(missing=("nvmlInit",))
    assert isinstance(open_telemetry("GPU-1", nvml), HostTelemetry)


def test_a_gpu_that_nvml_does_not_know_is_no_error() -> None:
    assert isinstance(open_telemetry("GPU-other", FakeNvml()), HostTelemetry)


def test_the_processor_shows_its_load_and_the_memory() -> None:
    reading = open_telemetry("").read()
    assert [gauge.label for gauge in reading.gauges] == ["cpu", "memory", "studio"]
    memory = reading.gauges[1]
    assert memory.limit is not None
    assert 0 < memory.value < memory.limit


def test_bytes_without_a_limit_are_shown_alone() -> None:
    assert Gauge("studio", GIGABYTE / 2, "B").text == "0.5 GB"
