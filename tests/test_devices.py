"""Which device a name stands for, and which GPU has the most room."""

import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.devices import (
    BUSY_FREE,
    BUSY_USE,
    VISIBLE,
    CudaDevice,
    DeviceName,
    GpuChoice,
    candidates,
    choose,
    free_gpu,
)
from studio.errors import DeviceError
from studio.telemetry import GIGABYTE, Gpu, GpuProcess


def gpu(
    uuid: str = "GPU-a", use: float | None = 0, used: float = 0, total: float = 80, pid: int = 0
) -> Gpu:
    """A GPU; `pid` computes on it."""
    processes = (GpuProcess(pid, "ann"),) if pid else ()
    return Gpu(
        uuid,
        "H100",
        use,
        memory=used * GIGABYTE,
        total_memory=total * GIGABYTE,
        processes=processes,
    )


def seen(*gpus: Gpu) -> list[GpuChoice]:
    """All of them visible, in this order."""
    return [GpuChoice(each, number) for number, each in enumerate(gpus)]


def chosen(wish: str, known: list[GpuChoice]) -> str:
    found = choose(wish, known)
    return found.name if found else "cpu"


def test_a_run_beside_another_takes_a_gpu_that_nobody_uses() -> None:
    own = gpu("GPU-1", 90, 20, pid=os.getpid())
    calm, full, free = gpu("GPU-2", 0, 1, pid=os.getpid()), gpu("GPU-3", 0, 60), gpu("GPU-4", 0, 0)
    # A run that is paused, or that starts.
    taken = {"GPU-2": os.getpid()}
    assert free_gpu("auto", seen(own, calm, full), taken) is None
    found = free_gpu("auto", seen(own, calm, full, free), taken)
    assert found and found.name == "cuda:3"
    assert free_gpu("cuda:2", seen(own, calm, full, free), taken) is None
    assert free_gpu("cuda:3", seen(own, calm, full, free), taken) == found
    assert free_gpu("cpu", seen(own, free), taken) is None


def test_a_gpu_on_which_this_process_only_writes_poems_is_free_for_a_run() -> None:
    own, writing = gpu("GPU-1", 90, 20, pid=os.getpid()), gpu("GPU-2", 0, 1, pid=os.getpid())
    found = free_gpu("auto", seen(own, writing), {"GPU-1": os.getpid()})
    assert found and found.name == "cuda:1"


def any_gpu() -> some.SearchStrategy[Gpu]:
    return some.builds(
        gpu,
        uuid=some.uuids().map(lambda each: f"GPU-{each}"),
        use=some.none() | some.integers(0, 100),
        used=some.integers(0, 24),
        total=some.sampled_from([24, 40, 80]),
        pid=some.sampled_from([0, 0, 0, 1, os.getpid()]),
    )


BOXES = some.lists(
    some.builds(GpuChoice, any_gpu(), some.booleans()), max_size=8, unique_by=lambda c: c.gpu.uuid
).map(
    # The numbers of those that CUDA sees are not NVML's.
    lambda box: [
        GpuChoice(each.gpu, number if each.number else None)
        for number, each in enumerate(reversed(box))
    ]
)


def is_plainly_busy(each: Gpu) -> bool:
    assert each.total_memory
    return (each.use or 0) >= BUSY_USE or each.free_memory < BUSY_FREE * each.total_memory


@given(BOXES)
def test_auto_never_takes_a_busy_gpu_while_another_is_not(box: list[GpuChoice]) -> None:
    found = choose("auto", box)
    if found and is_plainly_busy(found.gpu):
        assert all(is_plainly_busy(each.gpu) for each in box if each.number is not None)


@given(BOXES)
def test_auto_takes_only_what_cuda_sees_and_the_processor_if_that_is_nothing(
    box: list[GpuChoice],
) -> None:
    found = choose("auto", box)
    visible = [each for each in box if each.number is not None]
    assert (found in visible) if visible else found is None


@given(BOXES)
def test_auto_prefers_an_idle_gpu_to_one_that_others_compute_on(box: list[GpuChoice]) -> None:
    idle = [each for each in box if each.load == "idle" and each.number is not None]
    if idle:
        found = choose("auto", box)
        assert found in idle
        assert all(each.pid == os.getpid() for each in found.gpu.processes)


@given(BOXES)
def test_no_gpu_is_better_than_that_of_auto_in_every_respect(box: list[GpuChoice]) -> None:
    found = choose("auto", box)
    for each in box if found else ():
        if each.number is not None and each.load == found.load:
            assert not (
                each.gpu.free_memory > found.gpu.free_memory
                and (each.gpu.use or 0) < (found.gpu.use or 0)
            )


@given(BOXES, some.integers(0, 7))
def test_a_number_is_the_one_of_cuda(box: list[GpuChoice], number: int) -> None:
    named = [each for each in box if each.number == number]
    if named:
        assert choose(f"cuda:{number}", box) is named[0]
    else:
        with pytest.raises(DeviceError, match=f"cuda:{number}"):
            choose(f"cuda:{number}", box)


def test_of_idle_gpus_the_one_with_the_most_memory_is_taken() -> None:
    assert chosen("auto", seen(gpu(total=24), gpu(total=80), gpu(total=40))) == "cuda:1"


def test_of_gpus_with_about_the_same_memory_the_least_used_is_taken() -> None:
    assert chosen("auto", seen(gpu(use=4), gpu(use=1, used=2), gpu(use=3))) == "cuda:1"


def test_a_gpu_whose_use_is_not_reported_counts_as_idle() -> None:
    known = candidates([CudaDevice("GPU-a", "Other", 8 * GIGABYTE)], [])
    assert chosen("auto", known) == "cuda:0"
    assert "8.0 of 8.0 GB free" in known[0].doing


def test_the_numbers_are_those_of_cuda_whatever_the_order_of_nvml() -> None:
    nvml = [gpu("GPU-a", use=90), gpu("GPU-b"), gpu("GPU-c")]
    # CUDA_VISIBLE_DEVICES=2,0
    known = candidates([CudaDevice("GPU-c", "H100", 0), CudaDevice("GPU-a", "H100", 0)], nvml)
    assert [(each.number, each.gpu.uuid) for each in known] == [
        (0, "GPU-c"),
        (1, "GPU-a"),
        (None, "GPU-b"),
    ]
    assert chosen("auto", known) == "cuda:0"
    assert chosen("cuda", known) == "cuda:0"
    assert chosen("GPU-a", known) == "cuda:1"


def test_a_mig_slice_is_matched_although_cuda_names_it_without_its_prefix() -> None:
    known = candidates([CudaDevice("GPU-77", "slice", 0)], [gpu("MIG-66"), gpu("MIG-77")])
    assert [(each.number, each.gpu.uuid) for each in known] == [(0, "MIG-77"), (None, "MIG-66")]
    assert chosen("MIG-77", known) == "cuda:0"


def test_a_uuid_may_be_cut_short_if_it_is_of_one_gpu_only() -> None:
    known = seen(gpu("GPU-8932f937"), gpu("GPU-89aa"))
    assert chosen("GPU-8932", known) == "cuda:0"
    with pytest.raises(DeviceError, match="GPU-89 is the beginning of several UUIDs"):
        choose("GPU-89", known)


def test_an_unknown_device_is_refused_with_those_that_there_are() -> None:
    known = seen(gpu("GPU-a", use=93, used=70, pid=1), gpu("GPU-b"))
    with pytest.raises(DeviceError) as error:
        choose("cuda:7", known)
    assert str(error.value) == (
        "There is no cuda:7 here. Choose auto, cpu, "
        "cuda:0 (H100, GPU-a, busy 93% 10.0 of 80.0 GB free, ann), "
        "cuda:1 (H100, GPU-b, idle 0% 80.0 of 80.0 GB free)."
    )


def test_a_gpu_that_cuda_does_not_see_is_refused_with_what_hides_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = candidates([CudaDevice("GPU-a", "H100", 0)], [gpu("GPU-a"), gpu("GPU-b")])
    monkeypatch.setenv(VISIBLE, "0")
    with pytest.raises(DeviceError, match="CUDA does not see GPU-b") as error:
        choose("GPU-b", known)
    assert "CUDA_VISIBLE_DEVICES is '0'" in str(error.value)
    monkeypatch.delenv(VISIBLE)
    with pytest.raises(DeviceError, match="CUDA_VISIBLE_DEVICES=GPU-b"):
        choose("GPU-b", known)


def test_without_a_gpu_auto_is_the_processor_and_a_gpu_is_refused_with_the_reason() -> None:
    assert choose("auto", []) is None
    with pytest.raises(DeviceError, match=r"no GPU here for cuda:0: built without\. Choose"):
        choose("cuda:0", [], "built without")


def test_the_processor_can_be_chosen_beside_gpus() -> None:
    assert choose("cpu", seen(gpu())) is None


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:12", "GPU-8932f937-d72c", "MIG-1/2"])
def test_names_of_devices_are_accepted(name: str) -> None:
    assert msgspec.convert(name, DeviceName) == name


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:x", "0", "GPU-", "cuda:1; rm", "cpu\n"])
def test_other_words_are_not_names_of_devices(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, DeviceName)
