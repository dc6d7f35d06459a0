"""Notes on readings that a character seldom has, where a line rests on one."""

from collections.abc import Sequence

from studio.prosody.report import Line, Remark
from studio.prosody.rhymes import RhymeBook
from studio.translation import marked, tr

_LEVEL = marked("{character} counts as level here, but the Tang poets seldom read it so.")
_OBLIQUE = marked("{character} counts as oblique here, but the Tang poets seldom read it so.")
_LEVEL_IN = marked(
    "{character} counts as level here. The Tang poets seldom read it so, except in words such as "
    "{words}."
)
_OBLIQUE_IN = marked(
    "{character} counts as oblique here. The Tang poets seldom read it so, except in words such as "
    "{words}."
)
# How many words an explanation names.
_NAMED = 3


def rare_notes(lines: Sequence[Line], book: RhymeBook) -> list[Remark]:
    """A note for each place within a line whose tone only a rare reading of its character has."""
    found = []
    for at, line in enumerate(lines):
        within = line.characters[: -1 if line.type.isupper() else None]
        for place, each in enumerate(within):
            before, after = line.text[:place][-1:], line.text[place + 1 :][:1]
            if not book.is_rare(each.character, each.required, before, after):
                continue
            words = book.rare_readings()[each.character].get(each.required, ())
            message = _LEVEL if each.required == "平" else _OBLIQUE
            if words:
                message = _LEVEL_IN if each.required == "平" else _OBLIQUE_IN
            why = tr(message, character=each.character, words="、".join(words[:_NAMED]))
            found.append(Remark("僻读", at, place, place + 1, why, "note"))
    return found
