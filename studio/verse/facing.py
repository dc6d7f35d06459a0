"""The other line of a couplet (对联): what a model writes to face a given line.

The line is put into the second couplet of a regulated poem, which must be parallel, and the model
writes the poem around it. What it writes beside the line is ranked by parallelism (对仗), and by
how likely the couplet is by itself.
"""

from typing import TYPE_CHECKING

import msgspec

from studio.errors import VerseError
from studio.prosody.parallelism import Parallelism, compare
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.verse.request import BLANK, ComposeRequest

if TYPE_CHECKING:
    from studio.verse.decoder import Writer

_FORMS = {5: "五律", 7: "七律"}
_BEFORE, _LINES = 2, 8
# What a nat a character is worth, beside parallelism from 0 to 1.
_NAT = 0.1


class FacingLine(msgspec.Struct, frozen=True):
    """A line that faces the given one: how parallel the two are, and how likely.

    `log_probability` is the mean over the characters of the couplet, in nats. `score` is
    parallelism plus a tenth of it.
    """

    line: str
    score: float
    parallelism: Parallelism
    log_probability: float


def facing_lines(
    writer: "Writer", line: str, candidates: int, seed: int, upper: bool = False
) -> list[FacingLine]:
    """Lower lines for an upper line, or with `upper` the other way round; the best score first.

    `line` is five or seven characters without punctuation. `candidates` poems are written, so there
    are at most so many lines. Lines with a tone that is not opposed come last. Raises VerseError if
    a line of that length or with such an end cannot be faced.
    """
    from studio.model.evaluate import score_poems

    form = _FORMS.get(len(line))
    if form is None:
        raise VerseError(f"{line} has {len(line)} characters. Give a line of five or seven.")
    wanted = LEVEL if upper else OBLIQUE
    if not tones_of(line[-1], rhyming=upper) & wanted:
        raise VerseError(
            f"{line} ends in the oblique tone, and the lower line of a couplet in the level tone. "
            "Leave out --upper to find a lower line."
            if upper
            else f"{line} ends in the level tone, and the upper line of a couplet in the oblique "
            "tone. Use --upper to find an upper line for it."
        )
    at = _BEFORE + upper
    lines = [BLANK * len(line)] * _LINES
    lines[at] = line
    written = _written(writer, "，".join(lines), form, candidates, seed)
    other = _BEFORE + (not upper)
    facing = list(dict.fromkeys(poem[other] for poem in written))
    pairs = [(each, line) if upper else (line, each) for each in facing]
    texts = [f"{first}，{second}。" for first, second in pairs]
    scores = score_poems(writer.network, writer.vocabulary, texts, writer.device)
    found = []
    for each, pair, read in zip(facing, pairs, scores, strict=True):
        compared, likely = compare(*pair), -read.han_nats / read.han
        found.append(FacingLine(each, compared.score + _NAT * likely, compared, likely))
    return sorted(found, key=lambda each: (each.parallelism.tones < 1, -each.score))


def _written(
    writer: "Writer", given: str, form: str, candidates: int, seed: int
) -> list[list[str]]:
    """The lines of poems with a line given; under freer tones if it does not keep the rules."""
    from studio.corpus.poem import verse_lines
    from studio.verse.composer import write

    request = ComposeRequest(given=given, form=form, tones="tang", candidates=candidates, seed=seed)
    try:
        poems = write(writer, request)
    except VerseError:
        poems = write(writer, msgspec.structs.replace(request, tones="free"))
    return [verse_lines(poem.text) for poem in poems]
