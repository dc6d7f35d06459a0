"""The frame around the panes."""

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.css.query import NoMatches
from textual.events import Key, MouseDown, Resize
from textual.screen import Screen
from textual.widgets import Input
from textual.widgets._toast import Toast

from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    Event,
    Failed,
    Preparing,
    Resume,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainNext,
)
from studio.model.config import RECIPES
from studio.model.events import CheckpointSaved, Outcome, TrainingEnded
from studio.paths import Home
from studio.runs import folders, processes, queue
from studio.settings import Settings, read_settings
from studio.tui.announcements import Announcements
from studio.tui.app import StudioApp
from studio.tui.help_screen import HelpScreen, key_names, key_rows
from studio.tui.help_section import HelpSection
from studio.tui.pane import Pane
from studio.tui.quit_screen import QuitScreen
from studio.tui.studio_screen import StudioScreen
from studio.tui.training.epochs_screen import EpochsScreen
from studio.tui.training.pane import TrainingPane
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.modal import Palette
from studio.verse.request import ComposeRequest
from tests.tui.conftest import Open
from tests.tui.fake_worker import FakeWorker
from tests.tui.only import OnlyTraining
from tests.tui.waiting import until


@pytest.fixture
def open_small(open_studio: Open) -> Open:
    """Open a small terminal with the training pane only, which is faster."""
    return partial(open_studio, (80, 24), studio=OnlyTraining)


def widths(studio: object) -> dict[str, int]:
    panes = studio.app.query(Pane)  # type: ignore[attr-defined]
    return {pane.id: pane.outer_size.width for pane in panes if pane.display}


async def test_a_wide_terminal_shows_all_panes_and_the_current_one_is_the_widest(
    open_studio: Open,
) -> None:
    async with open_studio((160, 48)) as studio:
        await studio.press("2")
        assert widths(studio) == {"corpus": 40, "training": 80, "playground": 40}


async def test_a_small_terminal_shows_one_pane_under_a_line_of_tabs(open_studio: Open) -> None:
    async with open_studio((80, 24)) as studio:
        await studio.press("3")
        assert widths(studio) == {"playground": 80}
        assert "1 Corpus  2 Training  3 Playground" in studio.text().splitlines()[0]


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_the_panes_have_the_classes_of_their_size_before_the_first_resize(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    correct: dict[str | None, bool] = {}

    def watched(pane: Pane, event: Resize) -> None:
        had = {name: pane.has_class(name) for name in pane.size_classes(event.size)}
        correct.setdefault(pane.id, had == pane.size_classes(event.size))

    monkeypatch.setattr(Pane, "on_resize", watched)
    async with open_studio(size):
        assert correct
        assert all(correct.values())


async def test_zooming_gives_a_pane_the_whole_terminal_and_shares_it_again(
    open_studio: Open,
) -> None:
    async with open_studio((160, 48)) as studio:
        await studio.press("2", "z")
        assert widths(studio) == {"training": 160}
        await studio.press("z")
        assert len(widths(studio)) == 3


async def test_a_terminal_that_becomes_narrow_shows_one_pane(
    open_studio: Open,
) -> None:
    async with open_studio((160, 48)) as studio:
        await studio.pilot.resize_terminal(80, 24)
        await until(studio.pilot, lambda: list(widths(studio)) == ["corpus"])


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (12, 3), (1, 1)])
async def test_no_terminal_is_too_small(open_studio: Open, size: tuple[int, int]) -> None:
    async with open_studio(size) as studio:
        studio.worker.start_run()
        for key in ("2", "3", "1", "question_mark"):
            await studio.press(key)
        assert studio.app.is_running


async def test_the_worker_starts_only_after_the_first_frame(home: Home) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from studio.paths import Home
from studio.settings import Settings
from studio.tui.announcements import Announcements
from studio.tui.app import StudioApp
class Held:
    def __init__(self, home, emit): pass
    def start(self):
        painted = any(strip.text.strip() for strip in app.screen._compositor.render_strips())
        print("started, painted:", painted, "torch:", "torch" in sys.modules)
    def close(self): pass
app = StudioApp(Home.default(), Settings(), Held)
async def main():
    async with app.run_test(size=(160, 48)) as pilot:
        await app.completion.wait()
        await pilot.pause()
asyncio.run(main())
print("torch:", "torch" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "started, painted: True torch: False\ntorch: False\n"


async def test_the_first_frame_has_poems_and_waits_for_no_other_pane(home: Home) -> None:
    code = """
import asyncio, sys
from studio.paths import Home
from studio.settings import Settings
from studio.tui.announcements import Announcements
from studio.tui.app import StudioApp
class Held:
    def __init__(self, home, emit): pass
    def start(self): pass
    def close(self): pass
drawn = asyncio.Event()
class Watched(StudioApp):
    def _start(self):
        drawn.set()
        shown = "".join(strip.text for strip in self.screen._compositor.render_strips())
        print("poems:", "某人" in shown)
        print([name for name in ("numpy", "studio.tui.training", "studio.tui.playground", "typer")
               if name in sys.modules])
        super()._start()
async def main():
    app = Watched(Home.default(), Settings(), Held)
    async with app.run_test(size=(160, 48)):
        await drawn.wait()
        await app.completion.wait()
asyncio.run(main())
print("studio.tui.playground" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "poems: True\n[]\nTrue\n"


async def test_keys_typed_before_all_panes_are_there_are_not_lost(home: Home) -> None:
    app = StudioApp(home, Settings(), FakeWorker)
    async with app.run_test(size=(160, 48)) as pilot:
        for key in ("2", "r"):
            app.post_message(Key(key, None))
        assert not app.screen.query(TrainingPane)
        await app.completion.wait()
        await until(pilot, lambda: app.screen.query_one(TrainingPane).view == "runs")


async def test_a_pane_that_the_user_asks_for_is_added_first(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[str] = []
    fill, others = StudioScreen._fill, StudioScreen.other_panes

    async def noted(screen: StudioScreen, name: str, kind: type[Pane]) -> None:
        added.append(name)
        await fill(screen, name, kind)

    def asked(screen: StudioScreen) -> dict[str, Callable[[], type[Pane]]]:
        screen._wanted = "playground"
        return others(screen)

    monkeypatch.setattr(StudioScreen, "_fill", noted)
    monkeypatch.setattr(StudioScreen, "other_panes", asked)
    app = StudioApp(home, Settings(), FakeWorker)
    async with app.run_test(size=(160, 48)):
        await app.completion.wait()
        assert added == ["playground", "training"]


async def test_help_opens_before_all_panes_are_there_and_gets_their_keys_then(home: Home) -> None:
    app = StudioApp(home, Settings(), FakeWorker)
    async with app.run_test(size=(160, 48)) as pilot:
        app.post_message(Key("question_mark", None))
        await until(pilot, lambda: bool(app.screen.query(HelpSection)))
        opened = app.screen
        assert isinstance(opened, HelpScreen)
        shown = [section.heading for section in opened.query(HelpSection)]
        assert "In Corpus" in shown and "Everywhere" in shown
        await app.completion.wait()
        await until(pilot, lambda: "Notes" in [each.heading for each in opened.query(HelpSection)])
        headings = [section.heading for section in opened.query(HelpSection)]
        assert headings[: len(shown)] == shown
        assert {"In Training", "In Playground", "In the list of runs"} < set(headings)


@pytest.mark.parametrize(
    ("number", "pause", "keys", "resumed"),
    [
        (signal.SIGHUP, False, [], ["spring"]),
        (signal.SIGHUP, True, [], []),
        (signal.SIGTERM, False, [], []),
        # The user was about to leave it training, or to stop it.
        (signal.SIGTERM, True, ["2", "q", "l"], ["spring"]),
        (signal.SIGHUP, False, ["2", "q", "y"], []),
    ],
)
async def test_only_a_training_whose_terminal_has_gone_is_continued_elsewhere(
    open_small: Open,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    pause: bool,
    keys: list[str],
    resumed: list[str],
) -> None:
    folders.create(home.runs, "spring", RECIPES["classic"])
    started: list[str] = []

    def hand_over(run: folders.Run, finish: Callable[[], None], then_queue: bool) -> None:
        assert then_queue
        finish()
        started.append(run.name)

    monkeypatch.setattr(processes, "hand_over", hand_over)
    async with open_small() as studio:
        studio.worker.start_run()
        if pause:
            studio.worker.report(TrainingPaused("spring"))
        await studio.press(*keys)

        def close() -> None:
            # The interface may receive this before the worker's thread has ended.
            studio.app.run_in_training.receive(Trained("spring", TrainingEnded(40, "stopped")))

        monkeypatch.setattr(studio.worker, "close", close)
        studio.app.close_worker_on(number)
        assert started == resumed


@pytest.mark.parametrize(
    ("command", "number", "continued", "waiting"),
    [
        (Train("autumn", RECIPES["classic"]), signal.SIGHUP, ["autumn"], ["autumn"]),
        (Resume("spring", 2), signal.SIGHUP, ["spring"], ["spring"]),
        # The first of those that wait was being loaded.
        (TrainNext(), signal.SIGHUP, ["winter"], ["winter"]),
        (Resume("spring", 2), signal.SIGTERM, [], []),
    ],
)
async def test_a_run_that_is_being_loaded_when_the_terminal_goes_is_trained_elsewhere(
    open_small: Open,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
    number: int,
    continued: list[str],
    waiting: list[str],
) -> None:
    folders.create(home.runs, "spring", RECIPES["classic"])
    if command == TrainNext():
        queue.join(folders.create(home.runs, "winter", RECIPES["classic"]).folder)
    started: list[str] = []

    def hand_over(run: folders.Run, finish: Callable[[], None], then_queue: bool) -> None:
        # If the new process cannot be started or is killed, the run waits.
        assert queue.waiting(home.runs) == waiting
        started.append(run.name)

    monkeypatch.setattr(processes, "hand_over", hand_over)
    async with open_small() as studio:
        studio.app.send(command)
        studio.worker.report(Preparing("reading the poems"))
        await studio.settle()
        studio.app.close_worker_on(number)
    assert started == continued
    assert queue.waiting(home.runs) == waiting
    if command == Resume("spring", 2):
        assert queue.more_epochs(home.runs / "spring") == (2 if continued else 0)


async def test_what_waits_is_trained_elsewhere_if_the_run_ended_before_the_terminal_went(
    open_small: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.create(home.runs, "spring", RECIPES["classic"]).record(TrainingEnded(40, "finished"))
    started: list[str] = []
    monkeypatch.setattr(
        processes, "hand_over", lambda run, finish, then_queue: started.append(run.name)
    )
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.settle()
        # The interface waits for the terminal, and has not learnt that the run has ended.
        studio.app.close_worker_on(signal.SIGHUP)
        assert started == []
        queue.join(folders.create(home.runs, "winter", RECIPES["classic"]).folder)
        studio.app.close_worker_on(signal.SIGHUP)
        assert started == ["winter"]


@pytest.mark.parametrize("first", ["the interface", "the signal"])
async def test_a_run_that_is_left_training_is_handed_over_once_though_the_terminal_goes(
    open_small: Open, home: Home, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    folders.create(home.runs, "spring", RECIPES["classic"])
    queue.join(folders.create(home.runs, "winter", RECIPES["classic"]).folder)
    started: list[str] = []

    def hand_over(
        run: folders.Run, finish: Callable[[], None], then_queue: bool
    ) -> SimpleNamespace:
        started.append(run.name)
        return SimpleNamespace(pid=123)

    monkeypatch.setattr(processes, "hand_over", hand_over)
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "l")
        if first == "the signal":
            # The run has ended for all other parts of the interface.
            receive = Announcements.receive

            def hang_up(announcements: Announcements, event: Event) -> None:
                receive(announcements, event)
                studio.app.close_worker_on(signal.SIGHUP)

            monkeypatch.setattr(Announcements, "receive", hang_up)
        studio.worker.report(Trained("spring", TrainingEnded(40, "stopped")))
        await studio.pilot.pause()
        studio.app.close_worker_on(signal.SIGHUP)
        assert studio.app._exit
    assert started == ["spring"]


async def test_a_run_that_the_worker_has_locked_does_not_wait_when_the_terminal_goes(
    open_small: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = folders.create(home.runs, "spring", RECIPES["classic"])
    started: list[str] = []
    monkeypatch.setattr(
        processes, "hand_over", lambda run, finish, then_queue: started.append(run.name)
    )
    async with open_small() as studio:
        studio.app.send(Resume("spring", 2))
        with run.lock():
            studio.app.close_worker_on(signal.SIGHUP)
    assert (started, queue.waiting(home.runs)) == (["spring"], [])


async def test_quitting_without_training_closes_at_once(open_small: Open) -> None:
    async with open_small() as studio:
        await studio.press("2")
        await studio.pilot.press("q")
        assert studio.app._exit
        assert studio.worker.sent == []


async def test_quitting_during_training_asks_saves_and_then_closes(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q")
        assert isinstance(studio.app.screen, QuitScreen)
        await studio.press("y")
        assert studio.worker.sent == [Stop()]
        assert not studio.app._exit
        studio.worker.report(Trained("spring", TrainingEnded(40, "stopped")))
        await studio.pilot.pause()
        assert studio.app._exit


async def test_the_question_before_quitting_can_be_answered_with_no(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "n")
        assert studio.worker.sent == []
        assert not isinstance(studio.app.screen, QuitScreen)


async def test_a_run_that_cannot_be_saved_does_not_hold_the_studio(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "w")
        assert not studio.app._exit
        await studio.press("y")
        studio.worker.report(TrainingPaused("spring"), Failed("saving", "No space left."))
        await studio.press("q")
        words = studio.words()
        assert "spring could not be saved." in words
        assert "Leave it training" not in words
        # Once it is saved, nothing would be lost.
        studio.worker.report(Trained("spring", CheckpointSaved(40, "step-00000040")))
        await studio.press("n", "q", "y")
        studio.worker.report(TrainingPaused("spring"), Failed("saving", "No space left."))
        await studio.press("q", "w")
        assert studio.app._exit


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (40, 24)])
async def test_the_question_before_quitting_says_what_is_true_and_shows_all_answers(
    open_studio: Open, home: Home, size: tuple[int, int]
) -> None:
    for name in ("autumn", "winter"):
        queue.join(folders.create(home.runs, name, RECIPES["classic"]).folder)
    async with open_studio(size, studio=OnlyTraining) as studio:
        studio.worker.start_run()
        studio.worker.report(TrainingPaused("spring"))
        await studio.press("2", "q")
        text = studio.words()
        assert "spring is paused. Waiting behind it: 2 runs." in text
        assert "trains it, and then what waits." in text
        for answer in ("Stay (n)", "Leave it training (l)", "Save and quit (y)"):
            assert answer in text
        await studio.press("enter")  # the focus is on the harmless answer
        assert studio.worker.sent == []
        assert not isinstance(studio.app.screen, QuitScreen)


@pytest.mark.parametrize(
    ("outcome", "waiting", "left"),
    [
        ("stopped", ["autumn"], "spring"),
        ("finished", ["autumn"], "autumn"),
        ("finished", [], ""),
    ],
)
async def test_a_run_is_left_training_with_the_runs_that_wait(
    open_small: Open,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Outcome,
    waiting: list[str],
    left: str,
) -> None:
    for name in ("spring", *waiting):
        folders.create(home.runs, name, RECIPES["classic"])
    for name in waiting:
        queue.join(home.runs / name)
    started: list[tuple[str, bool]] = []

    def hand_over(
        run: folders.Run, finish: Callable[[], None], then_queue: bool
    ) -> SimpleNamespace:
        finish()
        started.append((run.name, then_queue))
        return SimpleNamespace(pid=123)

    monkeypatch.setattr(processes, "hand_over", hand_over)
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "l", "l")
        assert studio.worker.sent == [Stop()]
        assert started == []
        studio.worker.report(Trained("spring", TrainingEnded(40, outcome)))
        await studio.pilot.pause()
        assert studio.app._exit
        assert studio.worker.sent == [Stop()]
        said = str(studio.app._exit_renderables)
        assert (f"Process 123 trains {left}." in said) == bool(left)
    assert started == ([(left, True)] if left else [])


async def test_a_run_that_cannot_be_left_training_keeps_the_studio_open(
    open_small: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.create(home.runs, "spring", RECIPES["classic"])

    def fail(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(processes, "start_detached", fail)
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "l")
        studio.worker.report(Trained("spring", TrainingEnded(40, "stopped")))
        await studio.settle()
        notices = [each.message for each in studio.app._notifications]
        assert "temporarily unavailable" in " ".join(notices)
        assert not studio.app._exit
        assert not isinstance(studio.app.screen, QuitScreen)


async def test_a_run_that_cannot_be_saved_keeps_the_studio_open(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "y")
        studio.worker.report(TrainingPaused("spring"), Failed("stop", "No space left on device."))
        await studio.settle()
        assert not studio.app._exit
        assert not isinstance(studio.app.screen, QuitScreen)


async def test_what_fails_before_the_run_is_saved_does_not_keep_the_studio_open(
    open_small: Open,
) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "y")
        # Such as an estimate requested while a poem is written.
        studio.worker.report(Failed("trying out the settings", "spring is in training."))
        await studio.settle()
        assert isinstance(studio.app.screen, QuitScreen)
        studio.worker.report(Trained("spring", TrainingEnded(40, "stopped")))
        await studio.pilot.pause()
        assert studio.app._exit


async def test_the_question_that_another_screen_covers_closes_too_if_a_run_cannot_be_saved(
    open_small: Open,
) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        await studio.press("2", "q", "y", "question_mark")
        assert isinstance(studio.app.screen, HelpScreen)
        studio.worker.report(TrainingPaused("spring"), Failed("stop", "No space left on device."))
        await studio.settle()
        assert isinstance(studio.app.screen, HelpScreen)
        await studio.press("escape")
        assert isinstance(studio.app.screen, StudioScreen)


async def test_a_run_that_could_not_be_saved_is_still_in_training(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        studio.worker.report(TrainingPaused("spring"), Failed("saving", "No space left on device."))
        await studio.press("2", "q")
        assert isinstance(studio.app.screen, QuitScreen)
        # A failed poem does not affect quitting.
        await studio.press("y")
        studio.worker.report(Failed("reading the poem", "There is no model.", ticket=3))
        await studio.settle()
        assert studio.app._leaving.is_going


async def test_quitting_cancels_the_poems_that_are_being_written(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.start_run()
        studio.app.send(Compose(7, ComposeRequest()))
        await studio.press("2", "q", "y")
        assert studio.worker.sent[1:] == [CancelCompose(7), Stop()]


async def test_a_letter_typed_into_a_field_is_text(open_small: Open) -> None:
    async with open_small() as studio:
        await studio.press("2")
        name = studio.pane.query_one("#run-name", Input)
        name.focus()
        await studio.press("end", "q", "z", "1", "slash")
        assert name.value.endswith("qz1/")
        assert studio.app.current == "training"
        await studio.press("escape", "3")
        assert studio.app.current == "playground"


async def test_a_failure_is_shown_as_text_not_as_markup(open_small: Open) -> None:
    async with open_small() as studio:
        studio.worker.report(Failed("training [/b]", "the field [bold] is [/wrong]"))
        await studio.settle()
        assert "the field [bold] is [/wrong]" in studio.words()


async def test_the_chosen_theme_is_saved(open_small: Open, home: Home) -> None:
    async with open_small() as studio:
        await studio.press("2", "T")
        assert studio.app.theme == "paper"
    assert read_settings(home.settings).theme == "paper"


async def test_saving_a_setting_keeps_what_the_user_wrote_to_the_file_meanwhile(
    open_small: Open, home: Home
) -> None:
    async with open_small() as studio:
        home.settings.parent.mkdir(parents=True)
        home.settings.write_text('layout = "single"\n', encoding="utf-8")
        await studio.press("2", "T")
    kept = read_settings(home.settings)
    assert (kept.theme, kept.layout) == ("paper", "single")


async def test_a_settings_file_that_cannot_be_read_is_not_overwritten(
    open_small: Open, home: Home
) -> None:
    async with open_small() as studio:
        home.settings.parent.mkdir(parents=True)
        home.settings.write_text("theme = [", encoding="utf-8")
        await studio.press("2", "T")
        assert "Settings not saved" in studio.text()
    assert home.settings.read_text(encoding="utf-8") == "theme = ["


async def test_the_help_shows_every_key_of_every_pane(open_studio: Open) -> None:
    async with open_studio() as studio:
        await studio.press("2", "question_mark")
        assert isinstance(studio.app.screen, HelpScreen)
        panes = studio.app.screen_stack[0].query("Pane, Pane *")
        names = {
            name for _, _, name in key_rows([studio.app, *panes], studio.app.get_key_display, {})
        }
        assert {"studio.quit", "training.pause", "chart.in", "runs.delete"} <= names
        assert all("." in name for name in names)


async def test_the_keymap_changes_keys_footer_and_help(open_studio: Open) -> None:
    async with open_studio(studio=OnlyTraining, keymap={"studio.zoom": "f5"}) as studio:
        await studio.press("2", "z")
        assert not studio.app._main_screen.zoomed
        assert "f5 Zoom" in studio.text()
        await studio.press("f5")
        assert studio.app._main_screen.zoomed
        rows = {
            name: keys
            for keys, _, name in key_rows(
                [studio.app], studio.app.get_key_display, studio.app.settings.keymap
            )
        }
        assert rows["studio.zoom"] == "f5"


def test_every_key_keeps_the_name_that_keymaps_use() -> None:
    names = (Path(__file__).parent / "key_names.txt").read_text(encoding="utf-8").split()
    assert set(names) <= key_names()


async def test_an_unknown_name_in_the_keymap_is_reported(open_small: Open) -> None:
    async with open_small(keymap={"studio.zom": "f5"}) as studio:
        await studio.settle()
        notices = [each.message for each in studio.app._notifications]
        assert any("unknown key name: studio.zom" in message for message in notices)


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (30, 10)])
async def test_help_and_quit_are_always_in_the_footer(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size) as studio:
        studio.worker.start_run()
        await studio.press("2")
        footer = studio.text().splitlines()[-1]
        assert footer.split()[-4:] == ["q", "Quit", "?", "Help"]
        assert studio.app.screen.query_one(KeyBar).size.width == size[0]


async def test_a_screen_that_is_dismissed_twice_closes_no_other(open_small: Open) -> None:
    async with open_small() as studio:
        await studio.press("question_mark", "ctrl+p")
        palette = studio.app.screen
        assert isinstance(palette, Palette)
        palette.dismiss()
        palette.dismiss()
        await studio.settle()
        assert isinstance(studio.app.screen, HelpScreen)
        await studio.press("escape")
        palette.dismiss()
        assert len(studio.app.screen_stack) == 1


async def test_a_screen_that_is_dismissed_below_another_closes_after_that_one(
    open_small: Open,
) -> None:
    async with open_small() as studio:
        below, above = EpochsScreen("0001"), HelpScreen([("Everywhere", [studio.app])])
        studio.app.push_screen(below)
        studio.app.push_screen(above)
        await studio.settle()
        below.dismiss(None)
        below.dismiss(None)
        await studio.settle()
        assert studio.app.screen is above
        above.dismiss()
        await studio.settle()
        assert len(studio.app.screen_stack) == 1


async def test_a_palette_that_another_screen_covers_is_not_opened_twice(open_small: Open) -> None:
    async with open_small() as studio:
        await studio.press("ctrl+p")
        studio.app.push_screen(HelpScreen([("Everywhere", [studio.app])]))
        await studio.settle()
        await studio.app.action_command_palette()
        await studio.settle()
        assert isinstance(studio.app.screen, HelpScreen)
        assert len(studio.app.screen_stack) == 3


async def test_a_click_on_a_notification_that_has_gone_is_ignored(open_small: Open) -> None:
    async with open_small() as studio:
        studio.app.show_notice("of a moment")
        await studio.settle()
        toast = studio.app.screen.query_one(Toast)
        x, y = toast.region.offset
        # It has gone, but the screen has not been drawn again.
        parent, toast._parent = toast._parent, None
        down = MouseDown(None, x, y, 0, 0, 1, False, False, False, x, y)
        await studio.app.on_event(down)
        toast._parent = parent
        assert studio.app.return_code is None


async def test_the_same_notification_is_shown_once(open_small: Open) -> None:
    async with open_small() as studio:
        for text in ("wait", "wait", "for it"):
            studio.app.show_notice(text)
        await studio.settle()
        assert [each.message for each in studio.app._notifications] == ["wait", "for it"]


async def test_errors_while_the_studio_closes_are_ignored(open_small: Open) -> None:
    async with open_small() as studio:
        studio.app.exit(return_code=3)
        studio.app._handle_exception(NoMatches("a widget was removed already"))
    assert studio.app.return_code == 3


async def test_a_long_notification_shows_to_its_last_character(open_small: Open) -> None:
    async with open_small() as studio:
        # Words as long as a line without a scrollbar.
        studio.app.show_notice(f"{'春' * 18}a {'月' * 17}a江", title="花月", severity="error")
        await studio.settle()
        assert "江" in studio.text()


async def test_typing_does_not_repeat_the_layout(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first reading of the device may change the layout.
    monkeypatch.setattr("studio.tui.training.device_panel.DevicePanel.poll", lambda panel: None)
    async with open_studio((160, 48)) as studio:
        await studio.press("3", "鑫")
        laid_out = []
        lay_out = Screen._refresh_layout
        monkeypatch.setattr(
            Screen, "_refresh_layout", lambda *size: laid_out.append(size) or lay_out(*size)
        )
        await studio.press("春", "江", "backspace")
        assert "鑫春" in studio.text()
        assert laid_out == []
