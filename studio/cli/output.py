"""Output of all subcommands: one JSON document on standard output, messages on standard error,
and exit codes: 0 done, 1 an error, 2 wrong usage, 3 another process of the same training has ended,
130 interrupted."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from studio.cli.typer_words import error_in_words
from studio.errors import ConfigError, LostProcessError, StudioError, no_room_message
from studio.interrupts import uncovering_interrupts
from studio.launched import LOST, is_launched, is_launched_by_the_studio
from studio.reasons import in_words
from studio.translation import plain, tr
from studio.wording import printable


class _Output(Console):
    """Standard output: no control character of a file or of its name reaches the terminal."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts without control characters."""
        shown = (printable(each) if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)


# A file or a pipe has no width: rich would break lines and cut tables at 80 cells.
_IS_TERMINAL = sys.stdout.isatty()
_BOUNDLESS = 100_000  # cells
out = _Output(
    highlight=False,
    markup=False,
    emoji=False,
    soft_wrap=not _IS_TERMINAL,
    width=None if _IS_TERMINAL else _BOUNDLESS,
)
messages = Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(document: Any) -> None:
    """Write one JSON document to standard output, always as UTF-8.

    In the name of a file that is not UTF-8 each such byte becomes a question mark.
    """
    try:
        encoded = msgspec.json.encode(document, enc_hook=plain)
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(document, enc_hook=plain), ensure_ascii=False)
        encoded = text.encode("utf-8", "replace")
    encoded = msgspec.json.format(encoded, indent=2)
    sys.stdout.buffer.write(encoded + b"\n")
    sys.stdout.buffer.flush()


def print_row(text: str) -> None:
    """Print a row of a list: in a terminal as much as fits on a line, elsewhere all of it."""
    if out.soft_wrap:
        out.print(text)
    else:
        out.print(text, overflow="ellipsis", no_wrap=True)


def print_table(table: Table) -> None:
    """Print a table without the blanks at the ends of its lines.

    In a pipe all lines have as many as the longest, and a pager would show them as empty lines.
    """
    with out.capture() as captured:
        out.print(table, soft_wrap=False)
    out.file.write("\n".join(map(str.rstrip, captured.get().split("\n"))))
    out.file.flush()


def say(text: str) -> None:
    """Print a message for the user to standard error."""
    messages.print(Text(printable(text)), soft_wrap=True)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error; the function takes what is done, how far, and its end."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=messages, disable=not messages.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        yield report


def padded(text: str, width: int) -> str:
    """Pad to a width in terminal cells; a Chinese character takes two."""
    return text + " " * (width - cell_len(text))


def option(key: str) -> str:
    """The option that sets a key: --top-k for sampling.top_k."""
    return f"--{key.rpartition('.')[2].replace('_', '-')}"


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Report an invalid value of an option as wrong usage; a wrong value in a file is not."""
    try:
        yield
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """Turn an exception of a subcommand into a message and an exit code."""
    try:
        with uncovering_interrupts():
            yield
    except LostProcessError as error:
        if str(error) and not is_launched_by_the_studio():
            say(f"tangshi-studio: {error}")
        sys.exit(LOST if is_launched() else 1)
    except StudioError as error:
        say(f"tangshi-studio: {error}")
        sys.exit(1)
    except typer.TyperException as error:
        say(error_in_words(error))
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        messages.print(tr("Interrupted."))
        sys.exit(130)
    except BrokenPipeError:
        # The reader has ended (`| head`): redirect standard output and exit quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except UnicodeEncodeError as error:
        if error.encoding == "utf-8":
            raise
        say(
            tr(
                "tangshi-studio: The output is in {encoding}, which has no Chinese characters. "
                "Set LANG=C.UTF-8 or another UTF-8 locale, or use --json.",
                encoding=error.encoding,
            )
        )
        sys.exit(1)
    except OSError as error:
        say(f"tangshi-studio: {in_words(error)}")
        sys.exit(1)
    except (MemoryError, RuntimeError) as error:
        if not (message := no_room_message(error)):
            raise
        say(f"tangshi-studio: {message}")
        sys.exit(1)
