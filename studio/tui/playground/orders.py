"""Poems while they are being written: what has come, and how much of it is shown."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from studio.messages import CancelCompose, Command, Compose, Composed
from studio.tui.playground.sitting import ranked, side_by_side
from studio.verse.request import BLANK, ComposeRequest

# However fast the model writes, what is shown is at most about this many characters behind
# for long: the more there is to catch up with, the more characters a tick.
_BEHIND = 30


class Writing:
    """One order under way. Columns are heard as they come and shown one a tick."""

    def __init__(self, ticket: int, request: ComposeRequest) -> None:
        self.ticket = ticket
        self.request = request
        self.composed: Composed | None = None
        self.texts = [""] * request.candidates
        self.busy = [True] * request.candidates
        self._columns: list[tuple[str, ...]] = []
        self._shown = 0
        # The opening is known: it stands there at once.
        self._known = max(len(request.first), len([*takewhile(BLANK.__ne__, request.given)]))

    def hear(self, characters: tuple[str, ...]) -> None:
        """Take in the next character of each poem."""
        self._columns.append(characters)

    @property
    def has_begun(self) -> bool:
        """Whether anything has come."""
        return bool(self._columns)

    @property
    def is_done(self) -> bool:
        """Whether the poems are complete, and all of them is shown."""
        return self.composed is not None and self._shown == len(self._columns)

    def advance(self) -> bool:
        """Show the next column, or several if far behind; false where there was none."""
        waiting = len(self._columns) - self._shown
        if not waiting:
            return False
        given = max(0, self._known - self._shown)
        self._show(min(waiting, max(1, given, waiting // _BEHIND)))
        return True

    def show_all(self) -> None:
        """Show everything that has come."""
        self._show(len(self._columns) - self._shown)

    def _show(self, count: int) -> None:
        for column in self._columns[self._shown : self._shown + count]:
            self.texts = [text + each for text, each in zip(self.texts, column, strict=True)]
            self.busy = [bool(each) for each in column]
        self._shown += count


class Orders:
    """The orders under way: one, or two that are written side by side, or none."""

    def __init__(self, send: Callable[[Command], None], tickets: Iterator[int]) -> None:
        self._send = send
        self._tickets = tickets
        self._writings: list[Writing] = []

    def __bool__(self) -> bool:
        return bool(self._writings)

    def begin(self, requests: Sequence[ComposeRequest]) -> None:
        """Give these orders; what was under way is given up."""
        self.give_up()
        for request in requests:
            self._writings.append(Writing(next(self._tickets), request))
        for writing in self._writings:
            self._send(Compose(writing.ticket, writing.request))

    def cancel(self) -> None:
        """Have them given up; they are under way until the worker has said so."""
        for writing in self._writings:
            self._send(CancelCompose(writing.ticket))

    def give_up(self) -> None:
        """Give them up at once."""
        self.cancel()
        self._writings = []

    def known(self, ticket: int | None) -> Writing | None:
        """The order of a ticket, where it is under way."""
        return next((each for each in self._writings if each.ticket == ticket), None)

    def finish(self, composed: Composed) -> None:
        """The poems of an order are complete."""
        if writing := self.known(composed.ticket):
            writing.composed = ranked(composed)

    def advance(self, everything: bool = False) -> bool:
        """Show what comes next, or everything that has come; false where there was nothing."""
        if everything:
            for writing in self._writings:
                writing.show_all()
        # All of them, not the first that has something.
        return sum(writing.advance() for writing in self._writings) > 0

    def take(self) -> tuple[Composed, ...]:
        """What was composed, once all of it has been shown; none is under way any more then."""
        done = [writing.composed for writing in self._writings if writing.is_done]
        if len(done) < len(self._writings):
            return ()
        self._writings = []
        return tuple(composed for composed in done if composed)

    @property
    def is_composed(self) -> bool:
        """Whether all has come, and only waits to be shown."""
        return all(writing.composed for writing in self._writings)

    @property
    def has_begun(self) -> bool:
        """Whether anything has come."""
        return any(writing.has_begun for writing in self._writings)

    @property
    def seed(self) -> int:
        """The seed that they are written with."""
        return self._writings[0].request.seed

    @property
    def texts(self) -> list[str]:
        """The poems as far as they are shown; those of two orders in turn."""
        return side_by_side(writing.texts for writing in self._writings)

    @property
    def busy(self) -> list[bool]:
        """Which of them go on."""
        return side_by_side(writing.busy for writing in self._writings)
