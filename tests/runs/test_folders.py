"""The run folder tells everything, and survives what happens to folders."""

import errno
import fcntl
import os
import resource
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from studio.errors import RunError
from studio.json_lines import append_record, write_records
from studio.model.config import RECIPES, with_settings
from studio.model.events import (
    EpochDone,
    Noted,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.paths import Home
from studio.runs import folders
from studio.runs.gpu_claims import choosing_gpu

CLASSIC = RECIPES["classic"]


def test_a_lock_that_cannot_be_opened_hides_no_run(home: Home) -> None:
    run = folders.create(home.runs, "night", CLASSIC)
    (run.folder / "lock").symlink_to("lock")
    assert folders.summary(run).status == "interrupted"
    with choosing_gpu(home.runs, "day") as taken:
        assert taken == {}


def test_a_folder_with_a_name_that_no_run_may_have_is_no_run(home: Home) -> None:
    run = folders.create(home.runs, "night", CLASSIC)
    run.folder.rename(home.runs / "bad\x1b[31mname")
    assert folders.all_runs(home.runs) == []


def test_a_folder_that_may_not_be_read_is_listed_with_the_reason(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open", "closed"):
        folders.create(home.runs, name, CLASSIC)
    exists = Path.exists

    def refuse(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", refuse)
    assert {run.name for run in folders.all_runs(home.runs)} == {"open", "closed"}


def test_each_event_is_recorded_with_the_time_and_keeps_it(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "a", RECIPES["studio"])
    # An event of an older version has no time.
    append_record(run.events_file, EpochDone(1, 1, 5.0))
    before = time.time()
    run.record(EpochDone(2, 2, 5.0))
    run.record(EpochDone(3, 3, 5.0))
    none, second, third = run.times()
    assert none is None
    assert before - 0.001 <= (second or 0) <= (third or 0) <= time.time() + 0.001
    run.drop_events_after(2)
    assert run.times() == [None, second]
    assert run.events() == [EpochDone(1, 1, 5.0), EpochDone(2, 2, 5.0)]


def test_events_are_dropped_without_holding_those_of_a_long_run_in_memory(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = folders.create(home.runs, "long", CLASSIC)
    for number in range(1, 5):
        run.record(Noted(number, "a"))
    run.record(TrainingEnded(4, "stopped"))
    before = run.events_file.read_bytes().splitlines(keepends=True)

    def all_at_once(_: folders.Run) -> list[TrainingEvent]:
        raise AssertionError("that takes gigabytes")

    monkeypatch.setattr(folders.Run, "events", all_at_once)
    run.drop_events_after(2)
    assert run.events_file.read_bytes() == b"".join(before[:2])
    assert list(run.each_event()) == [Noted(1, "a"), Noted(2, "a")]
    run.events_file.unlink()
    run.drop_events_after(2)
    assert run.events_file.read_bytes() == b""


def step(number: int, loss: float = 5.0) -> StepDone:
    return StepDone(number, 1, loss, 1.0, 0.01, 500, number * 0.5)


def test_what_is_recorded_is_read_back_in_order(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    told = [step(1), step(2), Validated(2, 1, 300.0, 200.0, True), TrainingEnded(2, "finished")]
    for event in told:
        run.record(event)
    assert run.events() == told
    assert run.config() == CLASSIC


def test_a_line_that_a_crash_cut_short_is_left_out(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    run.record(step(1))
    with run.events_file.open("ab") as file:
        file.write(b'{"event":"StepDone","st')
    assert run.events() == [step(1)]


def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_record(path, ["first"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4, limits[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            append_record(path, ["second"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    append_record(path, ["third"])
    assert path.read_text() == '["first"]\n["third"]\n'


def test_a_file_for_which_there_is_no_room_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_record(path, ["first"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, limits[1]))
    try:
        for write in (append_record, write_records):
            with pytest.raises(OSError, match="too large") as caught:
                write(path, ["second", "third"])
            assert caught.value.filename == str(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    run.record(step(1))
    with run.events_file.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(RunError, match="line 2"):
        run.events()


def test_going_on_from_a_checkpoint_forgets_what_came_after_it(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    for event in (step(1), step(2), step(3), TrainingEnded(3, "stopped")):
        run.record(event)
    run.drop_events_after(2)
    assert run.events() == [step(1), step(2)]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    folders.create(tmp_path, "first", CLASSIC)
    with pytest.raises(RunError, match="already"):
        folders.create(tmp_path, "first", CLASSIC)


def test_of_two_processes_that_make_a_run_at_once_one_does(tmp_path: Path) -> None:
    def make(seed: int) -> int:
        config = with_settings(CLASSIC, {"seed": seed})
        try:
            return folders.create(tmp_path, "first", config).config().train.seed
        except RunError:
            return 0

    for _ in range(20):
        with ThreadPoolExecutor(2) as threads:
            made = sorted(threads.map(make, (1, 2)))
        assert made[0] == 0
        assert folders.find(tmp_path, "first").config().train.seed == made[1]
        shutil.rmtree(tmp_path / "first")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "-x", "a b", "x" * 61])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError):
        folders.create(tmp_path, name, CLASSIC)
    with pytest.raises(RunError):
        folders.find(tmp_path, name)


@pytest.mark.parametrize("name", ["auto", "default"])
def test_a_run_is_not_called_like_another_model(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match=name):
        folders.create(tmp_path, name, CLASSIC)


def test_the_longest_name_fits_the_file_system(tmp_path: Path) -> None:
    name = "\U00020000" * 60
    folders.create(tmp_path, name, CLASSIC)
    assert folders.find(tmp_path, name).name == name
    folders.delete(folders.find(tmp_path, name))
    assert list(tmp_path.glob("[!.]*")) == []


def test_a_folder_that_a_crash_left_without_settings_does_not_hold_its_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "first").mkdir()
    assert folders.create(tmp_path, "first", CLASSIC).config() == CLASSIC


def test_a_folder_with_files_but_no_settings_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "first" / "checkpoints" / "step-00000200"
    kept.mkdir(parents=True)
    with pytest.raises(RunError, match="move that folder away"):
        folders.create(tmp_path, "first", CLASSIC)
    assert kept.exists()
    # A process that was killed while it wrote the settings leaves this.
    left = tmp_path / "second" / ".config.json.0f0f0f0f.unfinished"
    left.parent.mkdir()
    left.touch()
    assert folders.create(tmp_path, "second", CLASSIC).config() == CLASSIC


def test_a_run_that_was_moved_to_another_disk_is_deleted_with_its_link(tmp_path: Path) -> None:
    runs, moved = tmp_path / "runs", tmp_path / "moved"
    run = folders.create(runs, "first", CLASSIC)
    run.folder.rename(moved)
    run.folder.symlink_to(moved)
    folders.delete(run)
    assert not moved.exists()
    assert [path.name for path in runs.iterdir()] == [".creating"]


def test_what_is_left_of_a_run_that_cannot_be_deleted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", "model.json")

    run = folders.create(tmp_path, "first", CLASSIC)
    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(RunError, match=r"first is deleted, but .*Permission denied") as caught:
        folders.delete(run)
    (left,) = tmp_path.glob(".first.*")
    assert str(left) in str(caught.value)


def test_a_run_is_deleted_once_its_lock_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # NFS keeps a file that is open, under another name, and the folder with it.
    run = folders.create(tmp_path, "first", CLASSIC)
    delete, closed = shutil.rmtree, list[bool]()

    def delete_on_nfs(folder: Path) -> None:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        closed.append(True)
        delete(folder)

    monkeypatch.setattr(shutil, "rmtree", delete_on_nfs)
    folders.delete(run)
    assert closed
    assert not run.folder.exists()


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_files_cannot_be_locked_the_remedy_is_named_and_runs_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    # As on Lustre and NFS without the service for it.
    run = folders.create(tmp_path, "first", CLASSIC)
    with run.lock():
        pass

    def flock(descriptor: int, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert folders.summary(run).status == "interrupted"
    for action in (partial(folders.create, tmp_path, "second", CLASSIC), run.lock().__enter__):
        with pytest.raises(OSError, match="cannot lock files; TANGSHI_STUDIO_HOME") as caught:
            action()
        assert caught.value.filename.startswith(str(tmp_path))


def test_a_folder_that_is_no_checkpoint_is_not_taken_for_one(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    # A copy named step-100 was taken for the newest, and what came after step 100 deleted.
    for name in ("step-100000000", "step-00000200", "step-old", "step-100"):
        (run.checkpoints / name).mkdir(parents=True)
    assert run.checkpoint_names() == ["step-00000200", "step-100000000"]


def test_a_run_may_have_a_chinese_name(tmp_path: Path) -> None:
    folders.create(tmp_path, "春江花月夜", CLASSIC)
    assert folders.find(tmp_path, "春江花月夜").name == "春江花月夜"


def test_an_unknown_run_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    folders.create(tmp_path, "first", CLASSIC)
    with pytest.raises(RunError, match="first"):
        folders.find(tmp_path, "second")


def test_a_run_in_training_is_neither_trained_twice_nor_deleted(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    with run.lock():
        assert run.is_busy()
        assert folders.summary(run).status == "training"
        with pytest.raises(RunError, match="another process"), run.lock():
            pass
        with pytest.raises(RunError):
            folders.delete(run)
        run.record_process("cpu", 100)
        with pytest.raises(RunError, match=r"^first is in training\. Stop it"):
            folders.delete(run)
    assert not run.is_busy()
    folders.delete(run)
    assert folders.all_runs(tmp_path) == []


def test_the_summary_condenses_the_run(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    run.record(step(1, loss=6.0))
    run.record(Validated(1, 1, 400.0, 250.0, True))
    run.record(step(2, loss=5.5))
    run.record(Validated(2, 1, 420.0, 260.0, False))
    row = folders.summary(run)
    assert (row.step, row.loss, row.best_perplexity, row.elapsed) == (2, 5.5, 250.0, 1.0)
    assert row.best_perplexity_han == 400.0
    assert row.status == "interrupted"
    run.record(TrainingEnded(2, "finished"))
    assert folders.summary(run).status == "finished"


def test_new_names_are_free(tmp_path: Path) -> None:
    first = folders.new_name(tmp_path, "classic", "lstm")
    folders.create(tmp_path, first, CLASSIC)
    assert folders.new_name(tmp_path, "classic", "lstm") != first


def test_looking_at_a_run_writes_nothing(tmp_path: Path) -> None:
    run = folders.create(tmp_path, "first", CLASSIC)
    before = sorted(run.folder.iterdir())
    assert not run.is_busy()
    assert sorted(run.folder.iterdir()) == before
