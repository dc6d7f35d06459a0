"""The cursor on the curves, their axes and scales, and runs side by side."""

import time

import msgspec
import numpy as np
import pytest
from textual.widgets import Static

from studio.model.config import RECIPES
from studio.model.events import EpochDone, SampleWritten, StepDone, Validated, VerseMeasured
from studio.paths import Home
from studio.runs import folders
from studio.runs.folders import Run
from studio.runs.readings import READINGS, TrainingReading
from studio.telemetry import GIGABYTE, Gauge
from studio.tui.drawing import plot
from studio.tui.drawing.plot import Plot
from studio.tui.drawing.scales import core, time_ticks
from studio.tui.training import curve_chart
from studio.tui.training.axes import AXES
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.history import History
from studio.tui.training.metrics import METRICS
from studio.wording import clock, figure
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import a_run, write_run

SMALL, WIDE = (80, 24), (160, 48)
# Seconds since 1970 of the first reading.
STARTED = 1_790_000_000.0


def title(studio: Opened, metric: str) -> str:
    """The line above a chart."""
    return str(studio.pane.query_one(f"#chart-{metric} .chart-title", Static).content)


def add_readings(run: Run, steps: range) -> list[TrainingReading]:
    """Readings of a run that was paused for an hour after step 300."""
    readings = [
        TrainingReading(
            STARTED + step * 0.11 + (3600 if step > 300 else 0),
            step,
            58_000.0,
            "Processor",
            (Gauge("cpu", 50 + step / 100, "%", 100), Gauge("memory", 8 * GIGABYTE, "B")),
        )
        for step in steps
    ]
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in readings)
    (run.folder / READINGS).write_bytes(lines)
    return readings


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_cursor_shows_what_stands_in_the_log(
    open_studio: Open, home: Home, size: tuple[int, int]
) -> None:
    events = write_run(home, "autumn", 600).events()
    steps = {each.step: each for each in events if isinstance(each, StepDone)}
    async with open_studio(size) as studio:
        await studio.press("2", "r", "enter", *(["z"] if size == WIDE else []))
        await studio.press("home", "pagedown", "pagedown", "pagedown", "pagedown", "right", "left")
        step = studio.pane.query_one(CurveGrid).cursor
        assert step is not None
        assert 200 < step < 400
        shown = steps[step]
        validated = [each for each in events if isinstance(each, Validated) and each.step <= step]
        wanted = {
            "loss": (figure(shown.loss),),
            "perplexity": (figure(validated[-1].perplexity_all), figure(validated[-1].perplexity)),
            "rate": (figure(shown.learning_rate),),
            "norm": (figure(shown.gradient_norm),),
        }
        for metric, values in wanted.items() if size == WIDE else [("loss", wanted["loss"])]:
            for value in (f"step {step}", *values):
                assert value in title(studio, metric), metric
        sample = [each for each in events if isinstance(each, SampleWritten) and each.step <= step]
        assert sample[-1].text.split("。")[0] in studio.text()
        assert "Sample 1/3" in studio.text()


async def test_the_cursor_goes_to_the_first_and_the_last_step_and_away(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter")
        grid = studio.pane.query_one(CurveGrid)
        await studio.press("left")
        assert grid.cursor == 600
        await studio.press("home", "left")
        assert grid.cursor == 1
        await studio.press("end", "right")
        assert grid.cursor == 600
        await studio.press("escape")
        assert grid.cursor is None
        assert "step 600" not in title(studio, "loss")


@pytest.mark.parametrize("axis", ["", "aaaa"])
async def test_a_move_of_the_cursor_reads_and_draws_no_curve_again(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch, axis: str
) -> None:
    add_readings(write_run(home, "autumn", 600), range(50, 601, 50))

    def again(*_: object) -> None:
        raise AssertionError("that takes long for a long run")

    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "z", "home", *axis)
        studio.pane._follow_readings()
        await studio.settle()
        with monkeypatch.context() as drawn:
            drawn.setattr(curve_chart, "smooth", again)
            drawn.setattr(History, "speed", again)
            # The log and the list of runs take a part of the width, and give it back.
            await studio.press("l", "l", "r", "r")
            drawn.setattr(plot, "thin", again)
            await studio.press("right", "end", "left", "left_square_bracket")
        assert studio.pane.query_one(CurveGrid).cursor == 200
        assert "5.733" in title(studio, "loss")
        assert "Sample 1/3" in studio.text()


async def test_the_cursor_stays_at_its_step_when_another_run_is_opened(
    open_studio: Open, home: Home
) -> None:
    for name in ("autumn", "winter"):
        write_run(home, name, 600)
    async with open_studio(SMALL) as studio:
        await studio.press(
            "2", "r", "enter", "home", "pagedown", "pagedown", "pagedown", "pagedown"
        )
        step = studio.pane.query_one(CurveGrid).cursor
        assert "Sample 1/3" in studio.text()
        await studio.press("r", "down", "enter")
        assert studio.pane.query_one(CurveGrid).cursor == step
        assert "Sample 1/3" in studio.text()


async def test_the_cursor_stays_in_view_when_zoomed_in(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", *["greater_than_sign"] * 6, "home")
        low, high = studio.pane.query_one("#chart-loss Plot", Plot).window or (0.0, 0.0)
        assert low <= 1 <= high < 400


async def test_one_key_draws_the_curves_along_each_axis(open_studio: Open, home: Home) -> None:
    run = write_run(home, "autumn", 600)
    (first, *_) = add_readings(run, range(50, 601, 50))
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "z")
        studio.pane._follow_readings()
        await studio.settle()
        await studio.press("home")
        for words, mark in (
            ("by epoch", "0.00"),
            ("by characters", "6400"),
            ("by hours", "3.06e-05"),
            ("by time of day", clock(first.at - 49 * 0.11)),
        ):
            await studio.press("a")
            assert words in title(studio, "loss")
            # Below the charts; perplexity and speed have no value at the first step.
            assert studio.text().count(f" {mark} ") == 3
        await studio.press("a")
        assert "by" not in title(studio, "loss")


def test_a_pause_is_seen_along_the_time_of_day_but_not_along_the_hours(home: Home) -> None:
    run = write_run(home, "autumn", 600)
    history = History.of("autumn", run.events())
    history.take_readings(add_readings(run, range(50, 601, 50)))
    step, epoch, characters, hours, day = (axis.at(history) for axis in AXES)
    assert list(step) == list(history.steps)
    assert (epoch[299], epoch[-1]) == (1.0, 2.0)
    assert characters[-1] == 600 * 6400
    assert np.diff(hours).max() == pytest.approx(0.11 / 3600)
    assert day[-1] - day[0] == pytest.approx(3600 + 599 * 0.11)
    assert day[349] - day[299] == pytest.approx(3600 + 50 * 0.11)


def test_without_readings_or_a_whole_epoch_there_is_no_such_axis() -> None:
    history = History.of("autumn", a_run(100))
    known = [bool(np.isfinite(axis.at(history)).all()) for axis in AXES]
    assert known == [True, False, True, True, False]


async def test_the_axis_is_changed_while_a_run_has_readings_but_no_steps(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 0)
    run.record(EpochDone(1, 1, 2.5))
    add_readings(run, range(1, 3))
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter")
        # They are read with the device, every other second.
        (history,) = studio.pane._watched.histories()
        history.take_readings(add_readings(run, range(1, 3)))
        assert [len(axis.at(history)) for axis in AXES] == [0] * len(AXES)
        await studio.press(*"aaaaa")
        assert "No values yet." in studio.words()


async def test_a_run_whose_times_are_unknown_is_drawn_along_its_steps(
    open_studio: Open, home: Home
) -> None:
    add_readings(write_run(home, "autumn", 600), range(50, 601, 50))
    write_run(home, "winter", 300)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "down", "enter")
        studio.pane._follow_readings()
        await studio.settle()
        await studio.press(*"aaaa", "home", *["greater_than_sign"] * 3)
        assert "by time of day" in title(studio, "loss")
        await studio.press("r", "up", "enter")
        assert "winter" in studio.text()
        assert "by" not in title(studio, "loss")
        # The window was that of the other run.
        assert studio.pane.query_one("#chart-loss Plot", Plot).window is None
        await studio.press("r", "down", "enter")
        studio.pane._follow_readings()
        await studio.settle()
        assert "by time of day" in title(studio, "loss")


def test_readings_of_steps_that_were_repeated_are_left_out() -> None:
    history = History("autumn")
    read = [TrainingReading(float(at), step, None, "", ()) for at, step in enumerate((5, 9, 4, 8))]
    history.take_readings(read)
    assert [(each.at, each.step) for each in history.readings] == [(2.0, 4), (3.0, 8)]


def test_times_of_day_have_round_ticks() -> None:
    noon = time.mktime((2026, 9, 1, 12, 0, 0, 0, 0, -1))
    found = [label for _, label in time_ticks(noon, noon + 7200, 5)]
    assert found == ["12:00", "12:30", "13:00", "13:30", "14:00"]
    assert [label for _, label in time_ticks(noon, noon + 2, 5)] == ["00:00", "00:01", "00:02"]


def test_far_from_our_times_there_are_no_ticks() -> None:
    assert len(time_ticks(-1e30, 1e30, 5)) == 1
    assert time_ticks(-1e30, -1e29, 5) == time_ticks(1e12, 1e13, 5) == []


def test_the_first_steps_do_not_rule_the_scale() -> None:
    steps = np.arange(1, 5001)
    losses = 4.6 + 3.9 * np.exp(-steps / 160)
    low, high = core(losses)
    assert low == losses.min()
    assert high < 6.5
    assert core(np.array([1.0, 2.0, 3.0])) == (1.0, 3.0)


async def test_zero_shows_all_values_and_again_those_that_are_not_far_off(
    open_studio: Open,
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(3000))
        await studio.settle()
        chart = studio.pane.query_one("#chart-loss Plot", Plot)
        highest = max(float(curve.y.max()) for curve in chart.curves)
        tops = []
        for _ in range(3):
            assert chart._view
            tops.append(chart._view.values[1])
            await studio.press("0")
        assert tops[1] == pytest.approx(highest)
        assert tops[0] == tops[2] < highest - 1


async def test_verse_figures_and_device_readings_are_curves(open_studio: Open, home: Home) -> None:
    run = write_run(home, "autumn", 600)
    run.record(VerseMeasured(600, 64, 0.75, 0.5, 0.25, 0.9, 2.0, None))
    add_readings(run, range(50, 601, 50))
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "z")
        studio.pane._follow_readings()
        await studio.settle()
        await studio.press("v")
        assert "poems that rhyme  ━━ 0.2500" in " ".join(studio.text().split("\n"))
        # None is not measured.
        assert "4-grams copied" not in studio.text()
        await studio.press("v", "end")
        assert "56.00" in title(studio, "device-cpu")
        assert "8.000" in title(studio, "device-memory")
        await studio.press("v")
        assert "gradient norm" in studio.text()


async def test_without_verse_figures_or_readings_their_charts_are_left_out(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter")
        learning = [metric for metric in METRICS if metric.group == "learning"]
        await studio.press(*["m"] * len(learning))
        assert studio.pane.query_one("#chart-loss").has_class("-chosen")
        await studio.press("v")
        assert studio.pane.query_one("#chart-loss").has_class("-chosen")


async def test_names_of_compared_runs_are_whole_and_one_is_the_reference(
    open_studio: Open, home: Home
) -> None:
    names = [f"{season}-with-a-very-long-name" for season in ("autumn", "summer", "winter")]
    for name in names:
        write_run(home, name, 240)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "space", "down", "space", "down", "b", "escape")
        text = studio.text()
        assert all(name in text for name in names)
        assert f"{names[0]} (reference)" in text
        # Its curve is the first.
        assert list(studio.pane.query_one(CurveGrid).colours) == [names[0], *names[2:0:-1]]


async def test_runs_are_compared_by_settings_that_differ_and_by_best_values(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 240)
    config = RECIPES["classic"]
    wider = msgspec.structs.replace(config.model, hidden=77)
    run = folders.create(home.runs, "winter", msgspec.structs.replace(config, model=wider))
    for event in a_run(240, depth=2.0):
        run.record(event)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "i")
        assert "Comparing takes two runs." in studio.words()
        await studio.press("r", "space", "down", "b", "i")
        rows = {line[:24].strip(" │"): line.split() for line in studio.text().split("\n")}
        hidden = next(row for name, row in rows.items() if name.startswith("hidden"))
        assert hidden[2:4] == [str(config.model.hidden), "77"]
        assert not any(name.startswith("embedding") for name in rows)
        assert "289.6 627.7 (+116.8%)" in studio.words()
        await studio.press("escape")
        assert "289.6 627.7" not in studio.words()


async def test_the_curves_of_the_device_stay_when_another_run_is_opened(
    open_studio: Open, home: Home
) -> None:
    for name in ("autumn", "winter"):
        add_readings(write_run(home, name, 20), range(0, 20, 5))
    write_run(home, "spring", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "down", "enter", "v")
        assert "processor, %" in studio.text()
        # Nothing is known of the device of this one.
        await studio.press("r", "up", "enter")
        assert "processor, %" not in studio.text()
        await studio.press("r", "down", "down", "enter")
        assert "processor, %" in studio.text()


async def test_another_run_is_shown_with_all_of_its_values(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    write_run(home, "winter", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "plus", "plus", *(["down"] * 9), "r", "down", "enter")
        view = studio.pane.query_one("#chart-loss Plot", Plot).view
        assert view is not None
        assert view.values[1] > 7


async def test_impossible_numbers_of_a_damaged_file_end_nothing(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 60)
    add_readings(run, range(10, 60, 10))
    run.record(StepDone(61, 1, -1e39, 1e39, 1e-300, 100, 1e39))
    run.record(StepDone(62, 1, 1e39, 1e39, 1e-300, 100, 1e39))
    run.record(Validated(62, 1, 1e-300, 1e300, True))
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "z", "end")
        assert "step 62" in title(studio, "loss")
        await studio.press(*"aaa")
        assert "by time of day" in title(studio, "loss")
