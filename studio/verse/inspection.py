"""A poem read by a model: how likely each character is, and which others fit in its place.

Imports torch only when a poem is read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from studio.corpus.poem import STOPS, is_common, verse_lines
from studio.prosody.couplet import COUPLET_FORM
from studio.prosody.measure import scan_by
from studio.prosody.rhymes import RhymeBook
from studio.verse.reading import Prediction
from studio.verse.request import BLANK, ComposeRequest

if TYPE_CHECKING:
    from torch import Tensor

    from studio.verse.writer import Writer

Fits = Callable[[str], bool]
# Characters of a place that are read with what follows them.
_WEIGHED = 32


def inspect(
    writer: "Writer", request: ComposeRequest, text: str, count: int = 8
) -> tuple[Prediction, ...]:
    """Read a poem in one pass; returns a prediction for each character, including stops.

    The alternatives keep what the scansion of the poem requires in their place: the tone in a
    regulated poem, unless the tones of the request are free, and the rhyme at the end of a line. In
    a couplet no character of the other half is among them.
    """
    if not text:
        return ()
    vocabulary = writer.vocabulary
    indices = vocabulary.encode(text)
    log_probabilities = read(writer, request, text)
    orders = log_probabilities.argsort(dim=-1, descending=True)
    predictions = []
    fits = fitting(text, request)
    for at, (character, index) in enumerate(zip(text, indices, strict=True)):
        found: tuple[tuple[str, float], ...] = ()
        if character not in STOPS:
            candidates = _allowed(vocabulary.decode, orders[at].tolist(), fits[at])
            found = tuple(
                (each, float(log_probabilities[at, vocabulary.index(each)].exp()))
                for each in islice(candidates, count)
            )
        predictions.append(Prediction(character, float(log_probabilities[at, index]), found))
    return tuple(predictions)


def weigh(
    writer: "Writer",
    request: ComposeRequest,
    text: str,
    place: int,
    kept: Collection[int],
    count: int = 8,
) -> tuple[tuple[str, float], ...]:
    """The characters that fit in a place, by all before it and by what is kept after it.

    Those that are likeliest before it, and the present one, are each read with the rest of the
    poem. Returns the best, and the present one, with
    their probabilities among all. `kept` are positions of the text.
    """
    from studio.model.evaluate import poem_losses
    from studio.verse.knowledge import about_poem

    decode = writer.vocabulary.decode
    before = read(writer, request, text)[place]
    order = before.argsort(descending=True).tolist()
    likely = islice(_allowed(decode, order, fitting(text, request)[place]), _WEIGHED)
    present = text[place]
    characters = list(dict.fromkeys([*likely, *([] if present == BLANK else [present])]))
    texts = [text[:place] + each + text[place + 1 :] for each in characters]
    about = [about_poem(request, text)] * len(texts)
    losses = writer.read(
        len(texts), lambda by: poem_losses(by.network, by.vocabulary, texts, by.device, about)
    )
    after = [at for at in kept if at > place]
    chances = before[writer.vocabulary.encode("".join(characters))]
    for at, (_, nats) in enumerate(losses):
        chances[at] -= nats[after].sum()
    ranked = sorted(zip(characters, chances.softmax(0).tolist(), strict=True), key=lambda c: -c[1])
    return tuple(each for n, each in enumerate(ranked) if n < count or each[0] == present)


def read(writer: "Writer", request: ComposeRequest, text: str) -> "Tensor":
    """The log-probabilities of all tokens in each place, after all before it: (time, vocabulary).

    `text` must not be empty; the model knows of it what the request says.
    """
    import torch

    from studio.corpus.vocabulary import BEGIN, END
    from studio.model.conditions import conditions_of, describe
    from studio.verse.knowledge import about_poem

    vocabulary, network = writer.vocabulary, writer.network
    indices = vocabulary.encode(text)
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        whole = torch.tensor([[BEGIN, *indices, END]])
        known = describe([about_poem(request, text)], vocabulary)
        conditions = conditions_of(whole, known).during(0, len(indices))
        features, _ = network(
            writer.device.put(whole[:, :-2]),
            conditions=conditions.to(writer.device.torch_device),
        )
        logits = network.logits(features[0]).float().cpu()
    network.train(was_training)
    return logits.log_softmax(dim=-1)


def _allowed(decode: Callable[[list[int]], str], order: list[int], fits: Fits) -> Iterator[str]:
    for index in order:
        character = decode([index])
        if character and is_common(character) and fits(character):
            yield character


def fitting(text: str, request: ComposeRequest) -> list[Fits]:
    """For each character of `text`, a check whether another one keeps its tone or rhyme."""
    lines = verse_lines(text)
    tones = request.tones != "free"
    book = request.measure.book_for(request.form)
    checks = _checks_for(lines, request, tones, book) if lines else ()
    if request.form == COUPLET_FORM:
        checks = _not_facing(lines, checks)
    inside = iter(checks)
    return [_anything if each in STOPS else next(inside) for each in text]


def _checks_for(
    lines: list[str], request: ComposeRequest, tones: bool, book: RhymeBook
) -> Iterable[Fits]:
    for line in scan_by(lines, request.scanned_as, request.measure).lines:
        for at, character in enumerate(line.characters):
            last = at == len(line.characters) - 1
            if last and line.rhyme:
                yield _has_rhyme(line.rhyme, book)
            elif tones and character.required in ("平", "仄"):
                level = character.required == "平"
                yield _has_tone(level, last and level, book)
            else:
                yield _anything


def _not_facing(lines: list[str], checks: Iterable[Fits]) -> Iterator[Fits]:
    """The checks for a couplet, which also refuse the characters of the other half."""
    half = -(-len(lines) // 2)
    halves = "".join(lines[:half]), "".join(lines[half:])
    others = [halves[1]] * len(halves[0]) + [halves[0]] * len(halves[1])
    for check, other in zip(checks, others, strict=True):
        yield partial(_is_new, check, other)


def _is_new(check: Fits, other: str, character: str) -> bool:
    return character not in other and check(character)


def _anything(character: str) -> bool:
    return True


def _has_tone(level: bool, rhyming: bool, book: RhymeBook) -> Fits:
    readings_of = book.readings if rhyming else book.unrhymed_readings
    return lambda character: any(each.level == level for each in readings_of(character))


def _has_rhyme(rhyme: str, book: RhymeBook) -> Fits:
    return lambda character: any(each.named(rhyme) for each in book.readings(character))
