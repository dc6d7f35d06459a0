"""Searching the library in a thread, so that a long search does not hold up keys."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.timer import Timer
from textual.widget import Widget
from textual.worker import get_current_worker

from studio.corpus.library import Library, Query, Sort
from studio.corpus.statistics import Counts
from studio.errors import CorpusError
from studio.translation import tr

# Seconds without a key before a search starts, so that a word is searched for, not each letter.
SEARCH_DELAY = 0.15


class Search:
    """The searches of a widget. Only the last one counts.

    `found` receives the ids of the poems, and the library file that they belong to; then `counted`
    receives their figures, unless all poems were found. `failed` receives the reason if the library
    cannot be read. All are called on the application's thread, and none once the widget is gone.
    """

    def __init__(
        self,
        widget: Widget,
        found: Callable[[Sequence[int], tuple[int, int]], None],
        counted: Callable[[Counts], None],
        failed: Callable[[str], None],
    ) -> None:
        self._widget, self._found, self._counted, self._failed = widget, found, counted, failed
        self._number = 0
        self._pending: Timer | None = None

    def start_soon(self, start: Callable[[], None]) -> None:
        """Call `start` once no key has been pressed for a moment."""
        self._stop_waiting()
        self._pending = self._widget.set_timer(SEARCH_DELAY, start)

    def cancel(self) -> None:
        """Drop the search that is due, and the result of one that runs."""
        self._number += 1
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._pending is not None:
            self._pending.stop()

    def start(self, library: Path, query: Query, sort: Sort) -> None:
        """Search in a thread."""
        self.cancel()
        number, widget = self._number, self._widget

        def deliver(answer: Callable[[], None]) -> None:
            if number == self._number:
                answer()

        def work() -> None:
            worker = get_current_worker()
            try:
                with Library.open(library) as opened:
                    ids, file = opened.ids(query, sort), opened.file
                    widget.call_later(deliver, lambda: self._found(ids, file))
                    if query != Query() and not worker.is_cancelled:
                        counts = opened.counts(query)
                        widget.call_later(deliver, lambda: self._counted(counts))
            except CorpusError as error:
                reason = str(error)
            except (OSError, sqlite3.Error) as error:
                reason = tr(
                    "{library} cannot be read: {error}. Run `tangshi-studio corpus build` to build "
                    "it again.",
                    library=library,
                    error=error,
                )
            else:
                return
            widget.call_later(deliver, lambda: self._failed(reason))

        widget.run_worker(work, thread=True, exclusive=True, group="corpus-search")
