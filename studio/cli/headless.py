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
from studio.translation import marked, tr
from studio.wording import device_in_words

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession

# How often the bar is drawn per second. Each time it writes about 230 bytes, changed or not.
REFRESHES = 2
# How a training ends; see `model.events.Outcome`.
_OUTCOMES = (marked("finished"), marked("stopped"), marked("diverged"), marked("failed"))


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


def failure(name: str, last: TrainingEnded) -> str:
    """The message of the error that ended the training of a run."""
    return tr(
        "The training of {run} {outcome}. {reason}",
        run=name,
        outcome=tr(last.outcome),
        reason=last.reason,
    )


def _watch(started: TrainingStarted, steps: Iterator[tuple[TrainingEvent, ...]]) -> TrainingEnded:
    """Show the training on standard error until it ends."""
    say(
        tr(
            "{run}: {cell} with {parameters:,} parameters and a vocabulary of {characters:,} "
            "characters, on {device} in {precision}.",
            run=started.run,
            cell=started.config.model.cell,
            parameters=started.parameters,
            characters=started.vocabulary,
            device=device_in_words(started.device),
            precision=started.precision,
        )
    )
    if started.notice:
        say(started.notice)
    progress = Progress(
        TextColumn(tr("epoch {task.fields[epoch]}")),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn(tr("loss {task.fields[loss]:.3f} · {task.fields[speed]:,.0f} characters/s")),
        console=messages,
        disable=not messages.is_terminal,
        refresh_per_second=REFRESHES,
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
                        say(_measured(event))
                    case SampleWritten() | Noted():
                        say(tr("step {step}: {text}", step=event.step, text=event.text))
                    case CheckpointSaved():
                        say(tr("step {step}: saved {name}", step=event.step, name=event.name))
                    case TrainingEnded():
                        return event
    raise AssertionError("training ends with TrainingEnded")


def _measured(event: Validated) -> str:
    figures = {
        "step": event.step,
        "perplexity": event.perplexity_all,
        "han": event.perplexity,
    }
    if event.best:
        return tr(
            "step {step}: validation perplexity {perplexity:.1f} ({han:.1f} over Han characters), "
            "the best so far",
            **figures,
        )
    return tr(
        "step {step}: validation perplexity {perplexity:.1f} ({han:.1f} over Han characters)",
        **figures,
    )
