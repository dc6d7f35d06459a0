"""`train --devices` and torchrun: several processes train one run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import pytest
import torch

from studio.errors import LostProcessError
from studio.launched import RUN_ID
from studio.model.checkpoint_names import step_of
from studio.model.events import StepDone
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.folders import Run as RunFolder
from studio.runs.processes import DetachedTraining
from tests.cli.conftest import Run
from tests.cli.test_training import LIMIT, SMALL, wait_until_told
from tests.small import small

FOREVER = ["--recipe", "classic", "--epochs", "5000", "--set", "report_every=1", *SMALL]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own; it and what it has started are gone in the end."""
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, env=os.environ, text=True) as process:
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children():
                    child.kill()
            process.kill()


def is_saved(run: RunFolder) -> bool:
    """Whether its last checkpoint is that of its last step."""
    return run.checkpoint_names()[-1] == f"step-{folders.summary(run).step:08}"


def after_step(run: RunFolder, step: int) -> list[StepDone]:
    """The events of the next step."""
    return [
        event for event in run.events() if isinstance(event, StepDone) and event.step == step + 1
    ]


def test_a_run_on_two_devices_survives_a_kill_goes_back_and_stops_on_a_signal(home: Home) -> None:
    studio = [sys.executable, "-m", "studio", "train", "--devices", "cpu,cpu", "--run"]
    run = RunFolder(home.runs / "a")
    with command(*studio, "a", *FOREVER) as process:
        wait_until_told(process, "saved")
        leader = run.process()
        assert leader
        assert leader.processes == 2
        children = {child.pid for child in psutil.Process(process.pid).children()}
        (other,) = children - {leader.pid}
        os.kill(other, signal.SIGKILL)
        assert process.stderr
        said = process.stderr.read()
        assert process.wait(LIMIT) == 1
    assert f"Process 1 of 2 (pid {other}, cpu on {leader.host}) was killed by SIGKILL" in said
    assert said.count("train --run a --resume") == 1
    assert "Traceback" not in said
    assert folders.summary(run).status == "interrupted"
    step = step_of(run.checkpoint_names()[0])
    before = after_step(run, step)

    with command(*studio, f"a@{step}", "--resume") as process:
        wait_until_told(process, "saved")
        process.send_signal(signal.SIGINT)
        said = process.stderr.read() if process.stderr else ""
        assert process.wait(LIMIT) == 130
    assert "Resume with: tangshi-studio train --run a --resume" in said
    assert "Traceback" not in said
    assert folders.summary(run).status == "stopped"
    again = after_step(run, step)
    assert len(again) == 1
    assert again != before  # it took another time
    assert is_saved(run)


def test_a_run_under_torchrun_is_saved_and_stopped_by_a_signal_to_torchrun(home: Home) -> None:
    # "--": torchrun would take --run for an option of its own.
    studio = [*TORCHRUN, "-m", "--", "studio", "train", "--run", "a"]
    run = RunFolder(home.runs / "a")
    with command(*studio, *FOREVER) as process:
        wait_until_told(process, "saved")
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read() if process.stderr else ""
        assert process.wait(LIMIT) != 0
    assert "a: stopped at step" in said
    assert folders.summary(run).status == "stopped"
    assert is_saved(run)


def test_a_detached_run_on_two_devices_is_listed_and_stopped(tangshi: Run, home: Home) -> None:
    started = tangshi(
        "train", "--detach", "--devices", "cpu,cpu", "--run", "far", *FOREVER, "--json"
    )
    assert started.code == 0, started.err
    (row,) = tangshi("runs", "list", "--json").document["runs"]
    assert (row["status"], row["process"]["processes"]) == ("training", 2)
    assert psutil.Process(row["process"]["pid"]).ppid() == started.document["pid"]
    stopped = tangshi("runs", "stop", "far")
    assert stopped.code == 0
    assert "far: stopped at step" in stopped.err
    assert is_saved(folders.find(home.runs, "far"))


def test_a_detached_run_on_two_devices_is_stopped_before_they_have_started(home: Home) -> None:
    config = small("classic", epochs=5000, report_every=1)
    run = folders.create(home.runs, "far", config)
    process = processes.begin_detached(run, DetachedTraining(devices="cpu,cpu"))
    try:
        processes.request_stop(run)
        assert process.wait(LIMIT) == 0
    finally:
        # The processes that it has started get the signal from it.
        process.terminate()
        process.wait()
    assert folders.summary(run).status == "stopped"


def test_a_new_run_whose_process_is_killed_before_it_trains_is_not_to_be_resumed(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train_on(*arguments: Any) -> int:
        raise LostProcessError(arguments[-1]())

    monkeypatch.setattr("studio.runs.launching.train_on", train_on)
    result = tangshi("train", "--devices", "cpu", "--run", "a", *FOREVER)
    assert result.code == 1
    assert "deleted. Start it again." in result.err
    assert "--resume" not in result.err
    assert folders.all_runs(home.runs) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--devices", "gpu"], 2, "--devices takes numbers of GPUs"),
        (["--devices", "9" * 5000], 2, "--devices takes numbers of GPUs"),
        (["--devices", "0,,1"], 2, "--devices takes numbers of GPUs"),
        (["--devices", "0,cpu"], 2, "either GPUs or the processor"),
        (["--devices", "0,1,00"], 2, "names a GPU twice"),
        (["--devices", "98,99"], 2, "names GPU 98, but this machine has"),
        (["--devices", "cpu,cpu", "--resume", "--run", "nowhere"], 1, "no run called 'nowhere'"),
    ],
)
def test_devices_that_cannot_be_used_are_named(
    tangshi: Run, home: Home, arguments: list[str], code: int, message: str
) -> None:
    result = tangshi("train", *arguments)
    assert result.code == code
    assert message in result.err
    assert not folders.all_runs(home.runs)


def test_more_processes_than_rows_start_no_run(tangshi: Run, home: Home) -> None:
    few = ["--recipe", "classic", "--set", "batch_size=1"]
    result = tangshi("train", "--devices", "cpu,cpu", "--run", "a", *few)
    assert result.code == 1
    assert "A batch has 1 rows, too few for 2 processes" in result.err
    assert "--resume" not in result.err
    assert not folders.all_runs(home.runs)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        # The processes are started already.
        (["--devices", "cpu,cpu"], "cannot be used inside torchrun"),
        (["--detach"], "cannot be used inside torchrun"),
        # The other processes leave after the first run: a second one would wait for them in vain.
        (["--queue"], "torchrun trains one run"),
        (["--cell", "rnn,gru"], "torchrun trains one run"),
        (["--device", "cpu"], "torchrun trains one run"),
    ],
)
def test_torchrun_trains_one_run_in_the_processes_that_it_started(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch, option: list[str], reason: str
) -> None:
    monkeypatch.setenv(RUN_ID, "some-run")
    monkeypatch.setenv("RANK", "0")
    # One of several processes ends at once; this one is to stay.
    monkeypatch.setattr("os._exit", sys.exit)
    result = tangshi("train", *option)
    assert result.code == 2
    assert reason in result.err
    assert not folders.all_runs(home.runs)


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two GPUs")
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_two_gpus_have_the_losses_of_one_with_the_same_rows(
    tangshi: Run, home: Home, recipe: str
) -> None:
    few = ["--recipe", recipe, "--max-steps", "12", *SMALL, "--set", "precision=float32"]
    one, two = (
        tangshi("train", "--run", f"on-{len(devices)}", "--devices", devices, *few, "--json")
        for devices in ("0", "0,1")
    )
    assert (one.code, two.code) == (0, 0)
    assert two.document["losses"] == pytest.approx(one.document["losses"], rel=1e-3)
