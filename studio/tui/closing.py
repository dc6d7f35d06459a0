"""Closing the studio on a signal: training is saved, the terminal is left as it was."""

import os
import signal
import socket
import threading
from collections.abc import Callable

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
# Seconds that the interface has to close itself once everything is saved.
PATIENCE = 5.0


class Closing:
    """Closes the studio once, even if several signals arrive or the interface hangs.

    Nothing is done in a signal handler: joining a thread there deadlocks when a second signal
    comes, and Python runs it only when the main thread wakes up. The system's own handler writes
    each signal's number to a socket instead (`signal.set_wakeup_fd`), and a separate thread reads
    it: the interface may hang while it writes to a closed terminal.
    """

    def __init__(
        self,
        save: Callable[[int], None],
        leave: Callable[[int], bool],
        restore_terminal: Callable[[], None],
        wake: Callable[[], None],
    ) -> None:
        """`save` gets the signal and blocks until all is saved. `leave` asks the interface to close
        with an exit code and returns whether it could be asked. `restore_terminal` is called if it
        did not close. `wake` has the main thread run the handlers of other signals.
        """
        self._save, self._leave = save, leave
        self._restore_terminal, self._wake = restore_terminal, wake
        self._received, self._signalled = socket.socketpair()
        self._closed = threading.Event()

    def listen(self) -> None:
        """Take over the signals that end a program; called on the main thread."""
        self._signalled.setblocking(False)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _ignore)
        threading.Thread(target=self._wait, name="closing", daemon=True).start()

    def closed(self) -> None:
        """The interface has closed: what remains is up to the main thread."""
        self._closed.set()

    def _wait(self) -> None:
        while True:
            for number in self._received.recv(64):
                if number in SIGNALS:
                    self._close(number)
                    return
                self._wake()

    def _close(self, number: int) -> None:
        code = 128 + number
        self._save(number)
        if _has_terminal():
            asked = False
            for _ in range(int(PATIENCE / 0.1)):
                # The interface cannot be asked before it runs.
                asked = asked or self._leave(code)
                if self._closed.wait(0.1):
                    return
            self._restore_terminal()
        # Textual would wait forever for its output to be written.
        os._exit(code)


def _ignore(number: int, frame: object) -> None:
    """A handler that leaves everything to the thread that waits."""


def _has_terminal() -> bool:
    """Whether standard input still is a terminal; one that has been closed is none any more."""
    return os.isatty(0)
