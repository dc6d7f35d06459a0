"""The compute device and its precision: everything that depends on the machine."""

import contextlib
import ctypes
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from studio import devices
from studio.devices import CudaDevice
from studio.errors import ConfigError
from studio.telemetry import Gpus
from studio.translation import tr

Precision = Literal["auto", "float32", "bfloat16"]

# Up to this many rows (poems, times the tries of a line) the processor writes faster than a GPU,
# which takes as long for one row as for hundreds: 1.4 ms a character on an H100, against 0.5 on the
# processor beside it. There 8 rows take 1.5 times as long as one, 16 twice, 32 more than 3 times.
FEW_ROWS = 16


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the precision of its matrix products."""

    torch_device: torch.device
    precision: Literal["float32", "bfloat16"]

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """A context that runs matrix products in bfloat16 if that is the precision."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16)

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """Copy to the device, unless it is there; to a GPU from pinned memory, without waiting."""
        if tensor.device.type != self.torch_device.type:
            return tensor.pin_memory().to(self.torch_device, non_blocking=True)
        return tensor

    def copy(self, tensor: torch.Tensor, to: torch.Tensor) -> None:
        """Copy into a tensor on the device, in the same way."""
        to.copy_(tensor.pin_memory() if self.is_gpu else tensor, non_blocking=True)

    def synchronize(self) -> None:
        """Wait until the device has finished its work; for benchmarks."""
        if self.is_gpu:
            torch.cuda.synchronize(self.torch_device)

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU. Then reading a loss makes the processor wait."""
        return self.torch_device.type == "cuda"

    @property
    def name(self) -> str:
        """The name to show for the device."""
        if self.is_gpu:
            return torch.cuda.get_device_name(self.torch_device)
        count = torch.get_num_threads()
        # As `device_in_words` reads it.
        return f"{_processor()}, {count} {'thread' if count == 1 else 'threads'}"

    @property
    def gpu(self) -> str:
        """Its UUID in NVML if it is a GPU, else ""."""
        if not self.is_gpu:
            return ""
        return _uuid(torch.cuda.get_device_properties(self.torch_device))

    def make_current(self) -> None:
        """Call it before anything is put on the device, or torch takes memory on the first GPU."""
        if self.is_gpu:
            torch.cuda.set_device(self.torch_device)


def recurrent_precision(device: torch.device) -> torch.dtype | None:
    """The precision for torch's recurrent layers under autocast; None leaves the cast to autocast.

    On a GPU autocast always casts them to float16 (ATen/cudnn/AutocastRNN.cpp), in which small
    gradients vanish. cuDNN's layers support bfloat16 since 9.13, and torch uses it since 2.10.
    Older versions run these layers, and the softmax after them, in float32.
    """
    if device.type != "cuda" or not torch.is_autocast_enabled("cuda"):
        return None
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    cudnn: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    supported = version >= (2, 10) and (cudnn or 0) >= 91300
    return torch.bfloat16 if supported else torch.float32


def choose_device(
    precision: Precision = "auto",
    wish: str = "auto",
    taken: Mapping[str, int] = devices.NONE_TAKEN,
) -> Device:
    """The device that `wish` names, see `devices.choose`; nothing is put on it yet.

    `taken` are GPUs by UUID, with a process that is about to compute there.
    "auto" as precision is bfloat16 if the hardware multiplies it natively, else float32. Raises
    ConfigError if there is no such device, or if bfloat16 is requested and the hardware lacks it:
    emulation is slower than float32, and the recurrent layers do not run at all.
    """
    _show_slice(wish)
    cuda = [] if wish == "cpu" else cuda_devices()
    named = wish not in ("auto", "cpu")
    # Without CUDA, the message names those that are hidden from it.
    gpus = Gpus().read() if cuda or (named and not has_gpu()) else []
    why = why_no_gpu() if named and not cuda else ""
    chosen = devices.choose(wish, devices.candidates(cuda, gpus, taken), why)
    native = has_bfloat16() if chosen is None else _multiplies_bfloat16(chosen.number)
    if precision == "auto":
        precision = "bfloat16" if native else "float32"
    if precision == "bfloat16" and not native:
        raise ConfigError(
            tr("This GPU does not compute in bfloat16. Set precision to auto or float32.")
            if chosen
            else tr(
                "This processor does not compute in bfloat16. Set precision to auto or float32."
            )
        )
    return Device(torch.device(chosen.name if chosen else "cpu"), precision)


def has_gpu() -> bool:
    """Whether CUDA sees a GPU."""
    return torch.cuda.is_available()


def cuda_devices() -> list[CudaDevice]:
    """The GPUs that CUDA sees, in its order; takes no memory on them.

    There are none if torch was built for newer GPUs only: nothing could be computed there.
    """
    if not has_gpu():
        return []
    found = [_described(number) for number in range(torch.cuda.device_count())]
    return found if any(each.is_known for each in found) else []


def free_cached_memory() -> None:
    """Return memory that is kept but not used to the GPUs and the system."""
    # A GPU that has failed answers every call with its error, for as long as this process lives.
    with contextlib.suppress(RuntimeError):
        if _is_initialized():
            torch.cuda.empty_cache()
    # glibc keeps the memory of freed tensors on the processor (cli/heap.py).
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _show_slice(wish: str) -> None:
    """Let CUDA see the MIG slice asked for: it sees one only, which has to be named beforehand."""
    if wish.startswith("MIG-") and not _is_initialized():
        os.environ.setdefault(devices.VISIBLE, wish)


def _is_initialized() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


def _described(number: int) -> CudaDevice:
    found = torch.cuda.get_device_properties(number)
    return CudaDevice(_uuid(found), found.name, found.total_memory, _has_code_for(number))


def _uuid(properties: Any) -> str:
    return f"GPU-{properties.uuid}"


def _multiplies_bfloat16(number: int | None) -> bool:
    """Whether a GPU multiplies bfloat16 natively. torch only says it of the current one."""
    if torch.version.hip is not None:
        return True
    major: int = torch.cuda.get_device_capability(number)[0]
    return major >= 8


def _has_code_for(number: int) -> bool:
    """Whether torch was built for this GPU, or has code that the driver can translate for it."""
    built_for = torch.cuda.get_arch_list()
    if torch.version.hip is not None or not built_for:
        return True
    major, minor = torch.cuda.get_device_capability(number)
    for name in built_for:
        # As in sm_90a or compute_120.
        kind, _, version = name.rstrip("af").partition("_")
        if int(version) <= 10 * major + minor and (
            kind == "compute" or int(version) // 10 == major
        ):
            return True
    return False


def why_no_gpu() -> str:
    """Why `cuda_devices` finds none."""
    if has_gpu():
        return tr("torch {version} was built for newer GPUs only", version=torch.__version__)
    if torch.version.cuda is None and torch.version.hip is None:
        return tr("torch {version} was built without CUDA", version=torch.__version__)
    visible = os.environ.get(devices.VISIBLE)
    if visible is not None:
        return tr("CUDA finds none, and {name} is {value!r}", name=devices.VISIBLE, value=visible)
    return tr("CUDA finds none (`nvidia-smi` lists those that the driver has)")


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively."""
    return processor_has("amx_tile", "avx512_bf16")


def processor_has(*features: str) -> bool:
    """Whether the processor has one of the features; torch has no public function for this.

    They are "amx_tile", "avx512_bf16" and "vnni".
    """
    return any(getattr(torch.cpu, f"_is_{each}_supported", bool)() for each in features)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
