"""The forms that a typed poem can have, and the poems of a file as entries of a list."""

import contextlib
from collections.abc import Sequence

from studio.corpus.headings import Heading
from studio.corpus.poem import verse_lines
from studio.corpus.poems_in_files import Readable
from studio.errors import StudioError
from studio.messages import Composed
from studio.prosody.forms import forms
from studio.translation import tr
from studio.tui.playground.chooser import PoemEntry
from studio.tui.playground.request_options import FREE, form_options
from studio.tui.poem.remarks import scansion_of
from studio.tui.widgets.form_fields import Option
from studio.verse.own_heading import split_heading, under_heading, usable_heading
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest, WrittenPoem

# The choice that leaves the form to the poem.
FOUND = "found"
# Poems of a file that are scanned for the list: about two seconds.
_SCANNED = 1000


def form_named(chosen: str) -> str | None:
    """A choice of the list of forms as `own_poem` takes it."""
    return {FOUND: None, FREE: ""}.get(chosen, chosen)


def request_as(chosen: str, text: str, heading: Heading, like: ComposeRequest) -> ComposeRequest:
    """The request for a typed poem in a form of the list.

    Raises OwnPoemError, or VerseError for the heading.
    """
    form = form_named(chosen)
    _, verse = split_heading(text, form, like)
    return under_heading(verse, form, like, heading)


def possible_forms(text: str, heading: Heading, like: ComposeRequest) -> dict[str, ComposeRequest]:
    """The request in each form that a typed poem can have, `FOUND` first.

    If it has two lines, a couplet is next; then come the forms of a fixed length, first the one
    that lacks the least.
    """
    found = {}
    for chosen in [FOUND, *(each.value for each in form_options())]:
        with contextlib.suppress(StudioError):
            found[chosen] = request_as(chosen, text, heading, like)
    pair = FREE in found and len(verse_lines(found[FREE].given)) == 2

    def rank(chosen: str) -> tuple[int, ...]:
        form = forms().get(chosen)
        return (
            chosen != FOUND,
            pair and chosen != COUPLET_FORM,
            chosen == FREE,
            chosen == COUPLET_FORM or (form is not None and not form.fixed),
            found[chosen].given.count(BLANK),
        )

    return {chosen: found[chosen] for chosen in sorted(found, key=rank)}


def offered_forms(possible: Sequence[str] = ()) -> list[Option]:
    """The list of forms: those that the poem can have, then the others."""
    named = {each.value: each for each in form_options()}
    first = [each for each in possible if each != FOUND]
    order = dict.fromkeys([*first, *named])
    return [Option(FOUND, tr("found by its shape")), *(named[each] for each in order)]


def entries_of(poems: Sequence[Readable], like: ComposeRequest) -> list[PoemEntry]:
    """The poems of a file, the last one first; tickets count from 0.

    The first `_SCANNED` have their form and their faults.
    """
    return [_entry(at, each, like) for at, each in enumerate(poems)][::-1]


def _entry(at: int, poem: Readable, like: ComposeRequest) -> PoemEntry:
    heading = usable_heading(Heading(poem.title, poem.author))
    request = ComposeRequest(
        form="", title=heading.title, poet=heading.author, measure=like.measure
    )
    written = WrittenPoem(poem.text, 0.0, complete=True)
    if at >= _SCANNED:
        return PoemEntry(Composed(at, request, "", (written,), 0.0), is_scanned=False)
    with contextlib.suppress(StudioError):
        request = under_heading(poem.text, None, like, heading)
    scansion = scansion_of(poem.text, request)
    faults = len(scansion.broken) if scansion else None
    return PoemEntry(Composed(at, request, "", (written,), 0.0), faults=faults)
