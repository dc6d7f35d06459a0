"""Chapter 4: the runs compared."""

from collections.abc import Iterator, Sequence

from studio.report.amounts import number, perplexity, time_of
from studio.report.curves import effort_charts
from studio.report.document import Block, Grid, Paragraph, Picture, Section
from studio.report.records import ReportData, ReportedRun
from studio.report.results import FREE, OPENINGS, QUATRAIN
from studio.report.results_chapter import poem_cell, poem_for
from studio.report.settings_table import settings_rows
from studio.report.training_chapter import TOGETHER
from studio.translation import Translate
from studio.verse.request import Strategy


def comparison_chapter(data: ReportData, text: Translate) -> Iterator[Block]:
    """The comparison of the runs."""
    yield Section(2, text("4 The comparison"))
    if len(data.runs) == 1:
        yield Paragraph(
            text(
                "The report is about one run. Name several to compare them: "
                "tangshi-studio report RUN RUN ..."
            )
        )
        return
    yield from _settings(data.runs, text)
    yield _summary(data.runs, text)
    yield from _verdict(data.runs, text)
    if any(run.history.validations for run in data.runs):
        yield Picture(
            "comparison",
            effort_charts(data.runs, text),
            text(
                "Perplexity on validation by training time and by characters read: over all "
                "targets (solid) and over Han characters alone (dashed, with hollow points)."
            ),
        )
    yield from _side_by_side(data.runs, text)


def _settings(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    rows = [row for row in settings_rows([run.history.config for run in runs], text) if row.differs]
    if not rows:
        yield Paragraph(text("The runs have the same settings."))
        return
    yield Grid(
        (text("Setting"), text("Name"), *(run.name for run in runs)),
        tuple((row.meaning, row.key, *row.values) for row in rows),
        text("The settings in which the runs differ. All others are the same."),
    )


def _summary(runs: Sequence[ReportedRun], text: Translate) -> Grid:
    columns = [_figures(run, text) for run in runs]
    names = (
        text("Cell"),
        text("Parameters"),
        text("Steps"),
        text("Characters read"),
        text("Training time"),
        text("Characters per second"),
        text("Best step"),
        text("Perplexity in training, all targets"),
        text("Perplexity in training, Han alone"),
        text("Perplexity on the whole validation, all targets"),
        text("Perplexity on the whole validation, Han alone"),
    )
    return Grid(
        ("", *(run.name for run in runs)),
        tuple(zip(names, *columns, strict=True)),
        text("The figures of the runs; perplexities are those of the best step."),
        kind="numbers",
    )


def _figures(run: ReportedRun, text: Translate) -> tuple[str, ...]:
    results, history = run.results, run.history
    recorded = history.validation_at(results.step) if results else None
    valid = results.perplexity("valid") if results else None
    return (
        history.config.model.cell.upper(),
        number(results.parameters if results else None),
        number(history.step),
        number(history.characters),
        time_of(history.seconds, text),
        number(history.speed),
        number(results.step if results else None),
        perplexity(recorded.perplexity_all if recorded else None),
        perplexity(recorded.perplexity if recorded else None),
        perplexity(valid.perplexity if valid else None),
        perplexity(valid.perplexity_han if valid else None),
    )


def _verdict(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    """What the figures say, in a sentence; nothing if they cannot be compared."""
    measured = [
        (valid.perplexity, run)
        for run in runs
        if run.results and (valid := run.results.perplexity("valid"))
    ]
    if len(measured) > 1:
        measured.sort(key=lambda each: each[0])
        (best, first), (second, other) = measured[:2]
        yield Paragraph(
            text(
                "On the whole validation split {first} has the lowest perplexity over all targets, "
                "{best}; {other} follows with {second}, {more} more.",
                first=first.name,
                best=perplexity(best),
                other=other.name,
                second=perplexity(second),
                more=f"{second / best - 1:.1%}",
            )
        )
        if len({run.results.vocabulary for _, run in measured if run.results}) > 1:
            yield Paragraph(
                text(
                    "The runs have different vocabularies. The unknown token is easy to predict "
                    "where it is frequent: compare the perplexities with care."
                )
            )
    speeds = [(speed, run) for run in runs if (speed := run.history.speed)]
    if len(speeds) > 1:
        fastest, slowest = (pick(speeds, key=lambda each: each[0]) for pick in (max, min))
        yield Paragraph(
            text(
                "{fast} learns the fastest, {fast_speed} characters per second; {slow} the "
                "slowest, {slow_speed}. Speeds are only comparable if the same machine trained "
                "the runs, with nothing else to do.",
                fast=fastest[1].name,
                fast_speed=number(fastest[0]),
                slow=slowest[1].name,
                slow_speed=number(slowest[0]),
            )
        )
    if len({run.history.step for run in runs}) > 1:
        yield Paragraph(
            text("The runs have taken different numbers of steps: compare them with care.")
        )


def _side_by_side(runs: Sequence[ReportedRun], text: Translate) -> Iterator[Block]:
    yield Section(3, text("Poems side by side"))
    written = [run for run in runs if run.results]
    kinds: tuple[tuple[str, Strategy, str], ...] = (
        (FREE, "greedy", text("Free length, by argmax.")),
        (QUATRAIN, "sample", text("{form}, by sampling.", form=QUATRAIN)),
    )
    for start in range(0, len(written), TOGETHER):
        some = written[start : start + TOGETHER]
        for form, strategy, caption in kinds:
            yield Grid(
                (text("Opening"), *(run.name for run in some)),
                tuple(
                    (
                        opening,
                        *(
                            poem_cell(poem_for(run.results, opening, form, strategy), text)
                            for run in some
                            if run.results
                        ),
                    )
                    for opening in OPENINGS
                ),
                caption,
                kind="verse" if form else "prose",
            )
