"""What is said under the poems: their form and faults, what wrote them, how likely it was."""

import math
from collections.abc import Iterator

from textual.content import Content

from studio.messages import Inspected
from studio.prosody.report import Scansion
from studio.tui.playground.model_choices import in_words
from studio.tui.playground.sitting import Showing
from studio.tui.poem.marks import Overlays, tint_legend, tone_legend
from studio.tui.poem.remarks import (
    copied_in_words,
    explained,
    names_of,
    scansion_of,
    summary,
    template_in_words,
)

# So many of each are told here; the workbench tells all.
_MOST_FAULTS = 3
_MOST_COPIED = 2


def figures(showing: Showing, chosen: int, overlays: Overlays, read: Inspected | None) -> Content:
    """The rows under the poems of which one is chosen; `read` is that one read back."""
    poems = showing.poems
    composed, poem = poems[chosen]
    scansion = scansion_of(poem.text, composed.request.form)
    source = [f"{chosen + 1} of {len(poems)}"] if len(poems) > 1 else []
    source += [in_words(composed.model), f"seed {composed.request.seed}"]
    chance = f"log probability {poem.log_probability:.2f}: {odds(poem.log_probability)} a character"
    if not poem.log_probability:
        chance = "no character left to the model"
    rows = [Content(summary(scansion))] if scansion else []
    rows += _faults(scansion) if scansion else []
    rows.append(Content(" · ".join(source)))
    rows.append(Content(chance))
    rows += [] if poem.complete else [Content("cut at the length limit")]
    if overlays.tones and scansion:
        rows += _tones(scansion)
    if overlays.copied and read:
        rows += copied_in_words(read)[:_MOST_COPIED]
    if overlays.likelihood:
        rows.append(Content.assemble("chance ", tint_legend()))
    return Content("\n").join(rows)


def odds(log_probability: float) -> str:
    """A mean log probability as the chance of a character."""
    return f"1 in {math.exp(-log_probability):.0f}"


def _faults(scansion: Scansion) -> Iterator[Content]:
    faults = scansion.broken
    for fault in faults[:_MOST_FAULTS]:
        yield Content.assemble((names_of([fault]), "$text-error"), f" · {explained(fault)}")
    if len(faults) > _MOST_FAULTS:
        yield Content(f"{len(faults) - _MOST_FAULTS} more: w tells them all")


def _tones(scansion: Scansion) -> Iterator[Content]:
    """What the signs under the characters mean, and what the scanner has to say of them."""
    if template := template_in_words(scansion):
        yield Content(template)
    if notes := names_of(scansion.noted):
        yield Content(notes)
    yield tone_legend()
