"""What a person hears of the worker's events: notices, and signals to a terminal in the back."""

from collections.abc import Callable
from typing import cast

from studio.messages import Event, Failed, Trained, TrainingStarted
from studio.model.events import TrainingEnded
from studio.tui.host import Host
from studio.tui.leaving import Leaving
from studio.tui.terminal_app import TerminalApp


class Announcements:
    """Announces that runs have started, ended or failed.

    `is_showing` answers whether the pane with an id is on the screen: it reports by itself.
    """

    def __init__(
        self, app: TerminalApp, leaving: Leaving, is_showing: Callable[[str], bool]
    ) -> None:
        self._app, self._host = app, cast(Host, app)
        self._leaving, self._is_showing = leaving, is_showing

    def receive(self, event: Event) -> None:
        """Announce an event of the worker, if people should know of it."""
        match event:
            case TrainingStarted() if event.notice:
                self._host.show_notice(event.notice, title=event.run, severity="warning")
            case TrainingStarted(waited=True):
                self._host.show_notice("It was waiting, and has started.", title=event.run)
            case Trained(run, TrainingEnded() as ended) if not self._leaving.is_going:
                self._training_ended(run, ended)
            case Failed():
                self._failed(event)

    def _training_ended(self, run: str, ended: TrainingEnded) -> None:
        reason = f": {ended.reason}" if ended.reason else ""
        self._announce(f"{run} {ended.outcome} at step {ended.step:,}{reason}")
        if ended.outcome in ("diverged", "failed"):
            self._host.show_notice(ended.reason, title=f"{run} {ended.outcome}", severity="error")
        elif not self._is_showing("training"):
            self._host.show_notice(f"at step {ended.step:,}", title=f"{run} {ended.outcome}")

    def _failed(self, event: Failed) -> None:
        # The playground reports failed poems itself.
        if event.ticket is None or not self._is_showing("playground"):
            self._host.show_notice(event.message, title=f"Failed: {event.what}", severity="error")
        if event.ticket is None:
            self._announce(f"Failed: {event.what}: {event.message}")

    def _announce(self, text: str) -> None:
        self._app.notify_if_away(text, self._host.settings.notify)
