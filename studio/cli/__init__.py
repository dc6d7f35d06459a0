"""The command `tangshi-studio`. Light to import: opening the studio needs no subcommand."""

import os
import sys

from studio.cli.arguments import open_streams, refuse_other_encodings, use_utf8
from studio.cli.heap import keep_heap
from studio.cli.language import choose_language
from studio.interrupts import raise_interrupts
from studio.launched import is_launched

_COMPLETION = "_TANGSHI_STUDIO_COMPLETE"


def main() -> None:
    """Run the command and exit with a code that scripts can use."""
    open_streams()
    use_utf8()
    keep_heap()
    try:
        _run()
    except SystemExit as leaving:
        if is_launched():
            _end_at_once(leaving.code)
        raise


def _run() -> None:
    try:
        sys.argv[1:] = choose_language(sys.argv[1:])
        _require_working_folder()
        # A shell that completes a command line passes it in the environment.
        if sys.argv[1:] or _COMPLETION in os.environ:
            _run_subcommand(sys.argv[1:])
        else:
            from studio.tui.launch import open_studio

            raise_interrupts()
            open_studio()
    except (Exception, KeyboardInterrupt):
        from studio.cli.output import exit_codes

        with exit_codes():
            raise


def _require_working_folder() -> None:
    """Raise StudioError in a folder that was deleted: torch ends the process there."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError as error:
        from studio.errors import StudioError
        from studio.translation import tr

        raise StudioError(
            tr("The current folder has been deleted. Go to another one with cd, and try again.")
        ) from error


def _run_subcommand(arguments: list[str]) -> None:
    from studio.cli.command_line import app

    raise_interrupts()
    refuse_other_encodings(arguments)
    sys.exit(app(prog_name="tangshi-studio", standalone_mode=False))


def _end_at_once(code: object) -> None:
    """End without the interpreter's clean-up, in which gloo's threads can abort the process.

    The launcher would then name this process as killed, and not the error that it has printed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)
