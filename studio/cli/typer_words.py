"""The words of typer itself, which speaks only English: found by their patterns and translated."""

import io
import re
from functools import cache

import typer

from studio.translation import marked, tr

# The longer pattern stands before its beginning. A value may be one of these texts too.
_TEXTS = (
    marked("Show this message and exit."),
    marked("Install completion for the current shell."),
    marked("Show completion for the current shell, to copy it or customize the installation."),
    marked("Try '{command}' for help."),
    marked("Error: {problem}"),
    marked("Invalid value for {option}: {problem}"),
    marked("Invalid value: {problem}"),
    marked("Value error, {problem}"),
    marked("Missing argument {name}."),
    marked("Missing option {name}."),
    marked("Missing command."),
    marked("No such option: {option} (Possible options: {options})"),
    marked("No such option: {option}"),
    marked("No such command {name}. Did you mean {names}?"),
    marked("No such command {name}."),
    marked("Got unexpected extra argument(s) ({arguments})"),
    marked("Option {option} requires an argument."),
    marked("Option {option} does not take a value."),
    marked("{value} is not one of {values}."),
    marked("Input should be a valid integer, unable to parse string as an integer"),
    marked("Input should be a valid number, unable to parse string as a number"),
    marked("Input should be greater than or equal to {bound}"),
    marked("Input should be less than or equal to {bound}"),
)


def in_words(text: str) -> str:
    """A text of typer in the language of the process; any other text is returned unchanged."""
    for message in _TEXTS:
        if found := _pattern(message).fullmatch(text):
            values = {name: in_words(value) for name, value in found.groupdict().items()}
            return tr(message, **values)
    return text


def error_in_words(error: typer.TyperException) -> str:
    """What typer prints for wrong usage, in the language of the process."""
    shown = io.StringIO()
    error.show(shown)  # type: ignore[attr-defined]  # all usage errors have it
    return "\n".join(map(in_words, shown.getvalue().rstrip().split("\n")))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(message)))
