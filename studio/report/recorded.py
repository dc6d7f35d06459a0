"""What a training records about its machine: the one place where a report reads it.

Runs of version 0.1.0 have neither record. A report then says that they are not recorded.
"""

import msgspec

from studio.runs.folders import Run


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
    """What a training ran on."""

    studio: str
    torch: str
    device: str
    commit: str = ""
    command: str = ""
    corpus: str = ""


def device_series(run: Run) -> tuple[DeviceSeries, ...]:
    """The device readings of a run; empty if it has none.

    TO JOIN: read `readings.jsonl` of the run's folder here once training writes it.
    """
    return ()


def trained_on(run: Run) -> TrainedOn | None:
    """What the run was trained on; None if that is not recorded.

    TO JOIN: read the run's own record here once training writes it.
    """
    return None
