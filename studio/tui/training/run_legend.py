"""The names of the runs that are compared, each in the colour of its curves."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from studio.translation import tr
from studio.tui.drawing.charts import shortened
from studio.tui.training.history import History
from studio.tui.training.text_panel import TextPanel
from studio.wording import perplexities, printable

# The names take at most this share of the room of the charts.
SHARE = 1 / 3
# Distinguish the curves in plain charts.
PLAIN_SIGNS = "*o+x#@"


def sign_of(number: int, plain: bool) -> str:
    """What stands for a curve in a legend."""
    return PLAIN_SIGNS[number % len(PLAIN_SIGNS)] if plain else "━━"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A run, its colour, and whether the others are compared with it."""

    history: History
    colour: str
    is_reference: bool


class RunLegend(TextPanel):
    """The names, each with its best perplexities, as many as there is room for.

    The list of runs shows the colours of the others.
    """

    def __init__(self, plain: bool) -> None:
        super().__init__(id="run-legend")
        self._plain = plain
        self._entries: Sequence[LegendEntry] = ()

    def show(self, entries: Sequence[LegendEntry]) -> None:
        """Name these runs; a single one needs no name."""
        self._entries = entries if len(entries) > 1 else ()
        self.display = bool(self._entries)
        self.update()

    def lines(self, width: int) -> list[Text]:
        lines: list[Text] = []
        # The last entry of each line.
        last: list[int] = []
        for number, entry in enumerate(self._entries):
            item = Text(no_wrap=True, overflow="ellipsis", end="")
            item.append(f"{sign_of(number, self._plain)} ", entry.colour)
            item.append(shortened(printable(entry.history.run), width - item.cell_len))
            best = entry.history.best
            for more in (
                tr(" (reference)") if entry.is_reference else "",
                f" {perplexities(best.perplexity_all, best.perplexity)}" if best else "",
            ):
                if item.cell_len + cell_len(more) <= width:
                    item.append(more, "dim")
            if lines and lines[-1].cell_len + 2 + item.cell_len <= width:
                lines[-1].append("  ").append_text(item)
                last[-1] = number
            else:
                lines.append(item)
                last.append(number)
        most = self._most_lines
        if len(lines) > most:
            count = len(self._entries) - 1 - last[most - 1]
            lines[most:] = [Text(tr("and {count} more", count=count), "dim", no_wrap=True, end="")]
        return lines

    @property
    def _most_lines(self) -> int:
        """The most lines with names; one more line counts the other runs."""
        charts = self.parent
        height = charts.size.height if isinstance(charts, Widget) else 0
        # Before the layout the height is 0.
        return max(1, int(height * SHARE)) if height else len(self._entries)
