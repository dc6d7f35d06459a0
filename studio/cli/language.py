"""The language of a command: `--language`, else that of the settings, else that of the locale."""

import os
import tomllib
from contextlib import suppress

from studio.errors import ConfigError
from studio.files import read_regular
from studio.paths import Home
from studio.translation import language_for, use_language

_OPTION = "--language"
# As `read_settings` allows.
_MOST_BYTES = 2**20
_LANGUAGES = ("auto", "en", "zh")


def choose_language(arguments: list[str]) -> list[str]:
    """Speak the language; returns the arguments without `--language`, which stands first.

    Call it before the subcommands are imported: their help is made then. Raises ConfigError for an
    unknown language.
    """
    name, is_joined, value = arguments[0].partition("=") if arguments else ("", "", "")
    setting = ""
    if name == _OPTION:
        values = [value] if is_joined else arguments[1:2]
        arguments = arguments[1 if is_joined else 2 :]
        if not values or values[0] not in _LANGUAGES:
            raise ConfigError(f"{_OPTION} takes one of: {', '.join(_LANGUAGES)}.")
        setting = values[0]
    use_language(language_for(setting or _in_settings(), os.environ))
    return arguments


def _in_settings() -> str:
    """The setting; "auto" if the file cannot be used. The command that needs it says why."""
    with suppress(OSError, ValueError):
        settings = tomllib.loads(read_regular(Home.default().settings, _MOST_BYTES).decode())
        if settings.get("language") in _LANGUAGES:
            return str(settings["language"])
    return "auto"
