"""Signals during a training."""

import contextlib
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from studio.launched import is_launched


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Stop the training with a checkpoint on Ctrl-C, `kill`, and a closed terminal.

    A second Ctrl-C or `kill` stops it at once; if there are several processes, that is up to the
    one that has started them. A terminal that is closed may send its signal twice: once from the
    shell, once from the system. A signal that is ignored (nohup) stays ignored.
    """
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            _leave_terminal()
        elif received and not is_launched():
            raise KeyboardInterrupt
        received.append(number)
        stop()

    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) != signal.SIG_IGN
    ]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_terminal() -> None:
    """Write nothing to a terminal that is closed: that would fail before a checkpoint is saved.

    What goes to a file is still written there. A pipe may lead to a program of the terminal.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)
    os.close(nowhere)
