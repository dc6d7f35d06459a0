"""Training on several devices of this machine: one process for each, as torchrun starts them."""

import contextlib
import logging
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence

import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]
from torch.distributed.elastic.multiprocessing import (
    DefaultLogsSpecs,
    PContext,
    SignalException,
    start_processes,
)

from studio.errors import ConfigError, LostProcessError
from studio.launched import BY_THE_STUDIO, LOST, RUN_ID
from studio.model.parallel import Member, why_left
from studio.runs import processes
from studio.translation import tr

# Seconds that processes have to save a checkpoint after a signal; a second one ends them at once.
_TO_SAVE = 300
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def check_devices(devices: Sequence[str]) -> None:
    """Raise ConfigError if one of `devices`, GPU numbers or "cpu", is not in this machine."""
    count = torch.cuda.device_count()
    for device in devices:
        if device != "cpu" and int(device) >= count:
            if count > 1:
                there = tr("GPUs 0 to {last}", last=count - 1)
            else:
                there = tr("GPU 0") if count else tr("no GPU")
            raise ConfigError(
                tr(
                    "--devices names GPU {device}, but this machine has {there}. "
                    "Use `cpu` once for each process to train on the processor, as in cpu,cpu.",
                    device=device,
                    there=there,
                )
            )


def train_on(
    devices: Sequence[str], name: str, options: Sequence[str], remedy: Callable[[], str]
) -> int:
    """Resume the run (NAME or NAME@STEP) on several devices; returns the exit code of process 0.

    Raises LostProcessError with the process that ended too early and the `remedy`. Raises
    KeyboardInterrupt if a signal ended the processes before they trained.
    """
    logging.getLogger("torch.distributed.elastic.multiprocessing.api").setLevel(logging.CRITICAL)
    # Kept by this process, so that it outlives each of those that train.
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    shared = {
        **processes.search_path(),
        "WORLD_SIZE": str(len(devices)),
        "LOCAL_WORLD_SIZE": str(len(devices)),
        # They talk within the machine, whatever its name resolves to.
        "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo",
        "MASTER_ADDR": store.host,
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        RUN_ID: BY_THE_STUDIO,
        _VISIBLE: _visible(devices),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS")
        or str(max(1, torch.get_num_threads() // len(devices))),
    }
    ranks = range(len(devices))
    command = (*processes.resuming(name), *options)
    with tempfile.TemporaryDirectory() as logs, _signals_as_before() as ignore_again:
        context = start_processes(
            "train",
            sys.executable,
            args=dict.fromkeys(ranks, command),
            envs={each: {**shared, "RANK": str(each), "LOCAL_RANK": str(each)} for each in ranks},
            logs_specs=DefaultLogsSpecs(logs),
        )
        ignore_again()
        codes, received = _wait(context)
    if not codes:
        return 0
    # Not one that has only lost another, nor one that was ended then: they come later.
    rank, code = next(((each, codes[each]) for each in codes if codes[each] != LOST), (0, LOST))
    if rank == 0 and code > 0 and code != LOST:
        return code  # it has said why
    if received and code == -received:
        raise KeyboardInterrupt  # it was still being loaded, and had nothing to save
    if reason := why_left(store):
        # Process 0 could not report it: it waited on its GPU for the other one until it was killed.
        raise LostProcessError(reason)
    device = devices[rank] if devices[rank] == "cpu" else f"cuda:{devices[rank]}"
    member = Member(rank, context.pids()[rank], platform.node(), device)
    who = member.describe(len(devices))
    who = who[0].upper() + who[1:]
    if code == LOST:
        what = tr("The processes lost contact: one did not answer in time.")
    elif code < 0:
        name_of_signal = signal.Signals(-code).name
        what = tr("{process} was killed by {signal}.", process=who, signal=name_of_signal)
    else:
        what = tr("{process} failed with exit code {code}.", process=who, code=code)
    raise LostProcessError(tr("{what} {remedy}", what=what, remedy=remedy()))


def _wait(context: PContext) -> tuple[dict[int, int], int]:
    """The exit codes of the processes that failed, the first to fail first; a signal, or 0.

    Each signal is passed on to them once; a second one ends them at once, but not that of a closed
    terminal, which may come twice.
    """
    received = 0
    try:
        result = context.wait(period=0.1)
    except SignalException as caught:
        received = caught.sigval
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            context.close(caught.sigval, _TO_SAVE)
        except SignalException as again:
            context.close(signal.SIGKILL)
            raise KeyboardInterrupt from again
        result = context.wait(0)
    assert result is not None
    codes = {local: failure.exitcode for local, failure in result.failures.items()}
    return codes, received


def _visible(devices: Sequence[str]) -> str:
    """The GPUs that CUDA shows to the processes, in this order; none for the processor."""
    if devices[0] == "cpu":
        return ""
    seen = os.environ.get(_VISIBLE)
    return ",".join(seen.split(",")[int(each)] if seen else each for each in devices)


@contextlib.contextmanager
def _signals_as_before() -> Iterator[Callable[[], None]]:
    """Undo torch's handling of signals afterwards; for ignored ones (nohup) by the function."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def ignore_again() -> None:
        for number, handler in before.items():
            if handler == signal.SIG_IGN:
                signal.signal(number, handler)

    try:
        yield ignore_again
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
