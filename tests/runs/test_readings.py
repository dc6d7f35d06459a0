"""The device while a run trains: recorded, thinned, never lost."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.model.events import StepDone
from studio.paths import Home
from studio.runs import readings as module
from studio.runs.readings import (
    READINGS,
    ReadingLog,
    ReadingsReader,
    TrainingReading,
    read_readings,
    thinned,
)
from studio.runs.session import resume_run, start_run
from studio.telemetry import Gauge, Meter
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.killing import killed_at
from tests.small import small


class Clock:
    """The time as the test has it; both clocks."""

    now = 1_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    yield clock


def log_in(folder: Path) -> ReadingLog:
    return ReadingLog(folder, Meter("GPU-1", FakeNvml(FakeGpu())))


def step(number: int, elapsed: float = 0.0) -> tuple[StepDone]:
    return (StepDone(number, 1, 5.0, 1.0, 0.01, 600, elapsed),)


def at(moments: list[float]) -> list[TrainingReading]:
    return [TrainingReading(each, 1, None, "card", ()) for each in moments]


def test_a_reading_is_taken_every_few_seconds_with_time_speed_and_gauges(
    tmp_path: Path, clock: Clock
) -> None:
    log = log_in(tmp_path)
    for number in range(21):
        log.add(step(number, number * 0.5))
        clock.now += 0.5
    first, second, third = read_readings(tmp_path)
    assert [first.at, second.at, third.at] == [1_000_000, 1_000_005, 1_000_010]
    assert (first.speed, second.speed, second.step) == (None, 1200.0, 10)
    assert second.device == "Some GPU"
    assert second.gauges[0] == Gauge("gpu", 87, "%", 100)
    assert [gauge.label for gauge in second.gauges] == ["gpu", "memory", "temp", "power"]


def test_without_a_step_there_is_nothing_to_record(tmp_path: Path) -> None:
    log_in(tmp_path).add(())
    assert read_readings(tmp_path) == []
    assert not (tmp_path / READINGS).exists()


def test_half_a_line_is_not_a_line_and_nothing_is_appended_to_it(
    tmp_path: Path, clock: Clock
) -> None:
    log_in(tmp_path).add(step(1))
    with (tmp_path / READINGS).open("ab") as file:
        file.write(b'{"at":1000005.0,"st')
    assert len(read_readings(tmp_path)) == 1
    log_in(tmp_path).add(step(2))
    assert [each.step for each in read_readings(tmp_path)] == [1, 2]


def test_a_damaged_line_costs_only_itself(tmp_path: Path, clock: Clock) -> None:
    for number in (1, 2):
        log_in(tmp_path).add(step(number))
    lines = (tmp_path / READINGS).read_bytes().splitlines()
    huge = lines[0].replace(b'"step":1', b'"step":1' + 400 * b"0")
    damaged = [b"\xff{", b"{}", huge, lines[0].replace(b"[[", b'[["gpu",1e308,"%"],[')]
    (tmp_path / READINGS).write_bytes(b"\n".join([lines[0], *damaged, lines[1], b""]))
    assert [each.step for each in read_readings(tmp_path)] == [1, 2]


def test_a_full_file_is_thinned_and_reaches_from_the_first_reading_to_the_last(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 64)
    log = log_in(tmp_path)
    for number in range(1000):
        log.add(step(number))
        clock.now += module.EVERY
        assert len((tmp_path / READINGS).read_bytes().splitlines()) < 64
    found = read_readings(tmp_path)
    assert (found[0].step, found[-1].step) == (0, 999)
    # Evenly: no part of the run is without readings.
    gaps = [after.step - before.step for before, after in pairwise(found)]
    assert max(gaps) <= 4 * 1000 / 32
    assert len(found) >= 16


@given(some.lists(some.floats(0, 2**31), min_size=2, unique=True).map(sorted))
def test_thinning_keeps_the_ends_and_the_order_and_drops_a_quarter(moments: list[float]) -> None:
    kept = [each.at for each in thinned(at(moments))]
    assert (kept[0], kept[-1]) == (moments[0], moments[-1])
    assert kept == sorted(set(kept) & set(moments))
    assert len(kept) <= max(2, len(moments) - (len(moments) - 1) // 4)


def test_a_reading_that_cannot_be_written_does_not_stop_the_training(
    tmp_path: Path, clock: Clock
) -> None:
    log = log_in(tmp_path)
    log.add(step(1))
    (tmp_path / READINGS).unlink()
    (tmp_path / READINGS).mkdir()
    clock.now += module.EVERY
    log.add(step(2))


def read_and_thin_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(module, "EVERY", 0.0)
    patch.setattr(module, "MOST", 8)


def log_20(folder: Path, done: Path) -> None:
    """Log the readings of 20 steps; `done` holds the last step whose reading is there."""
    read_and_thin_at_once(pytest.MonkeyPatch())
    log = log_in(folder)
    for number in range(1, 21):
        log.add(step(number))
        done.write_text(str(number))


def test_a_kill_at_any_change_of_the_file_loses_no_reading_before_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_and_thin_at_once(monkeypatch)
    for point in count(1):
        folder, done = tmp_path / str(point), tmp_path / f"{point}.done"
        folder.mkdir()
        done.write_text("0")
        killed = killed_at(point, folder, partial(log_20, folder, done))
        steps = [each.step for each in read_readings(folder)]
        assert (steps[-1] if steps else 0) >= int(done.read_text())
        assert not steps or steps[0] == 1
        log_in(folder).add(step(99))
        assert read_readings(folder)[-1].step == 99
        if not killed:
            break


def test_a_reader_reads_again_only_what_was_written_since(tmp_path: Path, clock: Clock) -> None:
    reader = ReadingsReader(tmp_path)
    assert reader.read() == []
    assert reader.read() is None
    log_in(tmp_path).add(step(1))
    found = reader.read()
    assert found is not None
    assert [each.step for each in found] == [1]
    assert reader.read() is None


def test_every_training_records_its_device_and_resuming_adds_to_it(home: Home) -> None:
    session = start_run(home, "first", small(max_steps=8))
    list(session.steps())
    session.close()
    (first,) = read_readings(session.run.folder)
    assert first.device == "processor"
    assert [gauge.label for gauge in first.gauges] == ["cpu", "memory", "studio"]
    session = resume_run(home, "first", epochs=1)
    list(session.steps())
    session.close()
    assert len(read_readings(session.run.folder)) == 2
