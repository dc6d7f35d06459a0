"""The user's settings, in one TOML file. Imports no torch, no textual."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import tomli_w
from msgspec import Meta

from studio.documents import read_toml
from studio.errors import ConfigError
from studio.files import write_atomically
from studio.translation import tr
from studio.verse.request import USUAL, ComposeRequest


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user's choices. `keymap` maps the id of a key binding to its keys."""

    # The language of everything but a report; "auto" goes by LC_ALL, LC_MESSAGES and LANG.
    language: Literal["auto", "en", "zh"] = "auto"
    theme: Literal["ink", "paper", "slate"] = "ink"
    # How many colours the terminal shows; "auto" asks TERM and COLORTERM.
    colour: Literal["auto", "truecolor", "256", "16"] = "auto"
    # "auto" puts the panes side by side if the terminal is wide enough.
    layout: Literal["auto", "columns", "single"] = "auto"
    # Plain characters, for terminals whose font has no braille.
    plain_charts: bool = False
    # False leaves the mouse to the terminal, so that it can select and copy text.
    mouse: bool = True
    # What a training in the studio does when the terminal closes.
    on_hangup: Literal["continue", "stop"] = "continue"
    # How to call a person who is elsewhere when a training ends or fails.
    notify: Literal["auto", "bell", "off"] = "auto"
    # The language of a report that is written from the training pane; "auto" is the studio's.
    report_language: Literal["auto", "en", "zh"] = "auto"
    # Where files were exported to last; "": to the working directory.
    export_folder: str = ""
    frames_per_second: Annotated[int, Meta(ge=0, le=60)] = 0  # 0: 60, or 15 over SSH
    mirror: str = ""  # where to fetch the corpus from without npm; "": the manifest's mirror
    keymap: dict[str, str] = {}
    request: ComposeRequest = USUAL


def read_settings(path: Path) -> Settings:
    """Read the file; the defaults if there is none. Raises ConfigError that names file and key."""
    try:
        path.stat()
    except FileNotFoundError:
        return Settings()
    except OSError:
        pass  # read_toml reports it
    remedy = tr("Correct it, or delete the file to return to the defaults.")
    return read_toml(path, Settings, ConfigError, remedy, _complete)


def _complete(document: dict[str, Any]) -> None:
    """Ask for what is usual where an older studio, which did not know it, wrote the request."""
    request = document.get("request")
    if isinstance(request, dict):
        request.setdefault("drafts", USUAL.drafts)
        for part in ("sampling", "ranking"):
            values = request.setdefault(part, {})
            if isinstance(values, dict):
                for name, value in msgspec.to_builtins(getattr(USUAL, part)).items():
                    values.setdefault(name, value)


def write_settings(path: Path, settings: Settings) -> None:
    """Write the file, atomically."""
    table = msgspec.to_builtins(settings)
    write_atomically(path, tomli_w.dumps(table).encode())
