"""Training in several processes: the seam to torch.distributed. One process needs none of it.

torchrun starts the processes and numbers them; process 0 leads. Each takes some rows of every
batch. Gradients are averaged by torch's DistributedDataParallel, with NCCL on GPUs and gloo on the
processor. Everything else that processes exchange is small and goes through gloo: it notices at
once when a process ends.
"""

import contextlib
import os
import platform
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import psutil

from studio.errors import ConfigError, LostProcessError, StudioError
from studio.launched import is_launched, is_launched_by_the_studio
from studio.translation import tr, tr_n

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.distributed import Store  # type: ignore[attr-defined]

# How long a process waits for another one. One that ends is noticed at once; this is for a process
# that hangs, or a machine that is gone.
_PATIENCE = timedelta(minutes=5)
# Seconds for which to look for the process that has ended: its connections close before it does.
_SEARCH = 5.0
# The key in the store for the reason for which a process ends.
_LEFT = "left"
# What errors of the exchange contain: those of gloo are plain RuntimeErrors.
_SIGNS = ("gloo", "NCCL")


class Rows(NamedTuple):
    """The rows `start` to `stop` of a batch of `total` rows: the share of one process.

    `idle`: the batch has fewer rows than there are processes. This process takes the first row, so
    that it takes part in the step, but nothing in it counts.
    """

    start: int
    stop: int
    total: int
    idle: bool = False

    def of(self, tensor: "Tensor", dimension: int = 0) -> "Tensor":
        """These rows of a tensor of `total` rows."""
        return tensor.narrow(dimension, self.start, self.stop - self.start)


class Member(msgspec.Struct, frozen=True):
    """One of the processes; `gpu` is NVML's UUID of its device, or ""."""

    rank: int
    pid: int
    host: str
    device: str
    gpu: str = ""

    def describe(self, size: int) -> str:
        """How to name it in a message."""
        return tr(
            "process {rank} of {size} (pid {pid}, {device} on {host})",
            rank=self.rank,
            size=size,
            pid=self.pid,
            device=self.device,
            host=self.host,
        )


class World:
    """A process alone: there is nothing to exchange."""

    rank = 0
    size = 1
    # The device of this process, as torch names it; "" where it may choose.
    device = ""
    # NVML's UUIDs of the GPUs of the other processes on this machine.
    other_gpus: tuple[str, ...] = ()

    def rows(self, total: int) -> Rows:
        """The share of this process in a batch of `total` rows."""
        start, stop = (total * rank // self.size for rank in (self.rank, self.rank + 1))
        return Rows(start, stop, total) if start < stop else Rows(0, 1, total, idle=True)

    def average_gradients_of(self, module: "nn.Module") -> "nn.Module":
        """A module that does the same; a backward pass averages gradients over the processes.

        All of them begin with the weights of process 0.
        """
        return module

    def sum(self, numbers: list[float]) -> list[float]:
        """The sums over the processes, the same in each of them."""
        return numbers

    def broadcast(self, message: bytes) -> bytes:
        """The message of process 0, in each of them."""
        return message

    def gather(self, part: "Tensor", total: int) -> "Tensor":
        """The whole of a state, (1, total, ...), of which each process has its rows."""
        return part

    def leave(self, reason: str) -> None:
        """Say why this process ends: the others can read it when they have lost it."""

    def why_left(self) -> str:
        """Why another process has ended, if it has said so, or ""."""
        return ""

    @contextlib.contextmanager
    def naming_the_lost(self) -> Iterator[None]:
        """Raise LostProcessError, which names it, if another process has ended meanwhile."""
        yield


ALONE = World()


@contextlib.contextmanager
def open_world() -> Iterator[World]:
    """Meet the other processes that torchrun has started, if there are any.

    If an error ends process 0 before its first message, the others receive an empty one. Raises
    ConfigError if there is no GPU for this process, LostProcessError if another does not come.
    """
    if not is_launched() or int(os.environ["WORLD_SIZE"]) == 1:
        yield _alone()
        return
    import torch.distributed as dist

    world = _Processes()
    try:
        yield world
    except BaseException:
        if world.rank == 0 and not world.has_sent:
            with contextlib.suppress(RuntimeError):
                world.broadcast(b"")
        # The connections close as this process ends. To close them now might wait for others.
        raise
    if not world.why_left():
        dist.destroy_process_group()


def _alone() -> World:
    """A process alone; with the device given by `train --devices`, if that started it."""
    if not is_launched_by_the_studio():
        return ALONE
    import torch

    world = World()
    world.device = "cuda:0" if torch.cuda.device_count() else "cpu"
    return world


class _Processes(World):
    """The processes that torchrun has started."""

    def __init__(self) -> None:
        import torch
        import torch.distributed as dist
        from torch.distributed.rendezvous import rendezvous

        from studio.model.device import Device

        local = int(os.environ["LOCAL_RANK"])
        gpus = torch.cuda.device_count()
        if gpus and local >= gpus:
            raise ConfigError(
                tr(
                    "There is no GPU for process {local} of this machine: it has {gpus}. Start at "
                    "most one process for each GPU.",
                    local=local,
                    gpus=gpus,
                )
            )
        self.device = f"cuda:{local}" if gpus else "cpu"
        if gpus:
            torch.cuda.set_device(local)
        gpu = Device(torch.device(self.device), "float32").gpu
        try:
            store, self.rank, self.size = next(rendezvous("env://", timeout=_PATIENCE))
            dist.init_process_group(
                "cpu:gloo,cuda:nccl" if gpus else "gloo",
                store=store,
                rank=self.rank,
                world_size=self.size,
                timeout=_PATIENCE,
            )
            this = Member(self.rank, os.getpid(), platform.node(), self.device, gpu)
            store.set(f"member/{self.rank}", msgspec.json.encode(this))
            self._members = [
                msgspec.json.decode(store.get(f"member/{each}"), type=Member)
                for each in range(self.size)
            ]
        except RuntimeError as error:
            raise LostProcessError(
                tr(
                    "Not all of the other processes joined: {reason}. Start them again.",
                    reason=error,
                )
            ) from error
        self.other_gpus = tuple(
            each.gpu
            for each in self._members
            if each.gpu and each.host == this.host and each.rank != self.rank
        )
        self._store = store
        self.has_sent = False

    def average_gradients_of(self, module: "nn.Module") -> "nn.Module":
        import torch
        import torch.distributed as dist
        from torch.nn.parallel import DistributedDataParallel

        def average_in_order(
            size: int,
            bucket: dist.GradBucket,  # type: ignore[name-defined]
        ) -> torch.futures.Future[torch.Tensor]:
            own = bucket.buffer()
            parts = [torch.empty_like(own) for _ in range(size)]
            gathering = dist.all_gather(parts, own, async_op=True)
            assert gathering is not None
            averaged: torch.futures.Future[torch.Tensor] = gathering.get_future().then(
                lambda _: torch.stack(parts).sum(0).div_(size)
            )
            return averaged

        warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated")
        parallel = DistributedDataParallel(module, broadcast_buffers=False)
        if self.device == "cpu":
            # gloo adds gradients up in an order that depends on their places, and torch moves them
            # after the first step: a resumed run would differ in the last bit.
            parallel.register_comm_hook(self.size, average_in_order)
        return parallel

    def sum(self, numbers: list[float]) -> list[float]:
        import torch
        import torch.distributed as dist

        sums = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(sums)
        return sums.tolist()

    def broadcast(self, message: bytes) -> bytes:
        import torch
        import torch.distributed as dist

        self.has_sent = True
        length = torch.tensor([len(message)])
        dist.broadcast(length, 0)
        if not length:
            return b""
        content = torch.empty(int(length), dtype=torch.uint8)
        if self.rank == 0:
            content.copy_(torch.frombuffer(bytearray(message), dtype=torch.uint8))
        dist.broadcast(content, 0)
        return content.numpy().tobytes()

    def gather(self, part: "Tensor", total: int) -> "Tensor":
        import torch
        import torch.distributed as dist

        rows = self.rows(total)
        part = part.cpu()
        # gloo does not add up all types of half precision.
        part = part.float() if part.is_floating_point() else part
        whole = torch.zeros(1, total, *part.shape[2:], dtype=part.dtype)
        rows.of(whole, 1).copy_(part)
        dist.all_reduce(whole)
        return whole

    def leave(self, reason: str) -> None:
        self._store.set(_LEFT, reason)

    def why_left(self) -> str:
        return why_left(self._store)

    @contextlib.contextmanager
    def naming_the_lost(self) -> Iterator[None]:
        try:
            yield
        except StudioError:
            raise
        except Exception as error:
            if isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS):
                raise LostProcessError(self._name_the_lost()) from error
            error.add_note(f"This happened in {self._members[self.rank].describe(self.size)}.")
            raise

    def _name_the_lost(self) -> str:
        """A sentence that names the processes that have ended; "" if another one says it."""
        here = [each for each in self._members if each.host == platform.node()]
        give_up = time.monotonic() + _SEARCH
        while not (lost := [each for each in here if not _lives(each.pid)]):
            if time.monotonic() > give_up:
                break
            time.sleep(0.05)
        speaker = min(each.rank for each in here if each not in lost)
        if self.rank != speaker:
            return ""
        if not lost:
            return tr("A process on another machine has ended, or one did not answer in time.")
        names = tr(" and ").join(each.describe(self.size) for each in lost)
        names = names[0].upper() + names[1:]
        return tr_n("{names} has ended.", "{names} have ended.", len(lost), names=names)


def why_left(store: "Store") -> str:
    """The reason that a process gave in the store of the processes when it ended; "" if none."""
    # The store may be gone with the process that kept it.
    with contextlib.suppress(RuntimeError):
        if store.check([_LEFT]):
            return str(store.get(_LEFT).decode())
    return ""


def _lives(pid: int) -> bool:
    """Whether a process of this machine runs; one that has ended may still wait for its parent."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
