"""Downloading one address over a network that may break off, stall or be very slow."""

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
from studio.translation import tr

_BLOCK = 2**16
_POLL = 0.1  # seconds between two calls of the heartbeat
# Unknown host, connection refused, wrong certificate: a second try would fail the same way.
_PERMANENT = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
_TEMPORARY = (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)


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
    """The connection ended before the content was complete. Another try may get further."""


# Blocks, each with its offset. The last item is None, or the error that ended the download.
_Arrived = queue.SimpleQueue[tuple[int, bytes] | Exception | None]


PATIENT = Patience()


def download(
    address: str, largest: int, heartbeat: Callable[[], None], patience: Patience = PATIENT
) -> bytes:
    """The whole content of an address, at most `largest` bytes.

    A connection that breaks off is opened again. It asks only for the missing bytes if the server
    can send a part. `heartbeat` is called ten times a second; an exception from it ends the
    download. Raises CorpusError with the reason.
    """
    content = bytearray()
    for attempt in range(patience.tries):
        if attempt:
            _wait(patience.pause, heartbeat)
        try:
            for at, block in _in_time(address, len(content), largest, heartbeat, patience):
                content[at:] = block
            return bytes(content)
        except _BrokenOffError as error:
            reason = error
    raise CorpusError(
        tr(
            "{address} failed {tries} times; the last time: {reason}",
            address=address,
            tries=patience.tries,
            reason=reason,
        )
    )


def _in_time(
    address: str, start: int, largest: int, heartbeat: Callable[[], None], patience: Patience
) -> Iterator[tuple[int, bytes]]:
    """The blocks of one connection as they arrive, each with its offset.

    Name lookup, connecting and reading may block for as long as the system likes. They run on a
    separate thread, so that this one can call `heartbeat`.
    """
    arrived: _Arrived = queue.SimpleQueue()
    abandoned = threading.Event()
    # The timeout is twice the window, so that the speed check below always comes first.
    arguments = (address, start, largest, 2 * patience.window, arrived, abandoned)
    threading.Thread(target=_receive, args=arguments, daemon=True).start()
    since, received = time.monotonic(), 0
    try:
        while True:
            heartbeat()
            if time.monotonic() - since >= patience.window:
                if received < patience.least * patience.window:
                    raise CorpusError(
                        tr(
                            "{address} is too slow: {received:,} bytes in {seconds:g} seconds",
                            address=address,
                            received=received,
                            seconds=patience.window,
                        )
                    )
                since, received = time.monotonic(), 0
            try:
                item = arrived.get(timeout=_POLL)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            received += len(item[1])
            yield item
    finally:
        abandoned.set()


def _receive(
    address: str,
    start: int,
    largest: int,
    timeout: float,
    arrived: _Arrived,
    abandoned: threading.Event,
) -> None:
    """Put the blocks of one connection on the queue, then None or the error that ended it."""
    try:
        request = urllib.request.Request(address)
        if start:
            request.add_header("Range", f"bytes={start}-")
        with urllib.request.urlopen(request, timeout=timeout) as response:
            # A server that cannot send a part sends the whole file again.
            at = start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            # None if the server announces no length.
            end = None if response.length is None else at + response.length
            while at <= largest and not abandoned.is_set() and (block := response.read1(_BLOCK)):
                arrived.put((at, block))
                at += len(block)
        if at > largest:
            arrived.put(
                CorpusError(tr("{address} is larger than any file of the package", address=address))
            )
        elif end is not None and at < end:
            arrived.put(
                _BrokenOffError(
                    tr("{received:,} of {total:,} bytes arrived", received=at, total=end)
                )
            )
        else:
            arrived.put(None)
    except urllib.error.HTTPError as error:
        status = f"{error.code} {error.reason}"
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # The received bytes do not fit the file: the next try starts from nothing.
            arrived.put((0, b""))
        temporary = error.code >= 500 or error.code in _TEMPORARY
        arrived.put(
            _BrokenOffError(tr("answered {status}", status=status))
            if temporary
            else CorpusError(tr("{address} answered {status}", address=address, status=status))
        )
    except (ValueError, http.client.InvalidURL) as error:
        arrived.put(
            CorpusError(
                tr("{address} is not an http address ({reason})", address=address, reason=error)
            )
        )
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, _PERMANENT):
            arrived.put(
                CorpusError(
                    tr("{address} cannot be reached ({reason})", address=address, reason=reason)
                )
            )
        else:
            arrived.put(_BrokenOffError(str(reason) or type(reason).__name__))


def _wait(seconds: float, heartbeat: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        heartbeat()
        time.sleep(min(_POLL, seconds))
