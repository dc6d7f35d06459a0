"""A poem that a person typed, as a request: its lines, its form, and the characters still missing.

Imports no torch.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from studio.corpus.cleaning import tidy
from studio.corpus.headings import are_lines_of_a_ci, commas_for_spaces
from studio.corpus.poem import STOPS
from studio.errors import VerseError
from studio.prosody.ci import tune_of
from studio.prosody.couplet import BETWEEN_HALVES, ends_as_couplet, scan_couplet
from studio.prosody.forms import Form, forms
from studio.prosody.measure import Measure
from studio.prosody.parallelism import compare_halves
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import STRAY_LINES, scan
from studio.prosody.tunes import Tune, tunes
from studio.translation import marked, tr
from studio.verse.fixed_characters import COUPLET
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest, request_text

# The shapes of regulated verse, to divide a text without stops by and to fill up a poem to.
_LENGTHS, _LINES = (5, 7), (4, 8)
_LEAST_OF_A_LINE = 3
_FREE = ""
# How parallel two lines must be to be a couplet.
_PARALLEL = 0.5

_UNEVEN = marked(
    "Line {number} has {count} characters; the others have {usual}. Write {blank} or _ for each "
    "character that is missing, or choose the form: free."
)
_NOT_OF_FORM = marked(
    "Line {number} has {count} characters, but a {form} has lines of {usual}. Write {blank} or _ "
    "for each character that is missing, or choose another form."
)

_NOT_FACING = marked(
    "Line {number} has {count} characters, but the line that it faces has {usual}. Write {blank} "
    "or _ for each character that is missing."
)
_NOT_OF_TUNE = marked(
    "Line {number} has {count} characters, but in {form} it has {usual}. Write {blank} or _ for "
    "each character that is missing, or choose another form."
)


class OwnPoemError(VerseError):
    """A typed poem that cannot be used; `row` and `column` count from 0 in the typed text."""

    def __init__(self, message: str, row: int, column: int) -> None:
        super().__init__(message)
        self.row, self.column = row, column


class _Line(NamedTuple):
    """A line of verse, the stop typed after it, and where it is; no text for an empty row."""

    text: str
    stop: str
    row: int
    column: int


def own_poem(typed: str, form: str | None, like: ComposeRequest) -> ComposeRequest:
    """The request whose `given` is the typed poem; model and sampling are those of `like`.

    `form` is the name of a form, "" for a poem of any shape, or None: then it is found by its
    shape and tones. Blanks (□ or _) and empty rows are left to be written, and so is what the
    form has beyond what was typed. Raises OwnPoemError.
    """
    rows = typed.splitlines()
    lines = [line for row, text in enumerate(rows) for line in _lines_of(row, text)]
    while lines and not lines[-1].text:
        lines.pop()
    if not any(line.text.strip(BLANK) for line in lines):
        raise OwnPoemError(tr("There is no character yet. Type or paste a poem."), 0, 0)
    lines = _divided(lines[next(at for at, each in enumerate(lines) if each.text) :], form)
    if form is None:
        lines, form = _found(lines, like.measure)
    elif form in forms():
        lines = _filled(lines, forms()[form])
    elif form == COUPLET_FORM:
        lines = _filled_couplet(lines)
    elif form:
        lines = _filled_tune(lines, tunes()[form])
    else:
        lines = [line for line in lines if line.text]
    return msgspec.structs.replace(
        like,
        form=form,
        given="".join(
            line.text + (line.stop or COUPLET[at % 2 or at == len(lines) - 1])
            for at, line in enumerate(lines)
        ),
        **_WITHOUT_WISHES,
    )


_WITHOUT_WISHES: dict[str, object] = {
    "first": "",
    "acrostic": "",
    "last": "",
    "words": (),
    "rhyme": "",
    "lines": 0,
    "candidates": 1,
    "title": "",
    "poet": "",
}


def _lines_of(row: int, typed: str) -> Iterator[_Line]:
    """The lines in a row of the typed text; between them are stops, or spaces."""
    lengths = [len(each) for each in typed.split()]
    is_spaced = _are_lines(lengths) or are_lines_of_a_ci(lengths)
    stopped = commas_for_spaces(typed) if is_spaced else typed
    columns = [at for at, each in enumerate(stopped) if tidy(each)]
    text, column = "", 0
    # The row as a whole: 乾 is 乾 in 乾坤, else 干.
    for at, written in zip(columns, _written(row, stopped), strict=True):
        if written in STOPS:
            if text:
                yield _Line(text, written if stopped[at] == typed[at] else "", row, column)
            text, column = "", at + 1
        else:
            text += written
    if text or not typed.strip():
        yield _Line(text, "", row, column)


def _are_lines(lengths: Sequence[int]) -> bool:
    """Whether words of these lengths are lines of verse; the last one may not be complete.

    Other spaces are pauses within a line: 朝辞白帝 彩云间.
    """
    *others, last = lengths or [0]
    if len(set(others)) != 1 or others[0] < _LEAST_OF_A_LINE:
        return False
    return last == others[0] or (len(others) > 1 and last < others[0])


def _written(row: int, typed: str) -> str:
    """A row as a request holds it; raises OwnPoemError with the column of a bad character."""
    try:
        return request_text(typed)
    except VerseError:
        for at, character in enumerate(typed):
            try:
                request_text(character)
            except VerseError as error:
                raise OwnPoemError(
                    tr("Line {number}: {error}", number=row + 1, error=error), row, at
                ) from error
        raise


def _divided(lines: list[_Line], form: str | None) -> list[_Line]:
    """Several lines instead of one that is as long as several."""
    lengths = forms()[form].line_lengths if form in forms() else _LENGTHS
    if len(lines) > 1 or len(lines[0].text) in lengths or form == _FREE:
        return lines
    line = lines[0]
    for length in lengths:
        count = len(line.text) // length
        if len(line.text) % length == 0 and (
            count == 2 if form == COUPLET_FORM else form or count in _LINES
        ):
            starts = range(0, len(line.text), length)
            return [
                _Line(line.text[at : at + length], "", line.row, line.column + at) for at in starts
            ]
    return lines


def _found(lines: list[_Line], measure: Measure) -> tuple[list[_Line], str]:
    """The lines with those that are missing, and the form that they have by these rules."""
    rules = measure.rules
    written = [line for line in lines if line.text]
    usual = _usual(written)
    written = _with_whole_end(written, usual)
    strays = [line for line in written if len(line.text) != usual]
    ci_rules = measure.rules_for(next(iter(tunes())))
    if tune := tune_of("", [line.text for line in written], ci_rules):
        return written, tune.name
    if (halves := _halves(written)) and len(written) == len(lines) and _is_couplet(*halves, rules):
        return _filled_couplet(written), COUPLET_FORM
    if strays and len(strays) > STRAY_LINES * len(written):
        return written, _FREE
    if strays:
        raise _wrong_length(_UNEVEN, strays[0], written.index(strays[0]) + 1, usual)
    if len(written) % 2 or len(written) < _LINES[0]:
        written = _with_whole_end(_with_empty_rows(lines, usual), usual)
        wanted = next((each for each in _LINES if each >= len(written)), len(written) + 1)
        if len(written) % 2 or len(written) < wanted:
            written = _padded(written, usual, wanted)
    form = scan([line.text for line in written], rules=rules).form
    return written, form if form in forms() else _FREE


def _halves(written: Sequence[_Line]) -> tuple[list[str], list[str]] | None:
    """The halves of a text in two rows, or in one with ； between them or with two lines.

    None if it has no such halves, or their lines are not as long.
    """
    rows = {line.row for line in written}
    half = _upper_half(written)
    if len(rows) > 2 or (len(rows) == 1 and half > 1 and written[half - 1].stop != BETWEEN_HALVES):
        return None
    texts = [line.text for line in written]
    upper, lower = texts[:half], texts[half:]
    return (upper, lower) if [*map(len, upper)] == [*map(len, lower)] else None


def _upper_half(written: Sequence[_Line]) -> int:
    """How many lines the upper half has: those of the first of two rows, else the half of all."""
    rows = {line.row for line in written}
    if len(rows) == 2:
        return sum(line.row == written[0].row for line in written)
    return -(-len(written) // 2)


def _is_couplet(upper: list[str], lower: list[str], rules: ScanRules) -> bool:
    """Whether two halves are a couplet, not the beginning of a poem.

    Of the beginnings of quatrains in the library 18% pass for one, of the middle couplets of 律诗
    76%. Single lines of a length that no form has are nothing else.
    """
    lengths = {len(line) for line in upper}
    is_parallel = compare_halves(upper, lower, rules.book).score >= _PARALLEL
    of_a_form = any(lengths <= {*form.line_lengths} for form in forms().values())
    if of_a_form and (len(upper) == 1 or lengths <= {*_LENGTHS}):
        keeps_rules = not scan_couplet([*upper, *lower], rules).broken
        return is_parallel and keeps_rules and BLANK not in "".join(upper + lower)
    nothing_else = not of_a_form and (len(upper) == 1 or ends_as_couplet([*upper, *lower], rules))
    return is_parallel or nothing_else


def _filled(lines: list[_Line], form: Form) -> list[_Line]:
    """The lines of a form, with those that are missing."""
    written = [line for line in lines if line.text]
    length = _usual(written)
    length = length if length in form.line_lengths else form.line_length
    written = _with_whole_end(written, length)
    if stray := next((line for line in written if len(line.text) != length), None):
        raise _wrong_length(_NOT_OF_FORM, stray, written.index(stray) + 1, length, form.name)
    least = form.line_count if form.fixed else max(form.least_lines, len(written))
    if len(written) < least:
        written = _with_whole_end(_with_empty_rows(lines, length), length)
    most = form.most_lines or len(written) + 1
    if len(written) > most:
        raise _too_many(written, most, form.name)
    wanted = max(least, len(written))
    return _padded(written, length, wanted + wanted % 2)


def _filled_tune(lines: list[_Line], tune: Tune) -> list[_Line]:
    """The lines of a ci, with those that are missing; a whole one may be divided in any way."""
    written = [line for line in lines if line.text]
    length = sum(len(line.text) for line in written)
    pattern = tune.pattern_holding(length)
    if length == pattern.length:
        return written
    for at, (line, wanted) in enumerate(zip(written, pattern.lengths, strict=False), start=1):
        # The last line is still being written.
        if len(line.text) != wanted and (at < len(written) or len(line.text) > wanted):
            raise _wrong_length(_NOT_OF_TUNE, line, at, wanted, tune.name)
    if len(written) > len(pattern.lines):
        raise _too_many(written, len(pattern.lines), tune.name)
    missing = [_Line("", "", written[-1].row, 0)] * (len(pattern.lines) - len(written))
    return [
        line._replace(
            text=line.text.ljust(len(its), BLANK),
            stop=line.stop or ("。" if its[-1].rhyme else "，"),
        )
        for line, its in zip([*written, *missing], pattern.lines, strict=True)
    ]


def _filled_couplet(lines: list[_Line]) -> list[_Line]:
    """The lines of a couplet, with what is missing in the second half: the second of two rows."""
    written = [line for line in lines if line.text]
    half = _upper_half(written)
    if len(written) > 2 * half:
        extra = written[2 * half]
        raise OwnPoemError(
            tr(
                "The second row has more lines than the first. Write the upper half in one row and "
                "the lower half in the next one."
            ),
            extra.row,
            extra.column,
        )
    found = written[:half]
    if half > 1 and not found[-1].stop:
        found[-1] = found[-1]._replace(stop=BETWEEN_HALVES)
    for at, upper in enumerate(written[:half], start=half):
        lower = written[at] if at < len(written) else _Line("", "", written[-1].row, 0)
        short = len(lower.text) < len(upper.text) and at >= len(written) - 1
        if not short and len(lower.text) != len(upper.text):
            raise _wrong_length(_NOT_FACING, lower, at + 1, len(upper.text))
        found.append(lower._replace(text=lower.text.ljust(len(upper.text), BLANK)))
    return found


def _usual(written: Sequence[_Line]) -> int:
    """The most common length of a line."""
    return Counter(len(line.text) for line in written).most_common(1)[0][0]


def _with_empty_rows(lines: Sequence[_Line], length: int) -> list[_Line]:
    """The lines, with blanks in each row that was left empty."""
    return [line if line.text else line._replace(text=BLANK * length) for line in lines]


def _with_whole_end(lines: list[_Line], length: int) -> list[_Line]:
    """The lines, the last one with blanks if only that is too short: it is still being written."""
    *others, last = lines
    if any(len(line.text) != length for line in others):
        return lines
    return [*others, last._replace(text=last.text.ljust(length, BLANK))]


def _padded(lines: list[_Line], length: int, count: int) -> list[_Line]:
    """As many lines as the form has."""
    last = lines[-1]
    return [*lines, *[_Line(BLANK * length, "", last.row, 0)] * (count - len(lines))]


def _too_many(written: Sequence[_Line], most: int, form: str) -> OwnPoemError:
    return OwnPoemError(
        tr(
            "The poem has {count} lines, but a {form} has {most}. Take out lines, or choose "
            "another form.",
            count=len(written),
            form=form,
            most=most,
        ),
        written[most].row,
        written[most].column,
    )


def _wrong_length(
    message: str, line: _Line, number: int, usual: int, form: str = ""
) -> OwnPoemError:
    return OwnPoemError(
        tr(
            message,
            number=number,
            count=len(line.text),
            usual=usual,
            form=form,
            blank=BLANK,
        ),
        line.row,
        line.column,
    )
