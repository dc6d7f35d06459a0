"""`runs export`: what runs recorded, as files for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.output import out, print_json
from studio.paths import Home, expanded
from studio.runs import folders
from studio.runs.exporting import Format, export, target
from studio.translation import tr


def export_runs(
    names: Annotated[list[str], typer.Argument(metavar="runs")],
    form: Annotated[
        Format, typer.Option("--format", help=tr("A file, or a folder for TensorBoard."))
    ] = "csv",
    folder: Annotated[
        Path, typer.Option("--out", help=tr("The folder to write to, by default this one."))
    ] = Path(),
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Export losses, perplexities, verse figures and samples of runs."""
    # The shell leaves --out=~/runs as it is.
    home, folder = Home.default(), expanded(folder)
    # All are looked at first, so that one that cannot be exported writes nothing.
    found = [folders.find(home.runs, name) for name in dict.fromkeys(names)]
    for run in found:
        target(run, form, folder)
    paths = [export(run, form, folder) for run in found]
    if json:
        print_json({"files": [str(path) for path in paths]})
        return
    for path in paths:
        out.print(str(path))
