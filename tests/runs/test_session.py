"""A run in its folder: whenever its process is killed, nothing is lost and nothing is double."""

import errno
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor

from studio.errors import DamageError, DeviceError, RunError
from studio.model import checkpoint
from studio.model.batches import Batch
from studio.model.checkpoint_names import name_of
from studio.model.config import with_settings
from studio.model.device import Device, Precision, choose_device
from studio.model.events import CheckpointSaved, Noted, StepDone, TrainingEnded
from studio.model.learner import Learner
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.runs.loading import locate
from studio.runs.session import TrainingSession, resume_run, start_run
from studio.runs.training_folder import ProcessState, TrainingProcess
from tests.killing import found, in_child, killed_at, learnt, outcome, train
from tests.small import small
from tests.test_full_memory import FULL

# Validated and saved in the middle and at the end; reported between.
CONFIG = small(
    "studio", max_steps=4, validate_every=2, checkpoint_every=2, report_every=3, keep=1, hidden=4
)


def test_killed_at_any_point_a_run_ends_as_one_that_never_was(home: Home) -> None:
    """At every third point: `tests.soak.kills` kills at many more."""
    train(home, "whole", CONFIG)
    whole = learnt(found(home, "whole"))
    assert whole["events"][-1]["outcome"] == "finished"
    again = partial(train, home, "killed", CONFIG)
    point = 1
    while killed_at(point, home.runs / "killed", again):
        # If only the end of the process was missing, there is nothing left to train.
        outcome(in_child(again))
        assert learnt(found(home, "killed")) == whole, f"killed at point {point}"
        shutil.rmtree(home.runs / "killed")
        point += 3
    assert point > 50


def test_a_run_gets_more_epochs_only_after_its_max_steps(home: Home) -> None:
    run = folders.create(home.runs, "night", with_settings(CONFIG, {"max_steps": 4}))
    with pytest.raises(RunError, match="has not reached its max_steps, 4"):
        resume_run(home, "night", epochs=1)
    assert run.config().train.max_steps == 4
    for _ in resume_run(home, "night").steps():
        pass
    resume_run(home, "night", epochs=1).close()
    assert run.config().train.max_steps == 0


def train_without_compiler(home: Home) -> None:
    """Train with each optimiser, and resume."""
    for optimizer in ("adamw", "muon", "rmsprop", "sgd"):
        train(home, optimizer, with_settings(CONFIG, {"optimizer": optimizer}))
        for _ in resume_run(home, optimizer, epochs=1).steps():
            pass
    assert "torch._dynamo" not in sys.modules


def test_training_imports_no_compiler(home: Home) -> None:
    assert outcome(in_child(partial(train_without_compiler, home))) == 0


def trained(home: Home, name: str = "first", lines_above: int = 0) -> folders.Run:
    """A run with checkpoints at steps 2 and 4, stopped there."""
    often = {"validate_every": 0, "checkpoint_every": 2, "keep": 3}
    config = small("studio", max_steps=8, lines_above=lines_above, **often)
    session = start_run(home, name, config)
    for _ in session.steps():
        if session.trainer.progress.step == 4 and not session.trainer.saves_next:
            break
    session.close()
    run = found(home, name)
    assert run.checkpoint_names() == ["step-00000002", "step-00000004"]
    return run


def finish(session: TrainingSession) -> list[int]:
    """Train to the end; the steps that were reported."""
    events = [event for item in session.steps() for event in item]
    session.close()
    return [event.step for event in events if isinstance(event, StepDone)]


@pytest.mark.parametrize("file", ["model.safetensors", "training.json", "vocabulary.json"])
def test_a_damaged_checkpoint_is_passed_over_and_named(home: Home, file: str) -> None:
    run = trained(home)
    (run.checkpoints / "step-00000004" / file).write_bytes(b"\x00 half of it")
    session = resume_run(home, "first")
    assert "step-00000004 cannot be read" in session.started().notice
    assert "from step-00000002" in session.started().notice
    assert finish(session) == [3, 4, 5, 6, 7, 8]
    assert [event.step for event in run.events() if isinstance(event, StepDone)] == [*range(1, 9)]


@pytest.mark.parametrize("damage", ["no such character", "fractions as characters"])
def test_a_checkpoint_whose_state_cannot_be_read_on_is_passed_over(home: Home, damage: str) -> None:
    run = trained(home, lines_above=1)
    file = run.checkpoints / "step-00000004" / "training.safetensors"
    tensors = load_file(file)
    name, read = next(
        (name, each)
        for name, each in tensors.items()
        if name.startswith("state.") and not each.is_floating_point()
    )
    tensors[name] = read + 10**6 if damage == "no such character" else read.float()
    save_file(tensors, file)
    session = resume_run(home, "first")
    assert "step-00000004 cannot be read" in session.started().notice
    session.close()


def test_a_checkpoint_without_parts_of_the_optimisers_state_is_passed_over(home: Home) -> None:
    run = trained(home)
    file = run.checkpoints / "step-00000004" / "training.safetensors"
    tensors = load_file(file)
    dropped = [name for name in tensors if name.startswith("optimiser.0.")][1:]
    damaged = {name: each for name, each in tensors.items() if name not in dropped}
    save_file(damaged, file)
    session = resume_run(home, "first")
    assert "step-00000004 cannot be read" in session.started().notice
    assert finish(session) == [3, 4, 5, 6, 7, 8]
    only = trained(home, "only")
    shutil.rmtree(only.checkpoints / "step-00000002")
    save_file(damaged, only.checkpoints / "step-00000004" / file.name)
    with pytest.raises(DamageError, match=r"optimiser\.0\.\w+ is missing"):
        resume_run(home, "only")
    infinite = {name: each / 0 if name in dropped else each for name, each in tensors.items()}
    save_file(infinite, only.checkpoints / "step-00000004" / file.name)
    with pytest.raises(DamageError, match=r"optimiser\.0\.\w+ holds NaN or infinity"):
        resume_run(home, "only")
    scalars = {name: each.sum() if name in dropped else each for name, each in tensors.items()}
    save_file(scalars, only.checkpoints / "step-00000004" / file.name)
    with pytest.raises(DamageError, match=r"optimiser\.0\.\w+ of shape \[\] fits no parameter"):
        resume_run(home, "only")


def test_where_all_checkpoints_are_damaged_nothing_is_touched(home: Home) -> None:
    run = trained(home)
    for name in run.checkpoint_names():
        (run.checkpoints / name / "model.json").write_text("{")
    before = run.events_file.read_bytes()
    with pytest.raises(RunError, match=r"No checkpoint of first can be read.*model\.json.*delete"):
        resume_run(home, "first")
    assert run.checkpoint_names() == ["step-00000002", "step-00000004"]
    assert run.events_file.read_bytes() == before


@pytest.mark.parametrize(
    "error", [FULL, "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"], ids=["full", "failing"]
)
def test_a_gpu_that_is_full_or_fails_is_no_damage_of_a_checkpoint(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    run = trained(home)
    restore = Learner.restore

    def fail_at_first(learner: Learner, tensors: dict[str, Tensor], batch: Batch) -> None:
        monkeypatch.setattr(Learner, "restore", restore)
        raise RuntimeError(error)

    monkeypatch.setattr(Learner, "restore", fail_at_first)
    with pytest.raises(RuntimeError, match=error[:9]):
        resume_run(home, "first")
    # The checkpoint before is no better, and the newest stays.
    assert run.checkpoint_names() == ["step-00000002", "step-00000004"]
    assert finish(resume_run(home, "first")) == [5, 6, 7, 8]


@pytest.mark.parametrize(
    "written", ["runs.session.write", "verse.free_verse.FreeVerse.measure"], ids=["sample", "more"]
)
def test_a_memory_too_full_for_verse_does_not_end_the_training(
    home: Home, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(FULL)

    monkeypatch.setattr(f"studio.{written}", fail)
    config = small("studio", max_steps=4, validate_every=2, verse_poems=2)
    session = start_run(home, "first", config)
    assert finish(session) == [1, 2, 3, 4]
    events = found(home, "first").events()
    noted = [event for event in events if isinstance(event, Noted)]
    assert [event.step for event in noted] == [2, 4]
    assert noted[0].text.startswith("Not all verse was written. The memory of the GPU is full (")
    assert events[-1] == TrainingEnded(4, "finished")


def test_a_run_without_a_checkpoint_says_that_it_starts_again(home: Home) -> None:
    run = trained(home)
    shutil.rmtree(run.checkpoints)
    session = resume_run(home, "first")
    assert "starts from the beginning" in session.started().notice
    assert finish(session) == [*range(1, 9)]


@pytest.mark.parametrize("place", ["a disk that is gone", "a file"])
def test_a_run_whose_checkpoints_cannot_be_listed_keeps_its_events(home: Home, place: str) -> None:
    run = trained(home)
    moved = run.checkpoints.rename(home.data / "moved")
    if place == "a file":
        run.checkpoints.touch()
    else:
        run.checkpoints.symlink_to(home.data / "gone")
    before = run.events_file.read_bytes()
    with pytest.raises(OSError, match=str(run.checkpoints)):
        resume_run(home, "first")
    assert run.events_file.read_bytes() == before
    run.checkpoints.unlink()
    run.checkpoints.symlink_to(moved)
    assert finish(resume_run(home, "first")) == [5, 6, 7, 8]


def test_a_run_whose_checkpoints_cannot_be_listed_hides_no_other_model(home: Home) -> None:
    trained(home)
    (folders.create(home.runs, "newer", CONFIG).folder / "checkpoints").touch()
    assert locate(home, "auto")[1] == "first@4"


def test_a_run_is_resumed_from_the_checkpoint_that_is_named(home: Home) -> None:
    run = trained(home)
    session = resume_run(home, "first@2")
    assert "deleted step-00000004" in session.started().notice
    assert run.checkpoint_names() == ["step-00000002"]
    assert finish(session) == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(("name", "words"), [("first@3", "one of: 2, 4"), ("first@x", "first@200")])
def test_a_checkpoint_that_is_not_there_is_an_error(home: Home, name: str, words: str) -> None:
    trained(home)
    with pytest.raises(RunError, match=words):
        resume_run(home, name)


def test_a_run_that_was_killed_after_its_last_checkpoint_is_finished_by_resuming(
    home: Home,
) -> None:
    train(home, "first", CONFIG)
    run = found(home, "first")
    *kept, _, _ = run.events_file.read_bytes().splitlines(keepends=True)
    run.events_file.write_bytes(b"".join(kept))
    assert folders.summary(run).status == "interrupted"
    assert finish(resume_run(home, "first")) == []
    *same, _, _ = run.events_file.read_bytes().splitlines(keepends=True)
    assert same == kept
    assert run.events()[-2:] == [
        CheckpointSaved(4, name_of(4)),
        TrainingEnded(4, "finished"),
    ]
    with pytest.raises(RunError, match="has finished"):
        resume_run(home, "first")
    assert folders.summary(run).status == "finished"


def test_a_checkpoint_whose_events_could_not_be_recorded_is_saved_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start_run(home, "first", CONFIG)
    sync = folders.Run.sync_events

    def fail(_: folders.Run) -> None:
        monkeypatch.setattr(folders.Run, "sync_events", sync)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders.Run, "sync_events", fail)
    with pytest.raises(OSError, match="No space"):
        list(session.steps())
    assert not session.trainer.saves_next
    finish(session)
    saved = [event for event in session.run.events() if isinstance(event, CheckpointSaved)]
    assert [event.step for event in saved] == [2, 4]


def test_a_checkpoint_asked_for_twice_is_recorded_once(home: Home) -> None:
    session = start_run(home, "first", CONFIG)
    for _ in session.steps():
        if session.trainer.saves_next:
            assert session.save() == session.save() != ()
    session.close()
    saved = [event for event in session.run.events() if isinstance(event, CheckpointSaved)]
    assert [event.step for event in saved] == [2, 4]


@pytest.mark.parametrize("problem", [PermissionError(13, "Permission denied"), MemoryError()])
def test_a_checkpoint_that_cannot_be_read_just_now_is_not_given_up(
    home: Home, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    run = trained(home)
    load = checkpoint.load_training

    def fail(folder: Path) -> object:
        if folder.name == "step-00000004":
            raise DamageError("not now") from problem
        return load(folder)

    monkeypatch.setattr(checkpoint, "load_training", fail)
    with pytest.raises(DamageError, match=r"^not now$"):
        resume_run(home, "first")
    assert run.checkpoint_names() == ["step-00000002", "step-00000004"]


def test_the_library_is_needed_to_resume(home: Home, tmp_path: Path) -> None:
    trained(home)
    home.library.unlink()
    with pytest.raises(Exception, match="corpus fetch"):
        resume_run(home, "first")


def test_a_request_to_stop_made_before_a_run_is_opened_is_dropped_one_made_since_is_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(home)
    (run.folder / "stop").touch()
    session = resume_run(home, "first")
    assert not session.is_stop_requested
    session.close()

    def choose_device_late(precision: Precision, wish: str, taken: object) -> Device:
        process = run.process()
        assert process is not None
        assert (process.state, process.is_this) == ("starting", True)
        processes.request_stop(run)
        return choose_device(precision, wish)

    monkeypatch.setattr("studio.runs.opening.choose_device", choose_device_late)
    session = resume_run(home, "first")
    assert session.is_stop_requested
    session.close()


def record_process(run: folders.Run, host: str, pid: int = 4321) -> None:
    """Write down that another process trains a run."""
    process = TrainingProcess(pid, host, "cuda:1", 1000)
    (run.folder / "process.json").write_bytes(msgspec.json.encode(process))


@pytest.mark.parametrize("step", ["", "two", "9" * 5000])
def test_what_is_no_step_is_refused(home: Home, step: str) -> None:
    folders.create(home.runs, "first", CONFIG)
    with pytest.raises(RunError, match="is not a step of first"):
        resume_run(home, f"first@{step}")


def test_a_run_that_was_closed_names_no_process_and_has_its_summary(home: Home) -> None:
    run = trained(home)
    assert not (run.folder / "process.json").exists()
    # The list of runs then reads no events: damaged ones go unnoticed.
    before = folders.summary(run)
    content = run.events_file.read_bytes()
    with run.events_file.open("r+b") as file:
        file.write(b"damaged" + content[7:])
    assert folders.summary(run).step == before.step == 4


def test_the_file_of_a_killed_process_misleads_nobody(home: Home) -> None:
    run = trained(home)
    # The number belongs to a living process, as one that is used again does.
    record_process(run, platform.node(), os.getpid())
    assert run.process() is None
    assert folders.summary(run).status != "training"
    resume_run(home, "first").close()


@pytest.mark.parametrize("damage", [{"pid": -1}, {"pid": 0}, {"pid": 2**70}, {"created": 1e300}])
def test_a_damaged_file_of_a_process_hides_no_run(home: Home, damage: dict[str, float]) -> None:
    run = trained(home)
    process = TrainingProcess(4321, platform.node(), "", 0, "starting", created=1.0)
    damaged = msgspec.to_builtins(process) | damage
    (run.folder / "process.json").write_bytes(json.dumps(damaged).encode())
    assert folders.summary(run).status == "interrupted"


def test_a_run_of_another_host_whose_lock_is_not_seen_is_trained_there_until_it_is_silent(
    home: Home,
) -> None:
    run = trained(home)
    record_process(run, "another-host")
    assert folders.summary(run).status == "training"
    with pytest.raises(RunError, match="4321 on another-host"):
        resume_run(home, "first")
    for file in (run.folder / "process.json", run.events_file):
        os.utime(file, (0, 0))
    assert folders.summary(run).status != "training"
    resume_run(home, "first").close()


def test_a_successor_trains_where_the_host_has_got_another_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(home)
    with run.lock():
        run.record_process("", 0, "starting")
    monkeypatch.setattr(platform, "node", lambda: "another-name")
    with run.lock():
        pass
    # It waits for the one before it, which knows the old name.
    record_process(run, "old-name", os.getpid())
    descriptor = os.open(run.folder / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    leaving = threading.Timer(0.3, lambda: (run.forget_process(), os.close(descriptor)))
    leaving.start()
    with run.lock(after=os.getpid()):
        leaving.join()
    # A process of another host may have the same number.
    record_process(run, "another-host", os.getpid())
    with pytest.raises(RunError, match="on another-host"), run.lock():
        pass


def test_a_successor_waits_for_the_process_it_is_given_and_for_no_other(home: Home) -> None:
    run = trained(home)
    session = resume_run(home, "first")
    with pytest.raises(RunError, match="in training"):
        resume_run(home, "first", after=1)
    with processes.start_detached(run, after=os.getpid()) as successor:
        # A request that comes meanwhile is for the successor, too.
        processes.request_stop(run)
        with pytest.raises(subprocess.TimeoutExpired):
            successor.wait(1)
        session.close()
        assert successor.wait(60) == 0
    assert processes.is_stop_requested(run)


def test_a_successor_starts_even_where_the_working_folder_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = folders.create(tmp_path / "runs", "first", small())
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(processes, "resuming", lambda _: ["-c", "import os; print(os.getcwd())"])
    assert processes.start_detached(run).wait(60) == 0
    assert (run.folder / "training.log").read_text() == "/\n"


def test_a_run_that_is_handed_over_is_never_without_a_process(home: Home) -> None:
    run = trained(home)
    session = resume_run(home, "first")
    processes.hand_over(run, session.close)
    successor = run.process()
    assert successor is not None
    assert not successor.is_this
    assert folders.summary(run).status in get_args(ProcessState)
    if successor.state == "starting":
        # Nobody gets in between.
        with pytest.raises(RunError, match=f"another process, {successor.pid}"):
            resume_run(home, "first")
    processes.request_stop(run)
    assert processes.wait_until_stopped(run, lambda: None)
    assert run.process() is None


def test_a_successor_that_is_killed_before_it_trains_leaves_the_run_as_it_was(home: Home) -> None:
    run = trained(home)
    status = folders.summary(run).status
    sleeping = subprocess.Popen(["sleep", "60"])
    with run.lock():
        run.record_process("", 0, "starting", pid=sleeping.pid)
    assert folders.summary(run).status == "starting"
    sleeping.kill()
    # Even before its parent has taken note.
    while folders.summary(run).status == "starting":
        time.sleep(0.01)
    assert folders.summary(run).status == status
    sleeping.wait()


def test_the_folder_of_a_run_that_is_renamed_meanwhile_does_not_come_back(home: Home) -> None:
    run = trained(home)
    session = resume_run(home, "first")
    run.folder.rename(home.runs / "second")
    session.record_process("paused")
    for write in (
        partial(run.drop_events_after, 2),
        partial(run.write_config, CONFIG),
        partial(queue.join, run.folder),
        lambda: [*session.steps()],
    ):
        with pytest.raises(FileNotFoundError):
            write()
    assert [each.name for each in folders.all_runs(home.runs)] == ["second"]
    assert not run.folder.exists()
    (home.runs / "second").rename(run.folder)
    assert finish(session) == [5, 6, 7, 8]


def test_waiting_for_a_run_ends_when_another_process_has_started_to_train_it(home: Home) -> None:
    run = trained(home)
    with run.lock():
        processes.request_stop(run)
        processes.clear_stop(run)
        assert not processes.wait_until_stopped(run, lambda: None)
    assert processes.wait_until_stopped(run, lambda: None)


def test_a_folder_that_cannot_be_read_requests_nothing() -> None:
    assert not processes.is_stop_requested(folders.Run(Path("too long" * 100)))


def test_a_run_trains_on_the_device_of_its_settings_or_on_the_one_asked_for_this_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(precision: Precision, wish: str, taken: object) -> Device:
        asked.append(wish)
        return choose_device(precision, "cpu")

    monkeypatch.setattr("studio.runs.opening.choose_device", choose)
    config = small(max_steps=6, checkpoint_every=2, device="cuda:1")
    session = start_run(home, "first", config)
    next(session.steps())
    session.save()
    session.close()
    for device in ("", "cuda:0"):
        resume_run(home, "first", device=device).close()
    assert asked == ["cuda:1", "cuda:1", "cuda:0"]
    # What was asked for this time is not a setting.
    assert found(home, "first").config().train.device == "cuda:1"


def test_a_run_that_is_resumed_where_its_device_is_not_takes_another_and_says_so(
    home: Home,
) -> None:
    run = trained(home)
    config = run.config()
    run.write_config(with_settings(config, {"device": "GPU-of-another-machine"}))
    session = resume_run(home, "first")
    assert session.trainer.device.torch_device.type == "cpu"
    notice = session.started().notice
    assert "was to train on GPU-of-another-machine, which cannot be used here" in notice
    assert finish(session) == [5, 6, 7, 8]
    assert run.config().train.device == "GPU-of-another-machine"


def test_a_device_that_is_asked_for_and_is_not_here_starts_nothing(home: Home) -> None:
    run = trained(home)
    with pytest.raises(DeviceError, match="cuda:5"):
        resume_run(home, "first", device="cuda:5")
    assert not run.is_busy()
    with pytest.raises(DeviceError, match="cuda:5"):
        start_run(home, "second", small(device="cuda:5"))
    assert [each.name for each in folders.all_runs(home.runs)] == ["first"]
