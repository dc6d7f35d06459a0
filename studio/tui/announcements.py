"""Notices of what happens to runs, and calls to a person whose terminal is out of sight."""

from collections.abc import Callable
from typing import cast

from studio.messages import Event, Failed, Trained, TrainingStarted
from studio.model.events import TrainingEnded
from studio.translation import marked, tr
from studio.tui.host import Host
from studio.tui.leaving import Leaving
from studio.tui.terminal_app import TerminalApp

# The outcomes of a training.
_ENDED = {
    "finished": marked("{run} finished"),
    "stopped": marked("{run} stopped"),
    "diverged": marked("{run} diverged"),
    "failed": marked("{run} failed"),
}


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
                self._host.show_notice(tr("It was waiting, and has started."), title=event.run)
            case Trained(run, TrainingEnded() as ended) if not self._leaving.is_going:
                self._training_ended(run, ended)
            case Failed():
                self._failed(event)

    def _training_ended(self, run: str, ended: TrainingEnded) -> None:
        title, step = tr(_ENDED[ended.outcome], run=run), ended.step
        text = tr("{ended} at step {step:,}", ended=title, step=step)
        if ended.reason:
            text = tr("{what}: {reason}", what=text, reason=ended.reason)
        self._announce(text)
        if ended.outcome in ("diverged", "failed"):
            self._host.show_notice(ended.reason, title=title, severity="error")
        elif not self._is_showing("training"):
            self._host.show_notice(tr("at step {step:,}", step=step), title=title)

    def _failed(self, event: Failed) -> None:
        title = tr("Failed: {what}", what=event.what)
        # The playground reports failed poems itself.
        if event.ticket is None or not self._is_showing("playground"):
            self._host.show_notice(event.message, title=title, severity="error")
        if event.ticket is None:
            self._announce(tr("{what}: {reason}", what=title, reason=event.message))

    def _announce(self, text: str) -> None:
        self._app.notify_if_away(text, self._host.settings.notify)
