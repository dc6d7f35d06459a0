"""Everything that takes part in a training over ssh is killed: `python -m tests.soak.lines`.

A studio or a process without a terminal trains, and another studio looks on. At each moment one of
them, the ssh client or sshd's session is killed (`kill -9`). Each time the run is trained by a
living process or by none, as `runs list` says, and has lost nothing but the steps since its last
checkpoint. In the end its losses are those of a run that was never touched.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import torch

from studio.model.events import StepDone
from studio.paths import HOME_VARIABLE, Home
from studio.runs import folders, processes
from studio.runs.folders import Run
from studio.runs.session import start_run
from tests.small import small
from tests.soak.person import home_of_nonsense
from tests.ssh import Line, session_of, sshd
from tests.terminal import WITHOUT_MODEL, Terminal
from tests.test_handing_over import resume

CONFIG = small(epochs=100_000, hidden=64, batch_size=32, validate_every=50, checkpoint_every=50)
LIMIT = 120.0  # seconds until what should happen will not


class Soak:
    """A run, and those that train and watch it."""

    def __init__(self, run: Run, line: Line, draw: random.Random) -> None:
        self.run, self.line, self.draw = run, line, draw
        self.studio: Terminal | None = None
        self.watcher: Terminal | None = None

    def train(self) -> str:
        """Let somebody train the run, the one before or another; returns who."""
        self._reap()
        if self.run.is_busy() and self.draw.random() < 0.5:
            return "the same"
        # A studio takes a run over that is trained, and resumes one that is not.
        if self.draw.random() < 0.6:
            self._leave()
            if self.run.is_busy():
                self.studio = self.line.studio("runs", "watch", self.run.name)
                self.studio.wait("Take over")
                self.studio.press("t")
            else:
                self.studio = self.line.studio()
                resume(self.studio, self.run)
            pid = self._trained_by(lambda pid: pid in self._studio_processes())
            return f"a studio, {pid}"
        if self.run.is_busy():
            processes.request_stop(self.run)
            processes.wait_until_stopped(self.run, lambda: None)
        self._leave()
        return f"a detached process, {processes.train_detached(self.run)}"

    def watch(self) -> None:
        """Let another studio look on."""
        if self.watcher is None:
            self.watcher = self.line.studio("runs", "watch", self.run.name)
            self.watcher.wait("far")

    def kill(self) -> str:
        """Kill one of them; returns which."""
        process = self.run.process()
        trainer = process.pid if process else 0
        victims = ["watcher", "session of the watcher"]
        if trainer in self._studio_processes():
            victims += ["studio", "client", "session"] * 2
        elif trainer:
            victims += ["detached"] * 3
        victim = self.draw.choice(victims)
        before = max(steps_of(self.run), default=0)
        match victim:
            case "watcher" | "session of the watcher":
                assert self.watcher
                (looks,) = studios_of(self.watcher)
                (psutil.Process(looks) if victim == "watcher" else session_of(looks)).kill()
                self.watcher.__exit__()
                self.watcher = None
                if trainer:
                    await_that(lambda: max(steps_of(self.run)) > before, "it goes on")
                    assert self.run.process().pid == trainer  # type: ignore[union-attr]
            case "client" | "session":
                assert self.studio
                session = session_of(trainer)
                pid = self.studio.pid if victim == "client" else session.pid
                os.kill(pid, signal.SIGKILL)
                self._trained_by(lambda pid: pid != trainer)
                await_that(lambda: max(steps_of(self.run)) > before, "it goes on")
            case _:
                os.kill(trainer, signal.SIGKILL)
                await_that(lambda: not self.run.is_busy(), "nobody trains")
                assert folders.summary(self.run).status == "interrupted"
        return victim

    def check(self) -> None:
        """The list of runs tells the truth, and nothing is lost but since the last checkpoint."""
        (row,) = listed()
        process = row["process"]
        if process:
            assert psutil.pid_exists(process["pid"]), row
            assert psutil.Process(process["pid"]).status() != psutil.STATUS_ZOMBIE, row
        else:
            assert row["status"] in ("interrupted", "stopped"), row
        steps = steps_of(self.run)
        assert steps == list(range(1, len(steps) + 1))
        saved = int(self.run.checkpoint_names()[-1].removeprefix("step-"))
        assert len(steps) - saved <= CONFIG.train.checkpoint_every + 1, (len(steps), saved)

    def _studio_processes(self) -> list[int]:
        return studios_of(self.studio) if self.studio else []

    def _trained_by(self, who: Callable[[int], bool]) -> int:
        def trained() -> bool:
            process = self.run.process()
            return process is not None and process.state == "training" and who(process.pid)

        await_that(trained, "somebody trains")
        process = self.run.process()
        assert process
        return process.pid

    def _reap(self) -> None:
        """Forget a studio that has ended."""
        if self.studio and not self._studio_processes():
            self._leave()

    def _leave(self) -> None:
        """End the studio that trained; a run in training goes on."""
        if self.studio:
            busy = self.run.is_busy()
            self.studio.__exit__()
            self.studio = None
            if busy:
                self._trained_by(lambda _: True)


def studios_of(terminal: Terminal) -> list[int]:
    """The studio at the other end of the line of this client."""
    try:
        ours = psutil.Process(terminal.pid).net_connections()[0].laddr.port
    except (psutil.Error, IndexError):
        return []
    return [
        each.pid
        for each in psutil.process_iter(["cmdline", "environ"])
        if {"studio", WITHOUT_MODEL[-1]} & {*(each.info["cmdline"] or [])}
        and f" {ours} " in (each.info["environ"] or {}).get("SSH_CONNECTION", "")
        and "--resume" not in each.info["cmdline"]
    ]


def steps_of(run: Run) -> list[int]:
    return [event.step for event in run.events() if isinstance(event, StepDone)]


def listed() -> list[dict[str, dict[str, int] | str]]:
    command = [sys.executable, "-m", "studio", "runs", "list", "--json"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return json.loads(output)["runs"]  # type: ignore[no-any-return]


def await_that(happens: Callable[[], bool], what: str) -> None:
    """Look until it happens."""
    end = time.monotonic() + LIMIT
    while not happens():
        if time.monotonic() > end:
            raise SystemExit(f"it never came to this: {what}")
        time.sleep(0.05)


def main() -> None:
    """Kill until it is enough, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    os.environ["OMP_NUM_THREADS"] = "1"
    killed: Counter[str] = Counter()
    for root in home_of_nonsense():
        os.environ[HOME_VARIABLE] = str(root)
        home = Home(root / "data", root / "config", root / "cache")
        run = folders.create(home.runs, "far", CONFIG)
        with sshd(Path(root)) as line:
            soak = Soak(run, line, draw)
            while killed.total() < options.times:
                who = soak.train()
                soak.watch()
                time.sleep(draw.random() * 3)
                victim = soak.kill()
                killed[victim] += 1
                soak.check()
                print(
                    f"{killed.total()}: trained by {who}; killed: {victim}; step "
                    f"{len(steps_of(run))}, {folders.summary(run).status}",
                    flush=True,
                )
            for terminal in filter(None, (soak.watcher, soak.studio)):
                terminal.__exit__()
            time.sleep(2)
            if run.is_busy():
                processes.request_stop(run)
                processes.wait_until_stopped(run, lambda: None)
        last = steps_of(run)
        _compare(home, run, last[-1])
    print(f"{killed.total()} kills ({dict(killed)}), {len(last)} steps: all equal")


def _compare(home: Home, run: Run, last: int) -> None:
    """Fail if the losses are not those of a run that was never touched."""
    torch.set_num_threads(1)  # as the processes that trained
    session = start_run(home, "whole", run.config())
    for _ in session.steps():
        if session.trainer.progress.step == last:
            break
    session.close()
    whole = folders.find(home.runs, "whole")
    ours, theirs = (
        [(event.step, event.loss) for event in each.events() if isinstance(event, StepDone)]
        for each in (run, whole)
    )
    if ours != theirs:
        step = next(one[0] for one, other in zip(ours, theirs, strict=True) if one != other)
        raise SystemExit(f"from step {step} the losses differ from those of a run never touched")


if __name__ == "__main__":
    main()
