"""From a request to poems."""

import random

from studio.corpus.poem import About
from studio.errors import VerseError
from studio.prosody.forms import form_named
from studio.prosody.tunes import tunes
from studio.translation import marked, tr
from studio.verse.constraints import FormRules, FreeRules, Rules, rhyme_supply
from studio.verse.decoder import Columns, Writer, decode
from studio.verse.fixed_characters import fill_lines, free_text, required_words, wanted_rhymes
from studio.verse.knowledge import about_form, refuse_unknown, title_gains
from studio.verse.novelty import Novelty
from studio.verse.plan import Plan, place_words, plan
from studio.verse.ranking import add_scores
from studio.verse.request import ComposeRequest, Tones, WrittenPoem
from studio.verse.tune_rules import rules_of_tune
from studio.verse.ways import form_layout

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


def compose(writer: Writer, request: ComposeRequest, novelty: Novelty | None = None) -> Columns:
    """Write the poems of a request, column by column: see `decoder.decode`.

    `novelty` is the index of the corpus. With it no line of the corpus is copied, unless the
    request allows it, and copied 4-grams lower the score. Raises VerseError before anything is
    written if the request cannot be met; it names the rule, or the character that the model has
    never seen.
    """
    refuse_unknown(writer, request)
    rules = _rules(writer, request)
    about = about_form(request, rules)
    copied = novelty.is_line if novelty and not request.copied_lines else None
    columns = decode(writer, rules, request.sampling, request.seed, request.tries, copied, about)
    return _with_scores(columns, writer, request, novelty, about)


def write(
    writer: Writer, request: ComposeRequest, novelty: Novelty | None = None
) -> tuple[WrittenPoem, ...]:
    """Write the poems of a request; returns them with scores, in the order of the candidates."""
    return written(compose(writer, request, novelty))


def written(columns: Columns) -> tuple[WrittenPoem, ...]:
    """The poems, once all their columns are written."""
    while True:
        try:
            next(columns)
        except StopIteration as end:
            poems: tuple[WrittenPoem, ...] = end.value
            return poems


def _with_scores(
    columns: Columns,
    writer: Writer,
    request: ComposeRequest,
    novelty: Novelty | None,
    about: About,
) -> Columns:
    poems = yield from columns
    asked = bool(request.title or request.poet)
    gains = title_gains(writer, [each.text for each in poems], about) if asked else ()
    return add_scores(poems, request.ranking, novelty, gains)


def _rules(writer: Writer, request: ComposeRequest) -> Rules:
    vocabulary = writer.vocabulary
    if not request.form:
        text = free_text(request, vocabulary)
        return FreeRules(vocabulary, text, request.longest, bool(request.given), request.candidates)
    if tune := tunes().get(request.form):
        return rules_of_tune(vocabulary, tune, request)
    start = _plan(writer, request)
    words = required_words(request, start.layout.line_length, vocabulary)
    if not words:
        return FormRules(vocabulary, [start] * request.candidates)
    supply = rhyme_supply(vocabulary, start.layout.rhymes)
    wanted = wanted_rhymes(start.layout, request.rhyme)
    plans = []
    for number in range(request.candidates):
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
    supply = rhyme_supply(writer.vocabulary, layout.rhymes)
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
        looser = form_layout(form, layout.line_length, layout.line_count, tones)
        if isinstance(plan(looser, grid, supply, wanted), Plan):
            raise VerseError(tr(_SET_TONES[tones], obstacle=found))
    raise VerseError(tr("{obstacle} Change the character or the form.", obstacle=found))
