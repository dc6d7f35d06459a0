"""A line with the marks that can be shown in a poem, and which of them are."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio.translation import marked, tr
from studio.tui.poem.marks import Overlays

# Name, field of Overlays, key.
MARKS = (
    (marked("tones"), "tones", "t"),
    (marked("pinyin"), "pinyin", "p"),
    (marked("copied"), "copied", "v"),
    (marked("likely"), "likelihood", "l"),
)
_SHOWN = "bold $text-primary"


class MarkLine(Widget):
    """Each mark with its key; those shown are highlighted."""

    ALLOW_SELECT = False

    overlays: reactive[Overlays] = reactive(Overlays())

    def render(self) -> Content:
        names = [
            Content.assemble(
                (key, "bold $footer-key-foreground"),
                (
                    f" {tr(name)}",
                    _SHOWN if getattr(self.overlays, overlay) else "$foreground-muted",
                ),
            )
            for name, overlay, key in MARKS
        ]
        line = Content("  ").join(names)
        return line if line.cell_length <= self.content_size.width else Content(" ").join(names)
