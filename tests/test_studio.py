"""The studio by keyboard alone, in a real pseudo-terminal, with the real worker."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.model.config import RunConfig
from studio.model.events import StepDone
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.session import start_run
from studio.settings import Settings, write_settings
from studio.tui.themes import greys, palette
from tests.terminal import PATIENCE, STUDIO, Terminal, studio

TAB, ENTER = "\t", "\r"
# Reports of buttons, drags, all moves, and their formats.
MOUSE_MODES = (1000, 1002, 1003, 1006, 1015)
SMALL, WIDE = (80, 24), (160, 48)


def start_training(terminal: Terminal, epochs: int) -> None:
    """Go to the training pane, set the epochs, start, and wait for the first report."""
    terminal.wait("Search")
    terminal.press("2")
    terminal.wait("n New run")
    terminal.press("/", *"epochs", ENTER)
    terminal.press(*str(epochs), ENTER)
    terminal.wait(lambda text: f"/{epochs}" in text and step_shown(text) > 0)


def step_shown(text: str) -> int:
    """The step that the progress line tells, 0 without one."""
    found = re.search(r"step ([\d,]+)/", text)
    return int(found[1].replace(",", "")) if found else 0


def losses(run: folders.Run) -> dict[int, float]:
    return {event.step: event.loss for event in run.events() if isinstance(event, StepDone)}


def wait_for(happened: Callable[[], bool]) -> None:
    """Look until it has happened."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


def losses_without_a_stop(home: Home, config: RunConfig, steps: int) -> dict[int, float]:
    """The same run, never stopped."""
    session = start_run(home, "whole", config)
    for _ in session.steps():
        if session.trainer.progress.step == steps:
            break
    session.save()
    session.close()
    return losses(folders.find(home.runs, "whole"))


def test_train_write_quit_and_resume_in_another_terminal(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), *SMALL, STUDIO) as terminal:
        # Who has done nothing yet is greeted.
        terminal.wait("Welcome")
        start_training(terminal, epochs=4000)
        terminal.press("3")
        terminal.wait("Setup")
        terminal.press("月", ENTER)
        # The poem of the day is gone, and the one asked for is there.
        terminal.wait(lambda text: "per character" in text and "poem of the day" not in text)
        assert "月" in terminal.text
        terminal.press("q")
        terminal.wait("Save a checkpoint and quit?")
        terminal.press("y")
        assert terminal.wait_for_exit() == 0
    (run,) = folders.all_runs(home.runs)
    first = max(losses(run))
    assert folders.summary(run).status == "stopped"
    assert run.checkpoint_names()[-1] == f"step-{first:08}"

    with studio(str(tmp_path), *WIDE) as terminal:
        terminal.wait("Search")
        terminal.press("2")
        terminal.wait("n New run")
        terminal.press("r")
        terminal.wait("stopped")
        terminal.press("u")
        terminal.wait(lambda text: step_shown(text) >= first + 2)
        terminal.press("x")
        terminal.wait("- stopped")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Welcome" not in terminal.output
    resumed = losses(run)
    last = max(resumed)
    assert last >= first + 2
    assert resumed == losses_without_a_stop(home, run.config(), last)


def test_a_terminal_that_is_closed_costs_nothing_learnt(home: Home, tmp_path: Path) -> None:
    write_settings(home.settings, Settings(on_hangup="stop"))
    with studio(str(tmp_path), *WIDE) as terminal:
        start_training(terminal, epochs=4000)
        terminal.hang_up()
        assert terminal.reap() == 128 + signal.SIGHUP
    (run,) = folders.all_runs(home.runs)
    assert folders.summary(run).status == "stopped"
    assert run.checkpoint_names()[-1] == f"step-{max(losses(run)):08}"


def test_a_run_left_training_goes_on_without_the_studio(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), *SMALL) as terminal:
        start_training(terminal, epochs=4000)
        terminal.press("q")
        terminal.wait("Leave it training (l)")
        terminal.press("l")
        assert terminal.wait_for_exit() == 0
        assert re.search(r"Process \d+ trains classic-lstm-", terminal.text)
    (run,) = folders.all_runs(home.runs)
    first = max(losses(run))
    wait_for(lambda: max(losses(run)) >= first + 3)
    processes.request_stop(run)
    processes.wait_until_stopped(run, lambda: None)
    resumed = losses(run)
    assert resumed == losses_without_a_stop(home, run.config(), max(resumed))


def test_without_poems_the_studio_opens_and_says_what_to_do(tmp_path: Path) -> None:
    with studio(str(tmp_path), *SMALL) as terminal:
        terminal.wait("corpus fetch")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


@pytest.mark.parametrize("mouse", [True, False])
def test_the_mouse_is_left_to_the_terminal_where_the_settings_say_so(
    tmp_path: Path, mouse: bool
) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text(f"mouse = {str(mouse).lower()}\n")
    with studio(str(tmp_path), *SMALL) as terminal:
        terminal.wait("corpus fetch")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    turned_on = [mode for mode in MOUSE_MODES if b"\x1b[?%dh" % mode in terminal.output]
    assert bool(turned_on) == mouse


def colours_written(terminal: Terminal) -> set[str]:
    """The parameters of every escape sequence that sets a colour, such as 31 or 38;5;74."""
    found: set[str] = set()
    for sequence in re.findall(rb"\x1b\[([\d;]*)m", bytes(terminal.output)):
        for colour in re.findall(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+", sequence.decode()):
            if len(colour) > 1:
                found.add(colour)
    return found


SIXTEEN = {f"{tens}{ones}" for tens in (3, 4, 9, 10) for ones in range(8)}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"TERM": "xterm-256color"},
            {f"{layer}8;5;{number}" for layer in (3, 4) for number in palette("ink", "256")},
        ),
        ({"TERM": "screen"}, SIXTEEN),
        (
            {"TERM": "xterm-256color", "NO_COLOR": "1"},
            {f"{layer}8;5;{number}" for layer in (3, 4) for number in greys("256")},
        ),
    ],
)
def test_the_terminal_gets_only_colours_that_it_can_show(
    home: Home, tmp_path: Path, variables: dict[str, str], expected: set[str]
) -> None:
    with studio(str(tmp_path), *SMALL, **{"COLORTERM": "", **variables}) as terminal:
        terminal.wait("/ Search")
        terminal.press("?")
        terminal.wait("Keys and glossary")
        terminal.press("q")
        terminal.wait(lambda text: "Keys and glossary" not in text)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    written = colours_written(terminal)
    assert len(written) > 5
    assert written <= expected


def test_the_console_of_linux_is_said_to_show_no_chinese(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), *SMALL, COLORTERM="", TERM="linux") as terminal:
        terminal.wait("console of Linux")
    assert colours_written(terminal) <= SIXTEEN


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_the_cursor_is_an_error(tmp_path: Path, term: str) -> None:
    with studio(str(tmp_path), *SMALL, TERM=term) as terminal:
        assert terminal.wait_for_exit() == 1
    assert f"TERM={term}" in terminal.text
    assert "tangshi-studio --help" in terminal.text


def test_settings_that_cannot_be_used_are_an_error_and_stay_as_they_are(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text("theme = 'neon'\n")
    with studio(str(tmp_path), *SMALL) as terminal:
        assert terminal.wait_for_exit() == 1
        assert "settings.toml" in terminal.text
    assert settings.read_text() == "theme = 'neon'\n"


def test_a_training_outlives_its_terminal(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), *WIDE) as terminal:
        start_training(terminal, epochs=4000)
        terminal.hang_up()
        assert terminal.reap() == 128 + signal.SIGHUP
    (run,) = folders.all_runs(home.runs)
    first = max(losses(run))
    wait_for(lambda: max(losses(run)) >= first + 3)
    process = run.process()
    assert process is not None
    assert process.pid != terminal.pid
    summary = folders.summary(run)
    assert summary.status == "training"
    assert summary.seconds_left is not None
    processes.request_stop(run)
    processes.wait_until_stopped(run, lambda: None)
    assert folders.summary(run).status == "stopped"
    resumed = losses(run)
    assert run.checkpoint_names()[-1] == f"step-{max(resumed):08}"
    assert resumed == losses_without_a_stop(home, run.config(), max(resumed))
