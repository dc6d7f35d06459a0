"""Leaving the studio while a run trains: save and stop it, or leave it to another process."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import cast

from rich.text import Text

from studio.errors import RunError, StudioError
from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Resume,
    Stop,
    Train,
    Trained,
    TrainingStarted,
)
from studio.model.events import CheckpointSaved, Outcome, TrainingEnded
from studio.reasons import in_words
from studio.runs import folders, processes, queue
from studio.translation import tr
from studio.tui.host import Host
from studio.tui.quit_screen import QuitScreen, ReportScreen
from studio.tui.terminal_app import TerminalApp
from studio.wording import printable

# The outcomes after which a run is not trained further.
_ENDED: tuple[Outcome, ...] = ("finished", "diverged", "failed")


class Leaving:
    """Asks, waits until the run is saved, and closes the studio.

    `is_going`: the run is being saved; after that the studio closes.
    """

    def __init__(self, app: TerminalApp) -> None:
        self._app, self._host = app, cast(Host, app)
        self.is_going = False
        # The run that another process is to train on. It is handed over once, by the interface or
        # by the thread that waits for signals; the other one waits meanwhile.
        self._left = ""
        self._handing_over = threading.Lock()
        # Whether the run could not be saved.
        self._is_unsaved = False
        # Poems that are being written. They would hold up the end of the training.
        self._composing: set[int] = set()

    def ask(self) -> None:
        """Quit; ask first about a report that is being written, and about a run in training."""
        if isinstance(self._app.screen, ReportScreen):
            return
        if any(each.group == "report" and not each.is_finished for each in self._app.workers):
            self._app.push_screen(ReportScreen(), self._ask_about_run)
        else:
            self._ask_about_run()

    def _ask_about_run(self, quits: bool | None = True) -> None:
        if not quits:
            return
        run = self._host.run_in_training
        if not run.is_running:
            self._app.exit()
        elif not isinstance(self._app.screen, QuitScreen):
            waiting = len(queue.waiting(self._host.home.runs))
            lose = self._app.exit if self._is_unsaved else None
            self._app.push_screen(QuitScreen(run, waiting, self._save, self._leave_training, lose))

    def sent(self, command: Command) -> None:
        """Note a command to the worker."""
        if isinstance(command, Compose):
            self._composing.add(command.ticket)

    def receive(self, event: Event) -> None:
        """Note an event of the worker: the run is saved, or cannot be."""
        match event:
            case Composed(ticket=ticket) | ComposeCancelled(ticket=ticket):
                self._composing.discard(ticket)
            case Failed(ticket=int(ticket)):
                self._composing.discard(ticket)
            case Failed() if self._host.run_in_training.state != "stopping":
                # The run was not saved: it is paused. Anything else may fail before it is saved.
                self._is_unsaved = self._is_unsaved or self.is_going
                self._stay()
            case TrainingStarted() | Trained(_, CheckpointSaved()):
                self._is_unsaved = False
            case Trained(run, TrainingEnded(outcome=outcome)) if self.is_going:
                self._go(run, outcome)

    def close_worker_on(self, number: int, close: Callable[[], None]) -> None:
        """Close the worker on a signal. What trained in a terminal that has gone is trained on, and
        what the user was about to leave training.

        Called on the thread that waits for signals; the event loop may still run.
        """
        training = self._host.run_in_training
        continues = number == signal.SIGHUP and self._host.settings.on_hangup == "continue"
        with self._handing_over, contextlib.suppress(StudioError, OSError):
            left, self._left = self._left, ""
            if not left and continues and (training.state == "training" or training.preparing):
                left = training.name or self._asked_for()
            if left and (run := self._to_be_trained(left)):
                self._hand_over(run, close)
        close()

    def _to_be_trained(self, run: str) -> str:
        """The run, or the first that waits if it has ended; "" if none does.

        While the interface waits for a terminal, it does not learn that a run has ended.
        """
        runs = self._host.home.runs
        # One that cannot be read is not known to have ended.
        with contextlib.suppress(StudioError, OSError):
            if folders.summary(folders.find(runs, run)).status in _ENDED:
                return next(iter(queue.waiting(runs)), "")
        return run

    def _asked_for(self) -> str:
        """The run that is being loaded, or whose turn it is; it waits if nobody trains it yet."""
        runs, asked = self._host.home.runs, self._host.run_in_training.asked
        if asked is None:
            return next(iter(queue.waiting(runs)), "")
        if isinstance(asked, Train):
            # Unless the worker has made its folder.
            with contextlib.suppress(RunError):
                folders.create(runs, asked.run, asked.config)
        found = folders.find(runs, asked.run)
        # The worker reads it, or may end before it has begun.
        if not found.is_busy():
            queue.join(found.folder, asked.epochs if isinstance(asked, Resume) else 0)
        return asked.run

    def _save(self) -> None:
        """Save the run, then quit."""
        if not self._host.run_in_training.is_running:
            self._app.exit()
            return
        self.is_going = True
        for ticket in self._composing:
            self._host.send(CancelCompose(ticket))
        self._host.send(Stop())

    def _leave_training(self) -> None:
        """Save the run, start a process that resumes it, then quit."""
        self._left = self._host.run_in_training.name
        self._save()

    def _go(self, run: str, outcome: Outcome) -> None:
        """Close the studio, after the training has ended."""
        message = ""
        with self._handing_over:
            leaves, self._left = bool(self._left), ""
            waiting = queue.waiting(self._host.home.runs) if leaves else []
            # A run that ended in the same moment needs nobody, those that wait do.
            left = run if outcome == "stopped" else waiting[0] if waiting else ""
            try:
                if leaves and left:
                    process = self._hand_over(left, lambda: None)
                    message = tr(
                        "Process {process} trains {run}. tangshi-studio runs watch {run} shows it, "
                        "runs stop {run} ends it.",
                        process=process.pid,
                        run=left,
                    )
            except (StudioError, OSError) as error:
                title = tr("Not left training")
                self._host.show_notice(in_words(error), title=title, severity="error")
                self._stay()
                return
        self._app.exit(message=Text(printable(message)) if message else None)

    def _hand_over(self, run: str, finish: Callable[[], None]) -> "subprocess.Popen[bytes]":
        found = folders.find(self._host.home.runs, run)
        return processes.hand_over(found, finish, then_queue=True)

    def _stay(self) -> None:
        if self.is_going:
            # Another screen, such as the help, may be on top of the question.
            for screen in list(self._app.screen_stack):
                if isinstance(screen, QuitScreen):
                    screen.dismiss(False)
        self.is_going, self._left = False, ""
