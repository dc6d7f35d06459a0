"""The one thread that owns torch: it takes commands, trains, composes and emits events.

torch is imported on that thread, so that the interface can draw its first frame before.
"""

import contextlib
import gc
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from studio.errors import RunError, SavingError, StudioError, no_room_message
from studio.inbox import Inbox
from studio.messages import (
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    EstimateRun,
    Event,
    Failed,
    Inspect,
    Pause,
    Preparing,
    ReadNetwork,
    ReadVectors,
    Ready,
    Resume,
    SaveCheckpoint,
    Stop,
    Suggest,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainNext,
    Weigh,
    Wrote,
    described,
)
from studio.model.config import RunConfig
from studio.model.events import StepDone, TrainingEnded, TrainingEvent
from studio.paths import Home
from studio.reasons import file_problem, in_words
from studio.runs import folders
from studio.runs import queue as queued
from studio.runs.answering import answer, model_of
from studio.runs.model_cache import ModelCache
from studio.translation import tr
from studio.verse.index_keeper import CopyIndexes

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession

_TICKETED = Compose | Inspect | Weigh | Suggest | ReadVectors
# Seconds for which steps are collected and then reported together: each report wakes the listener's
# thread, and that takes time from training.
REPORT_EVERY = 0.25
# Seconds between two looks for a request of another process.
REQUEST_EVERY = 0.5
# Seconds to wait, at the end, for work that saves nothing.
PATIENCE = 5.0


class Worker:
    """A thread with a queue of commands; it calls `listener` there, with each event in order."""

    def __init__(self, home: Home, listener: Callable[[Event], None]) -> None:
        self._home = home
        self._listener = listener
        self._unreported: list[Event] = []
        self._reported_at = 0.0
        self._inbox = Inbox(lambda ticket: self._emit(ComposeCancelled(ticket)))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._session: TrainingSession | None = None
        self._doing: Command | None = None
        self._steps: Iterator[tuple[TrainingEvent, ...]] = iter(())
        self._paused = False
        # Whether a run has ended, or the memory was full.
        self._must_free = False
        # Whether a file could not be written; then only the user tries again.
        self._saving_failed = False
        self._models = ModelCache(home)
        self._has_written = False
        self._indexes = CopyIndexes(home)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Put a command on the queue; returns at once."""
        self._inbox.put(command)

    def close(self) -> None:
        """Stop all work, save a checkpoint of the training, and wait for the thread.

        Without a training there is nothing to save: a driver that hangs is not waited for.
        """
        self._closing.set()
        self._inbox.put(None)
        end = time.monotonic() + PATIENCE
        while self._thread.is_alive() and (self._has_training or time.monotonic() < end):
            self._thread.join(0.1)

    @property
    def _has_training(self) -> bool:
        """Whether a run is in training, or is being opened."""
        return bool(self._session) or isinstance(self._doing, Train | Resume | TrainNext)

    def _work(self) -> None:
        self._guard(tr("starting"), None, self._prepare)
        while not self._closing.is_set():
            training = self._session is not None and not self._paused
            if training or self._inbox:
                self._inbox.collect(0)
            else:
                # While a run is paused, another process may ask for its end.
                self._inbox.collect(REQUEST_EVERY if self._session else None)
            if self._inbox:
                command = self._doing = self._inbox.pop()
                ticket = command.ticket if isinstance(command, _TICKETED) else None
                self._guard(described(command), ticket, self._execute, command)
                self._doing = None
            elif training:
                self._guard(tr("training"), None, self._train_one_step)
            elif self._session:
                # A paused run writes nothing else.
                self._session.run.stay_known()
                if self._is_stop_requested(self._session):
                    self._guard(tr("saving"), None, self._finish_training)
            if self._must_free:
                # Not before: the run, or the traceback of an error, still held the memory.
                self._must_free = False
                _free_memory()
        if self._session:
            self._guard(tr("saving"), None, self._finish_training)
        self._indexes.close()

    def _guard(
        self, what: str, ticket: int | None, action: Callable[..., None], *arguments: Command
    ) -> None:
        """Run `action`; an error becomes an event, and the thread continues."""
        session = self._session
        try:
            action(*arguments)
        except StudioError as error:
            what = tr("saving") if isinstance(error, SavingError) else what
            self._emit(Failed(what, str(error), ticket, self._ended(session)))
        except Exception as error:
            message = no_room_message(error)
            self._must_free |= bool(message)
            bug = ""
            if not message and isinstance(error, OSError) and error.errno is not None:
                message = in_words(error)
            elif not message:
                bug = traceback.format_exc()
                message = f"{type(error).__name__}: {error}"
            self._emit(Failed(what, message, ticket, self._ended(session), bug))

    def _ended(self, session: "TrainingSession | None") -> bool:
        """Whether that session has ended since."""
        return session is not None and self._session is None

    def _emit(self, event: Event) -> None:
        """Report an event; a step soon after the last report waits for the next one."""
        self._unreported.append(event)
        now = time.monotonic()
        step = isinstance(event, Trained) and isinstance(event.event, StepDone)
        if step and now - self._reported_at < REPORT_EVERY:
            return
        for each in self._unreported:
            self._listener(each)
        self._unreported.clear()
        self._reported_at = now

    def _prepare(self) -> None:
        with _collecting_no_garbage():
            import torch

            from studio.model.device import choose_device, cuda_devices

            # All of that stays in memory; later collections leave it out.
            gc.freeze()
        device = choose_device()
        cuda = tuple(cuda_devices())
        self._emit(Ready(str(torch.__version__), device.name, device.gpu, cuda))
        self._indexes.prepare()

    def _execute(self, command: Command) -> None:
        match command:
            case Train(run, config):
                from studio.runs.session import start_run

                self._refuse_second_run()
                self._emit(Preparing(tr("reading the poems for {run}", run=run)))
                self._open(start_run(self._home, run, config))
            case Resume(run, epochs):
                self._resume(run, epochs)
            case TrainNext():
                self._train_next()
            case Pause():
                session = self._require_session()
                self._set_paused(session, True)
                self._emit(TrainingPaused(session.run.name))
            case Stop():
                self._require_session()
                self._finish_training()
            case SaveCheckpoint():
                self._report_events(self._require_session().save)
            case EstimateRun(config):
                self._estimate(config)
            case Compose():
                self._compose(command)
            case Inspect() | Weigh() | Suggest() | ReadVectors() | ReadNetwork():
                writer = self._models.writer(model_of(command), self._session)
                self._emit(answer(command, writer, self._indexes))

    # --- training -------------------------------------------------------------------------------

    def _is_stop_requested(self, session: "TrainingSession") -> bool:
        """Whether to end a paused run for another process: once, not twice a second on a full disk.

        After a failure the request counts again when the user has resumed or saved the run.
        """
        return session.is_stop_requested and not self._saving_failed

    def _estimate(self, config: RunConfig) -> None:
        from studio.runs.trial import estimate

        self._refuse_second_run()
        self._must_free = True
        self._emit(estimate(self._home, config))

    def _resume(self, run: str, epochs: int) -> None:
        from studio.runs.session import resume_run

        if self._session and self._session.run.name == run and self._paused:
            self._set_paused(self._session, False)
            self._emit(TrainingResumed(run))
            return
        self._refuse_second_run()
        what = tr("reading the poems and the last checkpoint of {run}", run=run)
        self._emit(Preparing(what))
        self._open(resume_run(self._home, run, epochs))

    def _train_next(self) -> None:
        """Start the first run that waits. One that cannot start keeps its place."""
        for run in queued.waiting(self._home.runs):
            if self._session is None and not self._closing.is_set():
                what = tr("starting {run}", run=run)
                self._guard(what, None, partial(self._start_waiting, run))

    def _start_waiting(self, name: str) -> None:
        from studio.runs.session import resume_run

        run = folders.find(self._home.runs, name)
        # Another process may have taken it by now.
        if queued.place(run.folder) and not run.is_busy():
            self._emit(Preparing(tr("reading the poems for {run}", run=name)))
            self._open(resume_run(self._home, name), waited=True)

    def _open(self, session: "TrainingSession", waited: bool = False) -> None:
        self._session = session
        self._steps = session.steps()
        self._paused = False
        # The poems stay in memory, too.
        gc.freeze()
        self._emit(msgspec.structs.replace(session.started(), waited=waited))

    def _set_paused(self, session: "TrainingSession", paused: bool) -> None:
        self._paused = paused
        session.record_process("paused" if paused else "training")

    def _train_one_step(self) -> None:
        self._report_events(lambda: next(self._steps))

    def _report_events(self, events: Callable[[], tuple[TrainingEvent, ...]]) -> None:
        """Report the session's events; pause and raise SavingError if a file cannot be written."""
        session = self._require_session()
        try:
            new_events = events()
        except OSError as error:
            # An iterator that has raised is exhausted. No training is lost with it.
            self._steps = session.steps()
            self._saving_failed = True
            self._set_paused(session, True)
            self._emit(TrainingPaused(session.run.name))
            raise SavingError(
                tr(
                    "{reason}. {run} is paused. Nothing is lost while the studio is open: "
                    "free some space or fix the permissions, then resume the run or save it.",
                    reason=file_problem(error),
                    run=session.run.name,
                )
            ) from error
        except Exception:
            self._close_session()
            raise
        self._saving_failed = False
        for event in new_events:
            if isinstance(event, TrainingEnded):
                self._close_session()
            self._emit(Trained(session.run.name, event))

    def _finish_training(self) -> None:
        """Save a checkpoint and end the training."""
        self._require_session().trainer.stop()
        while self._session:
            self._train_one_step()

    def _close_session(self) -> None:
        if self._session:
            self._session.close()
        self._session = None
        self._steps = iter(())
        self._paused = False
        self._must_free = True

    def _require_session(self) -> "TrainingSession":
        if self._session is None:
            raise RunError(tr("No run is in training. Start or resume one first."))
        return self._session

    def _refuse_second_run(self) -> None:
        if self._session:
            raise RunError(tr("{run} is in training. Stop it first.", run=self._session.run.name))

    # --- writing --------------------------------------------------------------------------------

    def _compose(self, command: Compose) -> None:
        from studio.verse.facing import compose_any
        from studio.verse.standing import compose_around

        started = time.monotonic()
        writer = self._models.writer(command.request.model, self._session)
        if command.sparing:
            writer = writer.kept_here()
        copies = self._indexes.current(command.request.form)
        compose = compose_around if command.around else compose_any
        columns = compose(writer, command.request, copies)
        while True:
            self._inbox.collect(0)
            if self._inbox.is_cancelled(command.ticket) or self._closing.is_set():
                self._emit(ComposeCancelled(command.ticket))
                return
            try:
                self._emit(Wrote(command.ticket, next(columns)))
            except StopIteration as end:
                seconds = time.monotonic() - started
                if not self._has_written:
                    # The rhyme books stay in memory, too.
                    self._has_written = True
                    gc.freeze()
                self._emit(
                    Composed(command.ticket, command.request, writer.name, end.value, seconds)
                )
                return


@contextlib.contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """For imports: each collection would search them in vain, and delay keys by 0.1 s."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()


def _free_memory() -> None:
    """Free what nothing refers to any more, on the GPU too: other processes may need it."""
    from studio.model.device import free_cached_memory

    gc.unfreeze()
    gc.collect()
    gc.freeze()
    free_cached_memory()
