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
from studio.cli.help_page import use_help_pages
from studio.cli.lookup import lookup_app
from studio.cli.poem_quality import poems
from studio.cli.prosody import ci, prosody
from studio.cli.report import compare, report
from studio.cli.runs import runs_app
from studio.cli.runs_export import export_runs
from studio.cli.scanning import scan
from studio.cli.training import train
from studio.cli.writing import generate, score
from studio.translation import tr

use_help_pages()
app = typer.Typer(
    name="tangshi-studio",
    help=tr("Read the Tang poems, train a recurrent model on them, write poems with it."),
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command(help=tr("Train a model. Ctrl-C stops it after saving a checkpoint."))(train)
app.command(help=tr("Write poems; the best comes first."))(generate)
app.command(
    help=tr(
        "Write lines that face a given one in a couplet (对联).\n\n"
        "The best come first, by their score: the parallelism, from 0 to 1, and how likely the "
        "model finds the couplet."
    )
)(couplet)
app.command(help=tr("Show the perplexity of each poem of a file."))(score)
app.command(help=tr("Write the lab report of runs. Needs matplotlib."))(report)
app.command(
    help=tr(
        "Train a model of each cell, and report on them.\n\n"
        "The same command again resumes a run that was interrupted, and keeps those that are "
        "finished."
    )
)(compare)
app.command(
    help=tr(
        "Show tones, form, rhyme and faults of poems.\n\n"
        "They may be simplified or traditional. A poem that cannot be read is reported with its "
        "line. The other poems are scanned, and the exit code is 1.\n\n"
        "With --json each poem has its faults, and notes on what looks like a fault but is not. "
        "Each has a name, line, start and end (counted from 0), an explanation, and a severity: "
        '"fault" or "note". '
        'A repeated character (重字) is among the faults, with the severity "note".'
    )
)(scan)
app.add_typer(lookup_app, name="lookup")
corpus_app.command(
    help=tr("How far the poets keep the rules. Forms, faults and rhymes of the whole library.")
)(prosody)
corpus_app.command(help=tr("How far the ci (词) of the Song keep their tunes."))(ci)
app.add_typer(corpus_app, name="corpus")
evaluate_app.command(
    help=tr("Write poems and measure them. Poems of the split are measured for comparison.")
)(poems)
evaluate_app.command(
    help=tr("Choose the true second couplet of poems. All four offered fit in tone and rhyme.")
)(couplets)
app.add_typer(evaluate_app, name="evaluate")
runs_app.command(
    "export", help=tr("Export losses, perplexities, verse figures and samples of runs.")
)(export_runs)
app.add_typer(runs_app, name="runs")
app.add_typer(collection_app, name="collection")
app.add_typer(bench_app, name="bench")
app.command(help=tr("Check the installation and say what is missing."))(doctor)


@app.callback(invoke_without_command=True)
def studio(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help=tr("Print the version and exit.")),
    _language: str = typer.Option("auto", "--language", help=tr("The language: auto, en or zh.")),
) -> None:
    """Open the studio."""
    if version:
        typer.echo(f"tangshi-studio {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from studio.tui.launch import open_studio

        open_studio()
