"""The command palette: every key, and no accidents."""

import pytest

from studio.messages import Pause, Resume, Stop, Train, TrainingPaused
from studio.paths import Home
from studio.runs import folders
from studio.tui.commands import key_commands
from studio.tui.training import run_files
from studio.tui.widgets.ask_screen import AskScreen
from tests.tui.conftest import Open
from tests.tui.fake_worker import write_run
from tests.tui.only import OnlyTraining


async def test_the_palette_has_the_keys_of_all_panes(open_studio: Open) -> None:
    async with open_studio() as studio:
        entries = {
            each.title: each.help for each in studio.app.get_system_commands(studio.app.screen)
        }
    for title, key in (
        ("Go to Training", "2"),
        ("Quit", "q"),
        ("Zoom", "z"),
        ("Corpus: Random", "r"),
        ("In the list of poems: Last", "end G"),
        ("Training: New run", "n"),
        ("Training: Filter", "/"),
        ("Playground: Pinyin", "p"),
    ):
        assert entries[title].startswith(f"{key} ")
    assert {"Train with the recipe studio", "Theme paper", "Layout single"} <= entries.keys()
    # There is no run to stop.
    assert "Training: Stop" not in entries


async def test_the_palette_shows_the_keys_of_the_keymap(open_studio: Open) -> None:
    async with open_studio(keymap={"corpus.random": "f7"}) as studio:
        app = studio.app
        commands = key_commands(app, app._main_screen.panes, app.settings.keymap)
        (random,) = (each for each in commands if each.title == "Corpus: Random")
        assert random.help_text.startswith("f7 ")


async def test_an_entry_goes_to_its_pane_and_does_what_the_key_does(open_studio: Open) -> None:
    async with open_studio() as studio:
        await studio.press("3")
        await studio.choose("Training: Runs")
        assert studio.app.current == "training"
        assert studio.pane.view == "runs"
        await studio.choose("Corpus: Search")
        assert studio.app.current == "corpus"
        assert studio.app.focused and studio.app.focused.id == "corpus-words"
        await studio.choose("Training: Filter")
        assert studio.app.focused.id == "filter"


async def test_the_palette_itself_finds_and_does_an_entry(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2", "ctrl+p", *"training: runs")
        await studio.press("enter")
        await studio.settle()
        assert studio.pane.view == "runs"


@pytest.mark.parametrize("paused", [False, True])
async def test_no_entry_starts_pauses_stops_or_deletes_a_run_without_a_question(
    open_studio: Open, home: Home, paused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A report is written by a process of its own.
    monkeypatch.setattr(run_files, "write_report", lambda *_: None)
    write_run(home, "autumn", 20)
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        if paused:
            studio.worker.report(TrainingPaused("spring"))
        await studio.press("2", "r")
        entries = [each.title for each in studio.app.get_system_commands(studio.app.screen)]
        places = ("Training", "Train ", "In the list of runs", "Open", "Resume", "Delete")
        asked = set()
        for title in entries:
            if not title.startswith(places):
                continue
            studio.pane.action_view("runs")
            await studio.settle()
            await studio.choose(title)
            if isinstance(studio.app.screen, AskScreen):
                asked.add(title)
            while len(studio.app.screen_stack) > 1:
                studio.app.pop_screen()
                await studio.settle()
        sent = studio.worker.sent
        assert not [each for each in sent if isinstance(each, Train | Resume | Stop | Pause)]
        assert [run.name for run in folders.all_runs(home.runs)] == ["autumn"]
        assert {
            "Training: Stop",
            "Training: Resume" if paused else "Training: Pause",
            "In the list of runs: Delete",
            "Resume autumn",
            "Delete autumn",
            "Train with the recipe classic",
        } <= asked


async def test_a_run_is_stopped_from_the_palette_if_the_user_confirms_it(
    open_studio: Open,
) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2")
        await studio.choose("Training: Stop")
        await studio.press("enter")  # the focus is on the answer that changes nothing
        assert studio.worker.sent == []
        await studio.choose("Training: Stop")
        await studio.press("y")
        assert studio.worker.sent == [Stop()]
