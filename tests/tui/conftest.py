"""A studio whose worker the test controls."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual.pilot import Pilot

from studio.messages import Event
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.training.pane import TrainingPane
from studio.tui.training.panels import WatchPanels
from tests.tui.fake_worker import FakeWorker
from tests.tui.playing import Play, add_run, playing
from tests.tui.quick_textual import quicken
from tests.tui.waiting import work_done

quicken()


class Opened:
    """An open studio, with access to its parts."""

    def __init__(self, app: StudioApp, worker: FakeWorker, pilot: Pilot[Any]) -> None:
        self.app, self.worker, self.pilot = app, worker, pilot

    @property
    def pane(self) -> TrainingPane:
        return self.app.screen_stack[0].query_one(TrainingPane)

    @property
    def panels(self) -> WatchPanels:
        return self.pane.query_one(WatchPanels)

    async def press(self, *keys: str) -> None:
        """Press keys; wait after each until its work is done."""
        for key in keys:
            await self.pilot.press(key)
            await work_done(self.app)
        await self.settle()

    async def choose(self, title: str) -> None:
        """Choose an entry of the command palette."""
        entries = self.app.get_system_commands(self.app.screen)
        (choose,) = (each.callback for each in entries if each.title == title)
        choose()
        await self.settle()

    async def settle(self) -> None:
        """Wait for threads and messages, and draw."""
        await work_done(self.app)
        await self.pilot.pause()
        for panels in self.app.screen_stack[0].query(WatchPanels):
            panels.draw()
        await self.pilot.pause()

    def text(self) -> str:
        """What is on the screen."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(line.text for line in lines)

    def words(self) -> str:
        """What is on the screen as running text, without frames and line breaks."""
        return " ".join(re.sub("[▌▐│─┃┏┓┗┛]", " ", self.text()).split())


Open = Callable[..., AbstractAsyncContextManager[Opened]]


@pytest.fixture
def open_studio(home: Home) -> Open:
    """Open the studio: `async with open_studio((80, 24), theme="paper") as studio`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (160, 48), studio: type[StudioApp] = StudioApp, **settings: Any
    ) -> AsyncIterator[Opened]:
        workers: list[FakeWorker] = []

        def hire(home: Home, emit: Callable[[Event], None]) -> FakeWorker:
            workers.append(FakeWorker(home, emit))
            return workers[0]

        app = studio(home, Settings(**settings), hire)
        async with app.run_test(size=size, notifications=True) as pilot:
            await app.completion.wait()
            await pilot.pause()
            yield Opened(app, workers[0], pilot)

    return opened


@pytest.fixture
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where exports go."""
    folder = tmp_path / "exports"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def night(tmp_path: Path) -> Home:
    """A home folder without poems, with a run called night and two checkpoints of it."""
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    add_run(home, "night", 200, 800)
    return home


@pytest.fixture
def play(night: Home) -> Play:
    """Open the studio at its playground: `async with play((80, 24)) as played`."""
    return partial(playing, night)


@pytest.fixture
def drawn() -> None:
    """Draw each change at once, as for a terminal."""


@pytest.fixture(autouse=True)
def unseen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw only what a test looks at: no terminal is there, and drawing takes a fifth of the time.

    A test whose subject is drawing, or a widget that reads what it draws, asks for `drawn`.
    """
    if "drawn" in request.fixturenames:
        return
    draw = Compositor.render_update

    def update(compositor: Compositor, full: bool = False, **how: Any) -> RenderableType | None:
        if full:
            return draw(compositor, full, **how)
        compositor._dirty_regions.clear()
        return None

    monkeypatch.setattr(Compositor, "render_update", update)


@pytest.fixture(autouse=True)
def whole_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """End no studio before all its panes are there.

    Textual's pilot removes widgets while workers still add some, which an application does not.
    """
    shutdown = StudioApp._shutdown

    async def end(app: StudioApp) -> None:
        # Where the app has ended already, panes may never come.
        while app._completes and app.is_running and not app.completion.is_set():
            await asyncio.sleep(0.01)
        await shutdown(app)

    monkeypatch.setattr(StudioApp, "_shutdown", end)
