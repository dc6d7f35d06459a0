"""The worker's commands: those that wait, and the tickets that were cancelled."""

import queue
from collections import deque
from collections.abc import Callable

from studio.messages import CancelCompose, Command, Compose


class Inbox:
    """Commands in the order they were put. `put` may be called on any thread, the rest on one."""

    def __init__(self, dropped: Callable[[int], None]) -> None:
        """`dropped` is called with the ticket of a request that was cancelled while it waited."""
        self._dropped = dropped
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._waiting: deque[Command] = deque()
        self._cancelled: set[int] = set()

    def put(self, command: Command | None) -> None:
        """Add a command; None only ends the wait of `collect`. Returns at once."""
        self._queue.put(command)

    def collect(self, seconds: float | None) -> None:
        """Take over what was put; wait that many seconds for the first one, None without end."""
        while True:
            try:
                command = self._queue.get(seconds != 0, seconds)
            except queue.Empty:
                return
            seconds = 0
            if isinstance(command, CancelCompose):
                self._cancel(command.ticket)
            elif command is not None:
                self._waiting.append(command)

    def __bool__(self) -> bool:
        """Whether a command waits."""
        return bool(self._waiting)

    def pop(self) -> Command:
        """The next command."""
        return self._waiting.popleft()

    def is_cancelled(self, ticket: int) -> bool:
        """Whether the request that is running was cancelled."""
        return ticket in self._cancelled

    def _cancel(self, ticket: int) -> None:
        for command in self._waiting:
            if isinstance(command, Compose) and command.ticket == ticket:
                self._waiting.remove(command)
                self._dropped(ticket)
                return
        self._cancelled.add(ticket)
