"""The pinyin of a poem, in agreement with the readings that the scanner has taken."""

from typing import NamedTuple

from studio.corpus.pronunciation import as_read, in_pinyin
from studio.prosody.reading_taken import reading_taken
from studio.tui.poem.layout import places_of_lines
from studio.tui.poem.remarks import ANY_FORM, scansion_of
from studio.verse.request import ComposeRequest


class Sound(NamedTuple):
    """The modern reading of a character; `agrees` if it came from the reading taken."""

    pinyin: str
    agrees: bool = True


def sounds_of(text: str, request: ComposeRequest = ANY_FORM) -> list[Sound]:
    """The modern reading of each character of a text; "" for anything but a Chinese character.

    A character with several old readings has the modern one that came from the one taken, where
    there is one. The request says by which form and rules the poem is measured.
    """
    found = [Sound(each) for each in in_pinyin(text)]
    scansion = scansion_of(text, request)
    if scansion is None:
        return found
    measure = request.measure
    book = measure.book_for(request.form)
    place = -1
    for line, places in zip(scansion.lines, places_of_lines(text), strict=True):
        for column, (scanned, at) in enumerate(zip(line.characters, places, strict=True)):
            place += 1
            readings = book.readings(scanned.character)
            if len(readings) < 2 or not found[at].pinyin:
                continue
            rhyme = line.rhyme if column == len(line.characters) - 1 else ""
            chosen = measure.reading_at(place, scanned.character)
            names = reading_taken(scanned, rhyme, chosen, book).readings
            taken = [each for each in readings if "".join(each) in names]
            before = line.text[:column][-1:]
            sound = as_read(scanned.character, taken, found[at].pinyin, book, before)
            found[at] = Sound(sound) if sound else Sound(found[at].pinyin, agrees=False)
    return found
