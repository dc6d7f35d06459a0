"""Signals, and terminals that go away or never were there: nothing hangs, nothing is lost."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from studio.launched import RUN_ID
from studio.paths import Home
from studio.runs import folders
from studio.settings import Settings, write_settings
from tests.terminal import PATIENCE, STUDIO, Terminal, environment, studio
from tests.test_studio import losses, start_training

SIZE = (80, 24)
HANG_UP, TERMINATE, CONTINUE = signal.SIGHUP, signal.SIGTERM, signal.SIGCONT


def test_ctrl_c_before_the_command_is_loaded_ends_it_without_a_word() -> None:
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == sys.argv[1]:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from studio.__main__ import main\n"
        "main()\n"
    )
    for module in ("studio.cli", "studio.cli.command_line"):
        command = [sys.executable, "-c", program, module]
        ended = subprocess.run(command, capture_output=True, timeout=PATIENCE)
        assert (ended.returncode, ended.stderr) == (130, b"")


def test_ctrl_c_during_an_import_is_neither_hidden_nor_leaves_half_of_a_module(
    tmp_path: Path,
) -> None:
    (tmp_path / "hiding.py").write_text(
        "import os, signal\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    raise SystemExit('half a module') from None\n"
        "whole = True\n"
    )
    program = (
        "import signal, sys, time\n"
        "from studio.interrupts import end_at_interrupts, raise_interrupts\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "end_at_interrupts()\n"
        "raise_interrupts()\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "try:\n"
        "    import hiding\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(0 if sys.modules['hiding'].whole else 1)\n"
    )
    command = [sys.executable, "-c", program, tmp_path]
    ended = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_ctrl_c_that_becomes_another_error_in_c_code_is_ctrl_c() -> None:
    program = (
        "import os, signal\n"
        "from studio.cli.output import exit_codes\n"
        "from studio.interrupts import end_at_interrupts, raise_interrupts\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "end_at_interrupts()\n"
        "raise_interrupts()\n"
        "class Storage:\n"
        "    def __len__(self):\n"
        "        return 4\n"
        "    def __getitem__(self, at):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "with exit_codes():\n"
        "    import torch\n"
        "    torch.asarray(Storage(), dtype=torch.uint8)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (130, b"Interrupted.\n")


def test_ctrl_c_ends_one_of_several_processes_while_it_waits_for_the_others() -> None:
    program = (
        "import signal, sys\n"
        "from studio.interrupts import end_at_interrupts, raise_interrupts\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "end_at_interrupts()\n"
        "raise_interrupts()\n"
        "sys.exit(signal.getsignal(signal.SIGINT) != signal.SIG_DFL)\n"
    )
    launched = os.environ | {RUN_ID: "tests"}
    ended = subprocess.run([sys.executable, "-c", program], env=launched, timeout=PATIENCE)
    assert ended.returncode == 0


def send(terminal: Terminal, numbers: Sequence[signal.Signals]) -> None:
    """Send signals in quick succession."""
    for number in numbers:
        try:
            os.kill(terminal.pid, number)
        except ProcessLookupError:
            return
        time.sleep(0.02)


@pytest.mark.parametrize(
    "numbers",
    [
        (HANG_UP, HANG_UP, TERMINATE),
        (TERMINATE, CONTINUE, TERMINATE, HANG_UP),
        (signal.SIGINT, signal.SIGQUIT),
    ],
)
def test_signals_that_follow_the_first_change_nothing(
    home: Home, tmp_path: Path, numbers: Sequence[signal.Signals]
) -> None:
    write_settings(home.settings, Settings(on_hangup="stop"))
    with studio(str(tmp_path), *SIZE) as terminal:
        before = terminal.modes
        start_training(terminal, epochs=4000)
        send(terminal, numbers)
        terminal.drain()
        assert terminal.reap() == 128 + numbers[0]
        # The normal screen is back, with its cursor, and what is typed is shown again.
        assert terminal.modes == before
        assert terminal.output.rindex(b"\x1b[?1049l") > terminal.output.rindex(b"\x1b[?1049h")
        assert terminal.output.rindex(b"\x1b[?25h") > terminal.output.rindex(b"\x1b[?25l")
    (run,) = folders.all_runs(home.runs)
    assert folders.summary(run).status == "stopped"
    assert run.checkpoint_names()[-1] == f"step-{max(losses(run)):08}"


def test_a_signal_while_the_studio_quits_changes_nothing(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), *SIZE) as terminal:
        start_training(terminal, epochs=4000)
        terminal.press("q")
        terminal.wait("Save a checkpoint and quit?")
        terminal.press("y")
        terminal.wait(lambda text: "Save a checkpoint and quit?" not in text)
        terminal.hang_up()
        send(terminal, (HANG_UP, TERMINATE))
        terminal.reap()
    (run,) = folders.all_runs(home.runs)
    assert folders.summary(run).status == "stopped"


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_without_a_terminal_the_studio_says_so_and_ends(tmp_path: Path, closed: int) -> None:
    controller, terminal = pty.openpty()
    streams: list[int] = [terminal] * 3
    streams[closed] = subprocess.DEVNULL
    if closed != 2:
        streams[2] = subprocess.PIPE
    ended = subprocess.run(
        STUDIO,
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        env=environment(str(tmp_path)),
        timeout=PATIENCE,
    )
    os.close(controller)
    os.close(terminal)
    assert ended.returncode == 1
    if closed != 2:
        assert b"needs a terminal" in ended.stderr
        assert b"ssh -t" in ended.stderr


def test_a_terminal_that_goes_without_a_signal_ends_the_studio(home: Home, tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    # Not the process's controlling terminal: the system sends no SIGHUP when it closes.
    process = subprocess.Popen(
        STUDIO,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(str(tmp_path)),
        start_new_session=True,
    )
    os.close(terminal)
    seen = b""
    while b"?1049h" not in seen:
        seen += os.read(controller, 65536)
    os.close(controller)
    assert process.wait(PATIENCE) == 128 + signal.SIGHUP


def is_whole(text: str) -> bool:
    """Whether the studio is drawn from its first line to its last, and nothing of the shell."""
    parts = ("1 Corpus", "No poems yet", "then Enter", "q Quit", "? Help")
    return all(part in text for part in parts) and "shell>" not in text


def test_ctrl_z_goes_to_the_shell_and_fg_brings_the_studio_back(tmp_path: Path) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, *SIZE, environment(str(tmp_path)) | {"PS1": "shell> "}) as terminal:
        terminal.wait("shell>")
        terminal.press(f"{sys.executable} -m studio\r")
        terminal.wait(is_whole)
        terminal.press("\x1a")
        terminal.wait("Stopped")
        # A frame that was being written may have left the cursor anywhere in the studio's screen.
        terminal.press("clear; echo $((6 * 7))\r")
        terminal.wait("42\n")
        terminal.press("fg\r")
        terminal.wait(is_whole)
        terminal.press("q")
        terminal.wait("shell>")


def test_a_studio_stopped_and_continued_from_elsewhere_waits_for_fg(tmp_path: Path) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, *SIZE, environment(str(tmp_path)) | {"PS1": "shell> "}) as terminal:
        terminal.wait("shell>")
        terminal.press(f"{sys.executable} -m studio\r")
        terminal.wait(is_whole)
        (process,) = psutil.Process(terminal.pid).children()
        process.send_signal(signal.SIGSTOP)
        terminal.wait("Stopped")
        before = process.num_ctx_switches()
        process.send_signal(signal.SIGCONT)
        # In the background it stops again, as soon as it has seen that the shell has the terminal.
        end = time.monotonic() + PATIENCE
        while process.num_ctx_switches() == before or process.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < end, "it went on in the background"
            time.sleep(0.02)
        # A frame that was being written may have left the cursor anywhere in the studio's screen.
        terminal.press("clear; echo $((6 * 7))\r")
        terminal.wait("42\n")
        terminal.press("fg\r")
        terminal.wait(is_whole)
        terminal.press("q")
        terminal.wait("shell>")


def test_ctrl_z_without_a_shell_leaves_the_studio_open(tmp_path: Path) -> None:
    with studio(str(tmp_path), *SIZE) as terminal:
        terminal.wait("corpus fetch")
        terminal.press("\x1a")
        terminal.wait("Cannot suspend")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
