"""The curves of runs, as charts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np

from studio.model.events import StepDone, VerseMeasured
from studio.report.pictures import Chart, ChartLine, Charts
from studio.report.recorded import DeviceSeries
from studio.report.records import ReportedRun, RunHistory
from studio.telemetry import GIGABYTE
from studio.translation import Translate, marked

# The gauges of studio/telemetry.py in words; any other is shown by its label.
GAUGES = {
    "gpu": marked("Use of the GPU"),
    "cpu": marked("Use of the processor"),
    "memory": marked("Memory in use"),
    "studio": marked("Memory of the program"),
    "temp": marked("Temperature"),
    "power": marked("Power"),
}
# How a unit is shown, and how many of it that is.
_UNITS: dict[str, tuple[str, float]] = {"B": ("GB", GIGABYTE), "C": ("°C", 1)}
# Points of a line: more cannot be told apart.
POINTS = 400
# A smoothed value is the mean over this share of the points around it.
_WINDOW = 1 / 20
# Seconds from which a training is measured in hours.
_LONG = 2 * 3600


def learning_charts(runs: Sequence[ReportedRun], text: Translate) -> Charts:
    """Loss of each step, and perplexity on validation, by step."""
    step = text("steps")
    return Charts(
        (
            Chart(
                text("Loss in training"),
                step,
                text("nats per character"),
                _noisy(runs, lambda each: each.loss),
                by_step=True,
            ),
            Chart(
                text("Perplexity on validation"),
                step,
                text("perplexity"),
                tuple(_perplexities(runs, _steps_at)),
                logarithmic=True,
                by_step=True,
            ),
        )
    )


def optimiser_charts(runs: Sequence[ReportedRun], text: Translate) -> Charts:
    """Learning rate, gradient norm and speed, by step."""
    step = text("steps")
    rates = tuple(
        ChartLine(
            run.name,
            *thinned(_steps(run.history), [each.learning_rate for each in run.history.steps]),
            number,
        )
        for number, run in enumerate(runs)
    )
    return Charts(
        (
            Chart(
                text("Learning rate"),
                step,
                text("learning rate"),
                rates,
                from_zero=True,
                by_step=True,
            ),
            Chart(
                text("Gradient norm before clipping"),
                step,
                text("gradient norm"),
                _noisy(runs, lambda each: each.gradient_norm),
                logarithmic=True,
                by_step=True,
            ),
            Chart(
                text("Speed"),
                step,
                text("characters/s"),
                tuple(_speeds(runs)),
                from_zero=True,
                by_step=True,
            ),
        ),
        columns=3,
    )


def effort_charts(runs: Sequence[ReportedRun], text: Translate) -> Charts:
    """Perplexity by training time and by characters read."""
    unit, title = _time_axis([run.history for run in runs], text)
    return Charts(
        (
            Chart(
                text("Perplexity by training time"),
                title,
                text("perplexity"),
                tuple(_perplexities(runs, lambda history: _time_at(history, unit))),
                logarithmic=True,
            ),
            Chart(
                text("Perplexity by characters read"),
                text("thousands of characters"),
                text("perplexity"),
                tuple(_perplexities(runs, _characters_at)),
                logarithmic=True,
            ),
        )
    )


def verse_charts(runs: Sequence[ReportedRun], text: Translate) -> Charts:
    """What the models write without a form, at each validation, by step."""
    share = text("share of poems")
    figures: tuple[tuple[str, str, Callable[[VerseMeasured], float | None]], ...] = (
        (text("Right length"), share, lambda each: each.length_kept),
        (text("Tones kept"), share, lambda each: each.tones_kept),
        (text("Rhyme kept"), share, lambda each: each.rhyme_kept),
        (
            text("Different pairs (distinct-2)"),
            text("share of pairs"),
            lambda each: each.distinct_2,
        ),
        (text("Copied 4-grams"), text("share of 4-grams"), lambda each: each.grams_copied),
        (text("Repeated characters"), text("characters per poem"), lambda each: each.repeats),
    )
    return Charts(
        tuple(
            Chart(
                title,
                text("steps"),
                unit,
                tuple(_verses(runs, value)),
                from_zero=True,
                by_step=True,
            )
            for title, unit, value in figures
        ),
        columns=3,
    )


def _verses(
    runs: Sequence[ReportedRun], value: Callable[[VerseMeasured], float | None]
) -> Iterable[ChartLine]:
    for number, run in enumerate(runs):
        measured = [(each.step, value(each)) for each in run.history.verses]
        points = [(float(step), y) for step, y in measured if y is not None]
        yield ChartLine(run.name, tuple(x for x, _ in points), tuple(y for _, y in points), number)


def device_charts(history: RunHistory, text: Translate) -> Charts:
    """The device readings of a run: a chart for each gauge, a line for each device."""
    gauges: dict[tuple[str, str], list[DeviceSeries]] = {}
    for each in history.device_series:
        gauges.setdefault((each.label, each.unit), []).append(each)
    unit_of_time, title = _time_axis([history], text)
    return Charts(
        tuple(
            Chart(
                text(GAUGES[label]) if label in GAUGES else label,
                title,
                _UNITS.get(unit, (unit, 1))[0],
                tuple(
                    ChartLine(
                        text(each.device),
                        *thinned([at * 3600 / unit_of_time for at in each.hours], _in_units(each)),
                        number,
                    )
                    for number, each in enumerate(devices)
                ),
                from_zero=True,
            )
            for (label, unit), devices in gauges.items()
        ),
        columns=2 if len(gauges) % 3 else 3,
    )


def _time_axis(histories: Sequence[RunHistory], text: Translate) -> tuple[float, str]:
    """The seconds of a unit of training time, and the title of its axis."""
    if max(each.seconds for each in histories) > _LONG:
        return 3600, text("hours of training")
    return 60, text("minutes of training")


def _in_units(series: DeviceSeries) -> list[float]:
    scale = _UNITS.get(series.unit, (series.unit, 1))[1]
    return [value / scale for value in series.values]


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """At most `POINTS` points, each the mean of an equal share of the given ones."""
    count = min(len(x), POINTS)
    edges = [len(x) * place // max(count, 1) for place in range(count + 1)]
    return (
        tuple(sum(x[start:end]) / (end - start) for start, end in pairwise(edges)),
        tuple(sum(y[start:end]) / (end - start) for start, end in pairwise(edges)),
    )


def smoothed(values: Sequence[float]) -> tuple[float, ...]:
    """The mean over a window around each value; it starts at the first value.

    Near the end, where half of a window is missing, it is the line through the last whole window:
    the mean of fewer values would end in a spike, or lag behind.
    """
    reach = min(round(len(values) * _WINDOW / 2), (len(values) - 1) // 2)
    sums = [0.0, *accumulate(values)]
    means = []
    for place in range(len(values) - reach):
        # As far to the left as to the right, so that the first value stays.
        here = min(reach, place)
        means.append((sums[place + here + 1] - sums[place - here]) / (2 * here + 1))
    if reach:
        last = np.array(values[-2 * reach - 1 :])
        offsets = np.arange(-reach, reach + 1)
        line = last.mean() + offsets * (offsets @ last) / (offsets @ offsets)
        means += np.clip(line[reach + 1 :], last.min(), last.max()).tolist()
    return tuple(means)


def _noisy(runs: Sequence[ReportedRun], read: Callable[[StepDone], float]) -> tuple[ChartLine, ...]:
    """For each run a faint line of the values, and over it the smoothed one."""
    lines = []
    for number, run in enumerate(runs):
        x, y = thinned(_steps(run.history), [read(each) for each in run.history.steps])
        lines.append(ChartLine(run.name, x, y, number, faint=True))
        lines.append(ChartLine(run.name, x, smoothed(y), number))
    return tuple(lines)


def _perplexities(
    runs: Sequence[ReportedRun], places: Callable[[RunHistory], Mapping[int, float]]
) -> Iterable[ChartLine]:
    """For each run the perplexity over all targets, and dashed that over Han characters."""
    for number, run in enumerate(runs):
        at = places(run.history)
        known = [each for each in run.history.validations if each.step in at]
        x = tuple(at[each.step] for each in known)
        yield ChartLine(run.name, x, tuple(each.perplexity_all for each in known), number)
        yield ChartLine(run.name, x, tuple(each.perplexity for each in known), number, dashed=True)


def _speeds(runs: Sequence[ReportedRun]) -> Iterable[ChartLine]:
    """Characters per second, over spans of steps: one step is too short to measure."""
    for number, run in enumerate(runs):
        steps = run.history.steps
        count = max(1, min(60, len(steps) // 5))
        edges = [(len(steps) - 1) * place // count for place in range(count + 1)]
        points = []
        for start, end in pairwise(edges):
            seconds = steps[end].elapsed - steps[start].elapsed
            if seconds > 0:
                read = sum(each.characters for each in steps[start + 1 : end + 1])
                points.append(((steps[start].step + steps[end].step) / 2, read / seconds))
        yield ChartLine(run.name, tuple(x for x, _ in points), tuple(y for _, y in points), number)


def _steps(history: RunHistory) -> list[float]:
    return [each.step for each in history.steps]


def _steps_at(history: RunHistory) -> dict[int, float]:
    return {each.step: each.step for each in history.steps}


def _time_at(history: RunHistory, unit: float) -> dict[int, float]:
    return {each.step: each.elapsed / unit for each in history.steps}


def _characters_at(history: RunHistory) -> dict[int, float]:
    read = accumulate(each.characters for each in history.steps)
    return {each.step: count / 1000 for each, count in zip(history.steps, read, strict=True)}
