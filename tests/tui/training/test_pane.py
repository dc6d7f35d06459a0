"""The training pane, with a worker that reports the test's events."""

import math
import re
import threading

import pytest
from textual.widgets import Input

from studio.messages import (
    Estimated,
    EstimateRun,
    Failed,
    Pause,
    Preparing,
    Resume,
    SaveCheckpoint,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainingStarted,
)
from studio.model.config import RECIPES, ModelConfig, TrainConfig
from studio.model.events import CheckpointSaved, SampleWritten, StepDone, TrainingEnded, Validated
from studio.paths import Home
from studio.runs import folders
from studio.telemetry import DeviceReading, Gauge
from studio.tui.drawing.plot import Plot
from studio.tui.training import run_actions, run_list
from studio.tui.training.curve_chart import CurveChart
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.epochs_screen import EpochsScreen
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunAction, RunList
from studio.tui.training.run_reader import read_run
from studio.tui.training.run_rows import RunRow
from studio.tui.training.sample_panel import SamplePanel, verses
from studio.tui.training.setting_names import HINTS, LABELS
from studio.tui.training.settings_form import SettingsForm
from studio.tui.training.status_panel import Shown
from studio.tui.widgets.form_fields import Field, Fold
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import SAMPLES, a_run, write_run
from tests.tui.test_keys_in_order import burst
from tests.tui.waiting import until

SMALL, WIDE = (80, 24), (160, 48)


def field(studio: Opened, name: str) -> Field:
    return studio.pane.query_one(SettingsForm).fields[name]


def row_of(run: folders.Run) -> RunRow:
    """A run as the list has it."""
    return RunRow(run.name, folders.summary(run))


def plot(studio: Opened, metric: str = "loss") -> Plot:
    return studio.pane.query_one(f"#chart-{metric} Plot", Plot)


def log(studio: Opened) -> str:
    return "\n".join(row.plain for row in studio.pane.query_one(LogPanel).rows)


# --- before the start ---------------------------------------------------------------------------


async def test_two_keys_start_the_first_recipe(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "enter")
        (command,) = studio.worker.sent
        assert isinstance(command, Train)
        assert command.config == RECIPES["classic"]
        assert command.run.startswith("classic-lstm-")


async def test_the_form_has_every_setting(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        fields = [each.field for each in studio.pane.query("#form Field").results(Field)]
    settings = {*ModelConfig.__struct_fields__, *TrainConfig.__struct_fields__}
    assert len(fields) == len(set(fields))
    assert set(fields) == settings | {"recipe", "run-name"}
    assert set(LABELS) | set(HINTS) <= settings


async def test_the_settings_that_few_people_change_are_behind_a_fold(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "down")
        assert studio.app.focused is studio.pane.query_one(Fold)
        assert not studio.pane.query_one("#groups").display
        await studio.press("enter")
        assert studio.pane.query_one("#groups").display
        field(studio, "clip").editor.value = "2"
        await studio.press("enter")
        assert "1 changed" in studio.text()
        assert studio.worker.sent == []


@pytest.mark.parametrize(
    ("typed", "name"), [("clip", "clip"), ("gradient", "clip"), ("WARM", "warmup_steps")]
)
async def test_a_setting_is_reached_by_a_part_of_its_name(
    open_studio: Open, typed: str, name: str
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "slash", *typed, "enter")
        assert studio.app.focused is field(studio, name).editor
        assert studio.app.screen.can_view_entire(field(studio, name))
        assert not studio.pane.query_one("#find").display
        await studio.press("escape", "slash", *"nothing", "enter")
        assert studio.app.focused is studio.pane.query_one("#find")
        assert studio.worker.sent == []


@pytest.mark.parametrize("name", ["epochs", "clip"])
async def test_a_burst_of_keys_finds_a_setting_and_changes_it(open_studio: Open, name: str) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        await burst(studio.pilot, "slash", *name, "enter", "7", "enter")
        await studio.settle()
        assert field(studio, name).text == "7"
        assert studio.worker.sent


async def test_an_estimate_is_shown_until_a_setting_changes(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "e")
        assert studio.worker.sent == [EstimateRun(RECIPES["classic"])]
        estimated = Estimated(RECIPES["classic"], 1_860_000, 1908, 3600.0, 500_000_000, "a device")
        studio.worker.report(estimated)
        await studio.settle()
        assert "1.86M parameters · 1,908 steps · 1h 00m" in studio.text()
        field(studio, "hidden").editor.value = "64"
        await studio.settle()
        assert "e estimates" in studio.text()
        # An answer that comes too late is of other settings.
        studio.worker.report(estimated)
        await studio.settle()
        assert "e estimates" in studio.text()


async def test_an_estimate_that_fails_is_reported(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "e")
        assert "some trial steps" in studio.text()
        studio.worker.report(Failed("trying out the settings", "There are no poems yet."))
        await studio.settle()
        assert "some trial steps" not in studio.text()
        assert "There are no poems yet." in studio.text()


async def test_a_recipe_puts_its_values_into_the_form(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.pane.query_one("#recipe").focus()
        await studio.press("right")
        assert field(studio, "hidden").text == str(RECIPES["studio"].model.hidden)
        assert field(studio, "tied").text == "yes"
        studio.pane.query_one(SettingsForm).focus_start()
        await studio.press("enter")
        (command,) = studio.worker.sent
        assert isinstance(command, Train)
        assert command.config == RECIPES["studio"]


async def test_settings_edited_by_keyboard_reach_the_worker(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.pane.query_one("#run-name", Input).value = "mine"
        field(studio, "cell").editor.focus()
        await studio.press("left")
        hidden = field(studio, "hidden").editor
        assert isinstance(hidden, Input)
        hidden.value = ""
        hidden.focus()
        await studio.press("6", "4", "enter")
        (command,) = studio.worker.sent
        assert isinstance(command, Train)
        assert command.run == "mine"
        assert command.config.model == ModelConfig(cell="gru", hidden=64)


async def test_the_arrows_stop_at_the_first_and_the_last_field(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", *["up"] * 9)
        assert studio.app.focused is studio.pane.query_one("#recipe")
        await studio.press("slash", *"seed", "enter")
        *_, last = studio.pane.query(Field)
        last.editor.focus()
        await studio.press("down", "down")
        assert studio.app.focused is last.editor
        await studio.press("up")
        assert studio.app.focused is field(studio, "precision").editor


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_value_that_cannot_be_used_has_its_reason_beside_it_and_nothing_starts(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size) as studio:
        await studio.press("2", "slash", *"dropout", "enter")
        field(studio, "dropout").editor.value = "1.5"
        await studio.settle()
        assert "must be a number at least 0 and below 1" in studio.text()
        studio.pane.query_one(SettingsForm).focus_start()
        await studio.press("enter")
        assert studio.worker.sent == []
        assert studio.app.focused is field(studio, "dropout").editor


async def test_an_error_says_what_a_number_must_be(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", "slash", *"rate", "enter")
        for name, value in (("hidden", "12x"), ("layers", "1.5"), ("learning_rate", "")):
            field(studio, name).editor.value = value
        await studio.settle()
        text = studio.text()
        assert text.count("must be a whole number") == 2
        assert text.count("must be a number") == 1


async def test_a_name_that_is_taken_is_reported(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.pane.query_one("#run-name", Input).value = "autumn"
        await studio.settle()
        assert "already taken" in studio.text()


@pytest.mark.parametrize("name", ["autumn", " autumn "])
async def test_no_run_is_started_under_a_name_that_is_taken(
    open_studio: Open, home: Home, name: str
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        typed = studio.pane.query_one("#run-name", Input)
        typed.value = name
        # Another cell does not change what was typed.
        field(studio, "cell").text = "gru"
        studio.pane.query_one(SettingsForm).focus_start()
        await studio.settle()
        await studio.press("enter")
        assert studio.worker.sent == []
        assert studio.app.focused is typed
        assert typed.value == name
        typed.value = "winter"
        await studio.press("enter", "n")
        (command,) = studio.worker.sent
        assert isinstance(command, Train)
        assert command.run == "winter"
        # The next run needs another name.
        assert typed.value.startswith("classic-gru-")


# --- a run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_run_in_training_shows_progress_figures_curve_and_sample(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(600))
        await studio.settle()
        text = studio.text()
        for part in (
            "spring",
            "50%",
            "step 600/1,200",
            "epoch 2/4",
            "1m 06s left",
            "best perplexity 108.6 (Han 132.4)",
            "char/s 58.2k",
            "1.52M parameters",
            "float32",
            "Sample 3/3",
            "明月何时见，春风满客衣。",
        ):
            assert part in text, part
        assert plot(studio).curves


async def test_next_to_other_panes_it_shows_progress_chart_readings_and_sample(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DevicePanel, "poll", lambda _: None)  # only the reading shown below
    async with open_studio(WIDE) as studio:
        studio.worker.start_run()
        studio.worker.train(a_run(600))
        await studio.press("3")
        studio.pane.query_one(DevicePanel).take(DeviceReading("A card", (Gauge("temp", 61, "C"),)))
        await studio.settle()
        text = studio.text()
        assert studio.pane.has_class("-narrow")
        for part in ("50%", "1m 06s left", "━━ training", "loss", "61 C", "Sample 3/3"):
            assert part in text, part


async def test_hundreds_of_events_per_second_are_drawn_only_by_the_timer(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = 0
    show = CurveChart.show

    def counting(self: CurveChart, *arguments: object) -> None:
        nonlocal drawn
        drawn += self.metric.name == "loss"
        show(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(CurveChart, "show", counting)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        await studio.settle()
        drawn = 0
        for event in a_run(400):
            studio.pane.receive(Trained("spring", event))
        assert drawn == 0
        studio.panels.draw()
        studio.panels.draw()
        assert drawn == 1


async def test_nothing_is_drawn_while_the_pane_does_not_show(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_studio(SMALL) as studio:
        studio.worker.start_run()
        await studio.settle()
        drawn: list[object] = []
        monkeypatch.setattr(CurveChart, "show", lambda self, *_: drawn.append(self))
        studio.worker.train(a_run(50))
        await studio.settle()
        assert drawn == []


@pytest.mark.parametrize("worst", [math.nan, math.inf])
async def test_a_loss_that_is_not_a_number_is_reported_in_words(
    open_studio: Open, worst: float
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(30))
        studio.worker.train(
            [
                StepDone(31, 1, worst, worst, 0.01, 6400, 3.5),
                TrainingEnded(31, "diverged", "The loss is not a number at step 31."),
            ]
        )
        for key in ("y", "m", "m", "m", "y", "m", "m"):
            await studio.press(key)
        assert "diverged" in studio.text()
        assert "The loss is not a number at step 31." in studio.text()
        for each in studio.pane.query(Plot):
            for curve in each.curves:
                assert all(map(math.isfinite, curve.y))


async def test_keys_pause_resume_save_and_stop(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "x")
        assert studio.worker.sent == []
        studio.worker.start_run()
        await studio.settle()
        await studio.press("space")
        studio.worker.report(TrainingPaused("spring"))
        await studio.settle()
        assert "paused" in studio.text()
        await studio.press("p", "c", "x")
        assert studio.worker.sent == [Pause(), Resume("spring"), SaveCheckpoint(), Stop()]
        # Shown at once: the current step may take seconds.
        assert "stopping" in studio.text()
        await studio.press("x")
        assert studio.worker.sent[-2:] == [SaveCheckpoint(), Stop()]
        studio.worker.train([TrainingEnded(3, "stopped", "")])
        await studio.settle()
        assert "stopping" not in studio.text()


async def test_the_samples_show_how_noise_became_verse(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(800))
        await studio.settle()
        await studio.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        text = studio.text()
        assert "Sample 1/4" in text
        assert "不不人人不，不人不人不。" in text
        assert "step 200" in text
        assert "perplexity 289.6 (Han 353.1)" in text
        assert plot(studio).cursor == 200
        await studio.press(*["right_square_bracket"] * 3)
        assert "白日依山尽，黄河入海流。" in studio.text()


async def test_the_newest_sample_is_followed_unless_an_older_one_was_chosen(
    open_studio: Open,
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(400))
        await studio.settle()
        await studio.press("left_square_bracket")
        studio.worker.train([Validated(600, 2, 90.0, 80.0, True), SampleWritten(600, SAMPLES[3])])
        await studio.settle()
        assert studio.pane.query_one(SamplePanel).step == 200


async def test_the_logarithmic_scale_is_labelled_with_real_values(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "m")
        studio.worker.start_run()
        studio.worker.train(a_run(800))
        await studio.settle()
        studio.pane.query_one("#charts").focus()
        await studio.press("m", "y")
        assert "perplexity (log)" in studio.text()
        # Left of the frame.
        labels = re.findall(r"^ *(\d+) ┫", studio.text(), re.MULTILINE)
        assert "200" in labels


async def test_zooming_stays_while_the_curve_grows(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        await studio.settle()
        await studio.press("plus")
        window = plot(studio).window
        assert window is not None
        studio.worker.train(a_run(100, first=301))
        await studio.settle()
        assert plot(studio).window == window
        await studio.press("0")
        assert plot(studio).window is None


async def test_a_wide_terminal_shows_all_curves_and_g_shows_one(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        await studio.press("2", "z")
        charts = list(studio.pane.query(CurveChart))
        assert [chart.display for chart in charts] == [True] * 5
        await studio.press("g")
        assert [chart.display for chart in charts].count(True) == 1


async def test_without_room_for_all_curves_g_says_so(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        await studio.press("2", "g")
        assert "No room for all curves" in studio.text()


async def test_the_keys_of_a_chart_do_nothing_before_it_is_drawn(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        studio.worker.start_run()
        await studio.press("2", "w")
        assert isinstance(studio.app.focused, Plot)
        await studio.press("down", "left", "plus", "minus", "0")
        assert "No values yet." in studio.text()
        assert plot(studio).window is None


async def test_the_key_that_shows_the_runs_or_the_log_hides_them_again(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        studio.worker.start_run()
        await studio.press("2")
        for key in "rl":
            await studio.press(key)
            assert studio.pane.view != "watch"
            await studio.press(key)
            assert studio.pane.view == "watch"


async def test_plain_charts_use_no_braille_and_no_blocks(open_studio: Open) -> None:
    async with open_studio(SMALL, plain_charts=True) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        studio.pane.query_one(DevicePanel).take(DeviceReading("cpu", (Gauge("cpu", 50, "%", 100),)))
        await studio.settle()
        text = studio.text()
        assert not re.search("[\u2580-\u259f\u2800-\u28ff]", text.replace("▔", "").replace("▁", ""))
        assert "*" in text


async def test_failures_and_preparations_are_in_the_log(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", "z", "w")
        studio.worker.report(Preparing("reading the poems"), Failed("training", "[b]no[/b] poems"))
        studio.worker.report(Failed("writing", "There is no model.", ticket=3))
        studio.worker.start_run()
        await studio.settle()
        assert "reading the poems" in log(studio)
        assert "failed: training: [b]no[/b] poems" in log(studio)
        # The playground says it, where it was asked for.
        assert "There is no model." not in log(studio)


async def test_the_newest_line_of_the_log_shows_after_every_change_of_size(
    open_studio: Open,
) -> None:
    async with open_studio(WIDE) as studio:
        studio.worker.start_run()
        await studio.press("2", "l")
        for number in range(40):
            studio.worker.report(Preparing(f"made ready, and a few words more: part {number}"))
        await studio.settle()
        for size in ((120, 30), (160, 48), (160, 40)):
            before = studio.pane.size
            await studio.pilot.resize_terminal(*size)
            await until(studio.pilot, lambda before=before: studio.pane.size != before)
            await until(studio.pilot, lambda: "part 39" in studio.words())


async def test_control_characters_never_reach_the_terminal(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", "z")
        studio.worker.start_run()
        studio.worker.train(
            [Validated(1, 1, 9.0, 8.0, True), SampleWritten(1, "白\x1b[31m日\x07依")]
        )
        studio.worker.report(Failed("training", "\x1b]0;title\x07 gone"))
        await studio.settle()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", studio.text())


# --- past runs --------------------------------------------------------------------------------


async def test_a_past_run_is_opened_from_its_folder_alone(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 500)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter")
        text = studio.text()
        assert "stopped  autumn" in text
        assert "山人不可见，不见不知人。" in text
        assert plot(studio).curves


async def test_a_past_run_that_is_read_late_neither_takes_the_focus_nor_replaces_another(
    open_studio: Open, home: Home
) -> None:
    rows = [row_of(write_run(home, name, 20)) for name in ("autumn", "winter")]
    async with open_studio() as studio:
        await studio.press("2", "r")
        late = []
        for row in rows:
            late.append(read_run(home, row.name))
            studio.pane._runs._opening = row.name
        await studio.press("3")
        for shown in reversed(late):
            studio.pane._runs._show_opened(shown)
        await studio.settle()
        assert studio.app.current == "playground"
        assert "winter" in studio.text()
        assert studio.pane._watched.opened is late[1]


@pytest.mark.parametrize(("keys", "view"), [(("n", "tab"), "new"), (("l",), "log")])
async def test_a_past_run_that_is_read_late_does_not_replace_the_form_or_the_log(
    open_studio: Open,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, ...],
    view: str,
) -> None:
    write_run(home, "autumn", 20)
    goes_on = threading.Event()

    def read_late(home: Home, run: str) -> Shown:
        goes_on.wait(10)
        return read_run(home, run)

    monkeypatch.setattr(run_actions, "read_run", read_late)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        for key in ("enter", *keys):
            await studio.pilot.press(key)
        await studio.pilot.pause()
        focused = studio.app.focused
        goes_on.set()
        await studio.settle()
        assert studio.pane.view == view
        assert studio.app.focused is focused
        assert studio.pane._watched.opened is None


async def test_a_past_run_opened_while_curves_are_shown_is_drawn_at_once(
    open_studio: Open, home: Home
) -> None:
    row = row_of(write_run(home, "autumn", 20))
    async with open_studio() as studio:
        await studio.press("2")
        studio.worker.start_run()
        await studio.settle()
        studio.pane.post_message(RunAction("open", row))
        await studio.settle()
        assert studio.pane.view == "watch"
        assert "stopped  autumn" in studio.text()


@pytest.mark.parametrize(("limit", "value"), [("LATEST", 3600.0), ("MOST", 1e-9)])
async def test_a_costly_drawing_delays_the_next_step_but_not_a_key(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch, limit: str, value: float
) -> None:
    monkeypatch.setattr("studio.tui.training.panels.SHARE", 1e-9)
    monkeypatch.setattr(f"studio.tui.training.panels.{limit}", value)
    async with open_studio() as studio:
        await studio.press("2")
        studio.worker.start_run()
        await studio.settle()
        studio.panels.draw_in_time()
        await studio.pilot.pause()
        studio.worker.train(a_run(30))
        await studio.pilot.pause()
        studio.panels.draw_in_time()
        await studio.pilot.pause()
        assert "step 30/" not in studio.text()
        await studio.pilot.press("s")
        await studio.pilot.pause()
        assert "step 30/" in studio.text()


async def test_runs_are_compared_in_one_chart_by_colour(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 500)
    write_run(home, "winter", 400, depth=2)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        await studio.settle()
        await studio.press("r", "space", "down", "space", "escape")
        await studio.settle()
        text = studio.text()
        assert all(name in text for name in ("spring", "autumn", "winter"))
        lines = {curve.colour for curve in plot(studio).curves}
        assert len(lines) == 6  # a faint one and a smoothed one each


async def test_a_slash_filters_the_runs(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    write_run(home, "winter", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "slash", *"wint")
        assert "winter" in studio.text()
        assert "autumn" not in studio.text()


async def test_the_runs_are_filtered_by_an_expression(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 200)
    write_run(home, "winter", 400)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "slash")
        studio.pane.query_one("#filter", Input).value = "perplexity < 200 and status = stopped"
        await studio.settle()
        assert "winter" in studio.text()
        assert "autumn" not in studio.text()
        studio.pane.query_one("#filter", Input).value = "perplexty < 200"
        await studio.settle()
        assert "did you mean perplexity?" in studio.words()
        # What was found before stays.
        assert "winter" in studio.text()


async def test_a_stopped_run_is_resumed(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "u")
        assert studio.worker.sent == [Resume("autumn")]


async def test_resuming_a_finished_run_asks_for_more_epochs(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20, outcome="finished")
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "u", "backspace", "3", "enter")
        assert studio.worker.sent == [Resume("autumn", 3)]


async def test_a_resumed_run_shows_its_earlier_events(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 500)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("autumn", step=400)
        studio.worker.train(a_run(100, first=401), run="autumn")
        await studio.settle()
        history = studio.pane._watched.live
        assert history is not None
        assert list(history.steps) == list(range(1, 501))


@pytest.mark.parametrize("checkpoint", [100, 400])
async def test_a_run_resumed_before_the_sample_that_is_shown_shows_the_one_before(
    open_studio: Open, home: Home, checkpoint: int
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "end")
        panel, watched = studio.pane.query_one(SamplePanel), studio.pane._watched
        assert panel.step == 600
        # Before the panels are drawn again, the language changes and the sample is asked for.
        watched.start_run(
            TrainingStarted("autumn", RECIPES["classic"], checkpoint, 9, 9, 9, "", "")
        )
        panel.say_again()
        assert panel.step == (400 if checkpoint == 400 else None)
        panel.move(-1)
        assert panel.step == (200 if checkpoint == 400 else None)


async def test_deleting_a_run_asks_first(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "d", "n")
        assert folders.all_runs(home.runs)
        await studio.press("d", "y")
        assert folders.all_runs(home.runs) == []
        assert "No runs yet." in studio.text()


async def test_a_damaged_run_is_listed_and_says_what_is_wrong(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "autumn", 20)
    run.events_file.write_bytes(b"{not json}\n")
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter")
        assert "damaged" in studio.text()
        assert "line 1 cannot be read" in studio.words()


async def test_no_run_is_read_before_the_list_is_shown(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)
    read: list[str] = []
    summary = folders.summary
    monkeypatch.setattr(
        folders, "summary", lambda run, *_: (read.append(run.name), summary(run))[1]
    )
    async with open_studio(SMALL) as studio:
        await studio.settle()
        await studio.press("2")
        assert read == []
        await studio.press("r")
        assert read == ["autumn"]


async def test_a_finished_run_asks_for_epochs_though_the_list_was_never_shown(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20).record(TrainingEnded(20, "finished"))
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.pane.action_resume_run("autumn")
        await studio.settle()
        assert studio.worker.sent == []
        assert isinstance(studio.app.screen, EpochsScreen)
        remark = studio.app.screen.query_one("#said")
        assert not remark.display
        await studio.press("backspace", "0", "enter")
        assert remark.display
        await studio.press("backspace", "2", "enter")
        assert not isinstance(studio.app.screen, EpochsScreen)


async def test_the_list_names_all_runs_at_once_and_shows_the_figures_that_are_read(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("autumn", "winter", "spring"):
        write_run(home, name, 20)
    monkeypatch.setattr(run_list, "PARTIAL_AFTER", -1.0)
    shown: list[int] = []
    show = RunList.show

    def count(self: RunList, rows: list[RunRow]) -> None:
        assert len(rows) == 3
        shown.append(sum(row.summary is not None for row in rows))
        show(self, rows)

    monkeypatch.setattr(RunList, "show", count)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        # Reading again keeps the rows of runs that are not read yet.
        studio.pane.query_one(RunList).read()
        await studio.settle()
        assert shown[:4] == [0, 1, 2, 3]
        assert set(shown[3:]) == {3}


async def test_the_list_reads_again_only_what_changed(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        read: list[str] = []
        summary = folders.summary
        monkeypatch.setattr(
            folders, "summary", lambda run, *_: (read.append(run.name), summary(run))[1]
        )
        write_run(home, "winter", 20)
        studio.pane.query_one(RunList).read()
        await studio.settle()
        assert read == ["winter"]


def test_a_couplet_that_is_too_wide_is_split_into_its_lines() -> None:
    text = "白日依山尽，黄河入海流。"
    assert verses(text, 30) == ["白日依山尽，黄河入海流。"]
    assert verses(text, 20) == ["白日依山尽，", "黄河入海流。"]


async def test_the_empty_pane_says_what_to_do(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "r")
        assert "Press n for a new run" in studio.text()
        assert "No values yet." in studio.text()


async def test_keys_for_curves_and_samples_that_are_not_there_are_not_named(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    write_run(home, "winter", 200)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "down", "enter", "z")
        assert "Earlier" not in studio.text()
        assert "Verse, device" not in studio.text()
        await studio.press("v", "left_square_bracket")
        assert studio.pane.query_one(CurveGrid).cursor is None
        await studio.press("r", "up", "enter")
        assert "Earlier" in studio.text()


async def test_a_checkpoint_that_the_user_saves_is_noticed(open_studio: Open) -> None:
    saved = [CheckpointSaved(step, f"step-{step:08}") for step in (20, 25, 40)]
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("spring")
        studio.worker.train([*a_run(20), saved[0]])
        await studio.settle()
        await studio.press("c")
        studio.worker.train(saved[1:])
        await studio.settle()
        notices = [each.message for each in studio.app._notifications]
        assert notices == ["checkpoint step-00000025"]
