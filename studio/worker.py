"""The one thread that owns torch: takes commands, trains, composes, emits events."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from studio.messages import Command, Event
from studio.paths import Home


class Worker:
    """A thread with a queue of commands; `emit` is called on that thread."""

    def __init__(self, home: Home, emit: Callable[[Event], None]) -> None:
        self._home = home
        self._emit = emit
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work; torch is imported on the thread."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Put a command on the queue; returns at once."""
        self._commands.put(command)

    def close(self) -> None:
        """Stop what is under way, saving a checkpoint, and wait for the thread to end."""
        self._commands.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while self._commands.get() is not None:
            pass
