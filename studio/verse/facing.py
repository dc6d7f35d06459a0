"""The other line of a couplet (对联): what a model writes to face a given line.

The line is put into the second couplet of a regulated poem, which must be parallel, and the model
writes the poem around it. What it writes beside the line is ranked by parallelism (对仗), and by
how likely the couplet is by itself.
"""

from itertools import islice, zip_longest
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from studio.corpus.poem import verse_lines
from studio.errors import VerseError
from studio.prosody.measure import TANG_MEASURE, Measure, scan_by
from studio.prosody.parallelism import Parallelism, compare
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.translation import marked, tr
from studio.verse.fixed_characters import in_known_forms
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest, WrittenPoem

if TYPE_CHECKING:
    from studio.verse.copies import Copies
    from studio.verse.decoder import Columns
    from studio.verse.writer import Writer

_FORMS = {5: "五律", 7: "七律"}
_BEFORE, _LINES = 2, 8
# Couplets that are written, to choose from.
_WRITTEN = 48
# What a nat a character is worth, beside parallelism from 0 to 1.
_NAT = 0.1
# More than two scores can differ by.
_LAST = 10

# The line ends in the wrong tone for a lower line, or an upper one.
_NOT_LOWER = marked(
    "{line} ends in the oblique tone, and the lower line of a couplet in the level tone. Leave out "
    "--upper to find a lower line."
)
_NOT_UPPER = marked(
    "{line} ends in the level tone, and the upper line of a couplet in the oblique tone. Use "
    "--upper to find an upper line for it."
)


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
    _check_length(line)
    wanted = LEVEL if upper else OBLIQUE
    if not tones_of(line[-1], rhyming=upper) & wanted:
        raise VerseError(tr(_NOT_LOWER if upper else _NOT_UPPER, line=line))
    blank = BLANK * len(line)
    pair = (blank, line) if upper else (line, blank)
    return [
        FacingLine(each.lines[not upper], each.score, each.parallelism, each.log_probability)
        for each in _couplets(writer, pair, candidates, seed)
    ]


class _Couplet(NamedTuple):
    lines: tuple[str, str]
    score: float
    parallelism: Parallelism
    log_probability: float
    has_faults: bool

    @property
    def rank(self) -> float:
        """The score; those that break a rule come last."""
        return self.score - _LAST * self.has_faults


def compose_any(
    writer: "Writer", request: ComposeRequest, copies: "Copies | None" = None
) -> "Columns":
    """Write what a request asks for, as `compose` does: poems, or couplets."""
    from studio.verse.composer import compose

    if request.form == COUPLET_FORM:
        return _as_columns(writer, request)
    return compose(writer, request, copies)


def _as_columns(writer: "Writer", request: ComposeRequest) -> "Columns":
    """The best couplets for the line of a request, or for its two lines with blanks."""
    lines = verse_lines(request.given or request.first)
    if not lines:
        raise VerseError(tr("A couplet needs a line: give the upper or the lower one as opening."))
    for line in lines:
        _check_length(line)
    if len(lines) == 1:
        blank = BLANK * len(lines[0])
        book = request.measure.rules.book
        is_upper = bool(tones_of(lines[0][-1], book=book) & OBLIQUE)
        lines = [lines[0], blank] if is_upper else [blank, lines[0]]
    if len(lines) != 2 or len(lines[0]) != len(lines[1]):
        raise VerseError(tr("A couplet has two lines of the same length."))
    pair = in_known_forms(lines[0], writer.vocabulary), in_known_forms(lines[1], writer.vocabulary)
    count = request.candidates
    written = _couplets(writer, pair, max(_WRITTEN, count), request.seed, request.measure)
    found = written[:count]
    poems = tuple(
        WrittenPoem("，".join(each.lines) + "。", each.log_probability, True, each.rank)
        for each in found
    )
    texts = [each.text for each in poems] + [""] * (count - len(poems))
    yield from zip_longest(*texts, fillvalue="")
    return poems


def _check_length(line: str) -> None:
    if len(line) not in _FORMS:
        raise VerseError(
            tr(
                "{line} has {count} characters. Give a line of five or seven.",
                line=line,
                count=len(line),
            )
        )


def _couplets(
    writer: "Writer",
    pair: tuple[str, str],
    candidates: int,
    seed: int,
    measure: Measure = TANG_MEASURE,
) -> list[_Couplet]:
    """Couplets for two lines with blanks, the best first; those that break a rule last."""
    from studio.model.evaluate import score_poems

    lines = [BLANK * len(pair[0])] * _LINES
    lines[_BEFORE : _BEFORE + 2] = pair
    request = ComposeRequest(
        given="，".join(lines),
        form=_FORMS[len(pair[0])],
        tones="tang",
        candidates=candidates,
        seed=seed,
        measure=measure,
    )
    written = _written(writer, request)
    pairs = list(dict.fromkeys((poem[_BEFORE], poem[_BEFORE + 1]) for poem in written))
    texts = [f"{first}，{second}。" for first, second in pairs]
    scores = score_poems(writer.network, writer.vocabulary, texts, writer.device)
    found = []
    for each, read in zip(pairs, scores, strict=True):
        compared, likely = compare(*each), -read.han_nats / read.han
        faults = scan_by(each, COUPLET_FORM, measure).broken
        score = compared.score + _NAT * likely
        found.append(_Couplet(each, score, compared, likely, bool(faults)))
    return sorted(found, key=lambda each: -each.rank)


def _written(writer: "Writer", request: ComposeRequest) -> list[list[str]]:
    """Poems with a line given, up to its couplet; under freer tones if it does not keep the rules.

    What comes after the couplet is not written: nobody reads it.
    """
    from studio.verse.composer import compose

    try:
        columns = compose(writer, request)
    except VerseError:
        columns = compose(writer, msgspec.structs.replace(request, tones="free"))
    with_stops = len(verse_lines(request.given)[0]) + 1
    written = islice(columns, with_stops * (_BEFORE + 2))
    return [verse_lines("".join(characters)) for characters in zip(*written, strict=True)]
