"""Closing the studio on a signal: training is saved, the terminal is left as it was."""

import os
import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
# Seconds that the interface has to close itself once everything is saved.
PATIENCE = 5.0


class Closing:
    """Closes the studio once, even if several signals arrive or the interface hangs.

    The handlers only put the signal's number on a queue, which is safe anywhere. Joining a thread
    in a handler is not: a second signal, or one that arrives during another join, would deadlock.
    A separate thread does the rest, because the interface may hang while it writes to a closed
    terminal.
    """

    def __init__(
        self,
        save: Callable[[], None],
        leave: Callable[[int], bool],
        restore_terminal: Callable[[], None],
    ) -> None:
        """`save` blocks until all is saved. `leave` asks the interface to close with an exit code
        and returns whether it could be asked. `restore_terminal` is called where it did not close.
        """
        self._save, self._leave, self._restore_terminal = save, leave, restore_terminal
        self._received: SimpleQueue[int] = SimpleQueue()
        self._closed = threading.Event()

    def listen(self) -> None:
        """Take over the signals that end a program; called on the main thread."""
        threading.Thread(target=self._close, name="closing", daemon=True).start()
        for number in SIGNALS:
            signal.signal(number, lambda received, _: self._received.put(received))

    def closed(self) -> None:
        """The interface has closed: what remains is up to the main thread."""
        self._closed.set()

    def _close(self) -> None:
        code = 128 + self._received.get()
        self._save()
        if _has_terminal():
            asked = False
            for _ in range(int(PATIENCE / 0.1)):
                # The interface cannot be asked before its loop runs.
                asked = asked or self._leave(code)
                if self._closed.wait(0.1):
                    return
            self._restore_terminal()
        # Textual would wait forever for its output to be written.
        os._exit(code)


def _has_terminal() -> bool:
    """Whether standard input still is a terminal; one that has been closed is none any more."""
    return os.isatty(0)
