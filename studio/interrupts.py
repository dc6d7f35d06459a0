"""Ctrl-C while the command is loaded: there is nothing to save yet, and no error to report."""

import os
import signal
from types import FrameType

# As shells count a process that Ctrl-C has ended.
_INTERRUPTED = 130


def end_at_interrupts() -> None:
    """End without a word at Ctrl-C, unless it is ignored, as in a background job."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl-C again, once the command is loaded."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)
