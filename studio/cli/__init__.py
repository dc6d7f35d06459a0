"""The command `tangshi-studio`: thin, one function a subcommand. Imports torch only where needed."""

import typer

from studio import __version__
from studio.cli.output import exit_codes

app = typer.Typer(
    name="tangshi-studio",
    help="Read the Tang poems, train a recurrent model on them, write verse with it.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def studio(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    """Open the studio."""
    if version:
        typer.echo(f"tangshi-studio {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from studio.tui.app import run_studio

        run_studio()


def main() -> None:
    """Run the command and leave with an exit code that scripts can use."""
    with exit_codes():
        app(standalone_mode=False)
