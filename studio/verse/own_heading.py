"""The title and the poet of a poem that a person typed: found above its verse, or given apart.

Imports no torch.
"""

import msgspec

from studio.corpus.headings import Heading, TextLine, length_of_poem
from studio.corpus.poem import is_han, verse_lines
from studio.corpus.script import simplified
from studio.corpus.text_records import heading_above
from studio.errors import VerseError
from studio.prosody.rules import BLANK, with_blanks
from studio.prosody.tunes import is_verse, tune_titled
from studio.verse.own_poem import OwnPoemError, own_poem
from studio.verse.request import TITLE_SIGNS, ComposeRequest

# A poem of one's own has few rows. A longer text is not looked through at every key.
_LONGEST = 4000
# Any character: to look for a heading, a blank is one.
_SOME = "山"


def split_heading(typed: str, form: str | None, like: ComposeRequest) -> tuple[Heading, str]:
    """The heading above a typed poem, and the text with spaces and empty rows in its place.

    A first row that has only the look of a title is one if the poem has no form with it, but has
    one without it. `form` is as for `own_poem`.
    """
    rows = typed.splitlines()
    text = with_blanks("\n".join(rows))
    if len(text) > _LONGEST:
        return Heading(), typed
    heading, row, column = heading_above(text.replace(BLANK, _SOME))
    first = text.splitlines()[row] if heading != Heading() else ""
    above = "\n".join([*text.splitlines()[:row], first[:column]])
    below = [" " * column + rows[row][column:], *rows[row + 1 :]] if first else []
    verse = "\n".join([""] * row + below)
    if not verse.strip() or BLANK in above:
        return Heading(), typed
    # The first line of 忆江南 by Bai Juyi, 江南好, is another name of the tune.
    is_tune = not heading.author and tune_titled(simplified(heading.title)) is not None
    if _is_certain(heading, above, below) and not (is_tune and form != ""):
        return usable_heading(heading), verse
    if _has_form(typed, form, like, Heading()):
        return Heading(), typed
    if is_tune or _has_form(verse, form, like, heading):
        return usable_heading(heading), verse
    return Heading(), typed


def under_heading(
    verse: str, form: str | None, like: ComposeRequest, heading: Heading
) -> ComposeRequest:
    """The request for a typed poem with its title and its poet; a title may name the tune of a ci.

    `form` is as for `own_poem`. Raises OwnPoemError, or VerseError for the title and the poet.
    """
    request = _formed(verse, form, like, heading.title)
    return msgspec.structs.replace(request, title=heading.title, poet=heading.author)


def _formed(verse: str, form: str | None, like: ComposeRequest, title: str) -> ComposeRequest:
    tune = tune_titled(simplified(title)) if form is None else None
    if tune is None:
        return own_poem(verse, form, like)
    # A poem of verse may have the name of a tune as its title.
    try:
        request = own_poem(verse, tune.name, like)
    except OwnPoemError:
        if _has_form(verse, None, like, Heading()):
            return own_poem(verse, None, like)
        raise
    lengths = [*map(len, verse_lines(request.given))]
    return own_poem(verse, None, like) if is_verse(tune, lengths) else request


def _is_certain(heading: Heading, above: str, below: list[str]) -> bool:
    """Whether it is a heading by its own signs, whatever is below it."""
    if heading.author or any(sign in above for sign in "《:："):
        return True
    lines = [TextLine(0, each) for each in below if each.strip()]
    is_poem = len(lines) > 1 or length_of_poem(lines) > 0
    return is_poem and not any(each.lost_stop for each in lines)


def _has_form(text: str, form: str | None, like: ComposeRequest, heading: Heading) -> bool:
    """Whether a text has the form that is asked for, or one of those by name."""
    try:
        return bool(_formed(text, form, like, heading.title).form) or form == ""
    except VerseError:
        return False


def usable_heading(heading: Heading) -> Heading:
    """The heading without what no request can have in it."""
    words = (
        "".join(each for each in word if is_han(each) or each in TITLE_SIGNS)
        for word in heading.title.split()
    )
    return Heading("·".join(filter(None, words)), "".join(filter(is_han, heading.author)))
