"""All subcommands of `tangshi-studio`: one short function each."""

import typer

from studio import __version__
from studio.cli.bench import bench_app
from studio.cli.coherence import couplets
from studio.cli.collection import collection_app
from studio.cli.corpus import corpus_app
from studio.cli.doctor import doctor
from studio.cli.evaluation import evaluate_app
from studio.cli.facing import couplet
from studio.cli.lookup import lookup_app
from studio.cli.prosody import ci, prosody
from studio.cli.report import compare, report
from studio.cli.runs_export import export_runs
from studio.cli.scanning import scan
from studio.cli.training import runs_app, train
from studio.cli.writing import generate, score

app = typer.Typer(
    name="tangshi-studio",
    help="Read the Tang poems, train a recurrent model on them, write poems with it.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command()(train)
app.command()(generate)
app.command()(couplet)
app.command()(score)
app.command()(report)
app.command()(compare)
app.command()(scan)
app.add_typer(lookup_app, name="lookup")
corpus_app.command()(prosody)
corpus_app.command()(ci)
app.add_typer(corpus_app, name="corpus")
evaluate_app.command()(couplets)
app.add_typer(evaluate_app, name="evaluate")
runs_app.command("export")(export_runs)
app.add_typer(runs_app, name="runs")
app.add_typer(collection_app, name="collection")
app.add_typer(bench_app, name="bench")
app.command()(doctor)


@app.callback(invoke_without_command=True)
def studio(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
    _language: str = typer.Option(
        "auto", "--language", help="auto, en or zh; comes before the subcommand."
    ),
) -> None:
    """Open the studio."""
    if version:
        typer.echo(f"tangshi-studio {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from studio.tui.launch import open_studio

        open_studio()
