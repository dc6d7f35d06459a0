"""`train`: train a model, or several one after the other."""

from typing import Annotated

import msgspec
import typer

from studio.cli import train_runs
from studio.cli.options import Device, is_given, settings_of
from studio.cli.output import option, print_json, say, usage_errors
from studio.cli.several import devices_option, train_on_devices, train_with_process_0
from studio.cli.train_runs import let_wait
from studio.errors import ConfigError, RunError
from studio.launched import is_launched, rank
from studio.model.config import MAX_COUNT, RECIPES, RunConfig, recipe_named, with_settings
from studio.paths import Home
from studio.reasons import in_words
from studio.runs import folders, processes
from studio.runs.processes import DetachedTraining
from studio.translation import tr


def train(
    context: typer.Context,
    recipe: Annotated[
        str, typer.Option(help=tr("One of {names}.", names=tr(", ").join(RECIPES)))
    ] = "studio",
    cell: Annotated[
        str | None,
        typer.Option(help=tr("rnn, gru or lstm; several, such as rnn,gru, are trained in turn.")),
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
    mix: Annotated[
        str | None,
        typer.Option(
            help=tr("Also read a corpus fetched with --beside, less of it towards the end.")
        ),
    ] = None,
    teachers: Annotated[
        str | None,
        typer.Option(help=tr("Models to learn from (distillation), for example a,b.")),
    ] = None,
    teaching: Annotated[
        float | None,
        typer.Option(min=0.0, max=0.99, help=tr("The weight of the teachers in the loss.")),
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
    may_fail: Annotated[bool, typer.Option(hidden=True)] = False,
    queue: Annotated[
        bool, typer.Option(help=tr("Train the runs that wait; with --resume, after that run."))
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help=tr("Report as JSON; with several runs, one line for each.")),
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
        if (several or is_launched()) and (device or queue or (cell and "," in cell)):
            raise ConfigError(
                tr("--devices trains one run: leave out --device, --queue and more cells.")
                if several
                else tr(
                    "torchrun trains one run. If there are GPUs, each process has its own. Leave "
                    "out --device, --queue and more cells."
                )
            )
        if resume:
            if run is None:
                raise RunError(
                    tr("Name the run to resume with --run NAME: see `tangshi-studio runs list`.")
                )
            kept = (cell, seed, set_, from_, poems, mix, teachers, teaching, max_steps)
            if is_given(context, "recipe") or any(each is not None for each in kept):
                raise ConfigError(
                    tr(
                        "A resumed run keeps its settings: only --epochs and --device can change. "
                        "If max_steps has ended the run, give it more epochs with --epochs."
                    )
                )
        elif queue:
            given_too = (cell, run, epochs, seed, set_, from_, poems, mix, teachers, teaching)
            has_settings = any(each is not None for each in (*given_too, max_steps))
            if device or has_settings or is_given(context, "recipe"):
                raise ConfigError(
                    tr("--queue trains the runs that wait, each with its own settings.")
                )
            run = train_runs.first_waiting(home)
        else:
            given = {"epochs": epochs, "max_steps": max_steps, "seed": seed}
            options: dict[str, object] = {k: v for k, v in given.items() if v is not None}
            if device:
                options["device"] = device
            if poems and mix:
                raise ConfigError(
                    tr("--poems trains on another corpus alone, --mix adds one: give one of them.")
                )
            if teaching is not None and not teachers:
                raise ConfigError(tr("--teaching needs --teachers."))
            settings = settings_of(set_, [*options, "cell"] if cell else options)
            cells = cell.split(",") if cell else [""]
            if len(set(cells)) < len(cells):
                raise ConfigError(tr("--cell names a cell twice. Each is trained once."))
            for each in cells:
                config = recipe_named(recipe)
                if from_:
                    from studio.runs.session import starting_from

                    config = starting_from(home, config, from_)
                chosen = options | {"cell": each} if cell else options
                config = with_settings(with_settings(config, chosen, option), settings)
                if teachers:
                    from studio.runs.session import taught_by

                    config = taught_by(home, config, teachers)
                config = msgspec.structs.replace(
                    config,
                    poems=poems or "",
                    # On another corpus alone nothing is mixed in, whatever the recipe does.
                    mixed="" if poems else config.mixed if mix is None else mix,
                    teaching=config.teaching if teaching is None else teaching,
                )
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
        # Of the runs that wait, one that cannot be trained is passed over.
        choices = (train_runs.ready(home) if queue and not resume else []) or [run]
        for run in choices:
            try:
                pid = _detach(home, run, new, more_epochs, other_device, devices, queue)
                break
            except (RunError, OSError) as error:
                if run == choices[-1]:
                    raise
                say(tr("{run}: {problem}", run=run, problem=in_words(error)))
        if json:
            print_json({"run": run, "pid": pid})
    elif several:
        name = run.partition("@")[0]
        found = folders.create(home.runs, run, new[run]) if new else folders.find(home.runs, name)
        more = ["--epochs", str(more_epochs)] if more_epochs else []
        more += ["--json"] if json else []
        # Then a request to stop that came meanwhile is for the processes that are started here.
        more += ["--after", str(after)] if after else []
        train_on_devices(found, several, run, more, is_new=bool(new))
    elif queue:
        first = run if resume else ""
        train_runs.train_queue(home, first, more_epochs, other_device, after, may_fail, json)
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
        how = DetachedTraining(epochs, device, devices, then_queue=queue or len(new) > 1)
        pid = processes.train_detached(run, how, is_new=bool(made))
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
