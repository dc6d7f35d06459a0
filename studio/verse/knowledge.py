"""What a model knows of the poem that it writes or reads: form, title and poet of the request."""

from collections.abc import Sequence

import msgspec
from torch import Tensor

from studio.corpus.poem import About, is_han, verse_lines
from studio.errors import VerseError
from studio.model.evaluate import poem_losses
from studio.prosody.forms import shape_of
from studio.translation import tr
from studio.verse.constraints import Rules
from studio.verse.couplets import mean_coherences
from studio.verse.fixed_characters import COUPLET
from studio.verse.request import ComposeRequest, Ranking
from studio.verse.writer import Writer

# The poets that are named where one is not known: as many as the playground has room for.
_NAMED = 5


def about_poem(request: ComposeRequest, text: str) -> About:
    """What a request says of its poem; the form is the shape of `text`, if it asks for one.

    The title of a ci begins with its tune, as in the corpus.
    """
    form = shape_of(verse_lines(text)) if request.form and text else ""
    title = "".join(filter(is_han, request.heading))
    return About(form, title, request.poet)


def about_form(request: ComposeRequest, rules: Rules) -> About:
    """The same before the poem is written, from the rules of its form."""
    return about_poem(request, "".join("山" * each + COUPLET[0] for each in rules.lengths))


class DraftReading(msgspec.Struct, frozen=True):
    """What the model finds in a draft that it reads again, in nats; 0 for what it does not read.

    `end` is the log probability of the end token after the poem. `title_gain`: by how much title
    and poet raise the mean log probability; 0 without them. `coherence`: how well its couplets
    follow each other, up to a constant; 0 if there is no coherence beside the model.
    """

    end: float = 0.0
    title_gain: float = 0.0
    coherence: float = 0.0


def read_drafts(
    writer: Writer, texts: Sequence[str], ranking: Ranking, about: About, unasked: About
) -> list[DraftReading]:
    """Read each draft of a request with what the model knows of it, as far as the ranking asks.

    `unasked` is what it knows without the title and the poet of the request.
    """
    ends, gains = [0.0] * len(texts), [0.0] * len(texts)
    is_asked = bool(ranking.title) and about != unasked
    if ranking.end or is_asked:
        losses = _losses(writer, texts, about)
        ends = [-float(each[-1]) for each in losses]
        if is_asked:
            without = _losses(writer, texts, unasked)
            gains = [
                float(other.mean() - each.mean())
                for each, other in zip(losses, without, strict=True)
            ]
    coherences = mean_coherences(writer, texts) if ranking.coherence else [0.0] * len(texts)
    return list(map(DraftReading, ends, gains, coherences))


def _losses(writer: Writer, texts: Sequence[str], known: About) -> list[Tensor]:
    """The losses of each token of the texts, with this known of all of them."""
    described = [known] * len(texts)
    read = writer.read(
        len(texts), lambda by: poem_losses(by.network, by.vocabulary, texts, by.device, described)
    )
    return [each for _, each in read]


def refuse_unknown(writer: Writer, request: ComposeRequest) -> None:
    """Raise VerseError if the model cannot follow the title or the poet of a request.

    A poem that is given has its own: the model follows them as far as it can.
    """
    if request.given:
        return
    config, poets = writer.network.config, writer.vocabulary.poets
    if request.title and not config.title_input:
        raise VerseError(
            tr(
                "The model {model} reads no title, so it would write as without. Leave the title "
                "out, or choose a model that was trained with title_input.",
                model=writer.name,
            )
        )
    if request.poet and not config.poet_input:
        raise VerseError(
            tr(
                "The model {model} reads no poet, so it would write as without. Leave the poet "
                "out, or choose a model that was trained with poet_input.",
                model=writer.name,
            )
        )
    if request.title and not any(each in writer.vocabulary for each in request.title):
        raise VerseError(
            tr(
                "The model {model} knows no character of the title {title}. Choose another title.",
                model=writer.name,
                title=request.title,
            )
        )
    if request.poet and request.poet not in poets:
        raise VerseError(
            tr(
                "The model {model} does not know the poet {poet}. It knows {count}, such as "
                "{poets}. Choose one of them, or leave the poet out.",
                model=writer.name,
                poet=request.poet,
                count=len(poets),
                poets="、".join(poets[:_NAMED]),
            )
        )
