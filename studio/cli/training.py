"""`train` and `runs`: train models, list, show, watch, stop, publish and delete runs."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from studio.cli.output import messages, option, out, print_json, say, usage_errors
from studio.errors import ConfigError, RunError, StudioError
from studio.messages import TrainingStarted
from studio.model.config import MAX_COUNT, RECIPES, recipe_named, with_settings
from studio.model.events import (
    CheckpointSaved,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.paths import Home
from studio.runs import folders, processes
from studio.wording import duration, printable

ROOMY = 100  # from this width in cells `runs list` has all its columns

runs_app = typer.Typer(
    help="The training runs: list, show, watch, stop, publish, delete.", no_args_is_help=True
)


def train(
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "studio",
    cell: Annotated[str | None, typer.Option(help="rnn, gru or lstm.")] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="The run's name. With --resume also NAME@STEP: resume from that checkpoint; "
            "later ones are deleted."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=MAX_COUNT, help="Epochs (added when resuming).")
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Start from a model: a run, run@step, default, or a folder."),
    ] = None,
    poems: Annotated[
        str | None,
        typer.Option(help="Train on a corpus fetched with --beside instead, as quansongshi."),
    ] = None,
    max_steps: Annotated[int | None, typer.Option(help="Stop after this many steps.")] = None,
    seed: Annotated[int | None, typer.Option(help="The random seed.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any other setting, as in --set hidden=256.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Resume the run named with --run.")] = False,
    detach: Annotated[
        bool, typer.Option(help="Train in the background; the terminal may be closed.")
    ] = False,
    # A studio whose terminal has gone starts its successor this way.
    after: Annotated[int, typer.Option(hidden=True)] = 0,
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Train a model. Ctrl-C stops it after saving a checkpoint."""
    home = Home.default()
    with usage_errors():
        if resume:
            if run is None:
                raise RunError(
                    "Name the run to resume with --run NAME: see `tangshi-studio runs list`."
                )
            if cell or seed is not None or set_ or from_ or poems or max_steps is not None:
                raise ConfigError("A resumed run keeps its settings. Only --epochs can be given.")
        else:
            given = {"cell": cell, "epochs": epochs, "max_steps": max_steps, "seed": seed}
            options: dict[str, object] = {k: v for k, v in given.items() if v is not None}
            settings = dict(assignment(text) for text in set_ or [])
            config = recipe_named(recipe)
            if from_:
                from studio.runs.session import starting_from

                config = starting_from(home, config, from_)
            config = with_settings(with_settings(config, options, option), settings)
            config = msgspec.structs.replace(config, poems=poems or "")
            run = run or folders.new_name(home.runs, recipe, config.model.cell)

    if detach:
        if "@" in run:
            raise ConfigError("--detach resumes from the last checkpoint: give NAME without @STEP.")
        found = folders.find(home.runs, run) if resume else folders.create(home.runs, run, config)
        pid = _detach(found, epochs if resume else None, delete_on_failure=not resume)
        if json:
            print_json({"run": run, "pid": pid})
        return

    say("Loading torch and the poems ...")
    from studio.runs.session import resume_run, start_run

    more = epochs or 0
    session = resume_run(home, run, more, after) if resume else start_run(home, run, config)
    try:
        with _stopping_on_signals(session.trainer.stop) as stopped_by:
            last = _watch(session.started(), session.steps())
    except (OSError, SystemExit):
        # If nobody reads the messages any more (`| head`), rich raises SystemExit. Save the
        # checkpoint even then.
        session.save()
        raise
    finally:
        session.close()
    run = session.run.name
    report = _report(session.run, last)
    if json:
        print_json(report)
    else:
        say(f"{run}: {last.outcome} at step {last.step}. {last.reason}")
    if last.outcome == "diverged":
        raise RunError(f"The training of {run} diverged. {last.reason}")
    if stopped_by:
        say(f"Resume with: tangshi-studio train --run {run} --resume")
        raise KeyboardInterrupt


def _detach(run: folders.Run, epochs: int | None, delete_on_failure: bool) -> int:
    """Start a process that trains the run, and return its id."""
    say(f"Starting the training of {run.name} ...")
    try:
        pid = processes.train_detached(run, epochs or 0)
    except (RunError, OSError):
        if delete_on_failure and not run.checkpoint_names():
            folders.delete(run)
        raise
    except KeyboardInterrupt:
        say(f"The process continues. Stop it with tangshi-studio runs stop {run.name}.")
        raise
    say(
        f"Process {pid} trains {run.name}. Stop it with: tangshi-studio runs stop {run.name}. "
        f"Its messages are in {run.folder / 'training.log'}."
    )
    return pid


@runs_app.command("list")
def list_runs(
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """List the runs, the latest first."""
    summaries = []
    for run in folders.all_runs(Home.default().runs):
        try:
            summaries.append(folders.summary(run))
        except StudioError as error:
            # A damaged folder must not hide the others.
            say(f"{run.name} is damaged: {error}")
    if json:
        print_json({"runs": summaries})
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("run", no_wrap=True, overflow="fold")
    rows = [_listed(each) for each in summaries]
    # In a narrow terminal, leave out the least important instead of cutting the words.
    left_out = ("cell", "epoch", "trained") if out.width < ROOMY else ()
    for name in rows[0] if rows else ():
        if name not in left_out:
            table.add_column(name, no_wrap=True)
    for summary, row in zip(summaries, rows, strict=True):
        table.add_row(summary.name, *(row[name] for name in row if name not in left_out))
    out.print(table if summaries else "No runs yet. Start one with `tangshi-studio train`.")


def _listed(run: folders.RunSummary) -> dict[str, str]:
    """The columns of the list after the name."""
    process = run.process
    total = f"/{process.total_steps}" if process and process.total_steps else ""
    return {
        "cell": run.cell,
        "status": f"{run.status} by {process.pid}" if process else run.status,
        "step": f"{run.step}{total}",
        "epoch": str(run.epoch),
        "loss": _figure(run.loss, 3),
        "perplexity": _figure(run.best_perplexity, 1),
        "trained": duration(run.elapsed),
        "left": duration(run.seconds_left) if run.seconds_left is not None else "",
    }


@runs_app.command("show")
def show_run(
    name: str, json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False
) -> None:
    """Show one run: settings, validations, samples, checkpoints."""
    run = folders.find(Home.default().runs, name)
    events = run.events()
    validations = [event for event in events if isinstance(event, Validated)]
    samples = [event for event in events if isinstance(event, SampleWritten)]
    document = {
        "summary": folders.summary(run),
        "config": run.config(),
        "validations": validations,
        "samples": samples,
        "checkpoints": run.checkpoint_names(),
    }
    if json:
        print_json(document)
        return
    shown = {"summary": document["summary"], "config": document["config"]}
    out.print_json(data=msgspec.to_builtins(shown))
    for event in validations:
        out.print(
            f"step {event.step:>7}  epoch {event.epoch:>3}  perplexity {event.perplexity:9.1f}"
            f"  with punctuation {event.perplexity_all:8.1f}{'  best' if event.best else ''}"
        )
    for sample in samples[-1:]:
        out.print(f"sample at step {sample.step}: {printable(sample.text)}")
    out.print(f"checkpoints: {' '.join(run.checkpoint_names()) or 'none'}")


@runs_app.command("watch")
def watch_run(name: str) -> None:
    """Open the studio on a run, whichever process trains it."""
    run = folders.find(Home.default().runs, name)
    from studio.tui.launch import open_studio

    open_studio(run.name)


@runs_app.command("stop")
def stop_run(name: str) -> None:
    """Stop a run that any process trains, after saving a checkpoint."""
    run = folders.find(Home.default().runs, name)
    processes.request_stop(run)
    waiting = f"Waiting for {name} to finish its step and save. Ctrl-C stops waiting."
    if not processes.wait_until_stopped(run, lambda: say(waiting)):
        raise RunError(f"{name} was stopped, but another process trains it now: stop that one too.")
    say(f"{name}: {folders.summary(run).status} at step {folders.summary(run).step}.")


@runs_app.command("publish")
def publish_run(
    name: Annotated[str, typer.Argument(help='A run, or "run@step".')],
    folder: Annotated[
        Path, typer.Argument(help="The folder for the model; a model in it is replaced.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Publish a model to a folder. In half precision, with a card of its figures."""
    from studio.runs.publishing import publish

    say(f"Measuring {name} on the validation and the test split ...")
    card = publish(Home.default(), name, folder)
    if json:
        print_json(card)
        return
    for each in card.figures:
        out.print(f"{each.split}: perplexity {each.perplexity:.1f} ({each.perplexity_han:.1f} Han)")


@runs_app.command("delete")
def delete_run(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete a run with its checkpoints."""
    run = folders.find(Home.default().runs, name)
    if not yes and not _confirmed(f"Delete the run {name} and its checkpoints?"):
        raise RunError("Nothing was deleted. Use --yes to delete without being asked.")
    folders.delete(run)
    say(f"Deleted {name}.")


def _confirmed(question: str) -> bool:
    """Ask on standard error. No answer counts as no."""
    say(f"{question} [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def assignment(text: str) -> tuple[str, object]:
    """Key and value of a setting typed as KEY=VALUE; raises ConfigError."""
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set takes KEY=VALUE, as in --set hidden=256, not {text!r}.")
    return key.strip(), value.strip()


@contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Stop the training with a checkpoint on Ctrl-C, `kill`, and a closed terminal.

    A second signal stops it at once. A signal that is ignored (nohup) stays ignored.
    """
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        if number == signal.SIGHUP:
            # The terminal is closed: writing to it would fail before the checkpoint is saved.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        stop()

    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) != signal.SIG_IGN
    ]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(started: TrainingStarted, steps: Iterator[tuple[TrainingEvent, ...]]) -> TrainingEnded:
    """Show the training on standard error until it ends."""
    say(
        f"{started.run}: {started.config.model.cell} with {started.parameters:,} parameters, "
        f"{started.vocabulary:,} characters, on {started.device} in {started.precision}."
    )
    if started.notice:
        say(started.notice)
    progress = Progress(
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]:.3f} · {task.fields[speed]:,.0f} characters/s"),
        console=messages,
        disable=not messages.is_terminal,
    )
    with progress:
        task = progress.add_task(
            "", total=started.total_steps, completed=started.step, epoch=1, loss=0.0, speed=0.0
        )
        before: StepDone | None = None
        for events in steps:
            for event in events:
                match event:
                    case StepDone():
                        spent = event.elapsed - (before.elapsed if before else 0.0)
                        progress.update(
                            task,
                            completed=event.step,
                            epoch=event.epoch,
                            loss=event.loss,
                            speed=event.characters / spent if before and spent else 0.0,
                        )
                        before = event
                    case Validated():
                        say(
                            f"step {event.step}: validation perplexity {event.perplexity:.1f} "
                            f"({event.perplexity_all:.1f} with punctuation)"
                            f"{', the best so far' if event.best else ''}"
                        )
                    case SampleWritten():
                        say(f"step {event.step}: {event.text}")
                    case CheckpointSaved():
                        say(f"step {event.step}: saved {event.name}")
                    case TrainingEnded():
                        return event
    raise AssertionError("training ends with TrainingEnded")


def _report(run: folders.Run, last: TrainingEnded) -> dict[str, object]:
    events = run.events()
    return {
        "run": run.name,
        "outcome": last.outcome,
        "reason": last.reason,
        "step": last.step,
        "losses": [event.loss for event in events if isinstance(event, StepDone)],
        "validations": [event for event in events if isinstance(event, Validated)],
        "samples": [event for event in events if isinstance(event, SampleWritten)],
        "checkpoints": run.checkpoint_names(),
    }


def _figure(value: float | None, digits: int) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
