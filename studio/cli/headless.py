"""Training without the studio: shown on standard error, stopped by signals."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from studio.cli.output import messages, say
from studio.cli.signals import stopping_on_signals
from studio.messages import TrainingStarted
from studio.model.events import (
    CheckpointSaved,
    Noted,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession


def train_to_end(session: "TrainingSession") -> tuple[TrainingEnded, bool]:
    """Train and show it, then close the session; returns also whether a signal ended it."""
    try:
        with stopping_on_signals(session.trainer.stop) as stopped_by:
            last = _watch(session.started(), session.steps())
    except (OSError, SystemExit):
        # If nobody reads the messages any more (`| head`), rich raises SystemExit. Save the
        # checkpoint even then.
        session.save()
        raise
    finally:
        session.close()
    return last, bool(stopped_by)


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
                            f"step {event.step}: validation perplexity {event.perplexity_all:.1f} "
                            f"({event.perplexity:.1f} over Han characters)"
                            f"{', the best so far' if event.best else ''}"
                        )
                    case SampleWritten():
                        say(f"step {event.step}: {event.text}")
                    case Noted():
                        say(f"step {event.step}: {event.text}")
                    case CheckpointSaved():
                        say(f"step {event.step}: saved {event.name}")
                    case TrainingEnded():
                        return event
    raise AssertionError("training ends with TrainingEnded")
