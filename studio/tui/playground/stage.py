"""The poems of a request, one card for each candidate."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import (
    NO_SHAPE,
    Arrangement,
    Mark,
    Setting,
    Shape,
    arrange,
)

_FRAME = 1


class PoemStage(VerticalScroll, can_focus=True, inherit_bindings=False):
    """Shows the candidates of a request, one of which is chosen."""

    class Chosen(Message):
        """Another candidate was chosen."""

    chosen = reactive(0)

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._expected = NO_SHAPE
        self._columns = 0
        self._arrangement: Arrangement | None = None
        self._cards: list[PoemCard] = []

    def compose(self) -> ComposeResult:
        yield Static(id="said", markup=False)

    def show_message(self, text: str) -> None:
        """Show a text instead of poems."""
        self.show([], 0)
        self.styles.grid_size_columns = 1
        self.styles.grid_rows = "1fr"
        self.query_one("#said", Static).update(text)

    def show(
        self,
        texts: list[str],
        opening: int,
        expected: Shape | None = None,
        form: str = "",
        writing: bool = False,
        titles: Sequence[str] = (),
        columns: int = 0,
    ) -> None:
        """Show poems of a form; `expected` is the shape of those still being written.

        Each has its number over it, or its own of `titles`. With `columns` 0 there are as many
        columns as fit.
        """
        self._expected = expected or NO_SHAPE
        self._columns = columns
        self._arrangement = None
        while len(self._cards) > len(texts):
            self._cards.pop().remove()
        added = [PoemCard() for _ in texts[len(self._cards) :]]
        self._cards += added
        if added:
            self.mount(*added)
        self.set_class(len(texts) == 1, "-single")
        self.query_one("#said").display = not texts
        for number, card in enumerate(self._cards, start=1):
            card.opening = opening
            card.form = form
            card.least = self._expected
            card.border_title = Content(titles[number - 1] if titles else str(number))
            card.border_subtitle = ""
            card.marks = ()
        self.chosen = 0
        self._mark_chosen()
        self.write(texts, [writing] * len(texts))
        self.scroll_home(animate=False)

    def write(self, texts: list[str], writing: list[bool]) -> None:
        """Set the texts of the poems, and which are still being written."""
        for card, text, busy in zip(self._cards, texts, writing, strict=True):
            card.text = text
            card.writing = busy
        self._arrange()

    def mark(self, marks: Sequence[Sequence[Mark]]) -> None:
        """Mark the characters of each poem."""
        for card, each in zip(self._cards, marks, strict=True):
            card.marks = tuple(each)
        self._arrangement = None
        self._arrange()

    def name_cards(self, titles: Sequence[str]) -> None:
        """Write a title over each card."""
        for card, title in zip(self._cards, titles, strict=True):
            card.border_title = Content(title)

    def head(self, heading: str) -> None:
        """Write a heading over the poem, if there is only one."""
        for card in self._cards:
            card.heading = heading if len(self._cards) == 1 else ""
        self._arrange()

    def name_figures(self, figures: list[str]) -> None:
        """Write a figure under each card."""
        for card, figure in zip(self._cards, figures, strict=True):
            card.border_subtitle = Content(figure)

    def on_resize(self, event: Resize) -> None:
        self._arrangement = None
        self._arrange()

    def on_click(self, event: Click) -> None:
        # The card that was clicked may be removed by now.
        if event.widget in self._cards:
            self.chosen = self._cards.index(event.widget)

    def choose(self, step: int) -> None:
        """Choose the next or the previous candidate."""
        if self._cards:
            self.chosen = (self.chosen + step) % len(self._cards)

    def watch_chosen(self) -> None:
        self._mark_chosen()
        self.post_message(self.Chosen())

    def _mark_chosen(self) -> None:
        for index, card in enumerate(self._cards):
            card.set_class(index == self.chosen, "-chosen")
        if 0 <= self.chosen < len(self._cards):
            self._cards[self.chosen].scroll_visible(animate=False)

    def _shape(self, width: int) -> Shape:
        """The shape that fits each of the poems."""
        shapes = [self._expected, *(card.shape(width) for card in self._cards)]
        longest = max((shape.columns for shape in shapes), key=len)
        return Shape(
            max(shape.line_length for shape in shapes),
            max(shape.lines for shape in shapes),
            max(shape.rows for shape in shapes),
            (max(max(s.columns, default=0) for s in shapes),) * len(longest),
            max((shape.breaks for shape in shapes), key=len),
        )

    def _arrange(self) -> None:
        """Give every card its place and setting; they change only if a poem outgrew them."""
        width, height = self.size
        if not self._cards or not width or not height:
            return
        frame = _FRAME if len(self._cards) > 1 else 0
        count = len(self._cards)
        if self._columns:
            rows = -(-count // self._columns)
            width, height = width // self._columns, height // rows
            one = arrange(1, self._shape(width - 2 * frame), width, height, frame)
            found = Arrangement(one.setting, self._columns, rows)
            width, height = self.size
        else:
            free = height - self._cards[0].heading_height
            found = arrange(count, self._shape(width - 2 * frame), width, free, frame)
        if found != self._arrangement:
            self._arrangement = found
            self.styles.grid_size_columns = found.columns
            for card in self._cards:
                card.setting = found.setting
        needed = self._height(found.setting, width // found.columns, frame)
        self.styles.grid_rows = str(max(needed, height // found.rows))

    def _height(self, setting: Setting, width: int, frame: int) -> int:
        rows = (card.rows(setting, width - 2 * frame) for card in self._cards)
        return max(len(each) for each in rows) + 2 * frame
