"""Searching a list of poems in a thread, so that thousands of poems do not hold up keys."""

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual.widget import Widget
from textual.worker import get_current_worker

from studio.collection.in_words import Findable

T = TypeVar("T")

# Seconds after which `slow` is called.
LONG = 0.5


class Finding(Generic[T]):
    """The searches of a list. Only the last one counts.

    `found` receives what matches, on the application's thread; `slow` is called if it takes long.
    """

    def __init__(
        self,
        widget: Widget,
        findable: Callable[[T], Findable],
        found: Callable[[Sequence[T]], None],
        slow: Callable[[], None],
    ) -> None:
        """`findable` returns what is searched of an entry."""
        self._widget, self._findable = widget, findable
        self._found, self._slow = found, slow
        # By the identity of each entry: making them takes longer than searching them.
        self._known: dict[int, Findable] = {}
        self._number, self._is_under_way = 0, False
        self._afterwards: Callable[[], None] | None = None

    def forget(self) -> None:
        """Forget what is searched of the entries: the language has changed."""
        self._known = {}

    def start(self, entries: Sequence[T], words: str) -> None:
        """Look for the entries that match all the words."""
        self._number += 1
        self._is_under_way = True
        number, listed = self._number, list(entries)
        # Textual would write down all arguments of a partial.
        self._widget.run_worker(
            lambda: self._look(number, listed, words), thread=True, exclusive=True, group="finding"
        )

    def when_done(self, act: Callable[[], None]) -> None:
        """Do something with what is found: now, or when the search has ended."""
        if self._is_under_way:
            self._afterwards = act
        else:
            act()

    def _look(self, number: int, entries: Sequence[T], words: str) -> None:
        worker, known, found = get_current_worker(), self._known, list[T]()
        late = time.monotonic() + LONG
        for entry in entries:
            if worker.is_cancelled:
                return
            if id(entry) not in known:
                known[id(entry)] = self._findable(entry)
            if known[id(entry)].matches(words):
                found.append(entry)
            if time.monotonic() > late:
                late = float("inf")
                self._widget.call_later(self._say, number)
        self._widget.call_later(self._deliver, number, found)

    def _say(self, number: int) -> None:
        if number == self._number:
            self._slow()

    def _deliver(self, number: int, found: Sequence[T]) -> None:
        if number != self._number:
            return
        self._is_under_way = False
        self._found(found)
        act, self._afterwards = self._afterwards, None
        if act:
            act()
