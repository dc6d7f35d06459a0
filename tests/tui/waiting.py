"""Waiting until what an app does in the background is done."""

import contextlib

from textual.app import App
from textual.worker import WorkerCancelled


async def work_done(app: App[object]) -> None:
    """Wait for the app's workers; one that a newer one has taken the place of is done, too."""
    for worker in tuple(app.workers):
        with contextlib.suppress(WorkerCancelled):
            await worker.wait()
