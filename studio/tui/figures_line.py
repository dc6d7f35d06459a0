"""What is said under the poems: their form, what wrote them, how likely it found them."""

from textual.content import Content

from studio.messages import Inspected
from studio.tui.model_choices import in_words
from studio.tui.reading_panel import copied_in_words
from studio.tui.sitting import Showing
from studio.tui.verse_marks import Overlays, summary, tint_legend

_MOST_COPIED = 2  # copied spans that are named; the workbench names all


def figures(showing: Showing, chosen: int, overlays: Overlays, read: Inspected | None) -> Content:
    """The rows under the poems of which one is chosen; `read` is that one read back."""
    poems = showing.poems
    composed, poem = poems[chosen]
    words = [f"{chosen + 1} of {len(poems)}"] if len(poems) > 1 else []
    words.append(f"mean log probability {poem.log_probability:.2f}")
    words += [] if poem.complete else ["cut at the length limit"]
    written = f"with {in_words(composed.model)} · seed {composed.request.seed}"
    told = (summary(poem.text, composed.request.form), written, " · ".join(words))
    rows = [Content(each) for each in told if each]
    if overlays.copied and read:
        rows += copied_in_words(read)[:_MOST_COPIED]
    if overlays.likelihood:
        rows.append(tint_legend())
    return Content("\n").join(rows)
