"""A studio with the playground open, and a worker that the test controls."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.playground.pane import PlaygroundPane
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from studio.tui.widgets.form_fields import Field
from studio.tui.workbench.workbench import Workbench
from studio.verse.request import ComposeRequest
from tests.tui.only import OnlyPlayground
from tests.tui.playground_worker import PlaygroundWorker
from tests.tui.waiting import work_done

Play = Callable[..., AbstractAsyncContextManager["Played"]]


class Played:
    """A studio with the playground open."""

    def __init__(self, app: StudioApp, worker: PlaygroundWorker, pilot: Pilot[Any]) -> None:
        self.app, self.worker, self.pilot = app, worker, pilot

    @property
    def pane(self) -> PlaygroundPane:
        return self.app.screen_stack[0].query_one(PlaygroundPane)

    async def press(self, *keys: str) -> None:
        """Press keys, each after the work started by the one before is done."""
        for key in keys:
            await self.pilot.press(key)
            await work_done(self.app)
        await self.pilot.pause()

    async def settle(self) -> None:
        """Wait until all events are received and the run folders are read."""
        await self.pilot.pause()
        await work_done(self.app)
        await self.pilot.pause()

    async def answer(self, *texts: str, **how: Any) -> None:
        self.worker.answer(*texts, **how)
        await self.settle()

    def text(self, selector: str) -> str:
        """The text of a Static of the pane."""
        return str(self.pane.query_one(selector, Static).visual)

    def cards(self) -> list[str]:
        return [card.text for card in self.pane.query_one(PoemStage).query(PoemCard)]

    def select(self, name: str) -> "Select[str]":
        return self.pane.query_one(f"#field-{name} Select", Select)

    def note(self, name: str) -> str:
        """The words of a field of the form, but for its editor's."""
        field = self.pane.query_one(f"#field-{name}", Field)
        return " ".join(str(field.render()).split())

    def number(self, name: str) -> Input:
        return self.pane.query_one(f"#field-{name} Input", Input)

    @property
    def last(self) -> ComposeRequest:
        return self.worker.requested[-1].request

    @property
    def bench(self) -> Workbench:
        return self.pane.query_one(Workbench)


def add_run(home: Home, name: str, *steps: int) -> None:
    folder = home.runs / name
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    for step in steps:
        (folder / "checkpoints" / f"step-{step:08d}").mkdir()


@asynccontextmanager
async def playing(
    home: Home, size: tuple[int, int] = (80, 24), settings: Settings | None = None
) -> AsyncIterator[Played]:
    """Open the studio at its playground."""
    workers: list[PlaygroundWorker] = []

    def hire(home: Home, emit: Callable[..., None]) -> PlaygroundWorker:
        workers.append(PlaygroundWorker(home, emit))
        return workers[0]

    app = OnlyPlayground(home, settings or Settings(), hire)
    async with app.run_test(size=size) as pilot:
        # Without animations, characters are shown as soon as they are written.
        app.animation_level = "none"
        await app.action_pane("playground")
        played = Played(app, workers[0], pilot)
        await played.settle()
        yield played
