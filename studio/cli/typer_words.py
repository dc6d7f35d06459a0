"""The words of typer itself, found by their patterns: made plain, and translated."""

import io
import re
from functools import cache

import typer

from studio.translation import marked, tr

# The longer pattern stands before its beginning. A value may be one of these texts too.
_KEPT = (
    marked("Show this message and exit."),
    marked("Install completion for the current shell."),
    marked("Show completion for the current shell, to copy it or customize the installation."),
    marked("Try '{command}' for help."),
    marked("Error: {problem}"),
    marked("Invalid value for {option}: {problem}"),
    marked("Invalid value: {problem}"),
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
)
# By the text of typer; itself where nothing is plainer.
_TEXTS = dict(zip(_KEPT, _KEPT, strict=True)) | {
    "Value error, {problem}": marked("{problem}"),
    "Input should be a valid integer, unable to parse string as an integer": marked(
        "it must be a whole number"
    ),
    "Input should be a valid number, unable to parse string as a number": marked(
        "it must be a number"
    ),
    "Input should be greater than or equal to {bound}": marked("it must be {bound} or more"),
    "Input should be less than or equal to {bound}": marked("it must be {bound} or less"),
}


def in_words(text: str) -> str:
    """A text of typer in the language of the process; any other text is returned unchanged."""
    for theirs, ours in _TEXTS.items():
        if found := _pattern(theirs).fullmatch(text):
            values = {name: in_words(value) for name, value in found.groupdict().items()}
            return tr(ours, **values)
    return text


def error_in_words(error: typer.TyperException) -> str:
    """What typer prints for wrong usage, in the language of the process."""
    shown = io.StringIO()
    error.show(shown)  # type: ignore[attr-defined]  # all usage errors have it
    return "\n".join(map(in_words, shown.getvalue().rstrip().split("\n")))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(message)))
