"""Ctrl-C in a command: at once while it is loaded, and later never in the middle of an import."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from studio.launched import is_launched

# As shells count a process that Ctrl-C has ended.
_INTERRUPTED = 130
_received: list[int] = []


def end_at_interrupts() -> None:
    """End without a word at Ctrl-C, unless it is ignored, as in a background job."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl-C again, once the command is loaded.

    It waits for an import to end. torch hides an exception in its import of numpy: a run that was
    to stop would be trained with half of numpy, and could not be saved.

    Until it trains, one of several processes ends at once: nothing can be raised while it waits for
    the others, and the process that started it cleans up.
    """
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.SIG_DFL if is_launched() else _raise)


@contextlib.contextmanager
def uncovering_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt in place of what C code has made of it.

    torch.asarray, by which weights are read, makes a ValueError of it.
    """
    try:
        yield
    except Exception as error:
        if _received:
            raise KeyboardInterrupt from error
        raise


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


def _raise(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    if not _is_in_import(frame):
        raise KeyboardInterrupt
    sys.setprofile(_raise_after_import)


def _raise_after_import(frame: FrameType, event: str, _value: object) -> None:
    if event == "return" and _is_of_import(frame) and not _is_in_import(frame.f_back):
        sys.setprofile(None)
        raise KeyboardInterrupt


def _is_in_import(frame: FrameType | None) -> bool:
    while frame and not _is_of_import(frame):
        frame = frame.f_back
    return frame is not None


def _is_of_import(frame: FrameType) -> bool:
    return frame.f_code.co_filename == "<frozen importlib._bootstrap>"
