"""Waiting for what an app does in the background."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

PATIENCE = 20.0


async def work_done(app: App[object]) -> None:
    """Wait for the app's workers; one that a newer one has taken the place of is done, too."""
    for worker in tuple(app.workers):
        with contextlib.suppress(WorkerCancelled):
            await worker.wait()


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Wait until something holds, drawing meanwhile; fails where it does not in `PATIENCE` seconds.

    A new size is passed on by a timer, for which a pause on a busy machine is too short.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        await pilot.pause(0.02)
