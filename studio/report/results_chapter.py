"""Chapter 3: perplexity, poems for seven openings, figures of verse, copied spans."""

import re
from collections.abc import Iterator, Sequence

from studio.corpus.poem import STOPS, couplets
from studio.report.amounts import NOTHING, number, perplexity, share
from studio.report.document import Block, Grid, Paragraph, Remarks, Section
from studio.report.records import (
    ModelResults,
    OpeningPoem,
    ReportData,
    ReportedRun,
)
from studio.report.results import (
    FORMS,
    FREE,
    LONGEST,
    MEASURED,
    OPENINGS,
    QUATRAIN,
    SEED,
    SPAN,
    STRATEGIES,
)
from studio.translation import Translate, marked
from studio.verse.figures import VerseFigures
from studio.verse.request import Sampling, Strategy

_IDLE_STOPS = re.compile(f"[{STOPS}]{{2}}")
WAYS: dict[Strategy, str] = {"greedy": marked("argmax"), "sample": marked("sampling")}
_IN_NAMED = marked("“{span}” ({opening}, {form}, {way}) is in {author}: {title}.")
_IN_POEM = marked("“{span}” ({opening}, {form}, {way}) is in {poem}.")
SPLITS = {"valid": marked("validation split"), "test": marked("test split")}


def results_chapter(data: ReportData, text: Translate) -> Iterator[Block]:
    """The results."""
    yield Section(2, text("3 The results"))
    found = [run for run in data.runs if run.results]
    lacking = [run for run in data.runs if not run.results]
    if lacking:
        yield Remarks(
            tuple(
                text("{run} has no results: {reason}", run=run.name, reason=run.lacking)
                for run in lacking
            )
        )
    if not found:
        return
    yield from _perplexities(data, found, text)
    yield from _poems(found, data.library is not None, text)
    yield from _figures(found, data.library is not None, text)


# --- perplexity -----------------------------------------------------------------------------


def _perplexities(
    data: ReportData, runs: Sequence[ReportedRun], text: Translate
) -> Iterator[Block]:
    yield Section(3, text("3.1 Perplexity"))
    yield Paragraph(
        text(
            "Two perplexities are given. The first counts all targets: characters, punctuation and "
            "the end of the poem. The second counts Han characters alone; it is higher, because "
            "punctuation is easy to predict. Each poem is read by itself, and unknown characters "
            "count as the unknown token."
        )
    )
    rows = [row for run in runs for row in _perplexity_rows(run, text)]
    yield Grid(
        (
            text("Run"),
            text("Step"),
            text("Measured on"),
            text("Poems"),
            text("Perplexity, all targets"),
            text("Perplexity, Han alone"),
        ),
        tuple(rows),
        text("Perplexity of the best checkpoint of each run."),
        kind="numbers",
    )
    if remarks := [remark for run in runs for remark in _remarks(run, text)]:
        yield Remarks(tuple(remarks))
    if data.library is None:
        yield Paragraph(
            text(
                "The whole validation split was not measured, because the library is missing: "
                "{reason}",
                reason=data.no_library,
            )
        )
    elif not data.with_test:
        yield Paragraph(
            text(
                "The test split was not touched. With --test it is measured as well: do that once, "
                "at the end, and choose nothing by it."
            )
        )


def _perplexity_rows(run: ReportedRun, text: Translate) -> Iterator[tuple[str, ...]]:
    results = run.results
    assert results is not None
    step = number(results.step)
    recorded = run.history.validation_at(results.step)
    config = run.history.config
    sample, valid = config.train.validation_poems, results.perplexity("valid")
    if valid and not config.poems:
        sample = min(sample, valid.poems)
    where = text("validation in training")
    if config.poems:
        where = text("validation in training, poems of {corpus}", corpus=config.poems)
    yield (
        run.name,
        step,
        where,
        _validated(sample, text) if recorded else NOTHING,
        perplexity(recorded.perplexity_all if recorded else None),
        perplexity(recorded.perplexity if recorded else None),
    )
    for each in results.perplexities:
        yield (
            run.name,
            step,
            text(SPLITS[each.split]),
            number(each.poems),
            perplexity(each.perplexity),
            perplexity(each.perplexity_han),
        )


def _validated(poems: int, text: Translate) -> str:
    return text("at least {count}", count=number(poems)) if poems else text("all")


def _remarks(run: ReportedRun, text: Translate) -> Iterator[str]:
    """Remarks if another step than the best checkpoint's is lower, or its weights learnt later."""
    assert run.results is not None
    if run.results.preferred:
        yield text(
            "{run}: after the training its weights learnt what readers prefer "
            "(data/build_preferred.py). All figures and poems here are those after it, except "
            "those of the training.",
            run=run.name,
        )
    validations = run.history.validations
    lowest = min(validations, key=lambda each: each.perplexity_all, default=None)
    if lowest is None or lowest.step == run.results.step:
        return
    best_over_han = min(validations, key=lambda each: each.perplexity)
    if best_over_han.step == run.results.step:
        yield text(
            "{run}: its best checkpoint is that of step {best}, the best over Han characters. Over "
            "all targets step {step} was lower, with {figure}.",
            run=run.name,
            best=number(run.results.step),
            step=number(lowest.step),
            figure=perplexity(lowest.perplexity_all),
        )
    else:
        yield text(
            "{run}: over all targets step {step} was lower, with {figure}, but it has no "
            "checkpoint.",
            run=run.name,
            step=number(lowest.step),
            figure=perplexity(lowest.perplexity_all),
        )


# --- poems ----------------------------------------------------------------------------------


def _poems(runs: Sequence[ReportedRun], has_library: bool, text: Translate) -> Iterator[Block]:
    yield Section(3, text("3.2 Poems for seven openings"))
    usual = Sampling()
    yield Paragraph(
        text(
            "Each poem begins with the given character. Argmax takes the most likely character "
            "each time; sampling draws one, at temperature {temperature} among the characters that "
            "make up {top_p} of the probability, with seed {seed}. A poem of free length ends when "
            "the model ends it, or after {longest} characters (…). In a form, only characters that "
            "can still lead to a poem with its tones and rhyme may be chosen.",
            temperature=f"{usual.temperature:g}",
            top_p=f"{usual.top_p:.0%}",
            seed=SEED,
            longest=LONGEST,
        )
    )
    for run in runs:
        assert run.results is not None
        yield Section(4, run.name)
        yield opening_grid(run.results, (FREE,), text)
        yield opening_grid(run.results, tuple(form for form in FORMS if form), text)
        yield from _copied(run.results, has_library, text)


def opening_grid(results: ModelResults, forms: Sequence[str], text: Translate) -> Grid:
    """A table of poems: a row for each opening, a column for each form and way of choosing."""
    columns = [(form, strategy) for form in forms for strategy in STRATEGIES]
    return Grid(
        (
            text("Opening"),
            *(
                text("{form}, {way}", form=form or text("free length"), way=text(WAYS[strategy]))
                for form, strategy in columns
            ),
        ),
        tuple(
            (
                opening,
                *(poem_cell(poem_for(results, opening, *each), text) for each in columns),
            )
            for opening in OPENINGS
        ),
        kind="verse" if all(forms) else "prose",
    )


def poem_for(results: ModelResults, opening: str, form: str, strategy: Strategy) -> OpeningPoem:
    """The poem of a model for an opening."""
    return next(
        each
        for each in results.poems
        if (each.request.first, each.request.form, each.request.sampling.strategy)
        == (opening, form, strategy)
    )


def poem_cell(poem: OpeningPoem, text: Translate) -> str:
    """A poem in a cell of a table, a couplet a line; or why there is none."""
    if poem.refusal:
        return text("not written: {reason}", reason=poem.refusal)
    # Stops without a line between them are no verse: set as prose.
    lines = [poem.text] if _IDLE_STOPS.search(poem.text) else couplets(poem.text)
    return "\n".join(lines) + ("" if poem.complete else "…")


def _copied(results: ModelResults, has_library: bool, text: Translate) -> Iterator[Block]:
    if not has_library:
        yield Paragraph(text("Copied spans cannot be named without the library."))
        return
    named = [
        text(
            _IN_NAMED if author and title else _IN_POEM,
            span=span,
            opening=poem.request.first,
            form=poem.request.form or text("free length"),
            way=text(WAYS[poem.request.sampling.strategy]),
            author=author,
            title=title,
            # Poems of one's own may lack either or both.
            poem=title or author or text("no. {number}", number=number_of_poem),
        )
        for poem in results.poems
        for span, author, title, number_of_poem in poem.sources
    ]
    if named:
        yield Paragraph(
            text("Spans of {least} or more characters that the library has too:", least=SPAN)
        )
        yield Remarks(tuple(named))
    else:
        yield Paragraph(
            text(
                "No span of {least} or more characters in these poems is copied from the library.",
                least=SPAN,
            )
        )


# --- figures of verse -----------------------------------------------------------------------


def _figures(runs: Sequence[ReportedRun], has_library: bool, text: Translate) -> Iterator[Block]:
    yield Section(3, text("3.3 Figures of verse"))
    yield Paragraph(
        text(
            "{count} quatrains of each model, from seed {seed}, by sampling. Free: the first four "
            "lines of poems that it writes without any rule, so this is what it has learnt of "
            "verse. {form}: the rules are kept by construction. A poem keeps the tones if every "
            "character fits a template, and the rhyme if it has one level rhyme throughout; both "
            "need four lines of five or of seven characters. Distinct-2 is the share of different "
            "pairs among all pairs of neighbouring characters.",
            count=MEASURED,
            seed=SEED,
            form=QUATRAIN,
        )
    )
    yield figures_grid(runs, text)
    if not has_library:
        yield Paragraph(text("Copied 4-grams cannot be counted without the library."))


def figures_grid(runs: Sequence[ReportedRun], text: Translate) -> Grid:
    """The figures of the runs: two rows for each, without rules and in a form."""
    rows = []
    for run in runs:
        if run.results is None:
            continue
        for kind, figures in ((text("free"), run.results.free), (QUATRAIN, run.results.formed)):
            rows.append((run.name, kind, *_figure_cells(figures)))
    return Grid(
        (
            text("Run"),
            text("Quatrains"),
            text("Length kept"),
            text("Tones kept"),
            text("Rhyme kept"),
            text("Distinct-2"),
            text("Copied 4-grams"),
            text("Repeated characters per poem"),
        ),
        tuple(rows),
        kind="numbers",
    )


def _figure_cells(figures: VerseFigures | None) -> tuple[str, ...]:
    if figures is None:
        return (NOTHING,) * 6
    return (
        share(figures.length_kept),
        share(figures.tones_kept),
        share(figures.rhyme_kept),
        f"{figures.distinct_2:.3f}",
        share(figures.grams_copied),
        f"{figures.repeats:.2f}",
    )
