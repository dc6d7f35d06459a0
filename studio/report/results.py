"""What a trained model is and does: its parts, its perplexity, its poems, and their figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from studio.corpus.poem import is_han, verse_lines
from studio.errors import VerseError
from studio.model.evaluate import score_poems, total
from studio.prosody.forms import form_named
from studio.report.records import ModelResults, OpeningPoem, Part, VerseFigures
from studio.runs.card import SplitFigures
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.novelty import Novelty
from studio.verse.quality import distinct, keeps_rhyme, keeps_tones
from studio.verse.request import ComposeRequest, Sampling, Strategy

OPENINGS = ("日", "红", "山", "夜", "湖", "海", "月")
STRATEGIES: tuple[Strategy, ...] = ("greedy", "sample")
FREE = ""
# The form of the quatrains that are measured beside those without rules.
QUATRAIN = "五绝"
FORMS = (FREE, QUATRAIN, "七绝")
SEED = 20
# The most characters of a poem of free length, and of one whose first four lines are measured.
LONGEST, LONGEST_QUATRAIN = 64, 40
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


def results_of(writer: Writer, step: int, bench: Bench) -> ModelResults:
    """Measure the model of a step, and write with it."""
    return ModelResults(
        step=step,
        vocabulary=len(writer.vocabulary),
        parts=tuple(
            Part(name, tuple(each.shape)) for name, each in writer.network.named_parameters()
        ),
        perplexities=tuple(
            _perplexity(writer, split, texts) for split, texts in bench.texts.items()
        ),
        poems=tuple(_poem(writer, request, bench.corpus) for request in requests(writer.name)),
        free=_figures(_quatrains(writer, FREE, bench.corpus), bench.training),
        formed=_formed(writer, bench),
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


def _perplexity(writer: Writer, split: str, texts: list[str]) -> SplitFigures:
    whole = total(score_poems(writer.network, writer.vocabulary, texts, writer.device))
    return SplitFigures(
        split=split,
        poems=len(texts),
        perplexity=whole.perplexity_all,
        perplexity_han=whole.perplexity,
        tokens=whole.tokens,
        tokens_han=whole.han,
        unknown_share=whole.unknown_share,
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
            (poem.text[each.start : each.end], each.author, each.title) for each in spans
        ),
    )


def _formed(writer: Writer, bench: Bench) -> VerseFigures | None:
    """The figures of quatrains in a form; None if the model knows too few characters for one."""
    try:
        return _figures(_quatrains(writer, QUATRAIN, bench.corpus), bench.training)
    except VerseError:
        return None


def _quatrains(writer: Writer, form: str, corpus: Novelty | None) -> list[str]:
    """Quatrains from a fixed seed; of poems without rules the first four lines."""
    request = ComposeRequest(form=form, seed=SEED, candidates=MEASURED, longest=LONGEST_QUATRAIN)
    return ["，".join(verse_lines(poem.text)[:4]) for poem in write(writer, request, corpus)]


def _figures(texts: Sequence[str], training: Novelty | None) -> VerseFigures:
    poems = [verse_lines(text) for text in texts]
    characters = ["".join(filter(is_han, text)) for text in texts]
    quatrain = form_named(QUATRAIN)
    grams = [found for text in texts for found in training.copied(text)] if training else None
    return VerseFigures(
        poems=len(texts),
        length=_share(poems, _is_quatrain),
        # Tones and rhyme are judged by a poem's places, so its lines must have the right length.
        tones=_share(poems, lambda lines: _is_quatrain(lines) and keeps_tones(lines)),
        rhyme=_share(poems, lambda lines: _is_quatrain(lines) and keeps_rhyme(quatrain, lines)),
        distinct_2=distinct(texts, 2),
        repeats=sum(len(each) - len(set(each)) for each in characters) / len(texts),
        copied=None if grams is None else sum(grams) / max(len(grams), 1),
    )


def _is_quatrain(lines: list[str]) -> bool:
    """Whether a poem has four lines of five or of seven characters."""
    return [len(line) for line in lines] in ([5] * 4, [7] * 4)


def _share(poems: Sequence[list[str]], holds: Callable[[list[str]], bool]) -> float:
    return sum(map(holds, poems)) / len(poems)
