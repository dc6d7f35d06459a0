"""The perplexities of a model on a held-out split."""

from collections.abc import Sequence

from studio.corpus.poem import About
from studio.model.evaluate import quatrain_score, score_poems, total
from studio.runs.card import SplitFigures
from studio.verse.writer import Writer

_QUATRAINS = ("五绝", "七绝")


def split_figures(
    writer: Writer, split: str, texts: Sequence[str], about: Sequence[About] = ()
) -> SplitFigures:
    """Measure the model on the poems of a split, at least one.

    `about` describes each; without it nothing is measured that needs it.
    """
    return writer.read(len(texts), lambda reader: _figures(reader, split, texts, about))


def _figures(
    reader: Writer, split: str, texts: Sequence[str], about: Sequence[About]
) -> SplitFigures:
    network, vocabulary, device = reader.network, reader.vocabulary, reader.device

    def given(known: Sequence[About]) -> float | None:
        if not (about and network.config.has_conditions):
            return None
        return total(score_poems(network, vocabulary, texts, device, known)).perplexity_all

    whole = total(score_poems(network, vocabulary, texts, device))
    quatrains = [
        text for text, each in zip(texts, about, strict=bool(about)) if each.form in _QUATRAINS
    ]
    return SplitFigures(
        split=split,
        poems=len(texts),
        perplexity=whole.perplexity_all,
        perplexity_han=whole.perplexity,
        tokens=whole.tokens,
        tokens_han=whole.han,
        unknown_share=whole.unknown_share,
        perplexity_form=given([About(form=each.form) for each in about]),
        perplexity_titled=given(about),
        perplexity_quatrains=(
            quatrain_score(network, vocabulary, quatrains, device).perplexity_all
            if quatrains
            else None
        ),
    )
