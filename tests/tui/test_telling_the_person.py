"""What a real pseudo-terminal gets besides the screen: title, progress, notices."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from textual.events import AppBlur

from studio.messages import Failed, Trained
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.runs import folders, processes
from studio.settings import Settings, write_settings
from studio.tui.app import StudioApp
from tests.terminal import STUDIO, WITHOUT_MODEL, Terminal, environment
from tests.test_studio import start_training
from tests.tui.conftest import Open
from tests.tui.fake_worker import FakeWorker, a_run
from tests.tui.only import OnlyTraining

SIZE = (80, 24)
SAVED, RESTORED = b"\x1b[22;0t", b"\x1b[23;0t"
ASKED = b"\x1b[>q"
FOCUS_LOST = "\x1b[O"


def ghostty(home: Path) -> dict[str, str]:
    return environment(str(home)) | {"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.0"}


def sequences(output: bytes) -> list[bytes]:
    """The title, progress and notices in the output, in order, without repetitions of a kind."""
    found = re.findall(rb"\x1b\[2[23];0t|\x1b\](?:2|9|777);[^\x1b]*\x1b\\", output)
    kinds = [re.sub(rb"\d+%|(?<=9;4;[14];)\d+", b"N", each) for each in found]
    return [each for at, each in enumerate(kinds) if not at or each not in kinds[:at][-2:]]


@pytest.mark.parametrize("end", ["q", "SIGTERM"])
def test_title_and_progress_are_shown_and_removed_at_every_end(
    home: Home, tmp_path: Path, end: str
) -> None:
    with Terminal(WITHOUT_MODEL, *SIZE, ghostty(tmp_path)) as terminal:
        start_training(terminal, epochs=4000)
        terminal.wait(lambda _: "%" in terminal.screen.title)
        assert re.fullmatch(r"classic-lstm-\S+ \d+% - tangshi-studio", terminal.screen.title)
        if end == "q":
            terminal.press("q")
            terminal.wait("Save a checkpoint and quit?")
            terminal.press("y")
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait_for_exit()
    written = sequences(bytes(terminal.output))
    assert written[:2] == [SAVED, b"\x1b]2;tangshi-studio\x1b\\"]
    assert b"\x1b]9;4;1;N\x1b\\" in written
    assert ASKED not in terminal.output
    # Nothing is shown after the last progress was removed, and the title is the terminal's own.
    last = terminal.output.rindex(b"\x1b]9;4;")
    assert terminal.output[last:].startswith(b"\x1b]9;4;0\x1b\\")
    assert terminal.output.count(SAVED) == terminal.output.count(RESTORED) == 1
    assert b"\x1b]2;" not in terminal.output[terminal.output.index(RESTORED) :]


def test_a_suspended_studio_gives_title_and_progress_back_and_takes_them_again(
    home: Home, tmp_path: Path
) -> None:
    # The shell is killed in the end: then nobody is to train on.
    write_settings(home.settings, Settings(on_hangup="stop"))
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, *SIZE, ghostty(tmp_path) | {"PS1": "shell> "}) as terminal:
        terminal.wait("shell>")
        terminal.press(f"{sys.executable} -m studio\r")
        start_training(terminal, epochs=4000)
        terminal.wait(lambda _: "%" in terminal.screen.title)
        terminal.press("\x1a")
        terminal.wait("Stopped")
        at = len(terminal.output)
        assert sequences(bytes(terminal.output))[-2:] == [b"\x1b]9;4;0\x1b\\", RESTORED]
        terminal.press("fg\r")
        terminal.wait("q Quit")
        again = sequences(bytes(terminal.output[at:]))
        assert again[0] == SAVED
        assert again[1].endswith(b"N - tangshi-studio\x1b\\")
        assert again[2] == b"\x1b]9;4;1;N\x1b\\"


CRASH = """
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from tests.tui.fake_worker import FakeWorker
class Broken(StudioApp):
    def _start(self):
        self.show_in_terminal("spring 45%", 0.45, False)
        raise ValueError("a bug")
Broken(Home.default(), Settings(), FakeWorker).run()
"""


def test_a_crash_leaves_neither_title_nor_progress(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-c", CRASH], *SIZE, ghostty(tmp_path)) as terminal:
        terminal.wait_for_exit()
    written = sequences(bytes(terminal.output))
    assert b"a bug" in terminal.output
    assert b"\x1b]9;4;1;N\x1b\\" in written
    assert written[-2:] == [b"\x1b]9;4;0\x1b\\", RESTORED]


def test_a_terminal_known_only_by_its_answer_shows_the_progress(home: Home, tmp_path: Path) -> None:
    with Terminal(WITHOUT_MODEL, *SIZE, environment(str(tmp_path))) as terminal:
        start_training(terminal, epochs=4000)
        terminal.wait(lambda _: ASKED in terminal.output)
        assert b"\x1b]9;" not in terminal.output
        terminal.press("\x1bP>|ghostty 1.2.0\x1b\\")
        terminal.wait(lambda _: b"\x1b]9;4;1;" in terminal.output)
        # Nothing of the answer was taken for a key: 1 would show the corpus.
        assert "epoch" in terminal.text


@pytest.mark.parametrize("away", [True, False])
def test_a_person_who_is_elsewhere_is_called_when_the_run_ends(
    home: Home, tmp_path: Path, away: bool
) -> None:
    with Terminal(WITHOUT_MODEL, *SIZE, ghostty(tmp_path)) as terminal:
        start_training(terminal, epochs=4000)
        if away:
            terminal.press(FOCUS_LOST)
        (run,) = folders.all_runs(home.runs)
        processes.request_stop(run)
        terminal.wait("- stopped")
        terminal.press("q")
        terminal.wait_for_exit()
    notices = re.findall(rb"\x1b\]777;notify;tangshi-studio;[^\x1b]*\x1b\\", terminal.output)
    assert len(notices) == away
    if away:
        assert re.search(rb"classic-lstm-\S+ stopped at step \d+", notices[0])


async def test_where_there_is_no_terminal_nothing_is_written(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[FakeWorker] = []

    def hire(*arguments: object) -> FakeWorker:
        workers.append(FakeWorker(*arguments))  # type: ignore[arg-type]
        return workers[0]

    app = StudioApp(home, Settings(), hire)
    async with app.run_test(size=SIZE) as pilot:
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.app_focus = False
        workers[0].start_run()
        workers[0].train(a_run(20))
        await pilot.pause()
        await asyncio.sleep(0)
        assert app.run_in_training.step == 20
    assert not [text for text in written if "\x1b]" in text or "\a" in text]


async def test_the_person_is_called_when_a_run_diverges_and_when_its_disk_is_full(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, str]] = []
    monkeypatch.setattr(StudioApp, "notify_if_away", lambda _, *words: called.append(words))
    async with open_studio(SIZE, studio=OnlyTraining, notify="bell") as studio:
        studio.worker.start_run()
        ended = TrainingEnded(40, "diverged", "The loss is not a number.")
        studio.worker.report(Trained("spring", ended))
        studio.worker.report(Failed("saving", "No space left on device. spring is paused."))
        # A poem that fails is no reason to call anybody.
        studio.worker.report(Failed("writing", "There is no model.", ticket=3))
        await studio.settle()
    assert called == [
        ("spring diverged at step 40: The loss is not a number.", "bell"),
        ("Failed: saving: No space left on device. spring is paused.", "bell"),
    ]


async def test_a_person_is_away_without_the_focus_or_without_a_key_for_long(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_studio(SIZE, studio=OnlyTraining) as studio:
        await studio.press("2")
        assert not studio.app.is_person_away
        studio.app.post_message(AppBlur())
        await studio.settle()
        assert studio.app.is_person_away
        await studio.press("2")
        assert not studio.app.is_person_away
        monkeypatch.setattr("studio.tui.terminal_app.AWAY_AFTER", 0.0)
        assert studio.app.is_person_away


def test_a_training_in_a_pipe_writes_no_sequence(home: Home) -> None:
    ended = subprocess.run(
        [*STUDIO, "train", "--recipe", "classic", "--max-steps", "2", "--set", "hidden=8"],
        capture_output=True,
        env=ghostty(home.data.parent),
        check=True,
    )
    assert b"\x1b" not in ended.stdout + ended.stderr
    assert b"\a" not in ended.stdout + ended.stderr
