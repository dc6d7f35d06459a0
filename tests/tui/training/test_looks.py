"""Pictures of the training pane, compared with pictures that a person has approved."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from studio.paths import Home
from studio.settings import Settings
from studio.telemetry import GIGABYTE, DeviceReading, Gauge
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.panels import WatchPanels
from tests.tui.fake_worker import FakeWorker, a_run, write_run
from tests.tui.only import OnlyTraining
from tests.tui.waiting import work_done

READINGS = [
    DeviceReading(
        "Some card",
        (
            Gauge("gpu", 60 + 7 * (at % 5), "%", 100),
            Gauge("memory", (20 + at) * GIGABYTE, "B", 80 * GIGABYTE),
            Gauge("temp", 55 + at, "C"),
            Gauge("power", 300 + 20 * (at % 7), "W", 700),
        ),
    )
    for at in range(12)
]


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pictures independent of the time and the machine."""
    moment = (2026, 1, 1, 12, 34, 56, 3, 1, 0)
    strftime = time.strftime
    monkeypatch.setattr(time, "strftime", lambda how: strftime(how, moment))
    monkeypatch.setattr(DevicePanel, "poll", lambda _: None)
    monkeypatch.setattr("studio.tui.training.panels.SOONEST", 3600.0)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("theme", ["ink", "paper"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_a_run_in_training_looks_as_it_did(
    home: Home, snap_compare: Callable[..., bool], theme: Any, size: tuple[int, int]
) -> None:
    write_run(home, "autumn", 500, depth=1.6)
    workers: list[FakeWorker] = []
    app = OnlyTraining(
        home,
        Settings(theme=theme),
        lambda home, emit: workers.append(FakeWorker(home, emit)) or workers[0],  # type: ignore[func-returns-value]
    )

    async def play(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        if size[0] > 120:
            await pilot.press("z")
        workers[0].start_run()
        workers[0].train(a_run(800))
        await pilot.pause()
        for reading in READINGS:
            app.query_one(DevicePanel).take(reading)
        await work_done(app)
        await pilot.press("left_square_bracket")
        await pilot.pause()
        app.query_one(WatchPanels).draw()
        await pilot.pause()

    run_before: Callable[[Pilot[Any]], Awaitable[None]] = play
    assert snap_compare(app, run_before=run_before, terminal_size=size)


@pytest.mark.usefixtures("frozen")
def test_the_form_looks_as_it_did(home: Home, snap_compare: Callable[..., bool]) -> None:
    app = OnlyTraining(home, Settings(), FakeWorker)
    assert snap_compare(app, press=["2"], terminal_size=(80, 24))


def test_every_picture_is_that_of_a_test(request: pytest.FixtureRequest) -> None:
    # Syrupy reports leftover pictures only if all tests run in one process.
    module = request.node.getparent(pytest.Module)
    tests = {item.name for item in module.collect()}
    pictures = Path(__file__).parent / "__snapshots__" / Path(__file__).stem
    assert {path.stem for path in pictures.iterdir()} <= tests
