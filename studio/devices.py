"""Choosing a device by name, or the GPU with the most room. Imports no torch.

CUDA numbers the GPUs that CUDA_VISIBLE_DEVICES leaves, the fastest first; NVML numbers all of them,
by bus. So the two are matched by UUID, and a number is always CUDA's.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.errors import DeviceError
from studio.telemetry import Gpu, GpuProcess, bare_uuid, gigabytes
from studio.translation import marked, tr

VISIBLE = "CUDA_VISIBLE_DEVICES"
# How a setting or an option names a device.
DeviceName = Annotated[
    str,
    Meta(
        pattern=r"^(auto|cpu|cuda(:[0-9]{1,3})?|(GPU|MIG)-[0-9A-Za-z/-]{1,90})\Z",
        description=marked("auto, cpu, cuda:0 or the UUID of a GPU (GPU-... or MIG-...)"),
    ),
]
# From this use in percent on, or with less than this share of its memory free, a GPU is busy.
BUSY_USE, BUSY_FREE = 25.0, 0.5
# Up to this use in percent, and with at least this share of its memory free, it may be idle.
IDLE_USE, IDLE_FREE = 5.0, 0.9
# GPUs with this share of the most free memory have equally much room.
ROOM = 0.9
NONE_TAKEN: Mapping[str, int] = MappingProxyType({})

Load = Literal["idle", "shared", "busy"]
# Programs read them; `tr` says them to a person.
LOADS: tuple[Load, ...] = ("idle", "shared", "busy")
_LOADS = (marked("idle"), marked("shared"), marked("busy"))


class CudaDevice(msgspec.Struct, frozen=True):
    """A GPU as CUDA sees it; its number is its place in CUDA's list. `memory` in bytes.

    `is_known`: the installed torch has code for it. Beside a newer GPU there may be one too old.
    """

    uuid: str
    name: str
    memory: int
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """A GPU that can be chosen, and what it is doing. `number` is CUDA's; None: CUDA hides it.

    One that is not `is_known` cannot be chosen either: torch has no code for it.
    """

    gpu: Gpu
    number: int | None
    is_known: bool = True

    @property
    def is_usable(self) -> bool:
        """Whether something can be computed there."""
        return self.number is not None and self.is_known

    @property
    def name(self) -> str:
        """The name by which it can be chosen."""
        return self.gpu.uuid if self.number is None else f"cuda:{self.number}"

    @property
    def load(self) -> Load:
        """How busy it is with the work of other processes."""
        gpu, use = self.gpu, self.gpu.use or 0.0
        total = gpu.total_memory or 0.0
        if use >= BUSY_USE or gpu.free_memory < BUSY_FREE * total:
            return "busy"
        others = any(each.pid != os.getpid() for each in gpu.processes)
        if others or use > IDLE_USE or gpu.free_memory < IDLE_FREE * total:
            return "shared"
        return "idle"

    @property
    def users(self) -> str:
        """Who computes on it: names, or how many processes if the names cannot be known."""
        names = list(dict.fromkeys(each.user for each in self.gpu.processes if each.user))
        hidden = sum(not each.user for each in self.gpu.processes)
        return tr(", ").join(names + ([tr("{count} unknown", count=hidden)] if hidden else []))

    @property
    def doing(self) -> str:
        """What it is doing, in a few words."""
        gpu = self.gpu
        words = [tr(self.load)]
        if gpu.use is not None:
            words.append(f"{gpu.use:.0f}%")
        if gpu.total_memory:
            free, total = gigabytes(gpu.free_memory), gigabytes(gpu.total_memory)
            words.append(tr("{free} of {total} GB free", free=free, total=total))
        return tr(", ").join(filter(None, (" ".join(words), self.users)))


def candidates(
    cuda: Sequence[CudaDevice],
    gpus: Sequence[Gpu],
    taken: Mapping[str, int] = NONE_TAKEN,
) -> list[GpuChoice]:
    """Each GPU with what NVML reports: first those that CUDA sees, by number, then the hidden.

    `taken` are GPUs by UUID, with a process that NVML may not see there yet.
    """
    reported = {bare_uuid(gpu.uuid): gpu for gpu in gpus}
    found = []
    for number, device in enumerate(cuda):
        unknown = Gpu(device.uuid, device.name, total_memory=device.memory)
        gpu = reported.pop(bare_uuid(device.uuid), unknown)
        found.append(GpuChoice(gpu, number, device.is_known))
    found += [GpuChoice(gpu, None) for gpu in reported.values()]
    processes = {bare_uuid(uuid): GpuProcess(pid, "") for uuid, pid in taken.items()}
    return [_with_process(each, processes.get(bare_uuid(each.gpu.uuid))) for each in found]


def as_of_now(known: Iterable[GpuChoice], gpus: Iterable[Gpu]) -> list[GpuChoice]:
    """The same GPUs with what NVML reports now; one that it does not report stays as it was."""
    reported = {bare_uuid(gpu.uuid): gpu for gpu in gpus}
    return [replace(each, gpu=reported.get(bare_uuid(each.gpu.uuid), each.gpu)) for each in known]


def _with_process(choice: GpuChoice, process: GpuProcess | None) -> GpuChoice:
    gpu = choice.gpu
    if process is None or process.pid in [each.pid for each in gpu.processes]:
        return choice
    return replace(choice, gpu=replace(gpu, processes=(*gpu.processes, process)))


def choose(wish: str, known: Sequence[GpuChoice], why_no_gpu: str = "") -> GpuChoice | None:
    """The GPU that `wish` names; None is the processor.

    "auto" is the GPU with the least load, among those the one with the most free memory, and of
    several with about as much the least used; without a GPU it is the processor. A UUID may be cut
    short, as in CUDA_VISIBLE_DEVICES. Raises DeviceError that lists the devices.
    """
    usable = [each for each in known if each.is_usable]
    if wish == "cpu" or (wish == "auto" and not usable):
        return None
    if wish == "auto":
        load = min((each.load for each in usable), key=LOADS.index)
        calm = [each for each in usable if each.load == load]
        most = max(each.gpu.free_memory for each in calm)
        roomy = [each for each in calm if each.gpu.free_memory >= ROOM * most]
        return min(roomy, key=lambda each: (each.gpu.use or 0.0, -each.gpu.free_memory))
    if not known:
        raise DeviceError(
            tr(
                "There is no GPU here for {wish}: {reason}. Choose auto or cpu.",
                wish=wish,
                reason=why_no_gpu or tr("none was found"),
            )
        )
    number = re.fullmatch("cuda(?::([0-9]+))?", wish)
    if number:
        named = [each for each in known if each.number == int(number[1] or 0)]
    else:
        named = [each for each in known if bare_uuid(each.gpu.uuid).startswith(bare_uuid(wish))]
    if len(named) == 1 and named[0].is_usable:
        return named[0]
    if len(named) > 1:
        problem = tr("{wish} is the beginning of several UUIDs", wish=wish)
    elif named and named[0].number is None:
        problem = tr("CUDA does not see {wish} ({name})", wish=wish, name=named[0].gpu.name)
    elif named:
        name = named[0].gpu.name
        problem = tr("The installed torch does not support {wish} ({name})", wish=wish, name=name)
    else:
        problem = tr("There is no {wish} here", wish=wish)
    raise DeviceError(
        tr(
            "{problem}. {choices}{remedy}",
            problem=problem,
            choices=_choices(known),
            remedy=_visibility(known),
        )
    )


def free_gpu(
    wish: str, known: Sequence[GpuChoice], taken: Mapping[str, int] = NONE_TAKEN
) -> GpuChoice | None:
    """An idle GPU for a run beside the one that this process trains; None if there is none.

    `wish` is the device in the settings of the run. `taken` are the GPUs of runs in training, as in
    `candidates`. A GPU on which this process only writes poems is idle, too.
    """
    of_runs = set(map(bare_uuid, taken))
    idle = [
        each for each in known if each.load == "idle" and bare_uuid(each.gpu.uuid) not in of_runs
    ]
    with contextlib.suppress(DeviceError):
        return choose(wish, idle)
    return None


def _choices(known: Sequence[GpuChoice]) -> str:
    listed = [
        f"{each.name} ({each.gpu.name}, {each.gpu.uuid}, {each.doing})"
        for each in known
        if each.is_usable
    ]
    return tr("Choose {choices}.", choices=tr(", ").join(["auto", "cpu", *listed]))


def _visibility(known: Sequence[GpuChoice]) -> str:
    """What makes a hidden GPU visible; "" if there is none."""
    hidden = next((each.gpu.uuid for each in known if each.number is None), "")
    if not hidden:
        return ""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        return tr(
            " {name} is {value!r}: to use a GPU that it hides, add it there.",
            name=VISIBLE,
            value=visible,
        )
    return tr(
        " To use a GPU that CUDA hides, start the program with {name}={value}.",
        name=VISIBLE,
        value=hidden,
    )
