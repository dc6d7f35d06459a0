"""The poem on the workbench."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from studio.collection.in_words import heading_of
from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import Mark, arrange
from studio.tui.workbench.draft import Draft


class DraftView(VerticalScroll, can_focus=False):
    """Shows a draft; if the space is too small, it scrolls to the line of the cursor."""

    def compose(self) -> ComposeResult:
        yield PoemCard()

    def write(self, text: str, writing: bool) -> None:
        """Show a rewritten poem so far; the marks stay until it is complete."""
        card = self.query_one(PoemCard)
        card.text = text
        card.writing = writing

    def show(self, draft: Draft, marks: Sequence[Mark]) -> None:
        """Show a draft that is complete."""
        card = self.query_one(PoemCard)
        card.writing = False
        card.text = draft.text
        card.form = draft.state.request.form
        card.heading = heading_of(draft.state.model, draft.state.request)
        card.marks = tuple(marks)
        width, height = self.size
        if not width or not height:
            return
        card.setting = arrange(1, card.shape(width), width, height - card.heading_height, 0).setting
        rows = len(card.rows(card.setting, width))
        card.styles.height = max(rows, height)
        if rows > height:
            top = card.heading_height + card.setting.row_of(draft.line, card.shape(width))
            self.scroll_to(y=top - height // 2, animate=False, force=True)
