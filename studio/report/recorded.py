"""What a training records about its machine: the one place where a report reads it.

Runs of version 0.1.0 have no such records. A report then says that they are not recorded.
"""

import msgspec

from studio.corpus.manifest import public_name
from studio.model.events import StepDone
from studio.runs.environment import read_environments
from studio.runs.folders import Run
from studio.runs.readings import read_readings, without_repeated


class DeviceSeries(msgspec.Struct, frozen=True):
    """One gauge of a device over the training: values by hours of training.

    `label` and `unit` are those of `studio.telemetry.Gauge`.
    """

    device: str
    label: str
    unit: str
    hours: tuple[float, ...]
    values: tuple[float, ...]


class TrainedOn(msgspec.Struct, frozen=True):
    """What a training ran on, from `step` on."""

    studio: str
    torch: str
    device: str
    precision: str
    commit: str = ""
    command: str = ""
    corpus: str = ""
    checksum: str = ""
    step: int = 0


def device_series(run: Run) -> tuple[DeviceSeries, ...]:
    """The device readings of a run; empty if it has none."""
    hours = {
        event.step: event.elapsed / 3600 for event in run.events() if isinstance(event, StepDone)
    }
    found: dict[tuple[str, str, str], tuple[list[float], list[float]]] = {}
    for reading in without_repeated(read_readings(run.folder)):
        if reading.step in hours:
            for gauge in reading.gauges:
                series = found.setdefault((reading.device, gauge.label, gauge.unit), ([], []))
                series[0].append(hours[reading.step])
                series[1].append(gauge.value)
    return tuple(
        DeviceSeries(*key, tuple(times), tuple(values)) for key, (times, values) in found.items()
    )


def trained_on(run: Run) -> tuple[TrainedOn, ...]:
    """What the run was trained on, from each step where that changed; empty if not recorded."""
    found: list[TrainedOn] = []
    for each in read_environments(run.folder):
        here = TrainedOn(
            each.studio,
            each.torch,
            each.device,
            each.precision,
            each.commit,
            each.command,
            # The library, and what was read beside it.
            "; ".join(map(public_name, each.corpus.split("; "))),
            each.poems,
            each.step,
        )
        if not found or msgspec.structs.replace(here, step=found[-1].step) != found[-1]:
            found.append(here)
    return tuple(found)
