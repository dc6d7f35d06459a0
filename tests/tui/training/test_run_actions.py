"""Opening, comparing, resuming and deleting runs: what the list and the palette ask for."""

import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.events import Key
from textual.widgets import Input, OptionList

from studio.messages import Resume, Train
from studio.paths import Home
from studio.runs import folders, queue
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.training import run_actions
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.pane import TrainingPane
from studio.tui.training.run_list import RunAction, RunList
from studio.tui.training.run_reader import read_run
from studio.tui.training.sample_panel import SamplePanel
from studio.tui.training.settings_form import SettingsForm
from studio.tui.training.status_panel import Shown
from tests.tui.conftest import Open
from tests.tui.fake_worker import FakeWorker, a_run, write_run
from tests.tui.training.test_pane import SMALL, WIDE, log, plot, row_of
from tests.tui.waiting import until


async def test_a_run_that_is_ticked_twice_is_no_longer_compared(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "space")
        assert list(studio.pane._watched.compared) == ["autumn"]
        assert "Curves of 1 run from the list." in studio.text()
        assert "No run to show" not in studio.text()
        await studio.press("space")
        assert "No run to show" in studio.text()
        assert studio.pane._watched.compared == {}


async def test_opening_the_run_in_training_closes_the_opened_one(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "spring", 20)
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("spring")
        await studio.settle()
        await studio.press("r", "slash", *"autumn", "enter", "enter")
        assert "stopped  autumn" in studio.text()
        studio.pane.post_message(RunAction("open", row_of(run)))
        await studio.settle()
        assert "training  spring" in studio.text()


async def test_the_run_in_training_must_be_stopped_before_it_is_deleted(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "spring", 20)
    async with open_studio(SMALL) as studio:
        studio.worker.start_run("spring")
        await studio.press("2", "r", "d")
        assert "spring is in training. Stop it first (x)." in studio.words()
        assert "No undo" not in studio.words()


async def test_a_run_that_cannot_be_deleted_stays_and_says_why(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)

    def refuse(run: folders.Run) -> None:
        raise PermissionError(f"{run.name} is read-only")

    monkeypatch.setattr(folders, "delete", refuse)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "d", "y")
        assert "autumn is read-only" in studio.words()
        assert "autumn deleted" not in log(studio)
        assert [run.name for run in folders.all_runs(home.runs)] == ["autumn"]


async def test_a_task_that_fails_as_no_one_expects_is_reported(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "spring", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")

        def fail(_: object) -> None:
            raise MemoryError("no room")

        monkeypatch.setattr(folders, "summary", fail)
        studio.pane.action_resume_run("spring")
        await studio.settle()
        (notice,) = studio.app._notifications
        assert (notice.title, notice.message) == ("spring", "MemoryError: no room")


async def test_a_resumed_run_whose_earlier_events_cannot_be_read_says_why_and_is_shown(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20).events_file.write_bytes(b"{not json}\n")
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("autumn", step=20)
        studio.worker.train(a_run(10, first=21), run="autumn")
        await studio.settle()
        assert "to use the run." in studio.text()
        assert plot(studio).curves


@pytest.mark.parametrize(("key", "effect"), [("enter", "opened"), ("space", "compared")])
async def test_keys_after_the_one_that_shows_the_runs_find_them_before_their_figures_are_read(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch, key: str, effect: str
) -> None:
    write_run(home, "autumn", 20)
    # The folders are read only after the test.
    monkeypatch.setattr(RunList, "_read_folders", lambda *_: None)
    async with open_studio(SMALL) as studio:
        for each in ("2", "r", key):
            studio.app.post_message(Key(each, each if len(each) == 1 else None))
        watched = studio.pane._watched
        await until(studio.pilot, lambda: bool(getattr(watched, effect)))


async def test_after_a_run_is_deleted_the_next_one_is_highlighted(
    open_studio: Open, home: Home
) -> None:
    for name in ("autumn", "winter", "spring"):
        write_run(home, name, 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "down", "d", "y")
        options = studio.pane.query_one(RunList).query_one(OptionList)
        assert (options.option_count, options.highlighted) == (2, 1)
        await studio.press("d", "y")
        assert (options.option_count, options.highlighted) == (1, 0)


async def test_a_run_that_is_read_late_leaves_the_filter_alone(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)
    reading: list[Callable[[], None]] = []
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        runs = studio.pane._runs
        read = runs._read_run
        monkeypatch.setattr(runs, "_read_run", lambda *what: reading.append(partial(read, *what)))
        await studio.press("enter", "slash")
        (read_now,) = reading
        read_now()
        await studio.settle()
        assert studio.pane.query_one("#filter").has_focus


async def test_escape_leads_from_the_filter_to_the_list(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "r", "slash", "escape")
        assert studio.pane.view == "runs"
        assert isinstance(studio.app.focused, OptionList)
        assert not studio.pane.query_one("#filter").display
        await studio.press("slash", "a", "escape")
        assert studio.pane.query_one("#filter").display


async def test_zoom_is_named_only_where_it_helps(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    for size, remedy in ((SMALL, "curves: enlarge"), ((120, 36), "curves: zoom with z")):
        async with open_studio(size) as studio:
            await studio.press("2", "r", "enter", "g")
            assert any(remedy in each.message for each in studio.app._notifications)


async def test_the_filter_ignores_case_also_for_damaged_runs(open_studio: Open, home: Home) -> None:
    for name in ("Autumn", "Winter"):
        write_run(home, name, 20)
    folders.find(home.runs, "Autumn").events_file.write_bytes(b"{not json}\n")
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "slash", *"autumn")
        assert "Autumn" in studio.text()
        assert "Winter" not in studio.text()


async def test_a_run_resumed_from_another_pane_takes_the_focus(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("3")
        await studio.choose("Resume autumn")
        await studio.press("y")
        assert studio.worker.sent == [Resume("autumn")]
        assert studio.app.current == "training"


async def test_the_palette_asks_before_it_starts_or_resumes_a_run(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        await studio.choose("Resume autumn")
        assert "Resume autumn?" in studio.text()
        await studio.press("n")
        assert studio.worker.sent == []
        await studio.choose("Resume autumn")
        await studio.press("y")
        assert studio.worker.sent == [Resume("autumn")]
        studio.worker.sent.clear()
        await studio.choose("Train with the recipe classic")
        await studio.press("enter")  # the focus is on the answer that changes nothing
        assert studio.worker.sent == []


async def test_the_studio_can_open_on_a_run(home: Home) -> None:
    write_run(home, "autumn", 20)
    app = StudioApp(home, Settings(), FakeWorker, watch="autumn")
    async with app.run_test(size=SMALL) as pilot:
        await app.completion.wait()
        training = app.screen_stack[0].query_one(TrainingPane)
        await until(pilot, lambda: training._watched.opened is not None)
        assert app.current == "training"
        assert training.view == "watch"


async def test_another_theme_changes_the_colours_of_the_sample(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 500)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "z", "r", "enter")
        panel = studio.pane.query_one(SamplePanel)
        before = [line.style for line in panel._drawn[1]]
        await studio.press("T")
        await until(studio.pilot, lambda: [line.style for line in panel._drawn[1]] != before)
        colours = {str(line.style.color) for line in panel._drawn[1]}  # type: ignore[union-attr]
        shown = {
            str(segment.style.color)
            for segment in panel.render_line(0)
            if segment.style and segment.text.strip()
        }
        assert shown <= colours


async def test_a_run_that_starts_leaves_the_form_to_whoever_types_in_it(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "enter")
        (train,) = studio.worker.sent
        assert isinstance(train, Train)
        await studio.press("n", *(["up"] * 7), "s")
        studio.worker.start_run(train.run)
        await studio.settle()
        # On the curves this key stops the run.
        await studio.press("x")
        assert studio.pane.query_one("#run-name", Input).value.endswith("sx")
        assert studio.worker.sent == [train]


async def test_a_run_that_takes_long_is_read_once_and_the_studio_says_so(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)
    begun, may_end = list[str](), Event()

    def slow(home: Home, name: str) -> Shown:
        begun.append(name)
        may_end.wait(20)
        return read_run(home, name)

    monkeypatch.setattr(run_actions, "read_run", slow)
    monkeypatch.setattr(run_actions, "LONG", 0.01)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        await studio.pilot.press("enter", "enter")
        await until(studio.pilot, lambda: "autumn has many steps." in studio.words())
        may_end.set()
        await studio.settle()
        assert begun == ["autumn"]
        assert studio.pane._watched.opened is not None


async def test_a_run_that_was_removed_from_the_curves_becomes_the_reference_again(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "b", "space", "b")
        watched = studio.pane._watched
        assert (list(watched.compared), watched.reference) == (["autumn"], "autumn")


async def test_a_network_disk_that_does_not_answer_ends_nothing(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)
    stat = Path.stat

    def fail(path: Path, *what: Any, **how: Any) -> Any:
        if path.is_relative_to(home.data):
            raise OSError(errno.ESTALE, "Stale file handle", str(path))
        return stat(path, *what, **how)

    def stale(_: Path) -> list[folders.Run]:
        raise OSError(errno.ESTALE, "Stale file handle")

    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        with monkeypatch.context() as patched:
            patched.setattr(Path, "stat", fail)
            patched.setattr(folders, "all_runs", stale)
            studio.pane.query_one(RunList).read()
            studio.pane.post_message(DevicePanel.Taken([]))
            studio.pane.query_one(SettingsForm).propose_name()
            await studio.press("d")
        assert "Stale file handle" in studio.words()
        assert "autumn" in studio.text()


async def test_a_run_that_is_prepared_is_named_above_the_one_that_is_shown(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "r", "u")
        assert "resuming autumn" in studio.text()
        assert "stopped  autumn" in studio.text()
        studio.worker.start_run("autumn", step=20)
        await studio.settle()
        assert "resuming autumn" not in studio.text()


async def test_runs_that_are_resumed_quickly_are_all_resumed_or_wait(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("autumn", "winter"):
        write_run(home, name, 20)
    summary, may_end = folders.summary, Event()

    def slow(run: folders.Run) -> folders.RunSummary:
        may_end.wait(20)
        return summary(run)

    async with open_studio(SMALL) as studio:
        await studio.press("2")
        monkeypatch.setattr(folders, "summary", slow)
        studio.pane.action_resume_run("autumn")
        studio.pane.action_resume_run("winter")
        may_end.set()
        await until(studio.pilot, lambda: bool(queue.waiting(home.runs)))
        (sent,) = studio.worker.sent
        assert isinstance(sent, Resume)
        assert {sent.run, *queue.waiting(home.runs)} == {"autumn", "winter"}


async def test_a_run_that_another_program_deletes_is_compared_no_longer(
    open_studio: Open, home: Home
) -> None:
    autumn, _ = write_run(home, "autumn", 20), write_run(home, "winter", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "space", "b", "down", "space", "b")
        watched = studio.pane._watched
        assert watched.reference == "autumn"
        folders.delete(autumn)
        await until(studio.pilot, lambda: list(watched.compared) == ["winter"])
        assert watched.reference == ""


async def test_a_run_that_was_opened_meanwhile_stays_when_another_starts(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "enter")
        (train,) = studio.worker.sent
        assert isinstance(train, Train)
        await studio.press("r", "enter")
        assert "autumn" in studio.text()
        studio.worker.start_run(train.run)
        await studio.settle()
        shown = studio.pane._watched.shown()
        assert shown is not None
        assert shown.history.run == "autumn"
        await studio.press("w")
        assert studio.pane._watched.is_shown_live(train.run)


async def test_a_run_that_starts_is_shown_to_whoever_waits_for_it(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "enter")
        (train,) = studio.worker.sent
        assert isinstance(train, Train)
        assert studio.pane._runs.is_awaited(train.run)
        await studio.press("l")
        assert not studio.pane._runs.is_awaited(train.run)
