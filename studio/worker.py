"""The one thread that owns torch: takes commands, trains, composes, emits events.

torch is imported on that thread, so that whoever starts it has painted its first frame before.
"""

import gc
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio.corpus.poem import verse_lines
from studio.errors import RunError, SavingError, StudioError, out_of_memory_message
from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Inspect,
    Inspected,
    Pause,
    Preparing,
    Ready,
    Resume,
    SaveCheckpoint,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    Wrote,
)
from studio.model.events import StepDone, TrainingEnded, TrainingEvent
from studio.paths import Home
from studio.prosody.scansion import scan
from studio.verse.index_keeper import IndexKeeper

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession
    from studio.verse.decoder import Writer

# Seconds for which steps are kept back, to be told together: each telling wakes the listener's
# thread, which takes time from the training.
TELL_EVERY = 0.25


class Worker:
    """A thread with a queue of commands; `listener` is called on that thread, in order."""

    def __init__(self, home: Home, listener: Callable[[Event], None]) -> None:
        self._home = home
        self._listener = listener
        self._kept: list[Event] = []
        self._told_at = 0.0
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._waiting: deque[Command] = deque()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._session: TrainingSession | None = None
        self._steps: Iterator[tuple[TrainingEvent, ...]] = iter(())
        self._paused = False
        # The model last read from disk, with the file that it is from.
        self._loaded: tuple[tuple[Path, int, int], Writer] | None = None
        self._cancelled: int | None = None
        self._index = IndexKeeper(home.library)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Put a command on the queue; returns at once."""
        self._queue.put(command)

    def close(self) -> None:
        """End what is under way, training with a checkpoint, and wait for the thread."""
        self._closing.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        self._guard("starting", None, self._get_ready)
        while not self._closing.is_set():
            training = self._session is not None and not self._paused
            self._collect(block=not training and not self._waiting)
            if self._waiting:
                command = self._waiting.popleft()
                ticket = command.ticket if isinstance(command, Compose | Inspect) else None
                self._guard(_what(command), ticket, self._obey, command)
            elif training:
                self._guard("training", None, self._train_one_step)
        if self._session:
            self._guard("saving", None, self._finish_training)
        self._index.close()

    def _collect(self, block: bool) -> None:
        """Move commands from the queue to `_waiting`; with `block` wait for one."""
        while True:
            try:
                command = self._queue.get(block)
            except queue.Empty:
                return
            block = False
            if isinstance(command, CancelCompose):
                self._cancel(command.ticket)
            elif command is not None:
                self._waiting.append(command)

    def _cancel(self, ticket: int) -> None:
        """Drop an order that still waits; the one being written looks at `_cancelled`."""
        waiting = [
            command
            for command in self._waiting
            if isinstance(command, Compose) and command.ticket == ticket
        ]
        for command in waiting:
            self._waiting.remove(command)
            self._emit(ComposeCancelled(ticket))
        if not waiting:
            self._cancelled = ticket

    def _guard(
        self, what: str, ticket: int | None, action: Callable[..., None], *arguments: Command
    ) -> None:
        """Do something; what goes wrong becomes an event, and the thread lives on."""
        session = self._session
        try:
            action(*arguments)
        except StudioError as error:
            what = "saving" if isinstance(error, SavingError) else what
            self._emit(Failed(what, str(error), ticket))
        except Exception as error:
            message = out_of_memory_message(error) or f"{type(error).__name__}: {error}"
            # A bug ends the training, whatever it was that was asked of it.
            what = "training" if session and self._session is None else what
            self._emit(Failed(what, message, ticket, traceback.format_exc()))

    def _emit(self, event: Event) -> None:
        """Tell an event, or keep it back where it is a step so soon after what was told last."""
        self._kept.append(event)
        now = time.monotonic()
        step = isinstance(event, Trained) and isinstance(event.event, StepDone)
        if step and now - self._told_at < TELL_EVERY:
            return
        for each in self._kept:
            self._listener(each)
        self._kept.clear()
        self._told_at = now

    def _get_ready(self) -> None:
        import torch

        from studio.model.device import choose_device

        # What is loaded by now stays. Searched for garbage again and again, it would hold up keys
        # and steps for a tenth of a second each time.
        gc.freeze()
        device = choose_device()
        self._emit(Ready(str(torch.__version__), device.name, device.gpu))
        # So that it is at hand when the first poem is asked for.
        self._index.now()

    def _obey(self, command: Command) -> None:
        match command:
            case Train(run, config):
                from studio.runs.session import start_run

                self._refuse_second_run()
                self._emit(Preparing(f"reading the poems for {run}"))
                self._open(start_run(self._home, run, config))
            case Resume(run, epochs):
                self._resume(run, epochs)
            case Pause():
                session = self._need_session()
                self._paused = True
                self._emit(TrainingPaused(session.run.name))
            case Stop():
                self._need_session()
                self._finish_training()
            case SaveCheckpoint():
                self._take(self._need_session().save)
            case Compose():
                self._compose(command)
            case Inspect():
                self._inspect(command)

    # --- training -------------------------------------------------------------------------------

    def _resume(self, run: str, epochs: int) -> None:
        from studio.runs.session import resume_run

        if self._session and self._session.run.name == run and self._paused:
            self._paused = False
            self._emit(TrainingResumed(run))
            return
        self._refuse_second_run()
        self._emit(Preparing(f"reading the poems and the last checkpoint of {run}"))
        self._open(resume_run(self._home, run, epochs))

    def _open(self, session: "TrainingSession") -> None:
        self._session = session
        self._steps = session.steps()
        self._paused = False
        # The poems stay, too.
        gc.freeze()
        self._emit(session.started())

    def _train_one_step(self) -> None:
        self._take(lambda: next(self._steps))

    def _take(self, events: Callable[[], tuple[TrainingEvent, ...]]) -> None:
        """Tell what the session gives; pause it, and raise SavingError, where a file gives way."""
        session = self._need_session()
        try:
            told = events()
        except OSError as error:
            # An iterator that has raised is at its end. Nothing learnt is lost with it.
            self._steps = session.steps()
            self._paused = True
            self._emit(TrainingPaused(session.run.name))
            raise SavingError(
                f"{error}. {session.run.name} is paused and loses nothing while the studio is "
                "open: make room or mend the permissions, then go on with it, or save."
            ) from error
        except StudioError:
            raise
        except Exception:
            self._close_session()
            raise
        for event in told:
            if isinstance(event, TrainingEnded):
                self._close_session()
            self._emit(Trained(session.run.name, event))

    def _finish_training(self) -> None:
        """Let the trainer save a checkpoint and end."""
        self._need_session().trainer.stop()
        while self._session:
            self._train_one_step()

    def _close_session(self) -> None:
        if self._session:
            self._session.close()
        self._session = None
        self._steps = iter(())
        self._paused = False
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _need_session(self) -> "TrainingSession":
        if self._session is None:
            raise RunError("No run is in training.")
        return self._session

    def _refuse_second_run(self) -> None:
        if self._session:
            raise RunError(f"{self._session.run.name} is in training. Stop it first.")

    # --- writing --------------------------------------------------------------------------------

    def _compose(self, order: Compose) -> None:
        from studio.verse.composer import compose

        began = time.monotonic()
        writer = self._writer(order.request.model)
        columns = compose(writer, order.request, self._index.now())
        self._cancelled = None
        while True:
            self._collect(block=False)
            if self._cancelled == order.ticket or self._closing.is_set():
                self._emit(ComposeCancelled(order.ticket))
                return
            try:
                self._emit(Wrote(order.ticket, next(columns)))
            except StopIteration as end:
                seconds = time.monotonic() - began
                self._emit(Composed(order.ticket, order.request, writer.name, end.value, seconds))
                return

    def _inspect(self, order: Inspect) -> None:
        from studio.verse.inspection import inspect

        writer = self._writer(order.request.model)
        places = inspect(writer, order.request, order.text)
        index = self._index.now()
        copied = index.spans(order.text) if index else None
        scansion = scan(verse_lines(order.text) or [""], order.request.form)
        self._emit(Inspected(order.ticket, order.text, writer.name, places, scansion, copied))

    def _writer(self, model: str) -> "Writer":
        """The run in training as it stands, or a model from disk, kept for the next poem."""
        from studio.runs.loading import load_writer, locate

        if self._session and model in ("auto", self._session.run.name):
            return self._session.writer()
        folder, name = locate(self._home, model)
        # A run that was deleted and trained anew has other weights in a folder of the same name.
        found = (folder / "model.json").stat()
        key = folder, found.st_ino, found.st_mtime_ns
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = (key, load_writer(folder, name))
        return self._loaded[1]


def _what(command: Command) -> str:
    """A command in words, for a message about its failure."""
    match command:
        case Train(run, _):
            return f"training {run}"
        case Resume(run, _):
            return f"resuming {run}"
        case Compose():
            return "writing"
        case Inspect():
            return "reading the poem"
        case SaveCheckpoint():
            return "saving"
    return type(command).__name__.lower()
