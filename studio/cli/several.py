"""Training in several processes: `train --devices`, and processes that torchrun has started."""

import re
import sys

from studio.cli.output import say
from studio.cli.signals import stopping_on_signals
from studio.errors import ConfigError
from studio.launched import is_launched
from studio.runs import folders
from studio.runs.processes import how_to_resume
from studio.translation import tr, tr_n


def devices_option(text: str, detach: bool) -> list[str]:
    """The devices of `--devices`; raises ConfigError that names what cannot be used."""
    if is_launched() and (text or detach):
        raise ConfigError(
            tr(
                "{option} cannot be used inside torchrun, which has started the processes already. "
                "Leave it out, or start the command without torchrun.",
                option="--devices" if text else "--detach",
            )
        )
    devices = [each.strip() for each in text.split(",")] if text else []
    if not all(each == "cpu" or re.fullmatch("[0-9]{1,9}", each) for each in devices):
        raise ConfigError(
            tr(
                "--devices takes numbers of GPUs, as in 0,1,2,3, or cpu once for each process, as "
                "in cpu,cpu, not {text!r}.",
                text=text,
            )
        )
    devices = [each if each == "cpu" else str(int(each)) for each in devices]
    if 0 < devices.count("cpu") < len(devices):
        raise ConfigError(tr("--devices takes either GPUs or the processor, not both in one run."))
    if "cpu" not in devices and len(set(devices)) < len(devices):
        raise ConfigError(tr("--devices names a GPU twice. Each GPU takes one process."))
    if devices:
        from studio.runs.launching import check_devices

        check_devices(devices)
    return devices


def train_on_devices(
    run: folders.Run, devices: list[str], name: str, options: list[str], is_new: bool
) -> None:
    """Resume `name`, the run or one of its checkpoints, in a process for each device.

    Exits with the code of process 0. A new run that could not start is deleted.
    """
    from studio.runs.launching import train_on

    say(
        tr_n(
            "Starting {count} process to train {run} ...",
            "Starting {count} processes to train {run} ...",
            len(devices),
            run=run.name,
        )
    )

    def is_left() -> bool:
        return not is_new or run.events_file.exists()

    def remedy() -> str:
        if is_left():
            return how_to_resume(run.name)
        return tr("The run {run} had not started, so it was deleted. Start it again.", run=run.name)

    code = 1
    try:
        code = train_on(devices, name, options, remedy)
    finally:
        if code and not is_left():
            folders.delete(run)
    if code:
        sys.exit(code)


def train_with_process_0() -> None:
    """Train with the process that has the run, as another one that torchrun has started."""
    from studio.runs.helping import helping

    with helping() as session:
        if session:
            with stopping_on_signals(session.trainer.stop):
                for _ in session.steps():
                    pass
