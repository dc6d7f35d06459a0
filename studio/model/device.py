"""Where the numbers are worked out, and in which precision: all that depends on the machine."""

import contextlib
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from studio.errors import ConfigError

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the precision of its matrix products."""

    kind: torch.device
    precision: Literal["float32", "bfloat16"]

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Run matrix products in bfloat16 where that is the precision."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.kind.type, dtype=torch.bfloat16)

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """Copy to the device; from pinned memory and without waiting where it is a GPU."""
        return put(tensor, self.kind)

    def wait(self) -> None:
        """Wait until the device has done all it was given; for benchmarks."""
        if self.is_gpu:
            torch.cuda.synchronize(self.kind)

    @property
    def is_gpu(self) -> bool:
        """Whether a step's losses live on a GPU, where reading them makes the processor wait."""
        return self.kind.type == "cuda"

    @property
    def name(self) -> str:
        """The device in words."""
        if self.is_gpu:
            return torch.cuda.get_device_name(self.kind)
        return f"{_processor()}, {torch.get_num_threads()} threads"

    @property
    def gpu(self) -> str:
        """The UUID by which NVML knows the GPU, or ""."""
        if not self.is_gpu:
            return ""
        return f"GPU-{torch.cuda.get_device_properties(self.kind).uuid}"


def put(tensor: torch.Tensor, kind: torch.device) -> torch.Tensor:
    """Copy from the processor; from pinned memory and without waiting where it is to a GPU."""
    if kind.type == "cuda":
        return tensor.pin_memory().to(kind, non_blocking=True)
    return tensor


def choose_device(precision: Precision = "auto") -> Device:
    """The GPU where there is one, else the processor.

    "auto" is bfloat16 where the hardware multiplies it natively, float32 elsewhere. Raises
    ConfigError where bfloat16 is asked for and the hardware lacks it: emulated it is slower than
    float32, and the recurrent layers do not run at all.
    """
    gpu = torch.cuda.is_available()
    native = torch.cuda.is_bf16_supported(including_emulation=False) if gpu else _native_bfloat16()
    if precision == "auto":
        precision = "bfloat16" if native else "float32"
    if precision == "bfloat16" and not native:
        raise ConfigError(
            f"This {'GPU' if gpu else 'processor'} does not compute in bfloat16. "
            "Set precision to auto or float32."
        )
    return Device(torch.device("cuda" if gpu else "cpu"), precision)


def _native_bfloat16() -> bool:
    """Whether the processor has AVX-512 BF16 or AMX; torch has no public name for the question."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
