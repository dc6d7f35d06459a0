"""From a request to poems."""

from studio.corpus.cleaning import typed_opening
from studio.corpus.poem import STOPS, is_han
from studio.corpus.script import variants
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.prosody.forms import form_named
from studio.verse.constraints import Constraint
from studio.verse.decoder import Columns, Writer, decode
from studio.verse.request import ComposeRequest, WrittenPoem


def compose(writer: Writer, request: ComposeRequest) -> Columns:
    """Write as asked, a column of characters at a time: see `decoder.decode`.

    Raises VerseError, before anything is written, where the opening cannot begin a poem: a
    character the model has never seen, or lines that are not the form's.
    """
    form = form_named(request.form) if request.form else None
    constraint = Constraint(writer.vocabulary, form, request.longest)
    opening = constraint.place(_known(typed_opening(request.first), writer.vocabulary))
    return decode(writer, constraint, opening, request.sampling, request.candidates, request.seed)


def write(writer: Writer, request: ComposeRequest) -> tuple[WrittenPoem, ...]:
    """Write as asked, all at once."""
    columns = compose(writer, request)
    while True:
        try:
            next(columns)
        except StopIteration as end:
            poems: tuple[WrittenPoem, ...] = end.value
            return poems


def _known(opening: str, vocabulary: Vocabulary) -> str:
    """The opening in characters that the model knows, by another form of one where need be."""
    return "".join(_known_form(character, vocabulary) for character in opening)


def _known_form(character: str, vocabulary: Vocabulary) -> str:
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
