"""Requests whose poems are being written: what has arrived, and how much of it is shown."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from studio.messages import CancelCompose, Command, Compose, Composed
from studio.tui.playground.poem_history import side_by_side
from studio.verse.request import BLANK, ComposeRequest

# What is shown is seldom more than this many characters behind the model, however fast it writes:
# the more is waiting, the more characters are shown a tick.
_BEHIND = 30


class PendingRequest:
    """One request. Columns of characters are received as they come, and shown one a tick."""

    def __init__(self, ticket: int, request: ComposeRequest) -> None:
        self.ticket = ticket
        self.request = request
        self.composed: Composed | None = None
        self.texts = [""] * request.candidates
        self.busy = [True] * request.candidates
        self._columns: list[tuple[str, ...]] = []
        self._shown = 0
        # The opening is known: it is shown at once.
        self._known = max(len(request.first), len([*takewhile(BLANK.__ne__, request.given)]))

    def receive(self, characters: tuple[str, ...]) -> None:
        """Add the next character of each poem."""
        self._columns.append(characters)

    @property
    def has_started(self) -> bool:
        """Whether any character has been received."""
        return bool(self._columns)

    @property
    def is_done(self) -> bool:
        """Whether the poems are complete and entirely shown."""
        return self.composed is not None and self._shown == len(self._columns)

    def advance(self) -> bool:
        """Show the next column, or several if far behind; false if there was none."""
        waiting = len(self._columns) - self._shown
        if not waiting:
            return False
        given = max(0, self._known - self._shown)
        self._show(min(waiting, max(1, given, waiting // _BEHIND)))
        return True

    def show_all(self) -> None:
        """Show everything that was received."""
        self._show(len(self._columns) - self._shown)

    def _show(self, count: int) -> None:
        for column in self._columns[self._shown : self._shown + count]:
            self.texts = [text + each for text, each in zip(self.texts, column, strict=True)]
            self.busy = [bool(each) for each in column]
        self._shown += count


class PendingRequests:
    """The requests that are being written: none, one, or two side by side."""

    def __init__(self, send: Callable[[Command], None], tickets: Iterator[int]) -> None:
        self._send = send
        self._tickets = tickets
        self._requests: list[PendingRequest] = []

    def __bool__(self) -> bool:
        return bool(self._requests)

    def start(
        self, requests: Sequence[ComposeRequest], around: bool = False, sparing: bool = False
    ) -> None:
        """Send these requests; those before are cancelled. The options are those of `Compose`."""
        self.drop()
        self._requests = [PendingRequest(next(self._tickets), request) for request in requests]
        for pending in self._requests:
            self._send(Compose(pending.ticket, pending.request, around, sparing))

    def cancel(self) -> None:
        """Ask the worker to cancel them; they are pending until it reports that it has."""
        for pending in self._requests:
            self._send(CancelCompose(pending.ticket))

    def drop(self) -> None:
        """Cancel them and forget them at once."""
        self.cancel()
        self._requests = []

    def find(self, ticket: int | None) -> PendingRequest | None:
        """The pending request of a ticket."""
        return next((each for each in self._requests if each.ticket == ticket), None)

    def finish(self, composed: Composed) -> None:
        """The poems of a request are complete."""
        if pending := self.find(composed.ticket):
            pending.composed = composed

    def advance(self, everything: bool = False) -> bool:
        """Show what comes next, or everything received; false if there was nothing."""
        if everything:
            for pending in self._requests:
                pending.show_all()
        # All of them, not the first that has something.
        return sum(pending.advance() for pending in self._requests) > 0

    def pop_composed(self) -> tuple[Composed, ...]:
        """What was composed, once it is entirely shown; nothing is pending after that."""
        done = [pending.composed for pending in self._requests if pending.is_done]
        if len(done) < len(self._requests):
            return ()
        self._requests = []
        return tuple(composed for composed in done if composed)

    @property
    def is_composed(self) -> bool:
        """Whether everything was received and only has to be shown."""
        return all(pending.composed for pending in self._requests)

    @property
    def has_started(self) -> bool:
        """Whether any character has been received."""
        return any(pending.has_started for pending in self._requests)

    @property
    def seed(self) -> int:
        """The seed that they are written with."""
        return self._requests[0].request.seed

    @property
    def texts(self) -> list[str]:
        """The poems as far as they are shown; those of two requests alternate."""
        return side_by_side(pending.texts for pending in self._requests)

    @property
    def busy(self) -> list[bool]:
        """Which of the poems are still being written."""
        return side_by_side(pending.busy for pending in self._requests)
