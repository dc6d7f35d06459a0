"""Real processes that hand a run over or are killed: no step is trained twice, none is lost."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from studio.model.events import StepDone
from studio.paths import Home
from studio.runs import folders, processes
from tests.small import small
from tests.ssh import Line, session_of, sshd
from tests.terminal import WITHOUT_MODEL, Terminal, environment
from tests.test_studio import losses, losses_without_a_stop, step_shown, wait_for


@pytest.fixture
def run(home: Home) -> Iterator[folders.Run]:
    """A run called far, so long that no test reaches its end; nobody trains it after the test."""
    config = small(epochs=4000, hidden=64, batch_size=32, validate_every=50, checkpoint_every=50)
    run = folders.create(home.runs, "far", config)
    yield run
    if process := run.process():
        os.kill(process.pid, signal.SIGKILL)


def assert_as_never_touched(home: Home, run: folders.Run, last: int) -> None:
    """The steps of a run are all there, once, with the losses of a run that was never stopped."""
    steps = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert steps == list(range(1, last + 1))
    assert losses(run) == losses_without_a_stop(home, run.config(), last)


def watching(home: Path) -> Terminal:
    """A studio that shows the run called far."""
    command = [*WITHOUT_MODEL, "runs", "watch", "far"]
    return Terminal(command, 80, 24, environment(str(home)))


def test_of_two_studios_that_take_a_run_over_one_trains_it_and_the_other_follows(
    home: Home, run: folders.Run, tmp_path: Path
) -> None:
    trainer = processes.train_detached(run)
    with watching(tmp_path) as one, watching(tmp_path) as other:
        for studio in (one, other):
            studio.wait(f"trained by process {trainer}")
        # Both at the same moment.
        os.write(one.file, b"t")
        os.write(other.file, b"t")

        def is_trained_by_a_studio() -> bool:
            process = run.process()
            return process is not None and process.pid in (one.pid, other.pid)

        wait_for(is_trained_by_a_studio)
        process = run.process()
        assert process is not None
        winner, loser = (one, other) if process.pid == one.pid else (other, one)
        loser.wait(f"trained by process {winner.pid}")
        before = step_shown(loser.text)
        loser.wait(lambda text: step_shown(text) > before)
        # Now the other takes it over, while the first looks on.
        loser.press("t")
        winner.wait(f"trained by process {loser.pid}")
        loser.wait("x Stop")
        loser.press("x")
        loser.wait("- stopped  far")
        winner.wait("- stopped  far")
    last = max(losses(run))
    assert run.checkpoint_names()[-1] == f"step-{last:08}"
    assert_as_never_touched(home, run, last)


def test_a_killed_process_leaves_no_run_in_training(run: folders.Run, tmp_path: Path) -> None:
    trainer = processes.train_detached(run)
    with watching(tmp_path) as studio:
        studio.wait(f"trained by process {trainer}")
        os.kill(trainer, signal.SIGKILL)
        studio.wait("- interrupted  far")
        assert folders.summary(run).status == "interrupted"
        assert run.process() is None
    # A studio that only looked on and is killed, too, changes nothing.
    assert folders.summary(run).status == "interrupted"
    trained, saved = max(losses(run)), run.checkpoint_names()[-1]
    assert trained - int(saved.removeprefix("step-")) <= run.config().train.checkpoint_every


@pytest.fixture
def line(home: Home, tmp_path: Path) -> Iterator[Line]:
    """A line to this machine; the home folder at its other end is the test's."""
    with sshd(tmp_path) as line:
        yield line


def resume(terminal: Terminal, run: folders.Run) -> int:
    """Resume the only run in the studio; the process that trains it."""
    terminal.wait("Search")
    terminal.press("2")
    terminal.wait("n New run")
    terminal.press("r")
    terminal.wait(run.name)
    terminal.press("u")
    terminal.wait(lambda text: step_shown(text) > 3)
    process = run.process()
    assert process is not None
    return process.pid


def succeeded(run: folders.Run, first: int) -> int:
    """Wait until another process than the first has trained some steps; that process."""
    seen = max(losses(run))

    def goes_on() -> bool:
        process = run.process()
        return process is not None and process.pid != first and max(losses(run)) > seen + 3

    wait_for(goes_on)
    process = run.process()
    assert process is not None
    return process.pid


def test_a_training_whose_line_is_cut_is_followed_and_taken_over_from_another(
    home: Home, run: folders.Run, line: Line
) -> None:
    with line.studio() as terminal:
        first = resume(terminal, run)
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.reap()
    second = succeeded(run, first)

    with line.studio("runs", "watch", "far") as terminal:
        terminal.wait(f"trained by process {second}")
        before = step_shown(terminal.text)
        terminal.wait(lambda text: step_shown(text) > before)
        # It finishes soon after it is taken over.
        last = max(losses(run)) + 100
        config = run.config()
        train = msgspec.structs.replace(config.train, max_steps=last)
        run.write_config(msgspec.structs.replace(config, train=train))
        terminal.press("t")
        terminal.wait("- finished  far")
        assert "trained by" not in terminal.text
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    assert folders.summary(run).status == "finished"
    assert_as_never_touched(home, run, last)


def test_a_training_outlives_the_server_of_its_line(
    home: Home, run: folders.Run, line: Line
) -> None:
    with line.studio() as terminal:
        first = resume(terminal, run)
        session_of(first).kill()
        terminal.drain()
        terminal.reap()
    succeeded(run, first)
    processes.request_stop(run)
    assert processes.wait_until_stopped(run, lambda: None)
    assert_as_never_touched(home, run, max(losses(run)))
