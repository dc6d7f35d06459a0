"""The line over the poems that counts what was found."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.widgets import Static


class FoundLine(Static):
    """What was found, in as many parts as fit."""

    _parts: Sequence[str] = ()

    def show(self, parts: Sequence[str]) -> None:
        """Show these parts, the most important first."""
        self._parts = parts
        self.on_resize()

    def on_resize(self) -> None:
        fitting = list(self._parts)
        while len(fitting) > 1 and cell_len("  ".join(fitting)) > self.size.width:
            fitting.pop()
        self.update("  ".join(fitting), layout=False)
