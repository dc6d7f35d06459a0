"""Questions about a poem or a model, answered with a model. Imports torch once one is asked."""

from typing import TYPE_CHECKING

from studio.messages import (
    Inspect,
    Inspected,
    NetworkRead,
    ReadNetwork,
    ReadVectors,
    Suggest,
    Suggested,
    VectorsRead,
    Weigh,
    Weighed,
)
from studio.prosody.tunes import tunes
from studio.verse.index_keeper import IndexKeeper
from studio.verse.reading import CopiedSpan

if TYPE_CHECKING:
    from studio.verse.novelty import Novelty
    from studio.verse.writer import Writer

# Offers for a fault on the workbench.
SUGGESTED = 12

Question = Inspect | Weigh | Suggest | ReadVectors | ReadNetwork


def model_of(question: Question) -> str:
    """The model that a question is for."""
    if isinstance(question, Inspect | Weigh | Suggest):
        return question.request.model
    return question.model


def answer(
    question: Question, writer: "Writer", index: "Novelty | None", of_ci: IndexKeeper
) -> Inspected | Weighed | Suggested | VectorsRead | NetworkRead:
    """The answer; `index` finds copied spans, if it is available, and `of_ci` those of ci."""
    match question:
        case Inspect(ticket, request, text):
            from studio.verse.inspection import inspect

            predictions = inspect(writer, request, text)
            copied = _copied(text, index, of_ci if request.form in tunes() else None)
            return Inspected(ticket, text, writer.name, predictions, copied)
        case Weigh(ticket, request, text, place, kept):
            from studio.verse.inspection import weigh

            return Weighed(ticket, weigh(writer, request, text, place, kept))
        case Suggest(ticket, request, text, fault):
            from studio.verse.suggesting import suggest_for

            return Suggested(ticket, suggest_for(writer, request, text, fault, SUGGESTED))
        case ReadVectors(ticket, _):
            vectors = writer.network.embedding.weight.detach().cpu().numpy().copy()
            return VectorsRead(ticket, writer.name, writer.vocabulary, vectors)
        case ReadNetwork(_, text):
            from studio.verse.network_inspection import read_network

            return NetworkRead(read_network(writer, text))


def _copied(
    text: str, index: "Novelty | None", of_ci: IndexKeeper | None
) -> tuple[CopiedSpan, ...] | None:
    """The spans that are in one of the libraries; None while an index is not available."""
    beside = of_ci.current() if of_ci else None
    if index is None or (of_ci and of_ci.is_building):
        return None
    spans = {*index.spans(text), *(beside.spans(text) if beside else ())}
    longest_first = sorted(spans, key=lambda each: (each.start, -each.end))
    found: list[CopiedSpan] = []
    for each in longest_first:
        # None is inside another.
        if not found or each.end > found[-1].end:
            found.append(each)
    return tuple(found)
