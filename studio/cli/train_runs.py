"""`train` in this process: one run, or several one after the other."""

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from studio.cli.headless import failure, train_to_end
from studio.cli.output import print_json, say
from studio.errors import RunError, StudioError, no_room_message
from studio.model.config import RunConfig
from studio.model.events import (
    SampleWritten,
    StepDone,
    TrainingEnded,
    Validated,
)
from studio.paths import Home
from studio.reasons import in_words
from studio.runs import folders, queue
from studio.runs.processes import ending, how_to_resume
from studio.translation import plain, tr

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


def train_queue(
    home: Home, first: str, epochs: int, device: str, after: int, may_fail: bool, json: bool
) -> None:
    """Resume a run, once the process `after` has left it, then train all that wait.

    `first` may be "": the run whose turn it is. One that cannot be trained is passed over, `first`
    only if it `may_fail`.
    """
    _Turns(home, None, json).train(
        first or first_waiting(home), None, epochs, device, after, may_fail or not first
    )


def first_waiting(home: Home) -> str:
    """The run whose turn it is; raises RunError if none waits."""
    if not (names := ready(home)):
        raise RunError(
            tr(
                "No run waits to be trained. A run waits if it was started in the studio while "
                "another one was in training, or if `train --cell rnn,gru` was stopped."
            )
        )
    return names[0]


def ready(home: Home) -> list[str]:
    """The runs that wait, and that no other process is about to train."""
    return [
        name for name in queue.waiting(home.runs) if not folders.find(home.runs, name).is_busy()
    ]


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
        may_fail: bool = False,
    ) -> None:
        """Train them all. Raises what ended a run, or RunError that names those that failed.

        If the first cannot start, nothing is trained, unless it `may_fail` as the others may.
        """
        say(tr("Loading torch and the poems ..."))
        from studio.model.device import free_cached_memory
        from studio.runs.session import resume_run, start_run

        if config:
            opening = partial(start_run, self._home, name, config)
        else:
            opening = partial(resume_run, self._home, name, epochs, device, after)
        session: TrainingSession | None = None
        has_begun = stopped = False
        while True:
            try:
                session = _opened(opening)
                has_begun = True
                stopped = self._train(session)
            except BaseException as error:
                problem = _in_words(error)
                if not problem and has_begun:
                    self._name_left(tr("Train them with: tangshi-studio train --queue"))
                if not problem or self._rest == [] or not (has_begun or may_fail):
                    raise
                self._failed[name] = problem
                say(tr("{run}: {problem}", run=name, problem=problem))
            if stopped or not (left := self._left()):
                break
            # The next run may need the memory, on the GPU too.
            session = None
            gc.collect()
            free_cached_memory()
            name = left[0]
            opening = partial(resume_run, self._home, name)
        if stopped:
            raise KeyboardInterrupt
        if self._failed:
            raise RunError(" ".join(self._failed.values()))

    def _train(self, session: "TrainingSession") -> bool:
        """Train a run to its end; returns whether a signal ended it."""
        run = session.run.name
        try:
            last, stopped = train_to_end(session)
        except BrokenPipeError:
            raise  # nobody reads the messages any more
        except OSError:
            # A disk is full. The same command would need another name to try again.
            say(how_to_resume(run))
            raise
        if not self._json:
            say(ending(run, last))
        elif self._rest == []:
            print_json(_report(session.run, last))
        else:
            # One document a line.
            document = msgspec.json.encode(_report(session.run, last), enc_hook=plain)
            sys.stdout.buffer.write(document + b"\n")
            sys.stdout.buffer.flush()
        if last.outcome in ("diverged", "failed"):
            # The launcher of several processes ends all of them with a signal if one fails.
            stopped = False
            self._failed[run] = failure(run, last)
        if stopped and last.outcome == "finished":
            # The signal came during the last step.
            return self._name_left(tr("Train them with: tangshi-studio train --queue"))
        if stopped:
            resume = f"tangshi-studio train --run {run} --resume"
            remedy = tr(
                "Resume {run} and train them with: {command}", run=run, command=f"{resume} --queue"
            )
            if not self._name_left(remedy):
                say(tr("Resume with: {command}", command=resume))
        return stopped

    def _left(self) -> list[str]:
        """The runs that are still to be trained, and that no other process has taken."""
        if self._rest == []:
            return []
        return [
            name
            for name in ready(self._home)
            if (self._rest is None or name in self._rest) and name not in self._failed
        ]

    def _name_left(self, remedy: str) -> bool:
        """Say which runs are left; false if there is none."""
        left = self._left()
        if left:
            say(tr("Not trained yet: {runs}. {remedy}", runs=tr(", ").join(left), remedy=remedy))
        return bool(left)


def _in_words(error: BaseException) -> str:
    """What is wrong with a run that cannot be trained; "" if the error is not about the run."""
    if isinstance(error, StudioError):
        return str(error)
    return no_room_message(error) if isinstance(error, MemoryError | RuntimeError) else ""


def _opened(opening: "Callable[[], TrainingSession]") -> "TrainingSession":
    """The session; a file that cannot be used is a RunError, too."""
    try:
        return opening()
    except OSError as error:
        raise RunError(in_words(error)) from error


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
