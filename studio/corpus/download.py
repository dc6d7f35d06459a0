"""Downloading one address over a network that may break off, stall or trickle."""

import http.client
import queue
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studio.errors import CorpusError

_BLOCK = 2**16
_MOMENT = 0.1  # seconds between two looks at whether the work is still wanted
# No such host, nobody listening, another's certificate: a second try would end the same way.
_IN_VAIN = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
_PASSING = (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)


@dataclass(frozen=True)
class Patience:
    """When to give up on a source.

    A source slower than `least` is broken: at that speed the largest file takes ten minutes. The
    window allows for a proxy that downloads the file first. npm reports no progress, so it gets
    `npm` seconds; on slower networks the mirror is better, because it keeps each finished file.
    """

    tries: int = 4
    pause: float = 1.0  # seconds before another try
    window: float = 30.0  # seconds over which the speed is measured
    least: int = 1024  # bytes a second
    npm: float = 600.0  # seconds


class _BrokenOffError(Exception):
    """The connection ended before the content did. Another try may go further."""


# Blocks with the place where each belongs; at the end None, or why it ended before.
_Arrived = queue.SimpleQueue[tuple[int, bytes] | Exception | None]


PATIENT = Patience()


def download(
    address: str, largest: int, alive: Callable[[], None], patience: Patience = PATIENT
) -> bytes:
    """The whole content of an address, at most `largest` bytes.

    A connection that breaks off is opened again, for the bytes that are still missing where the
    server can send a part. `alive` is called ten times a second; what it raises ends the download.
    Raises CorpusError with the reason.
    """
    content = bytearray()
    for attempt in range(patience.tries):
        if attempt:
            _wait(patience.pause, alive)
        try:
            for at, block in _in_time(address, len(content), largest, alive, patience):
                content[at:] = block
            return bytes(content)
        except _BrokenOffError as error:
            reason = error
    raise CorpusError(f"{address} failed {patience.tries} times; the last time: {reason}")


def _in_time(
    address: str, start: int, largest: int, alive: Callable[[], None], patience: Patience
) -> Iterator[tuple[int, bytes]]:
    """The blocks of one connection as they arrive, each with the place where it belongs.

    Looking up a name, connecting and reading each wait for as long as the system likes. They do so
    on a thread of their own, so that this one stays awake.
    """
    arrived: _Arrived = queue.SimpleQueue()
    left = threading.Event()
    # The speed is judged here, before a wait there ends.
    what = (address, start, largest, 2 * patience.window, arrived, left)
    threading.Thread(target=_receive, args=what, daemon=True).start()
    since, received = time.monotonic(), 0
    try:
        while True:
            alive()
            if time.monotonic() - since >= patience.window:
                if received < patience.least * patience.window:
                    raise CorpusError(
                        f"{address} is too slow: {received:,} bytes in {patience.window:g} seconds"
                    )
                since, received = time.monotonic(), 0
            try:
                item = arrived.get(timeout=_MOMENT)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            received += len(item[1])
            yield item
    finally:
        left.set()


def _receive(
    address: str,
    start: int,
    largest: int,
    timeout: float,
    arrived: _Arrived,
    left: threading.Event,
) -> None:
    """Put what one connection brings on the queue, then None or why it ended."""
    try:
        request = urllib.request.Request(address)
        if start:
            request.add_header("Range", f"bytes={start}-")
        with urllib.request.urlopen(request, timeout=timeout) as response:
            # A server that cannot send a part sends the whole again.
            at = start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            # None where the server announces no length.
            end = None if response.length is None else at + response.length
            while at <= largest and not left.is_set() and (block := response.read1(_BLOCK)):
                arrived.put((at, block))
                at += len(block)
        if at > largest:
            arrived.put(CorpusError(f"{address} is larger than any file of the package"))
        elif end is not None and at < end:
            arrived.put(_BrokenOffError(f"{at:,} of {end:,} bytes arrived"))
        else:
            arrived.put(None)
    except urllib.error.HTTPError as error:
        answer = f"answered {error.code} {error.reason}"
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # What is there does not fit: the next try starts from nothing.
            arrived.put((0, b""))
        passing = error.code >= 500 or error.code in _PASSING
        arrived.put(_BrokenOffError(answer) if passing else CorpusError(f"{address} {answer}"))
    except (ValueError, http.client.InvalidURL) as error:
        arrived.put(CorpusError(f"{address} is not an http address ({error})"))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, _IN_VAIN):
            arrived.put(CorpusError(f"{address} cannot be reached ({reason})"))
        else:
            arrived.put(_BrokenOffError(str(reason) or type(reason).__name__))


def _wait(seconds: float, alive: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        alive()
        time.sleep(min(_MOMENT, seconds))
