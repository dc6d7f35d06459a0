"""Opening the studio. Imports no textual itself: some of it is set before textual is imported."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from studio.errors import TerminalError
from studio.paths import Home
from studio.settings import Settings, read_settings


def open_studio() -> NoReturn:
    """Open the studio in the user's terminal; the process ends with it.

    Raises TerminalError where there is no terminal, ConfigError where the settings file cannot be
    used.
    """
    _require_terminal()
    home = Home.default()
    settings = read_settings(home.settings)
    for name, value in terminal_variables(settings, os.environ).items():
        os.environ.setdefault(name, value)

    from studio.tui.app import run_studio

    code = run_studio(home, settings)
    # All is saved and the terminal restored. A thread that still builds an index would abort the
    # interpreter's own way of ending, which unwinds it in the middle of foreign code.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _require_terminal() -> None:
    """Refuse to open where keys cannot be read or nothing be drawn: textual would hang there.

    Textual draws on standard error.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or not stream.isatty():
            words = {"stdin": "standard input", "stdout": "standard output"}
            raise TerminalError(
                f"The studio needs a terminal, and {words.get(name, 'standard error')} is not one. "
                "Start it in a terminal; over SSH with `ssh -t HOST tangshi-studio`. Without a "
                "terminal use the commands: see `tangshi-studio --help`."
            )


def terminal_variables(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What textual reads when it is imported: fewer frames and no animation over SSH."""
    remote = "SSH_CONNECTION" in environment
    frames = settings.frames_per_second or (15 if remote else 60)
    variables = {"TEXTUAL_FPS": str(frames)}
    if remote:
        variables["TEXTUAL_ANIMATIONS"] = "none"
    return variables
