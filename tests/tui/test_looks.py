"""Pictures of every pane and the workbench, compared with those that were checked by eye."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from studio.messages import Event
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.studio_screen import TWO_FROM
from studio.tui.themes import NAMES
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.panels import WatchPanels
from studio.verse.reading import CopiedSpan
from tests.tui.fake_worker import FakeWorker, a_run, write_run
from tests.tui.only import OnlyCorpus, OnlyPlayground, OnlyTraining
from tests.tui.playground_worker import OTHER, QUATRAIN, PlaygroundWorker
from tests.tui.playing import Played, add_run
from tests.tui.training.test_looks import READINGS, frozen  # noqa: F401
from tests.tui.waiting import work_done


async def show_corpus(studio: Played) -> None:
    """The second poem of the list."""
    await studio.press("1", "down")


async def show_training(studio: Played) -> None:
    """A run in training."""
    await studio.press("2")
    worker = FakeWorker(studio.app.home, studio.worker.emit)
    worker.start_run()
    worker.train(a_run(800))
    await studio.settle()
    for reading in READINGS:
        studio.app.query_one(DevicePanel).take(reading)
    studio.app.query_one(WatchPanels).draw()
    await studio.settle()


async def show_playground(studio: Played) -> None:
    """Two candidates."""
    await studio.press("3")
    studio.number("candidates").value = "2"
    await studio.press("enter")
    await studio.answer(QUATRAIN, OTHER)


async def show_workbench(studio: Played) -> None:
    """A poem that was read back, with the cursor in its second line."""
    await studio.press("3", "enter")
    await studio.answer(QUATRAIN)
    await studio.press("w")
    studio.worker.send_readings(CopiedSpan(0, 5, 2, "登鹳雀楼", "王之涣"))
    await studio.settle()
    await studio.press("down", "right")


@pytest.fixture
def picture(
    home: Home, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., bool]:
    """Whether a place looks as in its picture."""
    monkeypatch.setattr("random.randrange", lambda most: 11)
    # A cursor that blinks would be in some of the pictures only.
    monkeypatch.setattr(Input, "cursor_blink", False)
    write_run(home, "autumn", 500, depth=1.6)
    add_run(home, "night", 200, 800)

    def matches(place: str, size: tuple[int, int], **settings: Any) -> bool:
        workers: list[PlaygroundWorker] = []

        def hire(home: Home, emit: Callable[[Event], None]) -> PlaygroundWorker:
            workers.append(PlaygroundWorker(home, emit))
            return workers[0]

        show, only = PLACES[place]
        studio_kind = StudioApp if size[0] >= TWO_FROM else only
        app = studio_kind(home, Settings(**settings), hire)

        async def run_before(pilot: Pilot[Any]) -> None:
            app.animation_level = "none"
            studio = Played(app, workers[0], pilot)
            await studio.settle()
            await show(studio)
            await work_done(app)
            await studio.settle()

        return snap_compare(app, run_before=run_before, terminal_size=size)

    return matches


# What to show, and the studio for a terminal with room for one pane: opening all takes much longer.
PLACES = {
    "corpus": (show_corpus, OnlyCorpus),
    "training": (show_training, OnlyTraining),
    "playground": (show_playground, OnlyPlayground),
    "workbench": (show_workbench, OnlyPlayground),
}


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("theme", ["ink", "paper"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
@pytest.mark.parametrize("place", PLACES)
def test_the_studio_looks_as_it_did(
    picture: Callable[..., bool], place: str, size: tuple[int, int], theme: str
) -> None:
    assert picture(place, size, theme=theme)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("place", PLACES)
def test_the_studio_looks_as_it_did_in_256_colours(
    picture: Callable[..., bool], place: str, theme: str
) -> None:
    assert picture(place, (80, 24), theme=theme, colour="256")


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(("place", "theme"), [("training", "ink"), ("corpus", "paper")])
def test_two_panes_look_as_they_did_in_256_colours(
    picture: Callable[..., bool], place: str, theme: str
) -> None:
    assert picture(place, (120, 36), theme=theme, colour="256")


def test_every_picture_is_that_of_a_test(request: pytest.FixtureRequest) -> None:
    # Syrupy reports pictures without a test only if all tests run in one process.
    module = request.node.getparent(pytest.Module)
    tests = {item.name for item in module.collect()}
    pictures = Path(__file__).parent / "__snapshots__" / Path(__file__).stem
    assert {path.stem for path in pictures.iterdir()} <= tests
