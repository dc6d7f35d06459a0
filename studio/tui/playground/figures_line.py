"""The rows under the poems: form and faults, model and seed, and the likelihood."""

import math
from collections.abc import Iterator

from textual.content import Content

from studio.corpus.poem import verse_lines
from studio.messages import Inspected
from studio.prosody.parallelism import parallelism
from studio.prosody.report import Scansion
from studio.translation import tr
from studio.tui.playground.model_choices import model_in_words
from studio.tui.playground.poem_history import PoemGroup
from studio.tui.poem.marks import Overlays, tint_legend, tone_legend
from studio.tui.poem.remarks import (
    FAULT,
    copied_in_words,
    explained,
    marked_summary,
    names_of,
    scansion_of,
    template_in_words,
)
from studio.verse.request import COUPLET_FORM

# At most this many of each are shown here; the workbench shows all.
_MOST_FAULTS = 3
_MOST_COPIED = 2


def figures(group: PoemGroup, chosen: int, overlays: Overlays, read: Inspected | None) -> Content:
    """The rows about the chosen poem; `read` is the model's reading of it, if it has arrived."""
    poems = group.poems
    composed, poem = poems[chosen]
    scansion = scansion_of(poem.text, composed.request)
    place = tr("{number} of {count}", number=chosen + 1, count=len(poems))
    source = [place] if len(poems) > 1 else []
    if composed.model:
        seed = tr("seed {seed}", seed=composed.request.seed)
        source += [model_in_words(composed.model), seed]
    else:
        source.append(tr("written by hand"))
    mean = poem.log_probability
    chance = tr("average {odds} per character (log p {mean:.2f})", odds=odds(mean), mean=mean)
    if not mean:
        chance = tr("no character was left to the model")
    words = [marked_summary(scansion)] if scansion else []
    lines = verse_lines(poem.text)
    if composed.request.form == COUPLET_FORM and len(lines) == 2:
        score = parallelism(*lines, book=composed.request.measure.rules.book)
        words.append(Content(tr("parallelism {score:.2f}", score=score)))
    rows = [Content(" · ").join(words)] if words else []
    rows += _faults(scansion) if scansion else []
    rows.append(Content(" · ".join(source)))
    rows += [Content(chance)] if composed.model else []
    rows += [] if poem.complete else [Content(tr("cut at the length limit"))]
    if overlays.tones and scansion:
        rows += _tones(scansion)
    if overlays.copied and read:
        rows += copied_in_words(read)[:_MOST_COPIED]
    if overlays.likelihood:
        rows.append(Content.assemble(tr("chance"), " ", tint_legend()))
    return Content("\n").join(rows)


def odds(log_probability: float) -> str:
    """A mean log probability as the average chance of a character."""
    return tr("1 in {count:.0f}", count=math.exp(-log_probability))


def _faults(scansion: Scansion) -> Iterator[Content]:
    faults = scansion.broken
    for fault in faults[:_MOST_FAULTS]:
        yield Content.assemble((names_of([fault]), FAULT), f" · {explained(fault)}")
    if len(faults) > _MOST_FAULTS:
        yield Content(tr("{count} more: press w to see all", count=len(faults) - _MOST_FAULTS))


def _tones(scansion: Scansion) -> Iterator[Content]:
    """The template and the notes of the scanner, and what the signs under the characters mean."""
    if template := template_in_words(scansion):
        yield Content(template)
    if notes := names_of(scansion.noted):
        yield Content(notes)
    yield tone_legend()
