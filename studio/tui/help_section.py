"""A part of the help: a heading, and rows that can be searched."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from studio.prosody.spelling import searchable

Row = tuple[str, ...]
"""Keys, effect and name; a term and its meaning; or a note."""


class HelpSection(Static):
    """A heading, if it has one, and the rows that have the wanted words."""

    def __init__(self, heading: str, rows: Sequence[Row], wanted: str = "") -> None:
        super().__init__()
        self.heading = heading
        self._rows, self._wanted = rows, wanted

    def on_mount(self) -> None:
        self.filter(self._wanted)

    def change(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        if rows != self._rows:
            self._rows = rows
            self.filter(self._wanted)

    def filter(self, wanted: str) -> None:
        """Show what has all these words, without regard to tone marks and capital letters."""
        self._wanted, words = wanted, searchable(wanted).split()
        found = [row for row in self._rows if _has(row, words)]
        self.display = bool(found)
        self.update(Group(Text(self.heading, "bold underline"), _table(found), Text()))


def _has(row: Row, words: Sequence[str]) -> bool:
    text = searchable(" ".join(row))
    return all(word in text for word in words)


def _table(rows: Sequence[Row]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    columns = max(map(len, rows), default=1)
    if columns > 1:
        table.add_column(style="bold", min_width=12, no_wrap=True)
    # Chinese has no blanks to break a line at.
    table.add_column(ratio=1, overflow="fold")
    if columns > 2:
        table.add_column(style="dim", no_wrap=True, min_width=23)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
