"""`report` and `compare`: write the lab report of runs, and train the runs for one."""

from pathlib import Path
from typing import Annotated, get_args

import typer

from studio.cli.headless import failure, train_to_end
from studio.cli.options import settings_of
from studio.cli.output import option, out, print_json, say, usage_errors
from studio.errors import ConfigError, RunError
from studio.model.config import MAX_COUNT, RECIPES, Cell, RunConfig, recipe_named, with_settings
from studio.paths import Home, report_folder
from studio.report.catalogue import LANGUAGES
from studio.runs import folders
from studio.runs.comparing import differing_settings
from studio.runs.processes import ending
from studio.translation import as_option, tr, use_language

Language = Annotated[
    str, typer.Option(help=tr("zh or en; default: the language of the command line."))
]
Format = Annotated[str, typer.Option(help=tr("html (one file), or markdown with PNG and SVG."))]
WithTest = Annotated[
    bool, typer.Option("--test", help=tr("Measure perplexity on the test split as well."))
]
Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]


def report(
    runs: Annotated[list[str], typer.Argument(help=tr("The runs, as `runs list` names them."))],
    out_: Annotated[
        Path | None,
        typer.Option("--out", help=tr("The folder for the report; a report in it is replaced.")),
    ] = None,
    language: Language = "",
    format: Format = "html",
    test: WithTest = False,
    json: Json = False,
) -> None:
    """Write the lab report of runs. Needs matplotlib."""
    # A run that is named twice is not compared with itself.
    _write(list(dict.fromkeys(runs)), out_, _spoken(language, json), format, test, json)


def compare(
    report: Annotated[
        Path | None,
        typer.Option("--report", help=tr("The folder for the report; a report in it is replaced.")),
    ] = None,
    cell: Annotated[str, typer.Option(help=tr("The cells, separated by commas."))] = "rnn,gru,lstm",
    recipe: Annotated[
        str, typer.Option(help=tr("One of {names}.", names=tr(", ").join(RECIPES)))
    ] = "classic",
    run: Annotated[
        str | None,
        typer.Option(help=tr("The runs are called NAME-rnn ...; default: compare-RECIPE.")),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=MAX_COUNT, help=tr("Epochs."))] = None,
    max_steps: Annotated[int | None, typer.Option(help=tr("Stop after this many steps."))] = None,
    seed: Annotated[int | None, typer.Option(help=tr("The random seed."))] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help=tr("Any other setting, as in --set hidden=256.")),
    ] = None,
    language: Language = "",
    format: Format = "html",
    test: WithTest = False,
    json: Json = False,
) -> None:
    """Train a model of each cell, and report on them.

    The same command again resumes a run that was interrupted, and keeps those that are finished.
    """
    home, language = Home.default(), _spoken(language, json)
    with usage_errors():
        cells = [each.strip() for each in cell.split(",")]
        for each in cells:
            if each not in get_args(Cell):
                raise ConfigError(
                    tr(
                        "--cell takes {cells}, not {text!r}.",
                        cells=tr(", ").join(get_args(Cell)),
                        text=each,
                    )
                )
        given = {"epochs": epochs, "max_steps": max_steps, "seed": seed}
        options: dict[str, object] = {k: v for k, v in given.items() if v is not None}
        settings = settings_of(set_, [*options, "cell"])
        config = with_settings(with_settings(recipe_named(recipe), options, option), settings)
    stem = run or f"compare-{recipe}"
    planned = {
        f"{stem}-{each}": with_settings(config, {"cell": each}) for each in dict.fromkeys(cells)
    }
    # All names before the first step: a name that is taken must not be found out hours later.
    for name, settings_of_run in planned.items():
        _check_free_or_same(home, name, settings_of_run)
    _check_place(list(planned), report, language, format)
    for name, settings_of_run in planned.items():
        _train(home, name, settings_of_run)
    _write(list(planned), report, language, format, test, json)


def _spoken(language: str, json: bool) -> str:
    """The language of the report. Messages are in it too, if it was asked for by a person."""
    for known in LANGUAGES:
        if known == language and not json:
            use_language(known)
    return language or as_option()


def _check_free_or_same(home: Home, name: str, config: RunConfig) -> None:
    """Raise RunError if there is another run of that name, or none may have it."""
    folders.check_name(name)
    if not _exists(home, name):
        return
    found = folders.find(home.runs, name).config()
    differing = differing_settings([config, found])
    if differing:
        raise RunError(
            tr(
                "There is already a run called {name} with another {settings}. Choose other names "
                "with --run, or delete that run.",
                name=name,
                settings=tr(", ").join(differing),
            )
        )


def _exists(home: Home, name: str) -> bool:
    return (home.runs / name / "config.json").exists()


def _train(home: Home, name: str, config: RunConfig) -> None:
    """Train a run, resume it, or leave it as it is if it is finished."""
    is_new = not _exists(home, name)
    if not is_new and folders.summary(folders.find(home.runs, name)).status == "finished":
        say(tr("{name} is finished already.", name=name))
        return
    say(tr("Training {name} ...", name=name))
    from studio.runs.session import resume_run, start_run

    session = start_run(home, name, config) if is_new else resume_run(home, name)
    last, is_interrupted = train_to_end(session)
    say(ending(name, last))
    if last.outcome not in ("finished", "stopped"):
        raise RunError(failure(name, last))
    if is_interrupted or last.outcome == "stopped":
        say(tr("The same command resumes it, and trains the runs that are left."))
        raise KeyboardInterrupt


def _check_place(runs: list[str], folder: Path | None, language: str, format: str) -> Path:
    """The folder for the report, once nothing stands in the way of writing it."""
    from studio.report.writing import check_request

    place = folder or report_folder(runs)
    with usage_errors():
        check_request(runs, place, language, format)
    return place


def _write(
    runs: list[str], folder: Path | None, language: str, format: str, test: bool, json: bool
) -> None:
    place = _check_place(runs, folder, language, format)
    from studio.report.writing import write_report

    page = write_report(Home.default(), runs, place, language, format, test, say)
    if json:
        print_json({"report": str(page), "runs": runs})
    else:
        out.print(str(page), soft_wrap=True)
