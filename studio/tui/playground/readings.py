"""The poems that have been read back, or are being so."""

from collections.abc import Callable, Iterator

from studio.messages import Command, Inspect, Inspected
from studio.verse.request import ComposeRequest

_MOST = 500  # readings that are remembered

_Key = tuple[str, str]  # the model asked, and the text


class Readings:
    """Asks the worker for readings, each once, and remembers them."""

    def __init__(self, send: Callable[[Command], None], tickets: Iterator[int]) -> None:
        self._send = send
        self._tickets = tickets
        self._known: dict[_Key, Inspected] = {}
        self._asked: dict[int, _Key] = {}

    def known(self, request: ComposeRequest, text: str) -> Inspected | None:
        """The reading of a poem with the request's model, where it has come."""
        return self._known.get((request.model, text))

    def ask(self, request: ComposeRequest, text: str) -> None:
        """Have a poem read, unless it was or is being read. One without its copied spans is again:
        their index may be at hand by now."""
        key = (request.model, text)
        known = self._known.get(key)
        if key in self._asked.values() or (known and known.copied is not None) or not text:
            return
        ticket = next(self._tickets)
        self._asked[ticket] = key
        self._send(Inspect(ticket, request, text))

    def hear(self, read: Inspected) -> None:
        """A reading has come."""
        if key := self._asked.pop(read.ticket, None):
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = read

    def failed(self, ticket: int) -> bool:
        """Whether that ticket was for a reading, which will not come."""
        return self._asked.pop(ticket, None) is not None

    def forget(self) -> None:
        """The models have changed: what they thought of a poem does not hold any more."""
        self._known.clear()
