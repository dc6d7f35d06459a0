"""The line over the poems that counts what was found."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.widgets import Static

from studio.corpus.library import Sort
from studio.corpus.statistics import Counts
from studio.translation import again, marked, tr, tr_n

# How an order other than that of the source is named.
ORDERS = {"length": marked("by length"), "poet": marked("by poet")}


class FoundLine(Static):
    """What was found, in as many parts as fit."""

    _parts: Sequence[str] = ()

    def show(self, found: int, poems: int, sort: Sort, counts: Counts | None) -> None:
        """Show how many of all `poems` were found, in which order, and their figures if known."""
        if found == poems:
            parts = [tr_n("{count:,} poem", "{count:,} poems", found)]
        elif found:
            parts = [
                tr_n(
                    "{found:,} of {count:,} poem",
                    "{found:,} of {count:,} poems",
                    poems,
                    found=found,
                )
            ]
        else:
            parts = [tr("No matches; x clears")]
        if sort != "source":
            parts.append(tr(ORDERS[sort]))
        if found and counts:
            if counts.poets:
                parts.append(tr_n("{count:,} poet", "{count:,} poets", counts.poets))
            parts.append(
                tr_n(
                    "{count:,} different character",
                    "{count:,} different characters",
                    counts.distinct,
                )
            )
        self._parts = parts
        self.on_resize()

    def say_again(self) -> None:
        """Count in the language of now."""
        self._parts = list(map(again, self._parts))
        self.on_resize()

    def on_resize(self) -> None:
        fitting = list(self._parts)
        while len(fitting) > 1 and cell_len("  ".join(fitting)) > self.size.width:
            fitting.pop()
        self.update("  ".join(fitting), layout=False)
