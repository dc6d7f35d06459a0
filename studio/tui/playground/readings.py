"""Readings of poems by the model, each requested once."""

from collections.abc import Callable, Iterator

from studio.messages import Command, Inspect, Inspected
from studio.verse.request import ComposeRequest

_MOST = 500  # readings kept

# What a reading depends on: the text of the poem, and what a request says of it.
_Key = tuple[str, ComposeRequest]


class Readings:
    """Requests readings from the worker and keeps them."""

    def __init__(self, send: Callable[[Command], None], tickets: Iterator[int]) -> None:
        self._send = send
        self._tickets = tickets
        self._received: dict[_Key, Inspected] = {}
        self._requested: dict[int, _Key] = {}

    def find(self, request: ComposeRequest, text: str) -> Inspected | None:
        """The reading of a poem by the request's model; None if it has not arrived."""
        return self._received.get(_key(request, text))

    def request(self, request: ComposeRequest, text: str) -> None:
        """Request the reading of a poem unless it is there, or on its way.

        A reading without copied spans is requested again: their index may be available by now.
        """
        key = _key(request, text)
        found = self._received.get(key)
        if key in self._requested.values() or (found and found.copied is not None) or not text:
            return
        ticket = next(self._tickets)
        self._requested[ticket] = key
        self._send(Inspect(ticket, request, text))

    def receive(self, read: Inspected) -> None:
        """Keep a reading that was requested."""
        if key := self._requested.pop(read.ticket, None):
            if len(self._received) >= _MOST:
                self._received.clear()
            self._received[key] = read

    def failed(self, ticket: int) -> bool:
        """Whether that ticket was for a reading; it will not arrive."""
        return self._requested.pop(ticket, None) is not None

    def forget(self) -> None:
        """Drop all readings: the models have changed."""
        self._received.clear()


def _key(request: ComposeRequest, text: str) -> _Key:
    """The same text is read differently under another title, and by the rules of another form."""
    said = ComposeRequest(
        model=request.model,
        form=request.form,
        title=request.title,
        poet=request.poet,
        tones=request.tones,
        measure=request.measure,
    )
    return text, said
