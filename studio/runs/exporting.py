"""Exporting what a run recorded: CSV, JSON Lines, or event files for TensorBoard. No torch."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from studio.errors import RunError
from studio.files import build_folder_atomically, write_atomically
from studio.installing import how_to_install
from studio.model.events import EpochDone, SampleWritten, StepDone, Validated, VerseMeasured
from studio.runs.folders import Run
from studio.runs.readings import TrainingReading, read_readings
from studio.translation import tr

Format = Literal["csv", "jsonl", "tensorboard"]


class Row(msgspec.Struct, omit_defaults=True):
    """What was recorded at one step; None for what was not.

    `time` is in seconds since 1970, `elapsed` in seconds of training, losses are in nats.
    """

    step: int
    epoch: int | None = None
    time: float | None = None
    elapsed: float | None = None
    loss: float | None = None
    gradient_norm: float | None = None
    learning_rate: float | None = None
    characters: int | None = None
    characters_per_second: float | None = None
    epoch_loss: float | None = None
    perplexity_all: float | None = None
    perplexity_han: float | None = None
    verse_length_kept: float | None = None
    verse_tones_kept: float | None = None
    verse_rhyme_kept: float | None = None
    verse_distinct_2: float | None = None
    verse_repeats: float | None = None
    verse_grams_copied: float | None = None
    sample: str | None = None


_VERSE = tuple(name for name in Row.__struct_fields__ if name.startswith("verse_"))
# The columns that are curves, with the names that TensorBoard groups them by.
_CURVES = {
    "loss": "train/loss",
    "epoch_loss": "train/epoch_loss",
    "gradient_norm": "train/gradient_norm",
    "learning_rate": "train/learning_rate",
    "characters_per_second": "train/characters_per_second",
    "perplexity_all": "valid/perplexity_all",
    "perplexity_han": "valid/perplexity_han",
    "epoch": "train/epoch",
    **{name: f"verse/{name.removeprefix('verse_')}" for name in _VERSE},
}


def rows(run: Run) -> list[Row]:
    """What a run recorded, a row for each step; raises RunError that names a damaged line."""
    found: dict[int, Row] = {}
    elapsed = 0.0
    for event, when in zip(run.events(), run.times(), strict=False):
        row = found.setdefault(event.step, Row(event.step))
        row.time = when if row.time is None else row.time
        match event:
            case StepDone():
                row.epoch, row.elapsed, row.loss = event.epoch, event.elapsed, event.loss
                row.gradient_norm = event.gradient_norm
                row.learning_rate = event.learning_rate
                row.characters = event.characters
                if event.elapsed > elapsed:
                    row.characters_per_second = event.characters / (event.elapsed - elapsed)
                elapsed = event.elapsed
            case EpochDone():
                row.epoch_loss = event.loss
            case Validated():
                row.perplexity_all, row.perplexity_han = event.perplexity_all, event.perplexity
            case SampleWritten():
                row.sample = event.text
            case VerseMeasured():
                for name in _VERSE:
                    setattr(row, name, getattr(event, name.removeprefix("verse_")))
    return [found[step] for step in sorted(found)]


def target(run: Run, form: Format, out: Path) -> Path:
    """The file or folder in `out` that a run is exported to.

    Raises RunError if it exists already, or if the run has recorded nothing.
    """
    path = out / (run.name if form == "tensorboard" else f"{run.name}.{form}")
    if path.exists():
        raise RunError(
            tr("{path} exists already. Delete it, or choose another folder with --out.", path=path)
        )
    if not run.events():
        raise RunError(tr("The run {run} has recorded nothing yet.", run=run.name))
    return path


def export(run: Run, form: Format, out: Path) -> Path:
    """Write what the run recorded to its `target`; returns that.

    Raises RunError like `target`, and if the package for the format is not installed, and OSError
    if it cannot be written.
    """
    path, recorded = target(run, form, out), rows(run)
    out.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        write_atomically(path, _csv(recorded).encode())
    elif form == "jsonl":
        lines = (msgspec.json.encode(row) + b"\n" for row in recorded)
        write_atomically(path, b"".join(lines))
    else:
        writer = _event_file_writer()
        readings = read_readings(run.folder)
        build_folder_atomically(
            path, lambda folder: _write_event_file(writer, folder, recorded, readings)
        )
    return path


def _csv(recorded: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    writer.writerows(map(msgspec.structs.astuple, recorded))
    return text.getvalue()


def _event_file_writer() -> Any:
    """TensorBoard's class; raises RunError with the remedy if TensorBoard is not installed."""
    try:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise RunError(
            tr(
                "{package} is not installed. Run `{command}`.",
                package="TensorBoard",
                command=how_to_install("tensorboard"),
            )
        ) from error
    return EventFileWriter


def _write_event_file(
    writer_class: Any,
    folder: Path,
    recorded: Iterable[Row],
    readings: Iterable[TrainingReading],
) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text.metadata import create_summary_metadata

    writer = writer_class(str(folder))
    for row in recorded:
        values = [
            Summary.Value(tag=tag, simple_value=value)
            for name, tag in _CURVES.items()
            if (value := getattr(row, name)) is not None
        ]
        if row.sample is not None:
            text = TensorProto(dtype=DT_STRING, string_val=[row.sample.encode()])
            about = create_summary_metadata("sample", "")
            values.append(Summary.Value(tag="valid/sample", tensor=text, metadata=about))
        # Runs of older versions have no times; then seconds of training stand in for them.
        when = row.time if row.time is not None else row.elapsed or 0.0
        if values:
            writer.add_event(Event(wall_time=when, step=row.step, summary=Summary(value=values)))
    for reading in readings:
        values = [
            Summary.Value(tag=f"device/{gauge.label}/{reading.device}", simple_value=gauge.value)
            for gauge in reading.gauges
        ]
        summary = Summary(value=values)
        writer.add_event(Event(wall_time=reading.at, step=reading.step, summary=summary))
    writer.close()
