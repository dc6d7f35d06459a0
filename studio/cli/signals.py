"""Signals during a training."""

import os
import signal
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
            # The terminal is closed: writing to it would fail before the checkpoint is saved.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
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
