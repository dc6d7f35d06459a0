"""A line of verse forms to choose from, above a bar with the number of poems of each."""

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studio.prosody.forms import SHAPES
from studio.translation import marked, tr
from studio.tui.drawing.charts import stacked

CHOICES = ("", *SHAPES)
ALL = marked("all")
OTHER = marked("other")  # among SHAPES
_CHOSEN = "bold $block-cursor-foreground on $block-cursor-background"
_SHADES = ("$primary", "$primary-faint")


class FormLine(Widget):
    """Chooses which form is listed; "" means all forms."""

    ALLOW_SELECT = False

    class Changed(Message):
        """Another form was chosen."""

    chosen: reactive[str] = reactive("", init=False)
    counts: reactive[dict[str, int]] = reactive(dict)

    def choose_next(self, step: int) -> None:
        """Choose the next or previous form; "all" follows the last."""
        index = CHOICES.index(self.chosen) + step
        self.chosen = CHOICES[index % len(CHOICES)]

    def watch_chosen(self) -> None:
        self.post_message(self.Changed())

    def _visible(self) -> tuple[str, ...]:
        """As many forms as fit, starting at the first from which the chosen one is visible."""
        for first in range(len(CHOICES)):
            last, room = first, self.content_size.width + 1
            while last < len(CHOICES) and _width(CHOICES[last]) < room:
                room -= _width(CHOICES[last]) + 1
                last += 1
            if CHOICES.index(self.chosen) < last:
                return CHOICES[first:last]
        return (self.chosen,)

    def render(self) -> Content:
        names = Content(" ").join(
            Content.styled(_label(form), _CHOSEN if form == self.chosen else "$secondary")
            for form in self._visible()
        )
        parts = [
            (self.counts.get(form, 0), "$accent" if form == self.chosen else _SHADES[index % 2])
            for index, form in enumerate(SHAPES)
        ]
        return Content("\n").join([names, stacked(parts, self.content_size.width)])

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        end = -1
        for form in self._visible():
            start, end = end + 1, end + 1 + _width(form)
            if offset.y == 0 and start <= offset.x < end:
                self.chosen = form


def _label(form: str) -> str:
    return tr(form or ALL)


def _width(form: str) -> int:
    return cell_len(_label(form))
