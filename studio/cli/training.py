"""`train` and `runs`: train models, list, show, watch, stop, publish and delete runs."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from studio.cli import train_runs
from studio.cli.options import Device, assignment
from studio.cli.output import option, out, print_json, say, usage_errors
from studio.cli.several import devices_option, train_on_devices, train_with_process_0
from studio.cli.train_runs import let_wait
from studio.errors import ConfigError, RunError, StudioError
from studio.launched import rank
from studio.model.config import MAX_COUNT, RECIPES, RunConfig, recipe_named, with_settings
from studio.model.events import (
    SampleWritten,
    Validated,
)
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.environment import read_environments
from studio.runs.filtering import EXAMPLE, fields_of, run_filter
from studio.translation import marked, tr
from studio.wording import duration, printable

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


def train(
    recipe: Annotated[
        str, typer.Option(help=tr("One of {names}.", names=", ".join(RECIPES)))
    ] = "studio",
    cell: Annotated[
        str | None,
        typer.Option(help=tr("rnn, gru or lstm; several, as rnn,gru: one after the other.")),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help=tr(
                "The run's name. With --resume also NAME@STEP: resume from that checkpoint; "
                "later ones are deleted."
            )
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=MAX_COUNT, help=tr("Epochs (added when resuming)."))
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", help=tr("Start from a model: a run, run@step, default, or a folder.")
        ),
    ] = None,
    poems: Annotated[
        str | None,
        typer.Option(help=tr("Train on a corpus fetched with --beside instead, as quansongshi.")),
    ] = None,
    max_steps: Annotated[int | None, typer.Option(help=tr("Stop after this many steps."))] = None,
    seed: Annotated[int | None, typer.Option(help=tr("The random seed."))] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help=tr("Any other setting, as in --set hidden=256.")),
    ] = None,
    device: Device = "",
    resume: Annotated[bool, typer.Option(help=tr("Resume the run named with --run."))] = False,
    devices: Annotated[
        str,
        typer.Option(
            help=tr("Train on several GPUs, as 0,1,2,3, one process for each; or cpu,cpu.")
        ),
    ] = "",
    detach: Annotated[
        bool, typer.Option(help=tr("Train in the background; the terminal may be closed."))
    ] = False,
    # A studio whose terminal has gone starts its successor this way.
    after: Annotated[int, typer.Option(hidden=True)] = 0,
    queue: Annotated[
        bool, typer.Option(help=tr("Train the runs that wait; with --resume, after that run."))
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help=tr("Report as JSON; several runs, one a line."))
    ] = False,
) -> None:
    """Train a model. Ctrl-C stops it after saving a checkpoint."""
    if rank() > 0:
        train_with_process_0()
        return
    home = Home.default()
    new = dict[str, RunConfig]()
    with usage_errors():
        several = devices_option(devices, detach)
        if several and (device or queue or (cell and "," in cell)):
            raise ConfigError(
                tr("--devices trains one run: leave out --device, --queue and more cells.")
            )
        if resume:
            if run is None:
                raise RunError(
                    tr("Name the run to resume with --run NAME: see `tangshi-studio runs list`.")
                )
            if cell or seed is not None or set_ or from_ or poems or max_steps is not None:
                raise ConfigError(tr("A resumed run keeps its settings but --epochs and --device."))
        elif queue:
            given_too = (cell, run, epochs, from_, poems, max_steps, seed, device or None)
            if any(each is not None for each in given_too):
                raise ConfigError(
                    tr("--queue trains the runs that wait, each with its own settings.")
                )
            run = train_runs.first_waiting(home)
        else:
            given = {"epochs": epochs, "max_steps": max_steps, "seed": seed}
            options: dict[str, object] = {k: v for k, v in given.items() if v is not None}
            if device:
                options["device"] = device
            settings = dict(assignment(text) for text in set_ or [])
            cells = cell.split(",") if cell else [""]
            for each in cells:
                config = recipe_named(recipe)
                if from_:
                    from studio.runs.session import starting_from

                    config = starting_from(home, config, from_)
                chosen = options | {"cell": each} if cell else options
                config = with_settings(with_settings(config, chosen, option), settings)
                config = msgspec.structs.replace(config, poems=poems or "")
                name = run and (f"{run}-{each}" if len(cells) > 1 else run)
                new[name or folders.new_name(home.runs, recipe, config.model.cell)] = config
            run = next(iter(new))

    # A new run has these in its settings.
    more_epochs, other_device = (0, "") if new else (epochs or 0, device)
    if detach:
        if "@" in run:
            raise ConfigError(
                tr("--detach resumes from the last checkpoint: give NAME without @STEP.")
            )
        pid = _detach(home, run, new, more_epochs, other_device, devices, queue)
        if json:
            print_json({"run": run, "pid": pid})
    elif several:
        name = run.partition("@")[0]
        found = folders.create(home.runs, run, new[run]) if new else folders.find(home.runs, name)
        more = ["--epochs", str(more_epochs)] if more_epochs else []
        more += ["--json"] if json else []
        train_on_devices(found, several, run, more, is_new=bool(new))
    elif queue:
        train_runs.train_queue(home, run, more_epochs, other_device, after, json)
    elif len(new) > 1:
        train_runs.train_in_turn(home, new, json)
    else:
        train_runs.train_one(home, run, new.get(run), more_epochs, other_device, after, json)


def _detach(
    home: Home,
    first: str,
    new: dict[str, RunConfig],
    epochs: int,
    device: str,
    devices: str,
    queue: bool,
) -> int:
    """Start a process that trains the run, and then others; return its id."""
    # A single run need not wait, so no other process takes it.
    alone = len(new) == 1
    made = [folders.create(home.runs, first, new[first])] if alone else let_wait(home, new)
    run = folders.find(home.runs, first)
    say(tr("Starting the training of {run} ...", run=first))
    try:
        then_queue = queue or len(new) > 1
        pid = processes.train_detached(run, epochs, device, devices, then_queue)
    except (RunError, OSError):
        if not run.checkpoint_names():
            for each in made:
                folders.delete(each)
        raise
    except KeyboardInterrupt:
        say(tr("The process continues. Stop it with tangshi-studio runs stop {run}.", run=first))
        raise
    say(
        tr(
            "Process {pid} trains {run}. Stop it with: tangshi-studio runs stop {run}. "
            "Its messages are in {log}.",
            pid=pid,
            run=first,
            log=run.folder / "training.log",
        )
    )
    return pid


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
    summaries = []
    for run in folders.all_runs(Home.default().runs):
        try:
            summary = folders.summary(run)
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
    nothing = tr("No runs yet. Start one with `tangshi-studio train`.")
    if where.strip():
        nothing = tr("No run matches.")
    out.print(table if summaries else nothing)


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
    shown = {"summary": document["summary"], "config": document["config"]}
    out.print_json(data=msgspec.to_builtins(shown))
    for each in environments:
        out.print(
            tr(
                "from step {step}: tangshi-studio {studio} {commit}, torch {torch}, {device}, "
                "{parameters:,} parameters",
                step=each.step,
                studio=each.studio,
                commit=each.commit[:12],
                torch=each.torch,
                device=printable(each.device),
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
        out.print(
            tr("sample at step {step}: {text}", step=sample.step, text=printable(sample.text))
        )
    names = " ".join(run.checkpoint_names()) or tr("none")
    out.print(tr("checkpoints: {names}", names=names))


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
    waiting = tr("Waiting for {run} to finish its step and save. Ctrl-C stops waiting.", run=name)
    if not processes.wait_until_stopped(run, lambda: say(waiting)):
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
    help=tr("Publish a model to a folder. In half precision, with a card of its figures."),
)
def publish_run(
    name: Annotated[str, typer.Argument(help=tr('A run, or "run@step".'))],
    folder: Annotated[
        Path, typer.Argument(help=tr("The folder for the model; a model in it is replaced."))
    ],
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Publish a model to a folder. In half precision, with a card of its figures."""
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
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _figure(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
