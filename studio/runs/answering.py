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
from studio.verse.index_keeper import CopyIndexes

if TYPE_CHECKING:
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
    question: Question, writer: "Writer", indexes: CopyIndexes
) -> Inspected | Weighed | Suggested | VectorsRead | NetworkRead:
    """The answer; `indexes` find copied spans, once they are available."""
    match question:
        case Inspect(ticket, request, text):
            from studio.verse.copies import cut_at_line_ends
            from studio.verse.inspection import inspect

            predictions = inspect(writer, request, text)
            copies = indexes.current(request.form)
            copied = cut_at_line_ends(text, copies.spans(text)) if copies else None
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
