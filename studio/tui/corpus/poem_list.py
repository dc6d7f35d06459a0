"""The list of poems: scrolls over any number of poems, but holds only their ids."""

import random
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studio.corpus.library import PoemRow
from studio.translation import marked, tr
from studio.tui.drawing.charts import fitted

PAGE = 64  # rows read at once
LINE, FORM = 14, 5  # cells
ROOMY = 34  # from this width in cells a row also shows the form


class PoemList(ScrollView, can_focus=True):
    """A list with a cursor; rows are read a page at a time when they become visible."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "poem-list--author",
        "poem-list--line",
        "poem-list--faint",
        "poem-list--cursor",
    }
    KEYS_HEADING = marked("In the list of poems")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", marked("Up"), show=False, id="poems.up"),
        Binding("down,j", "move(1)", marked("Down"), show=False, id="poems.down"),
        Binding("pageup", "page(-1)", marked("Page up"), show=False, id="poems.page_up"),
        Binding("pagedown,space", "page(1)", marked("Page down"), show=False, id="poems.page_down"),
        Binding("home,g", "end(0)", marked("First"), show=False, id="poems.first"),
        Binding("end,G", "end(1)", marked("Last"), show=False, id="poems.last"),
        Binding(
            "enter",
            "open",
            marked("Read"),
            id="poems.open",
            tooltip=marked("Move to the poem beside the list"),
        ),
    ]

    class Moved(Message):
        """The cursor is on another poem; 0 if the list is empty."""

        def __init__(self, poem: int) -> None:
            super().__init__()
            self.poem = poem

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, PoemList.Moved)

    class Opened(Message):
        """The user opens the poem under the cursor."""

    cursor: reactive[int] = reactive(0)

    def __init__(self, read: Callable[[Sequence[int]], list[PoemRow]], id: str) -> None:
        """`read` returns the rows for some ids, or none if it cannot; called while drawing."""
        super().__init__(id=id)
        self._read = read
        self._ids: Sequence[int] = []
        self._rows: dict[int, PoemRow] = {}
        self._show_length = False

    @property
    def poem(self) -> int:
        """The id of the poem under the cursor, 0 if the list is empty."""
        return self._ids[self.cursor] if self._ids else 0

    def show(self, ids: Sequence[int], show_length: bool = False) -> None:
        """List these poems. The cursor stays on its poem if that is among them."""
        before = self.poem
        self._ids, self._show_length = ids, show_length
        self._rows.clear()
        self._resize()
        index = ids.index(before) if before in ids else 0
        self.scroll_to(y=max(0, index - self.size.height // 2), animate=False, force=True)
        self.set_reactive(PoemList.cursor, index)
        self.refresh()
        self.post_message(self.Moved(self.poem))

    def go_to(self, poem: int) -> None:
        """Move the cursor to this poem, if it is in the list."""
        if poem in self._ids:
            self.cursor = self._ids.index(poem)

    def go_to_random(self) -> None:
        """Move the cursor to a random poem."""
        if self._ids:
            self.cursor = random.randrange(len(self._ids))

    def on_resize(self, event: Resize) -> None:
        self._resize()

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._ids))

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._ids) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        for index in (before, now):
            self.refresh_line(index)
        self.scroll_to_region(
            Region(0, now, 1, 1), animate=False, force=True, x_axis=False, immediate=True
        )
        self.post_message(self.Moved(self.poem))

    def action_move(self, step: int) -> None:
        """Move the cursor by this number of poems."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """Move the cursor by a page."""
        self.cursor += step * max(1, self.size.height - 1)

    def action_end(self, last: int) -> None:
        """Move the cursor to the first or the last poem."""
        self.cursor = len(self._ids) if last else 0

    def action_open(self) -> None:
        """Open the poem under the cursor."""
        if self._ids:
            self.post_message(self.Opened())

    def on_click(self, event: Click) -> None:
        index = round(self.scroll_y) + event.y
        if index < len(self._ids):
            self.cursor = index

    def render_line(self, y: int) -> Strip:
        index = round(self.scroll_y) + y
        width = self.scrollable_content_region.width
        row = self._row(index) if index < len(self._ids) else None
        if row is None:
            return Strip.blank(width, self.rich_style)
        under_cursor = index == self.cursor
        cursor = self.get_component_rich_style("poem-list--cursor")
        segments = []
        for text, part in self._cells(row, width):
            style = self.get_component_rich_style(f"poem-list--{part}")
            # All parts get the cursor's background, the first line also its foreground.
            if under_cursor:
                style = cursor if part == "line" else style.without_color + cursor
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(
            width, cursor if under_cursor else self.rich_style
        )

    def _cells(self, row: PoemRow, width: int) -> list[tuple[str, str]]:
        """The texts of a row with the names of their styles; the least important are left out."""
        last = f"{row.length:,}".rjust(FORM) if self._show_length else tr(row.form)
        # Most names have two or three characters. Show four if there is room.
        author = 8 if width >= ROOMY else 6
        line = min(LINE, width - author - 1)
        shown = [
            (fitted(row.author, author) + " ", "author"),
            (fitted(row.first_line, line), "line"),
        ]
        room = width - author - 1 - line
        if width >= ROOMY or self._show_length:
            room -= FORM + 1
            shown.append((" " + fitted(row.title, room - 1) if room > 1 else "", "faint"))
            shown.append((" " + fitted(last, FORM), "faint"))
        elif room > 4:
            shown.append((" " + fitted(row.title, room - 1), "faint"))
        return shown

    def _row(self, index: int) -> PoemRow | None:
        """The row; its page is read if it is not known yet. None if it cannot be read."""
        if index not in self._rows:
            if len(self._rows) > 50 * PAGE:
                self._rows.clear()
            start = index - index % PAGE
            page = self._read(self._ids[start : start + PAGE])
            self._rows.update(enumerate(page, start))
        return self._rows.get(index)
