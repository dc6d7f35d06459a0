"""Opening the studio. Textual is imported late: it reads environment variables when imported."""

import gc
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from studio.errors import TerminalError
from studio.paths import Home
from studio.settings import Settings, read_settings


def open_studio(watch: str = "") -> NoReturn:
    """Open the studio in the user's terminal, and end the process when it closes.

    `watch` is the name of a run to show first. Raises TerminalError if there is no terminal,
    ConfigError if the settings file is not valid.
    """
    _require_terminal()
    home = Home.default()
    settings = read_settings(home.settings)
    for name, value in terminal_variables(settings, os.environ).items():
        os.environ.setdefault(name, value)

    # Collecting garbage takes a tenth of the time to the first frame; the application enables it.
    gc.disable()
    from studio.tui.app import run_studio

    code = run_studio(home, settings, watch)
    # Everything is saved and the terminal restored. A normal exit would crash if a thread is still
    # building an index: the interpreter would stop it in the middle of foreign code.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _require_terminal() -> None:
    """Raise TerminalError unless all three streams are terminals: otherwise textual would hang.

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
    """The environment variables for textual: over SSH, fewer frames and no animation."""
    remote = "SSH_CONNECTION" in environment
    frames = settings.frames_per_second or (15 if remote else 60)
    variables = {"TEXTUAL_FPS": str(frames)}
    if remote:
        variables["TEXTUAL_ANIMATIONS"] = "none"
    return variables
