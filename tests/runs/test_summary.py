"""The figures of a run are those of all its events, and are not read twice."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import RunError
from studio.model.config import MAX_COUNT, RECIPES
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.runs import event_log, folders, summary
from studio.runs.event_log import SEAL, EventReader
from studio.runs.summary import NO_FIGURES, SUMMARY, RunFigures, figures_of

finite = st.floats(-1e39, 1e39)
perplexity = st.floats(0, exclude_min=True, allow_infinity=False)
count = st.integers(0, MAX_COUNT)
events = st.one_of(
    st.builds(StepDone, count, count, finite, finite, finite, count, finite),
    st.builds(EpochDone, count, count, finite),
    st.builds(Validated, count, count, perplexity, perplexity, st.booleans()),
    st.builds(CheckpointSaved, count, st.text(max_size=20)),
    st.builds(SampleWritten, count, st.text(max_size=40)),
    st.builds(TrainingEnded, count, st.sampled_from(["finished", "stopped", "diverged"])),
)


@pytest.fixture
def run(tmp_path: Path) -> folders.Run:
    """A run with a few events."""
    run = folders.create(tmp_path, "first", RECIPES["classic"])
    for number in range(1, 11):
        run.record(step(number))
    run.record(Validated(10, 1, 300.0, 200.0, True))
    return run


@pytest.fixture
def read_bytes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many bytes of events have been read since it was last asked."""
    read = [0]
    pread = os.pread

    def counted(descriptor: int, size: int, offset: int) -> bytes:
        content = pread(descriptor, size, offset)
        read[0] += len(content)
        return content

    monkeypatch.setattr(os, "pread", counted)

    def since() -> int:
        before, read[0] = read[0], 0
        return before

    return since


def step(number: int) -> StepDone:
    return StepDone(number, 1, 5.0 - number / 100, 1.0, 0.01, 500, number * 0.5)


def in_order(events: list[TrainingEvent]) -> list[TrainingEvent]:
    """The events as a training would record them: the end of a run is the last event."""
    best, found = float("inf"), list[TrainingEvent]()
    for event in events:
        if isinstance(event, Validated):
            event = msgspec.structs.replace(event, best=event.perplexity_all < best)
            best = min(best, event.perplexity_all)
        if found and isinstance(found[-1], TrainingEnded):
            found.pop()
        found.append(event)
    return found


def expected(events: list[TrainingEvent]) -> RunFigures:
    """The figures of all these events."""
    steps = [event for event in events if isinstance(event, StepDone)]
    measured = [event for event in events if isinstance(event, Validated)]
    outcome = events[-1].outcome if events and isinstance(events[-1], TrainingEnded) else ""
    last = steps[-1] if steps else StepDone(0, 0, 0.0, 0.0, 0.0, 0, 0.0)
    loss = last.loss if steps else None
    best = min(measured, key=lambda event: event.perplexity_all, default=None)
    both = (best.perplexity_all, best.perplexity) if best else (None, None)
    return RunFigures(last.step, last.epoch, loss, last.elapsed, *both, outcome)


@given(st.lists(events), st.integers(1, 400), st.data())
def test_the_figures_are_those_of_all_events_whenever_they_were_read(
    drawn: list[TrainingEvent], block: int, data: st.DataObject
) -> None:
    recorded = in_order(drawn)
    looks = data.draw(st.sets(st.integers(0, max(0, len(recorded) - 1))))
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(event_log, "END_BLOCK", block):
        run = folders.create(Path(folder), "first", RECIPES["classic"])
        for number, event in enumerate(recorded):
            run.record(event)
            if number in looks:
                assert figures_of(run.events_file) == expected(recorded[: number + 1])
        assert figures_of(run.events_file) == expected(recorded)
        (run.folder / SUMMARY).unlink(missing_ok=True)
        assert figures_of(run.events_file) == expected(recorded)


def test_a_long_run_without_a_summary_is_not_read_whole(
    run: folders.Run, read_bytes: Callable[[], int]
) -> None:
    for number in range(11, 3000):
        run.record(step(number))
    run.record(Validated(2999, 1, 200.0, 150.0, True))
    run.record(TrainingEnded(2999, "stopped"))
    read_bytes()
    row = folders.summary(run)
    assert (row.step, row.best_perplexity, row.status) == (2999, 150.0, "stopped")
    assert read_bytes() < run.events_file.stat().st_size / 2
    assert (run.folder / SUMMARY).exists()


def test_a_list_of_runs_reads_only_what_was_appended(
    run: folders.Run, read_bytes: Callable[[], int]
) -> None:
    folders.summary(run)
    whole = run.events_file.stat().st_size
    assert 2 * whole <= read_bytes() <= 2 * whole + 2 * SEAL
    run.record(step(11))
    appended = run.events_file.stat().st_size - whole
    assert folders.summary(run).step == 11
    # What was appended, once to find its end, and twice the bytes before a place that show that it
    # is the same file.
    assert appended <= read_bytes() <= 2 * appended + 2 * SEAL
    assert folders.summary(run).step == 11
    assert read_bytes() <= SEAL


def test_resuming_from_a_checkpoint_takes_back_what_came_after_it(run: folders.Run) -> None:
    run.record(TrainingEnded(10, "stopped"))
    assert folders.summary(run).status == "stopped"
    run.drop_events_after(5)
    row = folders.summary(run)
    assert (row.step, row.best_perplexity, row.status) == (5, None, "interrupted")


def test_half_a_line_counts_when_it_is_whole(run: folders.Run) -> None:
    line = msgspec.json.encode(step(11)) + b"\n"
    with run.events_file.open("ab", buffering=0) as file:
        file.write(line[:30])
        assert folders.summary(run).step == 10
        file.write(line[30:])
    assert folders.summary(run).step == 11


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"\xff" + content,
        lambda content: b"null",
        lambda content: content.replace(b'"offset":', b'"offset":-'),
        lambda content: content.replace(b'"offset":', b'"offset":9000000000000000'),
        lambda content: content.replace(b'"outcome":""', b'"outcome":"\xff"'),
        lambda content: content.replace(b'"outcome":""', b'"ended":""'),
        lambda content: content.replace(b'"step":', b'"step":1' + 400 * b"0"),
    ],
)
def test_a_damaged_summary_is_made_anew(run: folders.Run, damage: Callable[[bytes], bytes]) -> None:
    expected = folders.summary(run)
    file = run.folder / SUMMARY
    whole = file.read_bytes()
    assert damage(whole) != whole
    file.write_bytes(damage(whole))
    assert folders.summary(run) == expected
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_to_is_read_all_the_same(
    run: folders.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, durable: bool) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("studio.runs.summary.replacing", refuse)
    assert folders.summary(run).step == 10
    run.record(step(11))
    assert folders.summary(run).step == 11
    assert not (run.folder / SUMMARY).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_stays_as_it_is(run: folders.Run) -> None:
    run.folder.chmod(0o500)
    try:
        assert folders.summary(run).step == 10
        assert not (run.folder / SUMMARY).exists()
    finally:
        run.folder.chmod(0o700)


def test_a_run_without_events_has_no_figures(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", RECIPES["classic"])
    assert figures_of(run.events_file) == NO_FIGURES
    assert folders.summary(run).status == "interrupted"
    run.events_file.touch()
    assert figures_of(run.events_file) == NO_FIGURES
    assert not (run.folder / SUMMARY).exists()


def test_a_line_damaged_after_the_summary_is_named(run: folders.Run) -> None:
    folders.summary(run)
    with run.events_file.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(RunError, match="line 12"):
        folders.summary(run)


def test_a_run_deleted_while_it_is_read_does_not_come_back(
    run: folders.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_delete(reader: EventReader, before: RunFigures) -> RunFigures:
        figures = with_later(reader, before)
        folders.delete(run)
        return figures

    with_later = summary._with_later
    monkeypatch.setattr(summary, "_with_later", and_delete)
    assert figures_of(run.events_file).step == 10
    # The lock under which folders are made stays.
    assert [each.name for each in run.folder.parent.iterdir()] == [".creating"]


def test_another_run_of_the_same_name_has_its_own_figures(run: folders.Run) -> None:
    folders.summary(run)
    kept = (run.folder / SUMMARY).read_bytes()
    folders.delete(run)
    again = folders.create(run.folder.parent, "first", RECIPES["classic"])
    again.record(step(3))
    # As if somebody who read the deleted run had been slow to keep its figures.
    (again.folder / SUMMARY).write_bytes(kept)
    assert folders.summary(again).step == 3
