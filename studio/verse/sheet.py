"""From what a person typed to the characters that are fixed in a poem. Imports no torch."""

from collections.abc import Sequence

from studio.corpus.cleaning import typed_opening
from studio.corpus.poem import STOPS, is_han
from studio.corpus.script import simplified, variants
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.prosody.forms import Form
from studio.prosody.rhymes import RHYMES
from studio.verse.plan import Grid
from studio.verse.request import BLANK, ComposeRequest
from studio.verse.ways import Bits, Layout, layout

# A couplet is a line, a comma, a line, a full stop.
COUPLET = "，。"


class Sheet:
    """The lines of a poem while they are being filled; it remembers what asked for a character."""

    def __init__(self, line_length: int, line_count: int) -> None:
        self._lines = [[""] * line_length for _ in range(line_count)]
        self._by: dict[tuple[int, int], str] = {}

    def put(self, line: int, text: str, by: str) -> None:
        """Write a line from its start, blanks left out; raises VerseError where others stand."""
        for at, character in enumerate(text):
            there = self._lines[line][at]
            if character == BLANK:
                continue
            if there not in ("", character):
                raise VerseError(
                    f"Line {line + 1}, place {at + 1} is {there} by {self._by[line, at]} and "
                    f"{character} by {by}. Change one of them."
                )
            self._lines[line][at] = character
            self._by[line, at] = by

    @property
    def grid(self) -> Grid:
        """What stands there."""
        return tuple(map(tuple, self._lines))


def filled(request: ComposeRequest, form: Form, vocabulary: Vocabulary) -> tuple[Layout, Grid]:
    """The lines that a form has, with all that a request fixes in them but its words.

    Raises VerseError where the model does not know a character, lines are not the form's, or two
    wishes meet in one place.
    """
    given = _given_lines(request.given, form, vocabulary)
    line_length = len(given[0]) if given else form.line_length
    line_count = _line_count(request.lines, form, len(given))
    sheet = Sheet(line_length, line_count)
    for at, line in enumerate(given):
        sheet.put(at, line, "what is given")
    for at, line in enumerate(_opening(request.first, form, line_length, line_count, vocabulary)):
        sheet.put(at, line, "the opening")
    acrostic = known(_characters(request.acrostic), vocabulary)
    if len(acrostic) > line_count:
        raise VerseError(
            f"The acrostic has {len(acrostic)} characters, and a {form.name} of {line_count} "
            f"lines begins {line_count}. Shorten it, or choose a longer form."
        )
    for at, character in enumerate(acrostic):
        sheet.put(at, character, "the acrostic")
    last = known(_characters(request.last), vocabulary)
    if last and len(last) != line_length:
        raise VerseError(
            f"The last line has {len(last)} characters ({last}), and a {form.name} has lines of "
            f"{line_length}. Change the line or the form."
        )
    sheet.put(line_count - 1, last, "the last line")
    return layout(form, line_length, line_count, request.tones), sheet.grid


def words_of(request: ComposeRequest, line_length: int, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words that must appear, the longest first, as the model knows them."""
    words = [known(_characters(word), vocabulary) for word in request.words]
    for word in words:
        if len(word) > line_length:
            raise VerseError(
                f"{word} has {len(word)} characters, and a line has {line_length}. "
                "Part it, or give it as an opening."
            )
    return tuple(sorted(filter(None, words), key=len, reverse=True))


def rhymes_wanted(frame: Layout, name: str) -> Bits:
    """The rhyme of a name, simplified or traditional, as 阳, 陽 or 平陽; all where there is none.

    Raises VerseError where it is no rhyme, or not one of the level tone in a regulated form.
    """
    name = name.strip()
    if not name:
        return frame.all_rhymes
    asked = name[1:] if len(name) == 2 and name[0] in RHYMES else name
    known_as = {
        rhyme
        for rhymes in RHYMES.values()
        for rhyme in rhymes
        if asked in (rhyme, simplified(rhyme))
    }
    if not known_as:
        level = "".join(map(simplified, RHYMES["平"]))
        raise VerseError(f"{name} is none of the 106 rhymes. Those of the level tone are {level}.")
    bits = sum(1 << bit for bit, each in enumerate(frame.rhymes) if each.rhyme in known_as)
    if not bits:
        raise VerseError(
            f"{name} is a rhyme of an oblique tone, and a {frame.form.name} rhymes in the level "
            "tone. Choose another rhyme, or a form in the old style (古绝, 五古, 七古)."
        )
    return bits


def free_text(request: ComposeRequest, vocabulary: Vocabulary) -> str:
    """What is fixed of a poem without a form: an opening, or a text with blanks.

    Raises VerseError where something is asked for that needs lines.
    """
    for name, wish in (
        ("An acrostic", request.acrostic),
        ("A last line", request.last),
        ("Words", request.words),
        ("A rhyme", request.rhyme),
        ("A number of lines", request.lines),
    ):
        if wish:
            raise VerseError(f"{name} can be asked for where a poem has a form. Choose one.")
    first = known(typed_opening(request.first), vocabulary)
    given = known(typed_opening(request.given), vocabulary)
    if first and given:
        raise VerseError("A poem without a form has an opening or what is given, not both.")
    if not given and len(first) >= request.longest:
        raise VerseError(
            f"The opening has {len(first)} characters and the poem may have {request.longest}. "
            "Shorten the opening or raise the length limit."
        )
    return given or first


def known(text: str, vocabulary: Vocabulary) -> str:
    """A text in characters that the model knows, by another form of one where need be."""
    return "".join(_known_form(character, vocabulary) for character in text)


def _known_form(character: str, vocabulary: Vocabulary) -> str:
    if character == BLANK:
        return character
    for form in (character, *variants(character)):
        if form in vocabulary:
            return form
    if not is_han(character) and character not in STOPS:
        raise VerseError(
            f"{character} is no Chinese character. An opening is made of Chinese characters and "
            "their punctuation."
        )
    near = " ".join(vocabulary.near(character, 6))
    raise VerseError(
        f"The model has never seen {character}. Near it, it knows {near}. "
        "Choose another character, or a model that was trained on poems with it."
    )


def _line_count(asked: int, form: Form, given: int) -> int:
    count = asked or (given if given and not form.fixed else form.line_count)
    if count % 2 or not form.has_shape(form.line_length, count):
        may = (
            f"has {form.line_count} lines"
            if form.fixed
            else f"has an even number of lines, at least {form.least_lines}"
        )
        raise VerseError(f"A {form.name} {may}, not {count}. Change the number or the form.")
    if given > count:
        raise VerseError(
            f"There are {given} lines given, and the {form.name} has {count}. Take some away, or "
            "choose a longer form."
        )
    return count


def _given_lines(text: str, form: Form, vocabulary: Vocabulary) -> Sequence[str]:
    lines = _lines(typed_opening(text.replace("\n", COUPLET[0])))
    length = next((each for each in form.line_lengths if lines and len(lines[0]) == each), 0)
    if len(lines) == 1 and not length and len(lines[0]) % form.line_length == 0:
        # Without punctuation, or several lines of an opening on end.
        length = form.line_length
        lines = _cut(lines[0], length)
    for at, line in enumerate(lines):
        if len(line) != (length or form.line_length):
            raise VerseError(
                f"Line {at + 1} of what is given has {len(line)} characters ({line}), and a "
                f"{form.name} has lines of {length or form.line_length}. Write {BLANK} for each "
                "character that the model is to choose."
            )
    return [known(line, vocabulary) for line in lines]


def _opening(
    text: str, form: Form, line_length: int, line_count: int, vocabulary: Vocabulary
) -> Sequence[str]:
    """The lines of an opening, the last one perhaps not complete; punctuation may be left out."""
    opening = known(typed_opening(text), vocabulary)
    lines = _lines(opening)
    for line in lines[:-1]:
        if len(line) % line_length:
            raise VerseError(
                f"The opening has a line of {len(line)} ({line}), and a {form.name} has lines "
                f"of {line_length}. Change the opening or the form."
            )
    if lines and opening[-1] in STOPS and len(lines[-1]) % line_length:
        raise VerseError(
            f"The opening ends a line after {len(lines[-1])} ({lines[-1]}), and a {form.name} "
            f"has lines of {line_length}. Change the opening or the form."
        )
    characters = "".join(lines)
    most = line_length * line_count
    if len(characters) >= most:
        raise VerseError(
            f"The opening has {len(characters)} characters, and a {form.name} has {most} in "
            "all. Shorten the opening or choose a longer form."
        )
    return _cut(characters, line_length)


def _cut(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def _characters(text: str) -> str:
    return "".join(_lines(typed_opening(text)))


def _lines(text: str) -> list[str]:
    for stop in STOPS:
        text = text.replace(stop, "\n")
    return text.split()
