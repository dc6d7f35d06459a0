"""Several runs one after the other: `train --cell rnn,gru`, `train --queue`."""

import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from studio.cli import train_runs
from studio.errors import RunError
from studio.model.config import RECIPES
from studio.model.events import StepDone, TrainingEnded
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.runs.opening import RunOpening
from tests.cli.conftest import Run
from tests.cli.test_training import LIMIT, SMALL, wait_until_told
from tests.small import small
from tests.test_full_memory import FULL


def listed(tangshi: Run) -> dict[str, str]:
    rows = tangshi("runs", "list", "--json").document["runs"]
    return {row["name"]: row["status"] for row in rows}


def test_a_run_of_each_cell_is_trained_with_the_same_settings(tangshi: Run, home: Home) -> None:
    result = tangshi(
        *("train", "--recipe", "classic", "--run", "night", "--cell", "rnn,gru,lstm"),
        *("--max-steps", "3", *SMALL, "--json"),
    )
    assert result.code == 0
    reports = [json.loads(line) for line in result.out.splitlines()]
    assert [each["run"] for each in reports] == ["night-rnn", "night-gru", "night-lstm"]
    assert {each["outcome"] for each in reports} == {"finished"}
    configs = [folders.find(home.runs, each["run"]).config() for each in reports]
    assert [each.model.cell for each in configs] == ["rnn", "gru", "lstm"]
    assert {each.train for each in configs} == {configs[0].train}
    assert queue.waiting(home.runs) == []


def test_without_a_name_each_run_is_called_after_its_cell(tangshi: Run, home: Home) -> None:
    few = ("--recipe", "classic", "--cell", "rnn,gru", "--max-steps", "1", *SMALL)
    assert tangshi("train", *few).code == 0
    names = sorted(run.name for run in folders.all_runs(home.runs))
    assert [name.split("-")[:2] for name in names] == [["classic", "gru"], ["classic", "rnn"]]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--cell", "rnn,foo", "--run", "a"], 2, "rnn, gru or lstm, not 'foo'"),
        (["--cell", "rnn,gru,rnn", "--run", "a"], 2, "names a cell twice"),
        (["--cell", "rnn,gru", "--set", "model.cell=lstm"], 2, "--cell and --set model.cell"),
        (["--max-steps", "1", "--set", "max_steps=2"], 2, "--max-steps and --set max_steps"),
        (["--cell", "rnn,gru", "--run", "night"], 1, "already a run called night-gru"),
        (["--cell", "rnn,gru", "--run", "a", "--set", "batch_size=4000"], 1, "batch_size"),
        (["--queue", "--seed", "3"], 2, "each with its own settings"),
        (["--queue", "--recipe", "gpu"], 2, "each with its own settings"),
        (["--run", "a", "--resume", "--recipe", "studio"], 2, "keeps its settings"),
        (["--run", "a", "--resume", "--max-steps", "9"], 2, "more epochs with --epochs"),
        (["--queue", "--set", "hidden=8"], 2, "each with its own settings"),
        (["--queue"], 1, "No run waits"),
        (["--queue", "--detach"], 1, "No run waits"),
    ],
)
def test_what_cannot_begin_leaves_nothing(
    tangshi: Run, home: Home, arguments: list[str], code: int, message: str
) -> None:
    folders.create(home.runs, "night-gru", RECIPES["classic"])
    result = tangshi("train", *arguments)
    assert result.code == code
    assert message in " ".join(result.err.split())
    assert [run.name for run in folders.all_runs(home.runs)] == ["night-gru"]


def test_a_run_that_diverges_does_not_end_the_others(tangshi: Run, home: Home) -> None:
    wild = ["--set", "optimizer=sgd", "--set", "learning_rate=1e5", "--set", "clip=0"]
    result = tangshi(
        *("train", "--recipe", "classic", "--run", "a", "--cell", "rnn,lstm"),
        *("--max-steps", "20", *SMALL, *wild, "--json"),
    )
    assert result.code == 1
    outcomes = {each["run"]: each["outcome"] for each in map(json.loads, result.out.splitlines())}
    assert set(outcomes) == {"a-rnn", "a-lstm"}
    assert "diverged" in outcomes.values()
    assert "learning_rate" in result.err


def test_ctrl_c_ends_the_whole_chain_and_says_how_to_take_it_up(tangshi: Run, home: Home) -> None:
    command = [
        *(sys.executable, "-m", "studio", "train", "--recipe", "classic", "--run", "a", *SMALL),
        *("--cell", "rnn,gru,lstm", "--epochs", "5000"),
    ]
    # A background job ignores SIGINT, and its children would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            wait_until_told(process, "saved")
            assert listed(tangshi) == {"a-rnn": "training", "a-gru": "waiting", "a-lstm": "waiting"}
            process.send_signal(signal.SIGINT)
            assert process.stderr
            said = process.stderr.read()
            assert process.wait(LIMIT) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "Not trained yet: a-gru, a-lstm." in said
    assert "tangshi-studio train --run a-rnn --resume --queue" in said
    assert listed(tangshi) == {"a-rnn": "stopped", "a-gru": "waiting", "a-lstm": "waiting"}
    assert "waiting, 2nd" in tangshi("runs", "list").out


def test_the_runs_that_wait_are_trained_after_a_resumed_one(tangshi: Run, home: Home) -> None:
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "2", *SMALL)
    for name in ("c", "b"):
        queue.join(folders.create(home.runs, name, small(max_steps=2)).folder)
    result = tangshi("train", "--run", "a", "--resume", "--epochs", "1", "--queue", "--json")
    assert result.code == 0
    assert [json.loads(line)["run"] for line in result.out.splitlines()] == ["a", "c", "b"]
    assert set(listed(tangshi).values()) == {"finished"}


def test_a_signal_during_the_last_step_names_what_is_left(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folders.create(home.runs, "a", small())
    monkeypatch.setattr(train_runs, "train_to_end", lambda _: (TrainingEnded(2, "finished"), True))
    turns = train_runs._Turns(home, None, json=False)
    session: Any = SimpleNamespace(run=folders.find(home.runs, "a"))
    assert not turns._train(session)
    queue.join(folders.create(home.runs, "b", small()).folder)
    assert turns._train(session)
    said = capfd.readouterr().err
    assert "Not trained yet: b." in said
    assert "train --queue" in said
    assert "--resume" not in said


def test_a_run_that_cannot_be_trained_keeps_its_place_and_holds_up_nobody(
    tangshi: Run, home: Home
) -> None:
    for name, config in (
        ("first", small("studio", batch_size=4000)),
        ("a", small(max_steps=2)),
        ("b", small("studio", batch_size=4000)),
        ("c", small(max_steps=2)),
    ):
        queue.join(folders.create(home.runs, name, config).folder)
    result = tangshi("train", "--queue", "--json")
    assert result.code == 1
    assert "batch_size" in result.err
    assert [json.loads(line)["run"] for line in result.out.splitlines()] == ["a", "c"]
    assert queue.waiting(home.runs) == ["first", "b"]


def test_a_run_that_does_not_fit_into_the_memory_holds_up_nobody(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        queue.join(folders.create(home.runs, name, small(max_steps=2)).folder)
    trainer = RunOpening.trainer

    def fill(opening: RunOpening, names: list[str], device: str) -> Trainer:
        if opening.run.name == "a":
            raise RuntimeError(FULL)
        return trainer(opening, names, device)

    monkeypatch.setattr(RunOpening, "trainer", fill)
    result = tangshi("train", "--queue", "--json")
    assert result.code == 1
    assert "a: The memory of the GPU is full (" in result.err
    assert [json.loads(line)["run"] for line in result.out.splitlines()] == ["b"]
    assert queue.waiting(home.runs) == ["a"]


def test_a_run_whose_lock_cannot_be_opened_or_that_fills_the_memory_holds_up_nobody(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, large, last = (
        folders.create(home.runs, name, small(max_steps=2)) for name in ("first", "large", "last")
    )
    for run in (first, large, last):
        queue.join(run.folder)
    (first.folder / "lock").mkdir()
    names_of = folders.Run.checkpoint_names

    def checkpoint_names(run: folders.Run) -> list[str]:
        if run.name == "large":
            raise MemoryError
        return names_of(run)

    monkeypatch.setattr(folders.Run, "checkpoint_names", checkpoint_names)
    result = tangshi("train", "--queue", "--json")
    assert result.code == 1
    assert f"first: {first.folder / 'lock'} cannot be used: Is a directory." in result.err
    assert "large: The memory is full" in result.err
    assert json.loads(result.out)["run"] == "last"
    assert queue.waiting(home.runs) == ["first", "large"]


def test_the_successor_of_a_studio_that_has_gone_trains_the_others_if_the_first_cannot_start(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = folders.create(home.runs, "first", small("studio", batch_size=4000))
    queue.join(folders.create(home.runs, "a", small(max_steps=2)).folder)
    given: list[str] = []

    def start(_: object, how: processes.DetachedTraining, after: int) -> SimpleNamespace:
        given.extend(how.arguments)
        return SimpleNamespace(pid=os.getpid())

    monkeypatch.setattr(processes, "start_detached", start)
    processes.hand_over(first, lambda: None, then_queue=True)
    result = tangshi("train", "--run", "first", "--resume", *given, "--json")
    assert result.code == 1
    assert "batch_size" in result.err
    assert json.loads(result.out)["run"] == "a"


def test_on_a_full_disk_the_command_that_resumes_the_run_is_named(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "events.jsonl")

    monkeypatch.setattr("studio.runs.folders.append_record", fail)
    few = ("--recipe", "classic", "--run", "a", "--max-steps", "1", *SMALL)
    result = tangshi("train", *few)
    assert result.code == 1
    assert "events.jsonl cannot be used: No space left on device" in result.err
    assert "tangshi-studio train --run a --resume" in result.err


def test_a_detached_run_of_few_steps_is_not_waited_for_while_others_are_trained(
    home: Home,
) -> None:
    run = folders.create(home.runs, "first", small())
    log = run.folder / "training.log"
    log.write_text("Loading torch and the poems ...\n")
    last = TrainingEnded(4, "finished")
    for event in (StepDone(4, 1, 5.0, 1.0, 0.01, 500, 1.0), last):
        run.record(event)
    # It could not resume a run that had finished before.
    with subprocess.Popen(["false"]) as process, pytest.raises(RunError, match="did not start"):
        processes.wait_until_training(run, process)
    with log.open("a") as file:
        file.write(f"{processes.ending('first', last)}\n")
    with subprocess.Popen(["sleep", "60"]) as process:
        assert processes.wait_until_training(run, process) == process.pid
        assert process.poll() is None
        process.kill()


def test_without_a_terminal_a_run_that_cannot_be_trained_holds_up_nobody_either(
    tangshi: Run, home: Home
) -> None:
    for name, rows in (("first", 4000), ("a", 8)):
        config = small("studio", batch_size=rows, max_steps=2)
        queue.join(folders.create(home.runs, name, config).folder)
    result = tangshi("train", "--queue", "--detach", "--json")
    assert result.code == 0
    assert "batch_size" in result.err
    assert result.document["run"] == "a"
    assert queue.waiting(home.runs) == ["first"]
    # It keeps its log: it is not a new run, whose folder would be deleted.
    log = folders.find(home.runs, "first").folder / "training.log"
    assert f"All of its output is in {log}." in result.err
    assert log.exists()


def test_a_detached_chain_trains_one_after_the_other(tangshi: Run, home: Home) -> None:
    started = tangshi(
        *("train", "--detach", "--recipe", "classic", "--run", "far", "--cell", "rnn,gru"),
        *("--epochs", "5000", *SMALL, "--json"),
    )
    assert started.code == 0
    assert started.document["run"] == "far-rnn"
    rnn, gru = (folders.find(home.runs, f"far-{cell}") for cell in ("rnn", "gru"))
    assert folders.summary(rnn).status == "training"
    assert queue.waiting(home.runs) == ["far-gru"]
    assert tangshi("runs", "stop", "far-rnn").code == 0
    try:
        while not (process := gru.process()):
            assert os.path.exists(f"/proc/{started.document['pid']}")  # noqa: PTH110
        assert process.pid == started.document["pid"]
    finally:
        processes.request_stop(gru)
        processes.wait_until_stopped(gru, lambda: None)
    assert listed(tangshi) == {"far-rnn": "stopped", "far-gru": "stopped"}
