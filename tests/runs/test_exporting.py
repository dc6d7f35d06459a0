"""What is exported equals what the run recorded."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from studio.errors import RunError
from studio.json_lines import append_record
from studio.model.config import RECIPES
from studio.model.events import EpochDone, SampleWritten, StepDone, Validated, VerseMeasured
from studio.runs import folders
from studio.runs.exporting import export
from studio.runs.folders import Run
from studio.runs.readings import READINGS, TrainingReading
from studio.telemetry import Gauge

STEPS = [StepDone(n, 1, 6.0 / n, 0.5 + n, 0.01 * n, 640, n * 0.25) for n in (1, 2, 3)]
VERSE = VerseMeasured(3, 64, 0.75, 0.5, 0.25, 0.9, 2.5, None)
POEM = '床前明月光，疑是地上霜。"举头"望明月，_低头_思故乡。'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = folders.create(tmp_path / "runs", "a", RECIPES["studio"])
    events = [*STEPS, Validated(3, 1, 120.5, 60.25, True), SampleWritten(3, POEM), VERSE]
    for event in (*events, EpochDone(3, 1, 3.5)):
        run.record(event)
    return run


def test_a_table_has_a_row_for_each_step(run: Run, tmp_path: Path) -> None:
    path = export(run, "csv", tmp_path / "out")
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [int(row["step"]) for row in found] == [1, 2, 3]
    for row, step in zip(found, STEPS, strict=True):
        for name in ("loss", "gradient_norm", "learning_rate", "characters", "elapsed", "epoch"):
            assert float(row[name]) == getattr(step, name)
        assert float(row["characters_per_second"]) == 640 / 0.25
    assert [row["perplexity_all"] for row in found] == ["", "", "60.25"]
    last = found[-1]
    assert (last["perplexity_han"], last["epoch_loss"], last["sample"]) == ("120.5", "3.5", POEM)
    assert (last["verse_tones_kept"], last["verse_repeats"]) == ("0.5", "2.5")
    assert (last["verse_grams_copied"], found[0]["verse_tones_kept"]) == ("", "")
    assert [float(row["time"]) for row in found] == run.times()[:3]


def test_json_lines_leave_out_what_was_not_recorded(run: Run, tmp_path: Path) -> None:
    lines = export(run, "jsonl", tmp_path).read_text(encoding="utf-8").splitlines()
    first, _, last = map(json.loads, lines)
    assert first["loss"] == STEPS[0].loss
    assert "perplexity_all" not in first
    assert (last["perplexity_all"], last["sample"]) == (60.25, POEM)


def test_tensorboard_reads_the_same_curves(run: Run, tmp_path: Path) -> None:
    gauges = (Gauge("gpu", 97.0, "%", 100.0), Gauge("memory", 2.0**30, "B"))
    reading = TrainingReading(1_790_000_000.5, 2, 2560.0, "a card", gauges)
    append_record(run.folder / READINGS, reading)
    folder = export(run, "tensorboard", tmp_path)
    read = EventAccumulator(str(folder))
    read.Reload()
    losses = read.Scalars("train/loss")
    assert [each.step for each in losses] == [1, 2, 3]
    assert [each.value for each in losses] == pytest.approx([each.loss for each in STEPS])
    assert [each.wall_time for each in losses] == pytest.approx(run.times()[:3])
    (perplexity,) = read.Scalars("valid/perplexity_all")
    assert (perplexity.step, perplexity.value) == (3, 60.25)
    for name in ("length_kept", "tones_kept", "rhyme_kept", "distinct_2", "repeats"):
        (figure,) = read.Scalars(f"verse/{name}")
        assert (figure.step, figure.value) == (3, pytest.approx(getattr(VERSE, name)))
    assert "verse/grams_copied" not in read.Tags()["scalars"]
    for gauge in gauges:
        (value,) = read.Scalars(f"device/{gauge.label}/a card")
        assert (value.wall_time, value.step, value.value) == (reading.at, 2, gauge.value)
    (sample,) = read.Tensors("valid/sample")
    assert sample.tensor_proto.string_val[0].decode() == POEM


@pytest.mark.parametrize("form", ["csv", "jsonl", "tensorboard"])
def test_a_file_that_exists_is_kept(run: Run, tmp_path: Path, form: str) -> None:
    path = export(run, form, tmp_path)  # type: ignore[arg-type]
    before = sorted((each, each.stat().st_mtime_ns) for each in tmp_path.rglob("*"))
    with pytest.raises(RunError, match=f"{path} exists already"):
        export(run, form, tmp_path)  # type: ignore[arg-type]
    assert sorted((each, each.stat().st_mtime_ns) for each in tmp_path.rglob("*")) == before


def test_a_run_without_events_is_refused(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "empty", RECIPES["studio"])
    with pytest.raises(RunError, match="empty has recorded nothing yet"):
        export(run, "csv", tmp_path / "out")


def test_a_missing_tensorboard_is_named_with_the_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    with pytest.raises(RunError, match=re.escape(f"{sys.executable} -m pip install tensorboard")):
        export(run, "tensorboard", tmp_path)
    assert not (tmp_path / "a").exists()
