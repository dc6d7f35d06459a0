"""Charts of the library's statistics, in as many columns as fit."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.widget import Widget

from studio.corpus.statistics import Statistics
from studio.tui.drawing.charts import bars, columns, fitted, log_log

COLUMN = 36  # minimum width of a chart
ROWS = 8
Draw = Callable[[int], list[Content]]


class Figure(Widget):
    """A title with a chart under it."""

    def __init__(self, title: str, draw: Draw) -> None:
        super().__init__()
        self._title, self._draw = title, draw

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + len(self._draw(width))

    def render(self) -> Content:
        title = Content.styled(self._title, "bold $text-accent")
        return Content("\n").join([title, *self._draw(self.content_size.width)])


class CorpusFigures(VerticalScroll, can_focus=True):
    """The charts of a library."""

    def show(self, statistics: Statistics, plain: bool) -> None:
        """Show the charts of these statistics."""
        self.remove_children()
        self.mount(*(Figure(title, draw) for title, draw in _charts(statistics, plain)))

    def compose(self) -> ComposeResult:
        yield from ()

    def on_resize(self, event: Resize) -> None:
        self.styles.grid_size_columns = max(1, (event.size.width + 2) // (COLUMN + 2))


def _charts(statistics: Statistics, plain: bool) -> list[tuple[str, Draw]]:
    total, characters = statistics.poems or 1, statistics.characters or 1
    forms = [
        (form, count, f"{count:,} {count / total:>4.0%}")
        for form, count in statistics.forms.items()
    ]
    frequent = [(each, count, f"{count / characters:.2%}") for each, count in statistics.frequent]
    poets = [(fitted(name or "—", 10).rstrip(), n, f"{n:,}") for name, n in statistics.prolific]
    lengths = [(each.label.split("-")[0], each.poems) for each in statistics.lengths]
    shares = [(f"{size:,}", share, f"{share:.1%}") for size, share in statistics.coverage]
    rejected = [(reason, count, f"{count:,}") for reason, count in statistics.rejected.items()]
    outcomes = [
        ("kept", statistics.kept, f"{statistics.kept:,}"),
        ("merged", statistics.merged, f"{statistics.merged:,}"),
        *rejected,
    ]
    splits = [(split, n, f"{n:,} {n / total:>4.0%}") for split, n in statistics.splits.items()]
    return [
        ("Forms", lambda width: bars(forms, width)),
        ("Characters per poem", lambda width: columns(lengths, width, ROWS - 2, "$accent")),
        ("Most frequent characters", lambda width: bars(frequent[: ROWS + 2], width)),
        ("Most prolific poets", lambda width: bars(poets[: ROWS + 2], width, "$accent")),
        (
            "Character frequency by rank",
            lambda width: log_log(statistics.curve, width, ROWS, plain),
        ),
        ("Text covered by the n most frequent", lambda width: bars(shares, width, "$accent")),
        (f"{statistics.records_read:,} source records", lambda width: bars(outcomes, width)),
        ("Splits", lambda width: bars(splits, width, "$accent")),
    ]
