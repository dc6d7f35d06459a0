"""The other half of a couplet (对联): what a model writes to face a given one.

A half is a line, or several. What is written has the tones, the kinds of characters and the
repeats that face those of the given half (facing_rules.py). It is ranked by parallelism (对仗), and
by how likely the couplet is.
"""

import math
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from studio.corpus.poem import STOPS, verse_lines
from studio.errors import VerseError
from studio.prosody.couplet import BETWEEN_HALVES, Halves
from studio.prosody.measure import scan_by
from studio.prosody.parallelism import Parallelism, compare_halves
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.translation import marked, tr
from studio.verse.fixed_characters import COUPLET, in_known_forms
from studio.verse.request import BLANK, COUPLET_FORM, USUAL, ComposeRequest, WrittenPoem

if TYPE_CHECKING:
    from studio.verse.copies import Copies
    from studio.verse.decoder import Columns
    from studio.verse.writer import Writer

# Couplets that are written, to choose from.
_WRITTEN = 48
# The power of a character's probability by which parallelism is multiplied.
_LIKELY = 0.2
# The length of a line, in characters.
_SHORTEST, _LONGEST = 2, 15

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
    """A line that faces the `given` one: how parallel the two are, and how likely.

    Both may be several lines, with commas between them. In `given` the blanks are filled, for each
    of its facing lines in another way. `log_probability` is the mean over the
    characters of the couplet, in nats. `score`, from 0 to 1, is parallelism times the fifth root of
    the probability of a character, by that mean.
    """

    line: str
    score: float
    parallelism: Parallelism
    log_probability: float
    given: str


def facing_lines(
    writer: "Writer", half: str, candidates: int, seed: int, upper: bool = False
) -> list[FacingLine]:
    """Lower lines for an upper line, or with `upper` the other way round; the best score first.

    `half` is a line of two to fifteen characters, or several with stops between them. `candidates`
    couplets are written, so there are at most so many lines. Those with a tone that is not opposed
    come last. Raises VerseError if a line of that length or with such an end cannot be faced.
    """
    lines = _lines_of(half)
    wanted = LEVEL if upper else OBLIQUE
    if not tones_of(lines[-1][-1], rhyming=upper) & wanted:
        raise VerseError(tr(_NOT_LOWER if upper else _NOT_UPPER, line=lines[-1]))
    blanks = [BLANK * len(line) for line in lines]
    halves = (blanks, lines) if upper else (lines, blanks)
    request = msgspec.structs.replace(USUAL, form=COUPLET_FORM, seed=seed)
    return [
        FacingLine(
            "，".join(each.halves[not upper]),
            each.score,
            each.parallelism,
            each.log_probability,
            _filled("，".join(lines), "，".join(each.halves[upper])),
        )
        for each in _couplets(writer, halves, candidates, request)
    ]


def _filled(half: str, written: str) -> str:
    """A half with what was written in its blanks; a character unknown to the model stays."""
    return "".join(new if each == BLANK else each for each, new in zip(half, written, strict=True))


class _Couplet(NamedTuple):
    halves: Halves
    score: float
    parallelism: Parallelism
    log_probability: float
    has_faults: bool

    @property
    def rank(self) -> float:
        """The score; those that break a rule come last."""
        return self.score - self.has_faults


def compose_any(
    writer: "Writer", request: ComposeRequest, copies: "Copies | None" = None
) -> "Columns":
    """Write what a request asks for, as `compose` does: poems, or couplets."""
    from studio.verse.composer import compose
    from studio.verse.falling_back import falling_back

    if request.form == COUPLET_FORM:
        return falling_back(writer, partial(_as_columns, request=request, copies=copies))
    return compose(writer, request, copies)


def _as_columns(
    writer: "Writer", request: ComposeRequest, copies: "Copies | None" = None
) -> "Columns":
    """The best couplets for one half, the opening of a request, or for a whole text with blanks.

    Raises VerseError if it has what a couplet cannot take.
    """
    from studio.verse.knowledge import refuse_unknown

    _refuse_wishes(request)
    refuse_unknown(writer, request)
    given = request.given or _with_other_half(request)
    lines = _lines_of(given)
    half = len(lines) // 2
    if len(lines) % 2 or [*map(len, lines[:half])] != [*map(len, lines[half:])]:
        raise VerseError(
            tr("Each line of the lower half must be as long as the line that it faces.")
        )
    halves = (
        [in_known_forms(line, writer.vocabulary) for line in lines[:half]],
        [in_known_forms(line, writer.vocabulary) for line in lines[half:]],
    )
    count = request.candidates
    # Argmax writes the same couplet each time.
    most = max(_WRITTEN, count, request.drafts) if request.sampling.strategy == "sample" else 1
    found = _couplets(writer, halves, most, request, copies)[:count]
    poems = tuple(
        WrittenPoem(_in_place_of(given, each.halves), each.log_probability, True, each.rank)
        for each in found
    )
    texts = [each.text for each in poems] + [""] * (count - len(poems))
    yield from zip_longest(*texts, fillvalue="")
    return poems


def _refuse_wishes(request: ComposeRequest) -> None:
    """Raise VerseError that names a wish which no couplet can meet."""
    for wish, value in (
        (marked("The acrostic"), request.acrostic),
        (marked("The last line"), request.last),
        (marked("The words"), request.words),
        (marked("The rhyme"), request.rhyme),
        (marked("The number of lines"), request.lines),
    ):
        if value:
            raise VerseError(
                tr(
                    "{wish}: a couplet (对联) takes only an opening or a given text. Leave this "
                    "out, or choose another form.",
                    wish=tr(wish),
                )
            )
    if request.first and request.given:
        raise VerseError(tr("A couplet takes an opening or a given text. Leave one out."))


def _with_other_half(request: ComposeRequest) -> str:
    """The couplet with the opening of a request as a half, the other one blank."""
    lines = _lines_of(request.first)
    blanks = [BLANK * len(line) for line in lines]
    return couplet_text((blanks, lines) if opens_lower(request) else (lines, blanks))


def opens_lower(request: ComposeRequest) -> bool:
    """Whether the opening of a request is the lower half of a couplet: it ends level."""
    lines = verse_lines(request.first)
    if request.form != COUPLET_FORM or not lines:
        return False
    return not tones_of(lines[-1][-1], book=request.measure.rules.book) & OBLIQUE


def couplet_text(halves: Halves) -> str:
    """A couplet with its stops."""
    upper, lower = map("，".join, halves)
    return f"{upper}{BETWEEN_HALVES if len(halves[0]) > 1 else '，'}{lower}。"


def _in_place_of(given: str, halves: Halves) -> str:
    """A text with its stops, and the characters of a couplet."""
    characters = iter("".join(line for half in halves for line in half))
    return "".join(each if each in STOPS else next(characters) for each in given)


def _lines_of(text: str) -> list[str]:
    """The lines of a couplet or of a half; raises VerseError if one cannot be of a couplet."""
    lines = verse_lines(text)
    if not lines:
        raise VerseError(tr("A couplet needs a line: give the upper or the lower one as opening."))
    for line in lines:
        if not _SHORTEST <= len(line) <= _LONGEST:
            raise VerseError(
                tr(
                    "{line} has {count} characters. A line of a couplet has {least} to {most} "
                    "characters; divide a longer one by commas.",
                    line=line,
                    count=len(line),
                    least=_SHORTEST,
                    most=_LONGEST,
                )
            )
    return lines


def _couplets(
    writer: "Writer",
    halves: Halves,
    count: int,
    request: ComposeRequest,
    copies: "Copies | None" = None,
) -> list[_Couplet]:
    """Couplets for two halves with blanks, the best first; those that break a rule last.

    `count` are written. The request says how, and by which rules they are measured.
    """
    from studio.model.evaluate import score_poems

    half, book = len(halves[0]), request.measure.rules.book
    written = dict.fromkeys(_written(writer, halves, count, request, copies))
    pairs = [(each[:half], each[half:]) for each in map(verse_lines, written)]
    scores = score_poems(writer.network, writer.vocabulary, list(written), writer.device)
    found = []
    for each, read in zip(pairs, scores, strict=True):
        compared, likely = compare_halves(*each, book), -read.han_nats / read.han
        faults = scan_by([*each[0], *each[1]], COUPLET_FORM, request.measure).broken
        score = compared.score * math.exp(_LIKELY * likely)
        found.append(_Couplet(each, score, compared, likely, bool(faults)))
    return sorted(found, key=lambda each: -each.rank)


def _written(
    writer: "Writer",
    halves: Halves,
    count: int,
    request: ComposeRequest,
    copies: "Copies | None",
) -> list[str]:
    """Couplets in the order in which they were written."""
    from studio.verse.composer import decoded, written
    from studio.verse.facing_rules import FacingRules

    # The stops of poems: few of them have a semicolon.
    text = couplet_text(halves).replace(BETWEEN_HALVES, COUPLET[1])
    rules = FacingRules(writer.vocabulary, halves, text, request.measure.rules.book, count)
    return [each.text for each in written(decoded(writer, request, rules, copies))]
