"""The command `tangshi-studio`. Light to import: opening the studio needs no subcommand."""

import sys

from studio.cli.arguments import refuse_other_encodings, use_utf8
from studio.cli.heap import keep_heap


def main() -> None:
    """Run the command and exit with a code that scripts can use."""
    use_utf8()
    keep_heap()
    try:
        if sys.argv[1:]:
            _run_subcommand(sys.argv[1:])
        else:
            from studio.tui.launch import open_studio

            open_studio()
    except (Exception, KeyboardInterrupt):
        from studio.cli.output import exit_codes

        with exit_codes():
            raise


def _run_subcommand(arguments: list[str]) -> None:
    from studio.cli.command_line import app

    refuse_other_encodings(arguments)
    sys.exit(app(prog_name="tangshi-studio", standalone_mode=False))
