"""From a request to poems."""

import random
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from studio.corpus.poem import About
from studio.errors import VerseError
from studio.prosody.forms import form_named
from studio.prosody.measure import scan_by
from studio.prosody.tunes import tunes
from studio.translation import marked, tr
from studio.verse.constraints import FormRules, FreeRules, Rules, rhyme_supply
from studio.verse.copies import Copies, is_copied_line
from studio.verse.decoder import Columns, decode
from studio.verse.falling_back import falling_back
from studio.verse.fixed_characters import (
    fill_lines,
    free_text,
    in_stops_of,
    refuse_mere_stops,
    required_words,
    wanted_rhymes,
)
from studio.verse.knowledge import DraftReading, about_form, read_drafts, refuse_unknown
from studio.verse.plan import Plan, place_words, plan
from studio.verse.ranking import add_scores
from studio.verse.request import ComposeRequest, Tones, WrittenPoem
from studio.verse.tune_rules import rules_of_tune
from studio.verse.ways import form_layout
from studio.verse.writer import Writer

# The looser choices for `tones`, the strictest first.
_LOOSER: dict[Tones, tuple[Tones, ...]] = {
    "strict": ("tang", "free"),
    "tang": ("free",),
    "free": (),
}
_SET_TONES: dict[Tones, str] = {
    "tang": marked('{obstacle} Set tones to "tang", or change the character.'),
    "free": marked('{obstacle} Set tones to "free", or change the character.'),
}
_NO_PLACE = marked(
    "There is no place for {words} in this {form}: the lines have no room, or the tones do not "
    "fit. Use fewer words, or another form."
)
_NO_PLACE_IN_THESE_TONES = marked(
    "There is no place for {words} in this {form}: the lines have no room, or the tones do not "
    "fit. Use fewer words, or another form, or freer tones."
)


def compose(writer: Writer, request: ComposeRequest, copies: Copies | None = None) -> Columns:
    """Write the poems of a request, column by column: see `decoder.decode`.

    If the request has more drafts than candidates, the columns are those of the first drafts. All
    drafts are returned, the best first.

    `copies` is the index of the corpus. With it no line of the corpus is copied, unless the
    request allows it, and copied 4-grams lower the score. Raises VerseError before anything is
    written if the request cannot be met; it names the rule, or the character that the model has
    never seen. If the writer may use the GPU and that fails, the processor writes.
    """
    return falling_back(writer, partial(_compose, request=request, copies=copies))


def _compose(writer: Writer, request: ComposeRequest, copies: Copies | None) -> Columns:
    refuse_unknown(writer, request)
    refuse_mere_stops(request)
    # Argmax writes the same poem each time.
    drafts = request.drafts if request.sampling.strategy == "sample" else 1
    rules = _rules(writer, request, max(request.candidates, drafts))
    about, unasked = _known(request, rules)
    read = partial(read_drafts, writer, ranking=request.ranking, about=about, unasked=unasked)
    return _with_scores(decoded(writer, request, rules, copies), request, copies, read)


def decoded(
    writer: Writer, request: ComposeRequest, rules: Rules, copies: Copies | None
) -> Columns:
    """Write poems by `rules`, as the request says: see `decoder.decode`."""
    copied = partial(is_copied_line, copies) if copies and not request.copied_lines else None
    return decode(
        writer,
        rules,
        request.sampling,
        request.seed,
        request.tries,
        copied,
        *_known(request, rules),
    )


def _known(request: ComposeRequest, rules: Rules) -> tuple[About, About]:
    """What the model may know of the poems, and the same without their title and poet."""
    untitled = msgspec.structs.replace(request, title="", poet="")
    return about_form(request, rules), about_form(untitled, rules)


def write(
    writer: Writer, request: ComposeRequest, copies: Copies | None = None
) -> tuple[WrittenPoem, ...]:
    """Write all drafts of a request; returns them with scores, the best first."""
    return written(compose(writer, request, copies))


def written(columns: Columns) -> tuple[WrittenPoem, ...]:
    """The poems, once all their columns are written."""
    while True:
        try:
            next(columns)
        except StopIteration as end:
            poems: tuple[WrittenPoem, ...] = end.value
            return poems


def write_best(
    writer: Writer, request: ComposeRequest, copies: Copies | None = None
) -> tuple[WrittenPoem, ...]:
    """The poems that a request asks for: the best of its drafts, the best first."""
    return write(writer, request, copies)[: request.candidates]


def _with_scores(
    columns: Columns,
    request: ComposeRequest,
    copies: Copies | None,
    read: Callable[[Sequence[str]], list[DraftReading]],
) -> Columns:
    while True:
        try:
            column = next(columns)
        except StopIteration as end:
            poems = end.value
            break
        yield column[: request.candidates]
    texts = [each.text for each in poems]
    readings = read(texts) if len(texts) > 1 else ()
    # Without the form of verse: a poem in the old style may have turned out regulated.
    form = request.form if request.form in tunes() else ""
    scan = partial(scan_by, form=form, measure=request.measure)
    book = request.measure.rules.book
    scored = add_scores(poems, request.ranking, copies, readings, scan, book)
    return tuple(
        msgspec.structs.replace(each, text=in_stops_of(request.given, each.text))
        for each in sorted(scored, key=lambda poem: -poem.score)
    )


def _rules(writer: Writer, request: ComposeRequest, rows: int) -> Rules:
    vocabulary = writer.vocabulary
    if not request.form:
        text = free_text(request, vocabulary)
        return FreeRules(vocabulary, text, request.longest, bool(request.given), rows)
    if tune := tunes().get(request.form):
        return rules_of_tune(vocabulary, tune, request, rows)
    start = _plan(writer, request)
    words = required_words(request, start.layout.line_length, vocabulary)
    if not words:
        return FormRules(vocabulary, [start] * rows)
    supply = rhyme_supply(vocabulary, start.layout)
    wanted = wanted_rhymes(start.layout, request.rhyme)
    plans = []
    for number in range(rows):
        generator = random.Random(f"{request.seed}:{number}:words")
        placed = place_words(start, words, supply, wanted, generator)
        if placed is None:
            message = _NO_PLACE if request.tones == "free" else _NO_PLACE_IN_THESE_TONES
            raise VerseError(tr(message, words="、".join(words), form=request.form))
        plans.append(placed)
    return FormRules(vocabulary, plans)


def _plan(writer: Writer, request: ComposeRequest) -> Plan:
    """The plan for a request; raises VerseError that names the obstacle if there is none."""
    form = form_named(request.form)
    layout, grid = fill_lines(request, form, writer.vocabulary)
    supply = rhyme_supply(writer.vocabulary, layout)
    wanted = wanted_rhymes(layout, request.rhyme)
    found = plan(layout, grid, supply, wanted)
    if isinstance(found, Plan):
        return found
    if found is None:
        raise VerseError(
            tr(
                "The model does not know enough characters that rhyme for this {form}. Choose "
                "another rhyme, or a model that was trained on more poems.",
                form=form.name,
            )
        )
    for tones in _LOOSER[request.tones]:
        rules = request.measure.rules
        looser = form_layout(form, layout.line_length, layout.line_count, tones, rules)
        if isinstance(plan(looser, grid, supply, wanted), Plan):
            raise VerseError(tr(_SET_TONES[tones], obstacle=found))
    raise VerseError(tr("{obstacle} Change the character or the form.", obstacle=found))
