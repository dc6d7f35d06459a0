"""Waiting for work in the background of an app."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

PATIENCE = 20.0


async def work_done(app: App[object]) -> None:
    """Wait for the app's workers; one that was replaced by a newer one counts as done."""
    for worker in tuple(app.workers):
        with contextlib.suppress(WorkerCancelled):
            await worker.wait()


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Wait until something holds, and draw meanwhile. Fails after `PATIENCE` seconds.

    A new size arrives by a timer; on a busy machine one pause is too short for that.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        await pilot.pause(0.02)
