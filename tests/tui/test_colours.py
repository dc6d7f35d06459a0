"""Every pane in 256 and 16 colours, in every theme; and the switch from theme to theme."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from rich.color import Color
from rich.segment import Segment

from studio.messages import Event
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.themes import NAMES, greys, palette
from studio.tui.training.panels import WatchPanels
from tests.tui.fake_worker import write_run
from tests.tui.only import OnlyTraining
from tests.tui.playground_worker import PlaygroundWorker
from tests.tui.playing import Played, add_run
from tests.tui.test_looks import PLACES, show_training
from tests.tui.training.test_looks import frozen  # noqa: F401

SIZE = (100, 36)


async def show_help(studio: Played) -> None:
    await show_training(studio)
    await studio.press("question_mark")


async def show_notices(studio: Played) -> None:
    await studio.press("2", "n")
    for severity in ("information", "warning", "error"):
        studio.app.show_notice("some words", title="A notice", severity=severity)
    await studio.settle()


SCREENS = {
    **PLACES,
    "help": (show_help, OnlyTraining),
    "notices": (show_notices, OnlyTraining),
}


def segments(studio: Played) -> list[Segment]:
    """What is drawn, in pieces of one style."""
    strips = studio.app.screen._compositor.render_strips()
    return [segment for strip in strips for segment in strip if segment.text]


def entries(studio: Played) -> set[int | None]:
    """The entries of the palette that are drawn with; None for a colour that is not one."""
    drawn: set[Color | None] = set()
    for segment in segments(studio):
        assert segment.style is not None
        drawn |= {segment.style.bgcolor}
        # A blank may have no colour.
        drawn |= {segment.style.color} if segment.text.strip() else set()
    return {colour and colour.number for colour in drawn}


async def switch_theme(studio: Played) -> str:
    """Switch to the next theme; its name."""
    studio.app.action_toggle_theme()
    await studio.settle()
    for panels in studio.app.screen_stack[0].query(WatchPanels):
        panels.draw()
    await studio.settle()
    return studio.app.theme


@pytest.fixture
def seen(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    frozen: None,  # noqa: F811
) -> Callable[..., Any]:
    """Open a studio, show something, look at it."""
    monkeypatch.setattr("random.randrange", lambda most: 11)
    write_run(home, "autumn", 500, depth=1.6)
    add_run(home, "night", 200, 800)

    async def seen(
        show: Callable[[Played], Any],
        kind: type[StudioApp],
        look: Callable[[Played], Any],
        **settings: Any,
    ) -> Any:
        workers: list[PlaygroundWorker] = []

        def hire(home: Home, emit: Callable[[Event], None]) -> PlaygroundWorker:
            workers.append(PlaygroundWorker(home, emit))
            return workers[0]

        app = kind(home, Settings(**settings), hire)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            app.animation_level = "none"
            studio = Played(app, workers[0], pilot)
            await studio.settle()
            await show(studio)
            await studio.settle()
            return await look(studio)

    return seen


@pytest.mark.parametrize(
    ("screen", "depth"), [*((screen, "256") for screen in SCREENS), ("notices", "16")]
)
async def test_only_the_chosen_colours_are_drawn(
    seen: Callable[..., Any], screen: str, depth: Literal["256", "16"]
) -> None:
    async def look(studio: Played) -> None:
        shown = []
        for _ in NAMES:
            shown.append(studio.app.theme)
            assert entries(studio) <= palette(studio.app.theme, depth)
            assert not entries(studio) <= greys(depth)
            await switch_theme(studio)
        assert shown == list(NAMES)

    await seen(*SCREENS[screen], look, colour=depth)


async def test_without_colour_only_greys_are_drawn(
    seen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def look(studio: Played) -> None:
        assert entries(studio) <= greys("256")

    await seen(show_training, OnlyTraining, look, colour="256")


@pytest.mark.parametrize("screen", ["corpus", "training", "workbench"])
async def test_the_switch_to_another_theme_repaints_everything(
    seen: Callable[..., Any], screen: str
) -> None:
    async def look(studio: Played) -> list[Segment]:
        # Until all styles are applied again, Textual misses a title that is in focus.
        studio.app.refresh_css(animate=False)
        await studio.settle()
        return segments(studio)

    async def look_after_switch(studio: Played) -> list[Segment]:
        assert await switch_theme(studio) == "paper"
        return segments(studio)

    switched = await seen(*PLACES[screen], look_after_switch)
    assert switched == await seen(*PLACES[screen], look, theme="paper")
