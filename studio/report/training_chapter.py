"""Chapter 2: the training of the runs, and the use of the device."""

from collections.abc import Iterator, Sequence

from studio.corpus.poem import couplets
from studio.model.config import RunConfig
from studio.report.amounts import NOTHING, joined, number, perplexity, time_of
from studio.report.curves import device_charts, learning_charts, optimiser_charts, verse_charts
from studio.report.document import Block, Grid, Paragraph, Picture, Section
from studio.report.records import ReportData, ReportedRun, RunHistory
from studio.translation import Translate

# Rows of the table of samples, and runs that stand side by side in a table.
SAMPLES, TOGETHER = 8, 4


def training_chapter(data: ReportData, text: Translate) -> Iterator[Block]:
    """The training."""
    yield Section(2, text("2 The training"))
    yield from _course(data, text)
    trained = [run for run in data.runs if run.history.steps]
    if trained:
        yield from _curves(trained, text)
    yield from _device(data, text)
    yield from _samples(data.runs, text)
    yield from _verses(data.runs, text)


def _course(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("2.1 The course of the training"))
    head = (
        text("Run"),
        text("Steps"),
        text("Epoch"),
        text("Characters read"),
        text("Training time"),
        text("Characters per second"),
        text("Last loss"),
        text("End"),
    )
    yield Grid(head, tuple(_course_row(run.history, text) for run in data.runs), kind="numbers")
    yield Paragraph(
        text(
            "There is no early stopping: no run ends because of its perplexity on validation. But "
            "the checkpoint with the lowest perplexity on validation, over all targets, is kept, "
            "and the results below are those of that checkpoint. Training time is without pauses, "
            "validations and samples."
        )
    )


def _course_row(history: RunHistory, text: Translate) -> tuple[str, ...]:
    last = history.steps[-1] if history.steps else None
    return (
        history.name,
        number(history.step),
        number(last.epoch if last else None),
        number(history.characters),
        time_of(history.seconds, text),
        number(history.speed),
        f"{last.loss:.3f}" if last else NOTHING,
        _end(history, text),
    )


def _end(history: RunHistory, text: Translate) -> str:
    if history.is_busy:
        return text("still in training")
    if history.ended is None:
        return text("interrupted") if history.steps else text("not started")
    match history.ended.outcome:
        case "finished":
            return text("finished")
        case "stopped":
            return text("stopped")
        case _:
            return text("failed: {reason}", reason=history.ended.reason)


def _curves(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    yield Section(3, text("2.2 Loss and perplexity"))
    yield Picture(
        "learning",
        learning_charts(runs, text),
        text(
            "Left: the loss (faint; in a long training each point is the mean of some steps) and "
            "its mean over a twentieth of the training. Right: perplexity on the validation "
            "poems, over all targets (solid) and over Han characters alone (dashed, with hollow "
            "points)."
        ),
    )
    if len({_kind_of_loss(run.history.config) for run in runs}) > 1:
        yield Paragraph(
            text(
                "The losses of these runs are not comparable: they are computed differently, or "
                "with different dropout, or with teachers. Compare the perplexities."
            )
        )
    yield Section(3, text("2.3 Learning rate, gradient norm, speed"))
    yield Picture(
        "optimiser",
        optimiser_charts(runs, text),
        text(
            "The learning rate, the norm of the gradient before it is clipped (faint; solid: the "
            "mean), and the characters that are learnt per second."
        ),
    )


def _kind_of_loss(config: RunConfig) -> tuple[object, ...]:
    """The settings that change the loss of a step for the same model."""
    model = config.model
    dropout = model.dropout, model.recurrent_dropout, model.embedding_dropout
    # "chunked" computes the same value as "nll".
    return config.train.loss == "sampled", config.teachers, config.teaching, dropout


def _device(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("2.4 The use of the device"))
    without = [run for run in data.runs if not run.history.device_series]
    if without:
        yield Paragraph(
            text(
                "{runs}: the use of the device was not recorded.",
                runs=joined([run.name for run in without], text),
            )
        )
    for place, run in enumerate(data.runs, start=1):
        if run.history.device_series:
            yield Picture(
                f"device-{place}",
                device_charts(run.history, text),
                text("{run}: readings of the device during the training.", run=run.name),
            )


def _samples(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    yield Section(3, text("2.5 How a poem changes in training"))
    yield Paragraph(
        text(
            "At each validation a 五绝 is written from the same seed, so that only the weights "
            "differ. The number below each is the perplexity on validation over all targets."
        )
    )
    for start in range(0, len(runs), TOGETHER):
        some = runs[start : start + TOGETHER]
        steps = steps_shown([[each.step for each in run.history.samples] for run in some])
        if not steps:
            names = joined([run.name for run in some], text)
            yield Paragraph(text("{runs}: no sample is recorded.", runs=names))
            continue
        yield Grid(
            (text("Step"), *(run.name for run in some)),
            tuple(
                (number(step), *(_sample(run.history, step, text) for run in some))
                for step in steps
            ),
            kind="verse",
        )


def _verses(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    yield Section(3, text("2.6 How verse is learnt"))
    without = [run.name for run in runs if not run.history.verses]
    if without:
        names = joined(without, text)
        yield Paragraph(text("{runs}: no figures of verse were recorded in training.", runs=names))
    measured = [run for run in runs if run.history.verses]
    if measured:
        yield Picture(
            "verse",
            verse_charts(measured, text),
            text(
                "At each validation, what the model writes without any rule: the share of poems "
                "whose lines have the right length, and of those that keep the tones and the "
                "rhyme; different pairs of characters; 4-grams that the training poems have; "
                "characters of a poem that repeat an earlier one."
            ),
        )


def steps_shown(samples: Sequence[Sequence[int]]) -> list[int]:
    """At most `SAMPLES` steps of those at which runs have samples.

    The first and the last of each run are among them: runs need not have the same steps.
    """
    steps = set[int]()
    for count in range(SAMPLES, 1, -1):
        steps = {step for each in samples for step in spread(each, count)}
        if len(steps) <= SAMPLES:
            break
    return sorted(steps)


def spread(values: Sequence[int], count: int) -> list[int]:
    """At most `count` of the values, evenly spaced, with the first and the last."""
    if len(values) <= count:
        return list(values)
    return [values[round(place * (len(values) - 1) / (count - 1))] for place in range(count)]


def _sample(history: RunHistory, step: int, text: Translate) -> str:
    sample = next((each for each in history.samples if each.step == step), None)
    if sample is None:
        return NOTHING
    validation = history.validation_at(step)
    figure = perplexity(validation.perplexity_all if validation else None)
    return "\n".join([*couplets(sample.text), text("perplexity {figure}", figure=figure)])
