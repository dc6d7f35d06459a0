"""Charts of the library's statistics, in as many columns as fit."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.widget import Widget

from studio.corpus.statistics import Counts, Statistics
from studio.translation import marked, tr
from studio.tui.drawing.charts import bars, columns, fitted, log_log

COLUMN = 36  # minimum width of a chart
ROWS = 8
# The names of the splits in the library.
SPLITS = (marked("train"), marked("valid"), marked("test"))
Draw = Callable[[int], list[Content]]


class Figure(Widget):
    """A title with a chart under it."""

    def __init__(self, title: str, draw: Draw) -> None:
        super().__init__()
        self.title, self._draw = title, draw

    def show(self, draw: Draw) -> None:
        """Draw another chart."""
        self._draw = draw
        self.display = True
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + len(self._draw(width))

    def render(self) -> Content:
        title = Content.styled(tr(self.title), "bold $text-accent")
        return Content("\n").join([title, *self._draw(self.content_size.width)])


class CorpusFigures(VerticalScroll, can_focus=True):
    """The charts of a library, or of some of its poems."""

    def show(self, counts: Counts, plain: bool) -> None:
        """Show the charts of these figures."""
        charts = _charts(counts, plain)
        figures = list(self.query(Figure))
        for figure in figures:
            if draw := charts.pop(figure.title, None):
                figure.show(draw)
            else:
                figure.display = False
        self.mount(*(Figure(title, draw) for title, draw in charts.items()))

    def compose(self) -> ComposeResult:
        yield from ()

    def on_resize(self, event: Resize) -> None:
        self.styles.grid_size_columns = max(1, (event.size.width + 2) // (COLUMN + 2))


def _charts(counts: Counts, plain: bool) -> dict[str, Draw]:
    total, characters = counts.poems or 1, counts.characters or 1
    forms = [
        (tr(form), count, f"{count:,} {count / total:>4.0%}")
        for form, count in counts.forms.items()
    ]
    frequent = [(each, count, f"{count / characters:.2%}") for each, count in counts.frequent]
    poets = [(fitted(name or "—", 10).rstrip(), n, f"{n:,}") for name, n in counts.prolific]
    lengths = [(each.label.split("-")[0], each.poems) for each in counts.lengths]
    shares = [(f"{size:,}", share, f"{share:.1%}") for size, share in counts.coverage]
    splits = [(tr(split), n, f"{n:,} {n / total:>4.0%}") for split, n in counts.splits.items()]
    charts: dict[str, Draw] = {
        marked("Forms"): lambda width: bars(forms, width),
        marked("Characters per poem"): lambda width: columns(lengths, width, ROWS - 2, "$accent"),
        marked("Most frequent characters"): lambda width: bars(frequent[: ROWS + 2], width),
        marked("Most prolific poets"): lambda width: bars(poets[: ROWS + 2], width, "$accent"),
        marked("Character frequency by rank"): (
            lambda width: log_log(counts.curve, width, ROWS, plain)
        ),
        marked("Text covered by the n most frequent"): lambda width: bars(shares, width, "$accent"),
        marked("Splits"): lambda width: bars(splits, width, "$accent"),
    }
    if isinstance(counts, Statistics):
        charts[marked("Source records")] = _records(counts)
    return charts


def _records(statistics: Statistics) -> Draw:
    outcomes = {
        marked("read"): statistics.records_read,
        marked("kept"): statistics.kept,
        marked("merged"): statistics.merged,
        **statistics.rejected,
    }
    rows = [(tr(name), count, f"{count:,}") for name, count in outcomes.items()]
    return lambda width: bars(rows, width)
