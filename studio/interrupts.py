"""Ctrl-C in a command: at once while it is loaded, and later never in the middle of an import."""

import os
import signal
import threading
from types import FrameType

# As shells count a process that Ctrl-C has ended.
_INTERRUPTED = 130
_AGAIN = 0.05  # seconds


def end_at_interrupts() -> None:
    """End without a word at Ctrl-C, unless it is ignored, as in a background job."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl-C again, once the command is loaded.

    It waits for an import to end. torch hides what ends its import of numpy: a run that was to stop
    would be trained with half of numpy, until it cannot be saved.
    """
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, _raise)


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


def _raise(number: int, frame: FrameType | None) -> None:
    if not _is_importing(frame):
        raise KeyboardInterrupt
    again = threading.Timer(_AGAIN, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _is_importing(frame: FrameType | None) -> bool:
    while frame and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None
