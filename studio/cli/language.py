"""The language of a command: `--language`, else that of the settings, else that of the locale."""

import os
import tomllib
from contextlib import suppress
from itertools import takewhile

from studio.errors import ConfigError
from studio.files import read_regular
from studio.paths import Home
from studio.translation import language_for, tr, use_language

_OPTION = "--language"
# As `read_settings` allows.
_MOST_BYTES = 2**20
_LANGUAGES = ("auto", "en", "zh")
# The language of a report is an option of these commands.
_HAVE_THEIR_OWN = ("report", "compare")


def choose_language(arguments: list[str]) -> list[str]:
    """Speak the language; returns the arguments without `--language`, wherever it is.

    Call it before the subcommands are imported, because their help is made then, and before the
    arguments are checked, because errors in them are in this language too. Raises ConfigError for
    an unknown language.

    JSON is for programs, and is the same in every language.
    """
    use_language(language_for(_in_settings(), os.environ))
    options = list(takewhile(lambda each: each != "--", arguments))
    places = (at for at, each in enumerate(options) if each.partition("=")[0] == _OPTION)
    if (place := next(places, None)) is not None:
        # A run may have the name of a command.
        command = next((each for each in options[:place] if not each.startswith("-")), "")
        is_of_command = command in _HAVE_THEIR_OWN
        _, is_joined, value = arguments[place].partition("=")
        after = place + (1 if is_joined else 2)
        value = value if is_joined else "".join(arguments[place + 1 : after])
        if value in _LANGUAGES:
            use_language(language_for(value, os.environ))
        elif not is_of_command:
            names = tr(", ").join(_LANGUAGES)
            raise ConfigError(tr("{option} takes one of: {names}.", option=_OPTION, names=names))
        if not is_of_command:
            arguments = [*arguments[:place], *arguments[after:]]
    if "--json" in arguments:
        use_language("en")
    return arguments


def _in_settings() -> str:
    """The setting; "auto" if the file cannot be used. The command that needs it says why."""
    with suppress(OSError, ValueError, RecursionError):
        settings = tomllib.loads(read_regular(Home.default().settings, _MOST_BYTES).decode())
        if settings.get("language") in _LANGUAGES:
            return str(settings["language"])
    return "auto"
