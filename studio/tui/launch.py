"""Opening the studio. Textual is imported late: it reads environment variables when imported."""

import gc
import os
import sys
from collections.abc import Mapping
from typing import Literal, NoReturn

import msgspec

from studio.errors import TerminalError
from studio.paths import Home
from studio.settings import Settings, read_settings
from studio.translation import marked, tr

# Terminals that have truecolor in every version, by their TERM.
_TRUECOLOR = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
_STREAMS = {
    "stdin": marked("standard input"),
    "stdout": marked("standard output"),
    "stderr": marked("standard error"),
}
_SYSTEMS = {"auto": "auto", "truecolor": "truecolor", "256": "256", "16": "standard"}


def open_studio(watch: str = "") -> NoReturn:
    """Open the studio in the user's terminal, and end the process when it closes.

    `watch` is the name of a run to show first. Raises TerminalError if the terminal cannot show it,
    ConfigError if the settings file is not valid.
    """
    _require_terminal()
    home = Home.default()
    settings = suited_to(os.environ, read_settings(home.settings))
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
    for name, words in _STREAMS.items():
        stream = getattr(sys, name)
        if stream is None or not stream.isatty():
            raise TerminalError(
                tr(
                    "The studio needs a terminal, and {stream} is not one. Start it in a terminal; "
                    "over SSH with `ssh -t HOST tangshi-studio`. Without a terminal use the "
                    "commands: see `tangshi-studio --help`.",
                    stream=tr(words),
                )
            )
    if (term := os.environ.get("TERM", "").lower()) in ("dumb", "unknown"):
        raise TerminalError(
            tr(
                "The terminal says TERM={term}: it cannot move the cursor, so the studio cannot be "
                "drawn. If it can, set TERM, for example with `export TERM=xterm-256color`. If "
                "not, use the commands: see `tangshi-studio --help`.",
                term=term,
            )
        )


def suited_to(environment: Mapping[str, str], settings: Settings) -> Settings:
    """The settings, with a decision where they leave it to the terminal."""
    colour = colours_of(environment) if settings.colour == "auto" else settings.colour
    # The console of Linux has no font with braille.
    plain = settings.plain_charts or environment.get("TERM") == "linux"
    return msgspec.structs.replace(settings, colour=colour, plain_charts=plain)


def colours_of(environment: Mapping[str, str]) -> Literal["truecolor", "256", "16"]:
    """How many colours the terminal claims. SSH carries TERM, but not COLORTERM."""
    term = environment.get("TERM", "").lower()
    # GNU screen passes COLORTERM on from the terminal around it, but not the colours.
    claimed = "" if "STY" in environment else environment.get("COLORTERM", "").strip().lower()
    if claimed in ("truecolor", "24bit") or term in _TRUECOLOR or term.endswith("-direct"):
        return "truecolor"
    return "256" if "256color" in term else "16"


def terminal_variables(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables for textual: colours; over SSH, fewer frames and no animation."""
    remote = "SSH_CONNECTION" in environment
    frames = settings.frames_per_second or (15 if remote else 60)
    variables = {"TEXTUAL_FPS": str(frames), "TEXTUAL_COLOR_SYSTEM": _SYSTEMS[settings.colour]}
    if remote:
        variables["TEXTUAL_ANIMATIONS"] = "none"
    return variables
