"""Where the numbers are worked out, and in which precision: all that depends on the machine."""

import contextlib
import math
import platform
from collections.abc import Sequence
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
        if self.is_gpu:
            return tensor.pin_memory().to(self.kind, non_blocking=True)
        return tensor

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


def dropped(
    shape: Sequence[int], share: float, kind: torch.device, source: torch.Generator
) -> torch.Tensor:
    """Zero for that share of places and, so that the mean stays, more than one for the others.

    `source` is the processor's generator, all there is to save and to restore. A GPU draws by
    itself, from a seed that is drawn from `source`: nothing large is copied.
    """
    if kind.type == "cuda":
        seed = torch.empty((), dtype=torch.int64).random_(generator=source)
        own = torch.Generator(kind).manual_seed(int(seed))
        return torch.empty(*shape, device=kind).bernoulli_(1 - share, generator=own).div_(1 - share)
    # Four places share a number: on the processor drawing takes longer than all else here.
    count = math.prod(shape)
    numbers = torch.empty(-(-count // 4), dtype=torch.int64)
    numbers.random_(-(2**63), None, generator=source)
    kept = numbers.view(torch.int16)[:count] >= round(share * 2**16) - 2**15
    return kept.to(torch.float32).div_(1 - share).view(*shape)


def recurrent_precision(kind: torch.device) -> torch.dtype | None:
    """What torch's recurrent layers are to be given under autocast; None: it casts for them.

    On a GPU it would cast to float16, whatever it was asked for (ATen/cudnn/AutocastRNN.cpp), in
    which small gradients vanish. cuDNN's layers know bfloat16 since 9.13, torch hands it to them
    since 2.10; before, single precision, and the softmax after them too.
    """
    if kind.type != "cuda" or not torch.is_autocast_enabled("cuda"):
        return None
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    cudnn: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    known = version >= (2, 10) and (cudnn or 0) >= 91300
    return torch.bfloat16 if known else torch.float32


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
