"""Writing around a text that stays even if it breaks rules: what a person gave on the workbench."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from studio.corpus.poem import STOPS, verse_lines
from studio.errors import VerseError
from studio.prosody.measure import scan_by
from studio.prosody.report import Remark
from studio.verse.facing import compose_any
from studio.verse.request import BLANK, ComposeRequest

if TYPE_CHECKING:
    from studio.verse.copies import Copies
    from studio.verse.decoder import Columns
    from studio.verse.writer import Writer


def compose_around(
    writer: "Writer", request: ComposeRequest, copies: "Copies | None" = None
) -> "Columns":
    """Write what a request asks for, as `compose_any` does; its given text stays in any case.

    If that breaks rules, as many of them as possible are kept. Raises VerseError if the request
    cannot be met even then.
    """
    requests = [request, *in_spite_of_faults(request)]
    while True:
        try:
            columns = compose_any(writer, requests.pop(0), copies)
            first = next(columns)
        except VerseError:
            if not requests:
                raise
        else:
            break
    yield first
    poems = yield from columns
    return tuple(
        msgspec.structs.replace(each, text=_put_back(request.given, each.text)) for each in poems
    )


def in_spite_of_faults(request: ComposeRequest) -> tuple[ComposeRequest, ...]:
    """Requests to try if what is given breaks rules: as many rules as possible are kept.

    First the characters with faults are left to the model, then only those that do not rhyme, with
    free tones. Strict tones also refuse what the scanner tolerates (拗), so that a text without
    faults has other requests, too.
    """
    lines = verse_lines(request.given)
    if not lines or not request.form:
        return ()
    faults = scan_by(lines, request.scanned_as, request.measure).broken
    rhymes = [fault for fault in faults if fault.name in ("出韵", "撞韵")]
    replace = msgspec.structs.replace
    return (
        replace(request, given=_without(request.given, faults), tones="tang"),
        replace(request, given=_without(request.given, rhymes), tones="free"),
    )


def _without(given: str, faults: Iterable[Remark]) -> str:
    """The text with blanks for the characters that have these faults."""
    lines = [list(line) for line in verse_lines(given)]
    for fault in faults:
        lines[fault.line][fault.start : fault.end] = BLANK * (fault.end - fault.start)
    left = iter("".join(map("".join, lines)))
    return "".join(each if each in STOPS else next(left) for each in given)


def _put_back(given: str, text: str) -> str:
    """The text with the given characters where the model has written others."""
    characters = iter("".join(verse_lines(given)))
    found = []
    for each in text:
        stood = BLANK if each in STOPS else next(characters, BLANK)
        found.append(each if stood == BLANK else stood)
    return "".join(found)
