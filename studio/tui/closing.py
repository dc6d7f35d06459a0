"""Closing the studio on a signal: training is saved and the terminal restored."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
# Seconds in which the interface must close once everything is saved.
SECONDS_TO_CLOSE = 5.0


class Closing:
    """Closes the studio once, even if several signals arrive or the interface hangs.

    Nothing is done in a signal handler: joining a thread there deadlocks when a second signal
    comes, and Python runs it only when the main thread wakes up. Instead, Python's
    low-level handler writes each signal's number to a socket (`signal.set_wakeup_fd`) and a
    separate thread reads it, because the interface may hang in writing to a closed terminal.
    """

    def __init__(
        self,
        save: Callable[[int], None],
        request_exit: Callable[[int], bool],
        restore_terminal: Callable[[], None],
        wake_loop: Callable[[], None],
    ) -> None:
        """`save` gets the signal and returns when everything is saved. `request_exit` asks the
        interface to close with an exit code and returns whether it accepted. `restore_terminal` is
        called if the interface does not close. `wake_loop` makes the main thread run the handlers
        of other signals.
        """
        self._save, self._request_exit = save, request_exit
        self._restore_terminal, self._wake_loop = restore_terminal, wake_loop
        self._received, self._signalled = socket.socketpair()
        self._closed = threading.Event()

    def listen(self) -> None:
        """Take over the signals that end a program; called on the main thread."""
        self._signalled.setblocking(False)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _ignore)
        threading.Thread(target=self._wait, name="closing", daemon=True).start()

    def interface_closed(self) -> None:
        """Note that the interface has closed: the main thread does the rest."""
        self._closed.set()

    def _wait(self) -> None:
        while True:
            for number in self._received.recv(64):
                if number in SIGNALS:
                    self._close(number)
                    return
                self._wake_loop()

    def _close(self, number: int) -> None:
        code = 128 + number
        self._save(number)
        if _has_terminal():
            accepted = False
            for _ in range(int(SECONDS_TO_CLOSE / 0.1)):
                # The interface accepts no request before it runs.
                accepted = accepted or self._request_exit(code)
                if self._closed.wait(0.1):
                    return
            self._restore_terminal()
        # A normal exit would wait forever for Textual to write its output.
        os._exit(code)


def _ignore(number: int, frame: object) -> None:
    """A handler that leaves everything to the thread that waits."""


def _has_terminal() -> bool:
    """Whether standard input is still a terminal that has not been closed."""
    return os.isatty(0)


class Threads(ThreadPoolExecutor):
    """The threads in which the interface reads and writes files.

    Python would wait for all of them in the end, and so for ever if a disk or a driver hangs.
    """

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="interface")
        self._under_way: set[Future[Any]] = set()

    def submit(self, *call: Any, **arguments: Any) -> "Future[Any]":
        """Call a function in a thread."""
        future = super().submit(*call, **arguments)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Start nothing more, and give what is under way some seconds."""
        super().shutdown(wait=False, cancel_futures=cancel_futures or wait)
        if wait:
            wait_for(self._under_way.copy(), SECONDS_TO_CLOSE)
