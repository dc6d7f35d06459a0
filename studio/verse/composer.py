"""From a request to poems."""

import random

from studio.errors import VerseError
from studio.prosody.forms import form_named
from studio.verse.constraints import FormRules, FreeRules, Rules, rhyme_supply
from studio.verse.decoder import Columns, Writer, decode
from studio.verse.novelty import Novelty
from studio.verse.plan import Plan, plan, with_words
from studio.verse.ranking import ranked
from studio.verse.request import ComposeRequest, Tones, WrittenPoem
from studio.verse.sheet import filled, free_text, rhymes_wanted, words_of
from studio.verse.ways import layout

# What else a request could keep, from strict to free.
_LOOSER: dict[Tones, tuple[Tones, ...]] = {
    "strict": ("tang", "free"),
    "tang": ("free",),
    "free": (),
}


def compose(writer: Writer, request: ComposeRequest, novelty: Novelty | None = None) -> Columns:
    """Write as asked, some columns of characters at a time: see `decoder.decode`.

    With the index of the corpus its lines are not copied, and copying counts against a poem.
    Raises VerseError, before anything is written, where the request cannot be met: it names the
    rule, or the character that the model has never seen.
    """
    rules = _rules(writer, request)
    copied = novelty.is_line if novelty and not request.copied_lines else None
    written = decode(writer, rules, request.sampling, request.seed, request.tries, copied)
    return _with_scores(written, request, novelty)


def write(
    writer: Writer, request: ComposeRequest, novelty: Novelty | None = None
) -> tuple[WrittenPoem, ...]:
    """Write as asked, all at once; the poems in the order of the candidates, with their scores."""
    columns = compose(writer, request, novelty)
    while True:
        try:
            next(columns)
        except StopIteration as end:
            poems: tuple[WrittenPoem, ...] = end.value
            return poems


def _with_scores(columns: Columns, request: ComposeRequest, novelty: Novelty | None) -> Columns:
    poems = yield from columns
    return ranked(poems, request.ranking, novelty)


def _rules(writer: Writer, request: ComposeRequest) -> Rules:
    vocabulary = writer.vocabulary
    if not request.form:
        text = free_text(request, vocabulary)
        return FreeRules(vocabulary, text, request.longest, bool(request.given), request.candidates)
    start = _plan(writer, request)
    words = words_of(request, start.layout.line_length, vocabulary)
    if not words:
        return FormRules(vocabulary, [start] * request.candidates)
    supply = rhyme_supply(vocabulary, start.layout.rhymes)
    wanted = rhymes_wanted(start.layout, request.rhyme)
    plans = []
    for number in range(request.candidates):
        source = random.Random(f"{request.seed}:{number}:words")
        placed = with_words(start, words, supply, wanted, source)
        if placed is None:
            raise VerseError(
                f"There is no place for {'、'.join(words)} in this {request.form} where "
                "the lines have room and the tones are right. Ask for fewer words, "
                f"another form{' or freer tones' if request.tones != 'free' else ''}."
            )
        plans.append(placed)
    return FormRules(vocabulary, plans)


def _plan(writer: Writer, request: ComposeRequest) -> Plan:
    """What the request fixes and leaves possible; raises VerseError that names the obstacle."""
    form = form_named(request.form)
    frame, grid = filled(request, form, writer.vocabulary)
    supply = rhyme_supply(writer.vocabulary, frame.rhymes)
    wanted = rhymes_wanted(frame, request.rhyme)
    found = plan(frame, grid, supply, wanted)
    if isinstance(found, Plan):
        return found
    if found is None:
        raise VerseError(
            f"The model knows no characters that would rhyme in a {form.name} so. Choose another "
            "rhyme, or a model that was trained on more poems."
        )
    for tones in _LOOSER[request.tones]:
        looser = layout(form, frame.line_length, frame.line_count, tones)
        if isinstance(plan(looser, grid, supply, wanted), Plan):
            raise VerseError(
                f'{found} With tones "{tones}" it can be written; or change the character.'
            )
    raise VerseError(f"{found} Change the character or the form.")
