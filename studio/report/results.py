"""What a trained model is and does: its parts, its perplexity, its poems, and their figures."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from studio.errors import VerseError
from studio.prosody.forms import form_named
from studio.report.records import ModelResults, OpeningPoem, Part
from studio.runs.held_out import split_figures
from studio.verse.composer import write
from studio.verse.figures import VerseFigures, verse_figures
from studio.verse.free_verse import REQUEST, measure_free_verse
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest, Sampling, Strategy
from studio.verse.writer import Writer

OPENINGS = ("日", "红", "山", "夜", "湖", "海", "月")
STRATEGIES: tuple[Strategy, ...] = ("greedy", "sample")
FREE = ""
# The form of the quatrains that are measured beside those without rules.
QUATRAIN = "五绝"
FORMS = (FREE, QUATRAIN, "七绝")
# The seed of the poems that a validation measures.
SEED = REQUEST.seed
# The most characters of a poem of free length.
LONGEST = 64
MEASURED = 64
# Copied spans of this many characters are named: shorter ones are common phrases.
SPAN = 5


@dataclass(frozen=True, slots=True)
class Bench:
    """What the results are measured with: held-out texts by split, and the indexes of the library.

    Empty without a library. `corpus` has all poems, `training` those of the training split.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    corpus: Novelty | None = None
    training: Novelty | None = None


def results_of(writer: Writer, step: int, bench: Bench, preferred: bool = False) -> ModelResults:
    """Measure the model of a step, and write with it; `preferred` as in `ModelResults`."""
    return ModelResults(
        step=step,
        vocabulary=len(writer.vocabulary),
        parts=tuple(
            Part(name, tuple(each.shape)) for name, each in writer.network.named_parameters()
        ),
        perplexities=tuple(
            split_figures(writer, split, texts) for split, texts in bench.texts.items()
        ),
        poems=tuple(_poem(writer, request, bench.corpus) for request in requests(writer.name)),
        free=measure_free_verse(writer, MEASURED, bench.training),
        formed=_formed(writer, bench),
        preferred=preferred,
    )


def requests(model: str) -> Iterator[ComposeRequest]:
    """The requests for the poems of a report: the same for each model."""
    for form in FORMS:
        for opening in OPENINGS:
            for strategy in STRATEGIES:
                yield ComposeRequest(
                    first=opening,
                    form=form,
                    sampling=Sampling(strategy=strategy),
                    seed=SEED,
                    longest=LONGEST,
                    model=model,
                )


def _poem(writer: Writer, request: ComposeRequest, corpus: Novelty | None) -> OpeningPoem:
    try:
        (poem,) = write(writer, request, corpus)
    except VerseError as error:
        return OpeningPoem(request, refusal=str(error))
    spans = corpus.spans(poem.text, SPAN) if corpus else ()
    return OpeningPoem(
        request,
        poem.text,
        poem.complete,
        sources=tuple(
            (poem.text[each.start : each.end], each.author, each.title, each.poem) for each in spans
        ),
    )


def _formed(writer: Writer, bench: Bench) -> VerseFigures | None:
    """The figures of quatrains in a form; None if the model knows too few characters for one."""
    request = ComposeRequest(form=QUATRAIN, seed=SEED, candidates=MEASURED)
    try:
        texts = [poem.text for poem in write(writer, request, bench.corpus)]
    except VerseError:
        return None
    return verse_figures(form_named(QUATRAIN), texts, bench.training)
