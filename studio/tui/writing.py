"""Poems while they are being written: what has come, and how much of it is shown."""

from itertools import takewhile

from studio.messages import Composed
from studio.tui.draft import BLANK
from studio.verse.request import ComposeRequest

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
