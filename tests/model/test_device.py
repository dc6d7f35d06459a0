"""The device and precision are chosen by what the hardware can do."""

import ctypes
import os
import platform
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch

from studio.devices import VISIBLE, CudaDevice, candidates, free_gpu
from studio.errors import ConfigError, DeviceError, no_room_message
from studio.model import device as module
from studio.model.checkpoint_names import name_of
from studio.model.device import Device, choose_device, recurrent_precision
from studio.model.events import TrainingEnded
from studio.model.trainer import Trainer
from studio.telemetry import Gpus, Meter
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.model.conftest import TRAIN, VALID, VOCABULARY
from tests.small import small


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without a GPU whose processor knows no bfloat16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: False)
    return monkeypatch


def gpus(hardware: pytest.MonkeyPatch, *uuids: str, bfloat16: bool = True) -> None:
    """GPUs with these UUIDs, in CUDA's order; NVML has them in the order of the alphabet."""
    properties = [
        SimpleNamespace(uuid=uuid, name=f"card {uuid}", total_memory=80 * 2**30) for uuid in uuids
    ]
    hardware.setattr(torch.cuda, "is_available", lambda: True)
    hardware.setattr(torch.cuda, "device_count", lambda: len(uuids))
    hardware.setattr(torch.cuda, "get_device_properties", lambda number: properties[number])
    hardware.setattr(torch.cuda, "get_device_capability", lambda _: (8 if bfloat16 else 7, 0))
    nvml = FakeNvml(
        *(FakeGpu(f"GPU-{each}", use=0 if each == "b" else 90) for each in sorted(uuids))
    )
    hardware.setattr(module, "Gpus", lambda: Gpus(nvml))


def test_a_plain_processor_computes_in_float32(hardware: pytest.MonkeyPatch) -> None:
    assert choose_device() == Device(torch.device("cpu"), "float32")


@pytest.mark.parametrize("check", ["_is_avx512_bf16_supported", "_is_amx_tile_supported"])
def test_a_processor_with_bfloat16_uses_it(hardware: pytest.MonkeyPatch, check: str) -> None:
    hardware.setattr(torch.cpu, check, lambda: True)
    assert choose_device().precision == "bfloat16"


@pytest.mark.parametrize(("native", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_is_preferred_and_asked_for_its_precision(
    hardware: pytest.MonkeyPatch, native: bool, precision: str
) -> None:
    gpus(hardware, "a", bfloat16=native)
    chosen = choose_device()
    assert chosen.is_gpu
    assert chosen.precision == precision


def test_a_precision_that_is_asked_for_is_taken(hardware: pytest.MonkeyPatch) -> None:
    gpus(hardware, "a")
    assert choose_device("float32").precision == "float32"


def test_bfloat16_is_refused_where_the_hardware_lacks_it(hardware: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="precision"):
        choose_device("bfloat16")


def test_auto_leaves_a_gpu_to_the_process_that_has_just_taken_it(
    hardware: pytest.MonkeyPatch,
) -> None:
    gpus(hardware, "b", "d")
    idle = FakeNvml(FakeGpu("GPU-b", use=0, used=0), FakeGpu("GPU-d", use=0, used=0))
    hardware.setattr(module, "Gpus", lambda: Gpus(idle))
    assert choose_device().torch_device == torch.device("cuda", 0)
    assert choose_device(taken={"GPU-b": 4321}).torch_device == torch.device("cuda", 1)
    # Rather than one that is plainly busy, it is shared.
    busy = FakeNvml(FakeGpu("GPU-b", use=0, used=0), FakeGpu("GPU-d", use=90))
    hardware.setattr(module, "Gpus", lambda: Gpus(busy))
    assert choose_device(taken={"GPU-b": 4321}).torch_device == torch.device("cuda", 0)


def test_auto_takes_the_idle_gpu_by_the_number_that_cuda_gives_it(
    hardware: pytest.MonkeyPatch,
) -> None:
    gpus(hardware, "c", "a", "b")
    assert choose_device().torch_device == torch.device("cuda", 2)
    assert module.cuda_devices()[1] == CudaDevice("GPU-a", "card a", 80 * 2**30)


def test_a_gpu_can_be_chosen_by_number_and_by_uuid(hardware: pytest.MonkeyPatch) -> None:
    gpus(hardware, "c", "a", "b")
    assert choose_device(wish="cuda:1").torch_device == torch.device("cuda", 1)
    assert choose_device(wish="GPU-c").torch_device == torch.device("cuda", 0)


def test_the_processor_can_be_chosen_without_a_look_at_cuda(hardware: pytest.MonkeyPatch) -> None:
    def look() -> bool:
        raise AssertionError

    hardware.setattr(torch.cuda, "is_available", look)
    assert not choose_device(wish="cpu").is_gpu


def test_a_gpu_where_there_is_none_is_refused_with_the_reason(hardware: pytest.MonkeyPatch) -> None:
    hardware.setattr(torch.version, "cuda", None)
    hardware.setattr(torch.version, "hip", None)
    with pytest.raises(DeviceError, match="built without CUDA"):
        choose_device(wish="cuda:0")
    hardware.setattr(torch.version, "cuda", "13.0")
    hardware.setenv(VISIBLE, "9")
    with pytest.raises(DeviceError, match="CUDA_VISIBLE_DEVICES is '9'"):
        choose_device(wish="cuda:0")
    hardware.delenv(VISIBLE)
    with pytest.raises(DeviceError, match="nvidia-smi"):
        choose_device(wish="GPU-a")


@pytest.mark.parametrize(
    ("capability", "is_used"), [((7, 0), False), ((7, 5), True), ((8, 9), True), ((13, 0), True)]
)
def test_a_gpu_that_torch_has_no_code_for_is_left_alone(
    hardware: pytest.MonkeyPatch, capability: tuple[int, int], is_used: bool
) -> None:
    gpus(hardware, "a")
    # What torch 2.13 was built for.
    built_for = ["sm_75", "sm_80", "sm_86", "sm_90a", "sm_100", "sm_120", "compute_120"]
    hardware.setattr(torch.cuda, "get_arch_list", lambda: built_for)
    hardware.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert choose_device().is_gpu == is_used
    if not is_used:
        with pytest.raises(DeviceError, match="was built for newer GPUs only"):
            choose_device(wish="cuda:0")


def test_a_gpu_that_is_too_old_is_left_alone_beside_a_newer_one(
    hardware: pytest.MonkeyPatch,
) -> None:
    gpus(hardware, "old", "new")
    hardware.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80"])
    hardware.setattr(torch.cuda, "get_device_capability", lambda number: (6 + 2 * number, 1))
    # The old one drives the screens, and others compute on the new one.
    nvml = FakeNvml(FakeGpu("GPU-old", use=0, used=0), FakeGpu("GPU-new", use=90))
    hardware.setattr(module, "Gpus", lambda: Gpus(nvml))
    assert choose_device().torch_device == torch.device("cuda", 1)
    for wish in ("cuda:0", "GPU-old"):
        with pytest.raises(DeviceError, match=f"torch does not support {wish} .*cuda:1") as error:
            choose_device(wish=wish)
        assert "Choose auto, cpu, cuda:1 (" in str(error.value)
        assert VISIBLE not in str(error.value)
    found = candidates(module.cuda_devices(), Gpus(nvml).read())
    assert free_gpu("auto", found) is None


def test_a_mig_slice_is_shown_to_cuda_before_cuda_is_asked(hardware: pytest.MonkeyPatch) -> None:
    hardware.setenv(VISIBLE, "0")
    hardware.delenv(VISIBLE)
    gpus(hardware, "7")
    shown: list[str | None] = []

    def is_available() -> bool:
        shown.append(os.environ.get(VISIBLE))
        return True

    hardware.setattr(torch.cuda, "is_available", is_available)
    slices = (FakeGpu("MIG-6"), FakeGpu("MIG-7"))
    hardware.setattr(module, "Gpus", lambda: Gpus(FakeNvml(FakeGpu(slices=slices))))
    assert choose_device(wish="MIG-7").torch_device == torch.device("cuda", 0)
    assert set(shown) == {"MIG-7"}


def test_what_the_user_makes_visible_stays_so_whatever_slice_is_asked_for(
    hardware: pytest.MonkeyPatch,
) -> None:
    gpus(hardware, "6")
    hardware.setenv(VISIBLE, "MIG-6")
    slices = (FakeGpu("MIG-6"), FakeGpu("MIG-7"))
    hardware.setattr(module, "Gpus", lambda: Gpus(FakeNvml(FakeGpu(slices=slices))))
    with pytest.raises(DeviceError, match="CUDA_VISIBLE_DEVICES is 'MIG-6'"):
        choose_device(wish="MIG-7")


def test_the_gpu_is_named_as_nvml_names_it(hardware: pytest.MonkeyPatch) -> None:
    hardware.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H100")
    hardware.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="0a1b-2c3d")
    )
    chosen = Device(torch.device("cuda"), "float32")
    assert (chosen.name, chosen.gpu) == ("NVIDIA H100", "GPU-0a1b-2c3d")
    assert Device(torch.device("cpu"), "float32").gpu == ""


@pytest.mark.parametrize(
    ("version", "cudnn", "precision"),
    [
        ("2.11.0+cu130", 91900, torch.bfloat16),
        ("2.11.0", 91200, torch.float32),
        ("2.9.1", 91900, torch.float32),
        ("2.10.0a0", None, torch.float32),
    ],
)
def test_cudnns_layers_are_given_what_they_know(
    hardware: pytest.MonkeyPatch, version: str, cudnn: int | None, precision: torch.dtype
) -> None:
    gpu = torch.device("cuda")
    assert recurrent_precision(gpu) is None
    hardware.setattr(torch, "is_autocast_enabled", lambda kind: kind == "cuda")
    hardware.setattr(torch, "__version__", version)
    hardware.setattr(torch.backends.cudnn, "version", lambda: cudnn)
    assert recurrent_precision(gpu) == precision
    assert recurrent_precision(torch.device("cpu")) is None


def test_autocast_is_on_for_bfloat16_alone() -> None:
    weights = torch.ones(4, 4)
    with Device(torch.device("cpu"), "float32").autocast():
        assert (weights @ weights).dtype == torch.float32
    with Device(torch.device("cpu"), "bfloat16").autocast():
        assert (weights @ weights).dtype == torch.bfloat16


def test_the_processor_has_a_name() -> None:
    assert module._processor()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps memory that long")
def test_freed_memory_of_the_processor_goes_back_to_the_system() -> None:
    # Small blocks lie in the heap, and the last one, which stays, keeps those before it there.
    libc = ctypes.CDLL(None)
    libc.malloc.restype, size = ctypes.c_void_p, 100_000
    before = psutil.Process().memory_info().rss
    blocks = [ctypes.c_void_p(libc.malloc(ctypes.c_size_t(size))) for _ in range(800)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks[:-1]:
        libc.free(block)
    module.free_cached_memory()
    assert psutil.Process().memory_info().rss < before + 40e6
    libc.free(blocks[-1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_real_gpu_is_found_by_number_and_uuid_and_nvml_reads_it() -> None:
    device = choose_device(wish="cuda:0")
    assert choose_device(wish=device.gpu) == device
    assert choose_device().is_gpu
    labels = [gauge.label for gauge in Meter(device.gpu).read().gauges]
    assert "memory" in labels


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_real_full_memory_is_known_as_such_and_can_be_given_back() -> None:
    device = choose_device(wish="cuda:0")
    device.make_current()
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**46, device=device.torch_device)
    assert "memory of the GPU is full" in no_room_message(error.value)
    held = torch.empty(2**28, device=device.torch_device)
    reserved = torch.cuda.memory_reserved(device.torch_device)
    del held, error
    module.free_cached_memory()
    assert torch.cuda.memory_reserved(device.torch_device) < reserved


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_training_runs_on_the_gpu_and_resumes_there(tmp_path: Path, recipe: str) -> None:
    config = small(recipe, precision="auto", epochs=3)

    def trainer() -> Trainer:
        return Trainer(config, VOCABULARY, TRAIN, VALID, choose_device(), tmp_path)

    first = trainer()
    for _ in first.run():
        if first.progress.step == 7:
            first.stop()
    resumed = trainer()
    resumed.load(tmp_path / name_of(7))
    events_after = [event for events in resumed.run() for event in events]
    assert resumed.device.is_gpu
    assert isinstance(events_after[-1], TrainingEnded)
    assert events_after[-1].outcome == "finished"
