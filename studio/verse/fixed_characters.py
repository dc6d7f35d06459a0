"""The fixed characters of a poem, from the text of its request. Imports no torch."""

from collections.abc import Sequence

from studio.corpus.poem import STOPS, verse_lines
from studio.corpus.script import simplified, variants
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.prosody.forms import Form
from studio.prosody.rhymes import PINGSHUI, RHYMES
from studio.translation import marked, tr
from studio.verse.plan import Grid
from studio.verse.request import BLANK, ComposeRequest
from studio.verse.ways import Bits, Layout, form_layout

# A couplet is a line, a comma, a line, a full stop.
COUPLET = "，。"


class LineGrid:
    """The lines of a poem with fixed characters, and which part of the request fixed each."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lines = [[""] * length for length in lengths]
        self._fixed_by: dict[tuple[int, int], str] = {}

    def put(self, line: int, text: str, part: str) -> None:
        """Fix the characters of `text`; raises VerseError if another one is fixed at a place."""
        for at, character in enumerate(text):
            present = self._lines[line][at]
            if character == BLANK:
                continue
            if present not in ("", character):
                raise VerseError(
                    tr(
                        "Line {line}, place {place} must be {present} for {other} and {character} "
                        "for {part}. Change one of them.",
                        line=line + 1,
                        place=at + 1,
                        present=present,
                        other=tr(self._fixed_by[line, at]),
                        character=character,
                        part=tr(part),
                    )
                )
            self._lines[line][at] = character
            self._fixed_by[line, at] = part

    @property
    def grid(self) -> Grid:
        """The characters so far; "" where none is fixed."""
        return tuple(map(tuple, self._lines))


def in_stops_of(given: str, text: str) -> str:
    """A poem with the stops of its given text, if that has all of its lines with a stop after each.

    A person may use other stops than a form, and may divide the lines of a ci differently.
    """
    lines, characters = verse_lines(given), "".join(verse_lines(text))
    stops = sum(each in STOPS for each in given)
    is_whole = 1 < len(lines) == stops and given[-1] in STOPS
    if not is_whole or len(given) - stops != len(characters):
        return text
    following = iter(characters)
    return "".join(each if each in STOPS else next(following) for each in given)


def refuse_mere_stops(request: ComposeRequest) -> None:
    """Raise VerseError if the text of a request has neither a character nor a blank."""
    for part, text in (
        (marked("The opening"), request.first),
        (marked("The given text"), request.given),
    ):
        if text and not verse_lines(text):
            raise VerseError(
                tr(
                    "{part} has only punctuation ({text}). Give a character or a blank "
                    "({blank}), too, or leave it out.",
                    part=tr(part),
                    text=text,
                    blank=BLANK,
                )
            )


def fill_lines(request: ComposeRequest, form: Form, vocabulary: Vocabulary) -> tuple[Layout, Grid]:
    """The lines of a form, with everything that a request fixes in them except its words.

    Raises VerseError if the model does not know a character, a line does not fit the form, or two
    parts of the request need different characters at one place.
    """
    given = _given_lines(request.given, form, vocabulary)
    line_length = len(given[0]) if given else form.line_length
    line_count = _line_count(request.lines, form, len(given))
    lines = LineGrid([line_length] * line_count)
    for at, line in enumerate(given):
        lines.put(at, line, marked("the given text"))
    for at, line in enumerate(_opening(request.first, form, line_length, line_count, vocabulary)):
        lines.put(at, line, marked("the opening"))
    acrostic = in_known_forms(request.acrostic, vocabulary)
    if len(acrostic) > line_count:
        raise VerseError(
            tr(
                "The acrostic has {count} characters, but a {form} has only {lines} lines. Shorten "
                "it, or choose a longer form.",
                count=len(acrostic),
                form=form.name,
                lines=line_count,
            )
        )
    for at, character in enumerate(acrostic):
        lines.put(at, character, marked("the acrostic"))
    last = in_known_forms(request.last, vocabulary)
    if last and len(last) != line_length:
        raise VerseError(
            tr(
                "The last line has {count} characters ({line}), but a {form} has lines of "
                "{length}. Change the line or the form.",
                count=len(last),
                line=last,
                form=form.name,
                length=line_length,
            )
        )
    lines.put(line_count - 1, last, marked("the last line"))
    rules = request.measure.rules
    return form_layout(form, line_length, line_count, request.tones, rules), lines.grid


def required_words(
    request: ComposeRequest, line_length: int, vocabulary: Vocabulary
) -> tuple[str, ...]:
    """The words that must appear, the longest first, as the model knows them."""
    words = [in_known_forms(word, vocabulary) for word in request.words]
    for word in words:
        if BLANK in word:
            raise VerseError(
                tr(
                    "{word} has a blank, but a word must have all of its characters. Split it into "
                    "words without blanks, or give the text with its blanks instead (given).",
                    word=word,
                )
            )
        if len(word) > line_length:
            raise VerseError(
                tr(
                    "{word} has {count} characters, but a line has only {length}. Split it into "
                    "shorter words, or give it as an opening.",
                    word=word,
                    count=len(word),
                    length=line_length,
                )
            )
    return tuple(sorted(words, key=len, reverse=True))


def wanted_rhymes(layout: Layout, name: str) -> Bits:
    """The rhyme with a simplified name, such as 阳; all for "".

    The 106 rhymes are named after a character. In another book its rhyme is meant. Raises
    VerseError if it is not of the level tone in a regulated form.
    """
    if not name:
        return layout.all_rhymes
    rhymes = enumerate(layout.rhymes)
    if layout.book is PINGSHUI:
        bits = sum(1 << bit for bit, each in rhymes if simplified(each.rhyme) == name)
    else:
        known = layout.book.readings(name)
        level = name in map(simplified, RHYMES["平"])
        named = [each for each in known if each.level == level] or known
        bits = sum(1 << bit for bit, each in rhymes if each in named)
    if not bits:
        raise VerseError(
            tr(
                "{rhyme} is a rhyme of an oblique tone, but a {form} rhymes in the level tone. "
                "Choose another rhyme, or a form in the old style (古绝, 五古, 七古).",
                rhyme=name,
                form=layout.form.name,
            )
        )
    return bits


def free_text(request: ComposeRequest, vocabulary: Vocabulary) -> str:
    """The fixed text of a poem without a form: an opening, or a text with blanks.

    Raises VerseError if the request has something that needs a form.
    """
    for refusal, wish in (
        (
            marked("A poem without a form cannot have an acrostic. Choose a form."),
            request.acrostic,
        ),
        (marked("A poem without a form cannot have a last line. Choose a form."), request.last),
        (
            marked("A poem without a form cannot have words that must appear. Choose a form."),
            request.words,
        ),
        (marked("A poem without a form cannot have a rhyme. Choose a form."), request.rhyme),
        (
            marked("A poem without a form cannot have a number of lines. Choose a form."),
            request.lines,
        ),
    ):
        if wish:
            raise VerseError(tr(refusal))
    first = in_known_forms(request.first, vocabulary)
    given = in_known_forms(request.given, vocabulary)
    if first and given:
        raise VerseError(
            tr("A poem without a form takes an opening or a given text. Leave one out.")
        )
    if not given and len(first) >= request.longest:
        raise VerseError(
            tr(
                "The opening has {count} characters, but the poem may only have {longest}. Shorten "
                "the opening or raise the length limit.",
                count=len(first),
                longest=request.longest,
            )
        )
    return given or first


def in_known_forms(text: str, vocabulary: Vocabulary) -> str:
    """The text, with another form of a character if the model only knows that form."""
    return "".join(_known_form(character, vocabulary) for character in text)


def _known_form(character: str, vocabulary: Vocabulary) -> str:
    if character == BLANK:
        return character
    for form in (character, *variants(character)):
        if form in vocabulary:
            return form
    near = " ".join(vocabulary.near(character, 6))
    raise VerseError(
        tr(
            "The model has never seen {character}. Similar ones that it knows: {near}. Choose "
            "another character, or a model that was trained on poems with it.",
            character=character,
            near=near,
        )
    )


def _line_count(requested: int, form: Form, given: int) -> int:
    count = requested or (given if given and not form.fixed else form.line_count)
    if count % 2 or not form.has_shape(form.line_length, count):
        rule = marked(
            "A {form} has an even number of lines, at least {lines}, not {count}. Change the "
            "number or the form."
        )
        if form.fixed:
            rule = marked("A {form} has {lines} lines, not {count}. Change the number or the form.")
        raise VerseError(tr(rule, form=form.name, lines=form.least_lines, count=count))
    if given > count:
        raise VerseError(
            tr(
                "The given text has {given} lines, but the {form} has only {count}. Remove some, "
                "or choose a longer form.",
                given=given,
                form=form.name,
                count=count,
            )
        )
    return count


def _given_lines(text: str, form: Form, vocabulary: Vocabulary) -> Sequence[str]:
    lines = _lines(text)
    length = next((each for each in form.line_lengths if lines and len(lines[0]) == each), 0)
    if len(lines) == 1 and not length and len(lines[0]) % form.line_length == 0:
        # Text without punctuation: one line, or several lines in a row.
        length = form.line_length
        lines = _split(lines[0], length)
    for at, line in enumerate(lines):
        if len(line) != (length or form.line_length):
            raise VerseError(
                tr(
                    "Line {number} of the given text has {count} characters ({line}), but a {form} "
                    "has lines of {length}. Write {blank} for each character that the model "
                    "chooses.",
                    number=at + 1,
                    count=len(line),
                    line=line,
                    form=form.name,
                    length=length or form.line_length,
                    blank=BLANK,
                )
            )
    return [in_known_forms(line, vocabulary) for line in lines]


def _opening(
    text: str, form: Form, line_length: int, line_count: int, vocabulary: Vocabulary
) -> Sequence[str]:
    """The lines of an opening; the last one may be incomplete. Punctuation may be left out."""
    opening = in_known_forms(text, vocabulary)
    lines = _lines(opening)
    for line in lines[:-1]:
        if len(line) % line_length:
            raise VerseError(
                tr(
                    "The opening has a line of {count} ({line}), but a {form} has lines of "
                    "{length}. Change the opening or the form.",
                    count=len(line),
                    line=line,
                    form=form.name,
                    length=line_length,
                )
            )
    if lines and opening[-1] in STOPS and len(lines[-1]) % line_length:
        raise VerseError(
            tr(
                "The opening ends a line after {count} ({line}), but a {form} has lines of "
                "{length}. Change the opening or the form.",
                count=len(lines[-1]),
                line=lines[-1],
                form=form.name,
                length=line_length,
            )
        )
    characters = "".join(lines)
    most = line_length * line_count
    if len(characters) >= most:
        raise VerseError(
            tr(
                "The opening has {count} characters, but a {form} has only {most}. Shorten the "
                "opening, or choose a longer form.",
                count=len(characters),
                form=form.name,
                most=most,
            )
        )
    return _split(characters, line_length)


def _split(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def _lines(text: str) -> list[str]:
    for stop in STOPS:
        text = text.replace(stop, "\n")
    return text.split()
