"""Readings of the devices, with a stand-in for NVML."""

import os
import pwd
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from studio.telemetry import GIGABYTE, DeviceReading, Gauge, Gpus, HostMeter, Meter
from tests.fake_nvml import FakeGpu, FakeNvml

NO_SUCH_PID = 2**30


def texts(reading: DeviceReading) -> dict[str, str]:
    return {gauge.label: gauge.text for gauge in reading.gauges}


def test_a_gpu_shows_use_memory_temperature_and_power_in_common_units() -> None:
    assert texts(Meter("GPU-1", FakeNvml(FakeGpu())).read()) == {
        "gpu": "87%",
        "memory": "12.0/80.0 GB",
        "temp": "61 C",
        "power": "300/700 W",
    }


def test_a_reading_that_a_card_does_not_support_is_left_out() -> None:
    nvml = FakeNvml(FakeGpu(), missing=("nvmlDeviceGetPowerUsage", "nvmlDeviceGetMemoryInfo"))
    assert list(texts(Meter("GPU-1", nvml).read())) == ["gpu", "temp"]


def test_power_without_a_limit_is_shown_alone() -> None:
    nvml = FakeNvml(FakeGpu(), missing=("nvmlDeviceGetEnforcedPowerLimit",))
    assert texts(Meter("GPU-1", nvml).read())["power"] == "300 W"


def test_a_gpu_with_mig_is_its_slices_with_the_temperature_of_their_board() -> None:
    slices = (FakeGpu("MIG-7", used=3, total=10), FakeGpu("MIG-8", used=1, total=10))
    nvml = FakeNvml(FakeGpu(temperature=40, slices=slices))
    assert [gpu.uuid for gpu in Gpus(nvml).read()] == ["MIG-7", "MIG-8"]
    # CUDA names a slice without the prefix MIG.
    reading = Meter("GPU-7", nvml).read()
    assert texts(reading) == {"memory": "3.0/10.0 GB", "temp": "40 C", "power": "300/700 W"}


def test_all_gpus_are_read_in_the_order_of_nvml() -> None:
    nvml = FakeNvml(FakeGpu("GPU-1", use=5), FakeGpu("GPU-2", use=90))
    assert [(gpu.uuid, gpu.use) for gpu in Gpus(nvml).read()] == [("GPU-1", 5), ("GPU-2", 90)]


def test_the_users_of_a_gpu_are_named_if_their_processes_can_be_seen() -> None:
    (gpu,) = Gpus(FakeNvml(FakeGpu(pids=(os.getpid(), NO_SUCH_PID)))).read()
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert [(each.pid, each.user) for each in gpu.processes] == [
        (os.getpid(), me),
        (NO_SUCH_PID, ""),
    ]


@pytest.mark.parametrize("missing", ["nvmlInit", "nvmlDeviceGetCount"])
def test_without_a_driver_there_are_no_gpus_and_the_processor_is_read(missing: str) -> None:
    nvml = FakeNvml(FakeGpu(), missing=(missing,))
    assert Gpus(nvml).read() == []
    assert Meter("GPU-1", nvml).read().device == "processor"


def test_a_gpu_that_nvml_does_not_know_is_no_error() -> None:
    assert Meter("GPU-other", FakeNvml(FakeGpu())).read().device == "processor"


def test_the_processor_shows_its_load_and_the_memory() -> None:
    reading = HostMeter().read()
    assert [gauge.label for gauge in reading.gauges] == ["cpu", "memory", "studio"]
    memory = reading.gauges[1]
    assert memory.limit is not None
    assert 0 < memory.value < memory.limit


def test_the_load_is_that_since_the_last_reading_in_any_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Times = namedtuple("Times", ["user", "idle", "iowait", "guest"])
    times = iter([Times(1, 9, 0, 1), Times(4, 9, 1, 4), Times(4, 10, 1, 4)])
    monkeypatch.setattr(psutil, "cpu_times", lambda: next(times))
    meter = HostMeter()
    with ThreadPoolExecutor() as other:
        assert other.submit(meter.read).result().gauges[0].value == 75
    assert meter.read().gauges[0].value == 0


def test_bytes_without_a_limit_are_shown_alone() -> None:
    assert Gauge("studio", GIGABYTE / 2, "B").text == "0.5 GB"


@pytest.mark.parametrize(
    ("gauge", "level"),
    [
        (Gauge("memory", 50, "B", 100), "normal"),
        (Gauge("memory", 92, "B", 100), "high"),
        (Gauge("memory", 99, "B", 100), "critical"),
        (Gauge("memory", 99, "B"), "normal"),
        (Gauge("temp", 60, "C"), "normal"),
        (Gauge("temp", 84, "C"), "high"),
        (Gauge("temp", 84, "C", 85), "critical"),
        (Gauge("gpu", 100, "%", 100), "normal"),
        (Gauge("power", 700, "W", 700), "normal"),
    ],
)
def test_memory_and_temperature_near_their_limit_are_marked(gauge: Gauge, level: str) -> None:
    assert gauge.level == level
