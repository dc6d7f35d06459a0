"""Questions to the worker, each with what takes its answer."""

from collections.abc import Callable, Iterator

from studio.messages import Command, Failed, Suggested, VectorsRead, Weighed

Answer = Suggested | VectorsRead | Weighed | Failed


class Questions:
    """Sends commands, and passes each answer to whoever asked."""

    def __init__(self, send: Callable[[Command], None], tickets: Iterator[int]) -> None:
        self._send = send
        self._tickets = tickets
        self._waiting: dict[int, Callable[[Answer], None]] = {}

    def ask(self, make: Callable[[int], Command], answered: Callable[[Answer], None]) -> None:
        """Send the command that `make` makes of a ticket; `answered` is called once."""
        ticket = next(self._tickets)
        self._waiting[ticket] = answered
        self._send(make(ticket))

    def receive(self, answer: Answer) -> bool:
        """Pass an answer on; false if nobody here asked."""
        answered = self._waiting.pop(answer.ticket or 0, None)
        if answered:
            answered(answer)
        return answered is not None
