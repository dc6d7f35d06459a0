"""`runs`: list, show, watch, stop, publish and delete runs."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from studio.cli.output import out, print_json, print_table, say, usage_errors
from studio.errors import RunError, StudioError
from studio.model.config import RunConfig
from studio.model.events import SampleWritten, Validated
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.runs.environment import read_environments
from studio.runs.filtering import EXAMPLE, fields_of, run_filter
from studio.translation import marked, tr
from studio.wording import device_in_words, duration, printable

# The statuses of runs, beside the ways in which a training ends.
_STATUSES = (
    marked("starting"),
    marked("training"),
    marked("paused"),
    marked("waiting"),
    marked("interrupted"),
)
ROOMY = 100  # from this width in cells `runs list` has all its columns

runs_app = typer.Typer(
    help=tr("Training runs: list, show, watch, stop, export, publish."),
    no_args_is_help=True,
)


@runs_app.command("list", help=tr("List the runs, the latest first."))
def list_runs(
    where: Annotated[
        str,
        typer.Option(help=tr("Only runs that match, as in --where '{example}'.", example=EXAMPLE)),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """List the runs, the latest first."""
    with usage_errors():
        matches = run_filter(where)
    summaries, runs = [], Home.default().runs
    if runs.is_dir():
        next(runs.iterdir(), None)  # raises if that is not allowed: no run would be found
    places = queue.places(runs)
    for run in folders.all_runs(runs):
        try:
            summary = folders.summary(run, places)
            if matches(fields_of(summary, run.config())):
                summaries.append(summary)
        except StudioError as error:
            # A damaged folder must not hide the others.
            say(tr("{run} is damaged: {problem}", run=run.name, problem=error))
    if json:
        print_json({"runs": summaries})
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(tr("run"), no_wrap=True, overflow="fold")
    rows = [_listed(each) for each in summaries]
    # In a narrow terminal, leave out the least important instead of cutting the words.
    left_out = ("cell", "epoch", "loss", "trained") if out.width < ROOMY else ()
    for name in rows[0] if rows else ():
        if name not in left_out:
            table.add_column(tr(name), no_wrap=True)
    for summary, row in zip(summaries, rows, strict=True):
        table.add_row(summary.name, *(row[name] for name in row if name not in left_out))
    if summaries:
        print_table(table)
    elif where.strip():
        out.print(tr("No run matches."))
    else:
        out.print(tr("No runs yet. Start one with `tangshi-studio train`."))


def _listed(run: folders.RunSummary) -> dict[str, str]:
    """The columns of the list after the name, by their headings."""
    process = run.process
    total = f"/{process.total_steps}" if process and process.total_steps else ""
    return {
        marked("cell"): run.cell,
        marked("status"): (
            tr("{status} by {pid}", status=tr(run.status), pid=process.pid)
            if process
            else run.status_in_words
        ),
        marked("step"): f"{run.step}{total}",
        marked("epoch"): str(run.epoch),
        marked("loss"): _figure(run.loss, 3),
        marked("perplexity"): _figure(run.best_perplexity, 1),
        marked("Han"): _figure(run.best_perplexity_han, 1),
        marked("trained"): duration(run.elapsed),
        marked("left"): duration(run.seconds_left) if run.seconds_left is not None else "",
    }


@runs_app.command("show", help=tr("Show one run: settings, validations, samples, checkpoints."))
def show_run(
    name: str, json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False
) -> None:
    """Show one run: settings, validations, samples, checkpoints."""
    run = folders.find(Home.default().runs, name)
    events = run.events()
    environments = read_environments(run.folder)
    validations = [event for event in events if isinstance(event, Validated)]
    samples = [event for event in events if isinstance(event, SampleWritten)]
    document = {
        "summary": folders.summary(run),
        "config": run.config(),
        "validations": validations,
        "samples": samples,
        "checkpoints": run.checkpoint_names(),
        "environments": environments,
    }
    if json:
        print_json(document)
        return
    _print_summary(folders.summary(run), run.config())
    for each in environments:
        out.print(
            tr(
                "from step {step}: tangshi-studio {studio} {commit}, torch {torch}, {device}, "
                "{parameters:,} parameters",
                step=each.step,
                studio=each.studio,
                commit=each.commit[:12],
                torch=each.torch,
                device=device_in_words(each.device),
                parameters=each.parameter_count,
            ),
            soft_wrap=True,
        )
    for event in validations:
        out.print(
            tr(
                "step {step:>7}  epoch {epoch:>3}  perplexity {perplexity:9.1f}  over Han "
                "characters {han:8.1f}",
                step=event.step,
                epoch=event.epoch,
                perplexity=event.perplexity_all,
                han=event.perplexity,
            )
            + ("  " + tr("best") if event.best else ""),
            soft_wrap=True,
        )
    for sample in samples[-1:]:
        out.print(tr("sample at step {step}: {text}", step=sample.step, text=sample.text))
    names = " ".join(run.checkpoint_names()) or tr("none")
    out.print(tr("checkpoints: {names}", names=names))


def _print_summary(summary: folders.RunSummary, config: RunConfig) -> None:
    """The figures of a run, a line each, and its settings as --set takes them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(tr("run"), summary.name)
    table.add_row(tr("recipe"), printable(summary.recipe))
    for label, value in _listed(summary).items():
        if value:
            table.add_row(tr(label), value)
    if config.start:
        table.add_row(tr("started from"), printable(config.start))
    if config.poems:
        table.add_row(tr("corpus"), printable(config.poems))
    if config.mixed:
        table.add_row(tr("mixed with"), printable(config.mixed))
    if config.teachers:
        table.add_row(tr("teachers"), printable(tr(", ").join(config.teachers)))
    settings = msgspec.to_builtins(config.model) | msgspec.to_builtins(config.train)
    words = (
        f"{key}={str(value).lower() if isinstance(value, bool) else printable(str(value))}"
        for key, value in sorted(settings.items())
    )
    table.add_row(tr("settings"), " ".join(words))
    print_table(table)


@runs_app.command("watch", help=tr("Open the studio on a run, whichever process trains it."))
def watch_run(name: str) -> None:
    """Open the studio on a run, whichever process trains it."""
    run = folders.find(Home.default().runs, name)
    from studio.tui.launch import open_studio

    open_studio(run.name)


@runs_app.command("stop", help=tr("Stop a run that any process trains, after saving a checkpoint."))
def stop_run(name: str) -> None:
    """Stop a run that any process trains, after saving a checkpoint."""
    run = folders.find(Home.default().runs, name)
    processes.request_stop(run)

    def report() -> None:
        text = tr("Waiting for {run} to finish its step and save. Ctrl-C stops waiting.", run=name)
        if pid := processes.suspended(run):
            text = tr(
                "Process {pid}, which trains {run}, is suspended. Continue it with fg in its "
                "terminal; then it saves and ends. Ctrl-C stops waiting.",
                run=name,
                pid=pid,
            )
        say(text)

    if not processes.wait_until_stopped(run, report):
        raise RunError(
            tr(
                "{run} was stopped, but another process trains it now: stop that one too.",
                run=name,
            )
        )
    after = folders.summary(run)
    say(
        tr(
            "{run}: {status} at step {step}.",
            run=name,
            status=tr(after.status),
            step=after.step,
        )
    )


@runs_app.command(
    "publish",
    help=tr("Publish a model to a folder. In eight bits, with a card of its figures."),
)
def publish_run(
    name: Annotated[str, typer.Argument(help=tr('A run, or "run@step".'))],
    folder: Annotated[
        Path, typer.Argument(help=tr("The folder for the model; a model in it is replaced."))
    ],
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Publish a model to a folder. In eight bits, with a card of its figures."""
    from studio.runs.publishing import publish

    say(tr("Measuring {model} on the validation and the test split ...", model=name))
    card = publish(Home.default(), name, folder)
    if json:
        print_json(card)
        return
    for each in card.figures:
        out.print(
            tr(
                "{split}: perplexity {perplexity:.1f} ({han:.1f} Han)",
                split=each.split,
                perplexity=each.perplexity,
                han=each.perplexity_han,
            )
        )


@runs_app.command("delete", help=tr("Delete a run with its checkpoints."))
def delete_run(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help=tr("Delete without asking."))] = False,
) -> None:
    """Delete a run with its checkpoints."""
    run = folders.find(Home.default().runs, name)
    if not yes and not _confirmed(name):
        raise RunError(tr("Nothing was deleted. Use --yes to delete without being asked."))
    folders.delete(run)
    say(tr("Deleted {run}.", run=name))


def _confirmed(name: str) -> bool:
    """Ask on standard error whether to delete a run. No answer counts as no."""
    say(tr("Delete the run {run} and its checkpoints? [y/N]", run=name))
    # As bytes: a terminal may leave a part of a deleted character.
    return sys.stdin.buffer.readline().strip().lower() in (b"y", b"yes")


def _figure(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
