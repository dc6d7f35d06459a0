"""`train` in this process: one run, or several one after the other."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from studio.cli.output import messages, print_json, say
from studio.errors import RunError, StudioError
from studio.messages import TrainingStarted
from studio.model.config import RunConfig
from studio.model.events import (
    CheckpointSaved,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.paths import Home
from studio.runs import folders, queue

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession


def train_one(
    home: Home,
    name: str,
    config: RunConfig | None,
    epochs: int,
    device: str,
    after: int,
    json: bool,
) -> None:
    """Train a run, a new one if `config` is given; ends with a message or JSON document.

    `epochs`, `device` and `after` are for `resume_run`. Raises KeyboardInterrupt if a signal
    stopped it, RunError if it diverged.
    """
    _Turns(home, [], json).train(name, config, epochs, device, after)


def train_in_turn(home: Home, runs: dict[str, RunConfig], json: bool) -> None:
    """Train new runs, one after the other. Meanwhile the later ones wait, as folders."""
    made = let_wait(home, runs)
    first, *rest = runs
    try:
        _Turns(home, rest, json).train(first, None)
    except BaseException:
        if queue.place(made[0].folder):
            # The first could not start, so nothing has begun.
            for run in made:
                folders.delete(run)
        raise


def train_queue(home: Home, first: str, epochs: int, device: str, after: int, json: bool) -> None:
    """Resume a run, once the process `after` has left it, then train all that wait."""
    _Turns(home, None, json).train(first, None, epochs, device, after)


def first_waiting(home: Home) -> str:
    """The run whose turn it is; raises RunError if none waits."""
    if not (names := queue.waiting(home.runs)):
        raise RunError(
            "No run waits to be trained. A run waits if it was started in the studio while another "
            "one was in training, or if `train --cell rnn,gru` was stopped."
        )
    return names[0]


def let_wait(home: Home, runs: dict[str, RunConfig]) -> list[folders.Run]:
    """Make the folders of runs that are trained later; if one cannot be made, none is."""
    made = list[folders.Run]()
    try:
        for name, config in runs.items():
            made.append(folders.create(home.runs, name, config))
            queue.join(made[-1].folder)
    except BaseException:
        for run in made:
            folders.delete(run)
        raise
    return made


class _Turns:
    """Runs that are trained in turn: the first, then `rest`, or all that wait if that is None."""

    def __init__(self, home: Home, rest: Sequence[str] | None, json: bool) -> None:
        self._home, self._rest, self._json = home, rest, json
        self._failed = dict[str, str]()

    def train(
        self,
        name: str,
        config: RunConfig | None,
        epochs: int = 0,
        device: str = "",
        after: int = 0,
    ) -> None:
        """Train them all. Raises what ended a run, or RunError that names those that failed."""
        say("Loading torch and the poems ...")
        from studio.runs.session import resume_run, start_run

        if config:
            opening = partial(start_run, self._home, name, config)
        else:
            opening = partial(resume_run, self._home, name, epochs, device, after)
        has_begun = stopped = False
        while True:
            try:
                session = opening()
                has_begun = True
                stopped = self._train(session)
            except StudioError as error:
                if not has_begun:
                    raise
                self._failed[name] = str(error)
                say(f"{name}: {error}")
            except BaseException:
                if has_begun:
                    self._name_left("Train them with: tangshi-studio train --queue")
                raise
            if stopped or not (left := self._left()):
                break
            name = left[0]
            opening = partial(resume_run, self._home, name)
        if stopped:
            raise KeyboardInterrupt
        if self._failed:
            raise RunError(" ".join(self._failed.values()))

    def _train(self, session: "TrainingSession") -> bool:
        """Train a run to its end; returns whether a signal ended it."""
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
        if not self._json:
            say(f"{run}: {last.outcome} at step {last.step}. {last.reason}")
        elif self._rest == []:
            print_json(_report(session.run, last))
        else:
            # One document a line.
            sys.stdout.buffer.write(msgspec.json.encode(_report(session.run, last)) + b"\n")
            sys.stdout.buffer.flush()
        if last.outcome in ("diverged", "failed"):
            self._failed[run] = f"The training of {run} {last.outcome}. {last.reason}"
        if stopped_by:
            resume = f"tangshi-studio train --run {run} --resume"
            if not self._name_left(f"Resume {run} and train them with: {resume} --queue"):
                say(f"Resume with: {resume}")
        return bool(stopped_by)

    def _left(self) -> list[str]:
        """The runs that are still to be trained, and that no other process has taken."""
        if self._rest == []:
            return []
        return [
            name
            for name in queue.waiting(self._home.runs)
            if (self._rest is None or name in self._rest)
            and name not in self._failed
            and not folders.find(self._home.runs, name).is_busy()
        ]

    def _name_left(self, remedy: str) -> bool:
        """Say which runs are left; false if there is none."""
        left = self._left()
        if left:
            say(f"Not trained yet: {', '.join(left)}. {remedy}")
        return bool(left)


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
