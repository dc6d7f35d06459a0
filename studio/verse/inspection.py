"""A poem read back by a model: how likely it finds each character, and what else could stand there.

Imports torch only when a poem is read, so that `Place` can be sent to where there is none.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from studio.corpus.poem import STOPS, is_common, verse_lines
from studio.prosody.report import Scansion
from studio.prosody.rhymes import readings, unrhymed_readings
from studio.prosody.scansion import scan
from studio.verse.request import ComposeRequest

if TYPE_CHECKING:
    from studio.verse.decoder import Writer

Fits = Callable[[str], bool]


class Place(msgspec.Struct, frozen=True):
    """A character of a poem as the model sees it, after all that stands before.

    `log_probability` is in nats, under the plain model (no temperature, no mask). `alternatives`
    are the likeliest characters that the form allows here, with their probability, likeliest
    first; none at a stop.
    """

    character: str
    log_probability: float
    alternatives: tuple[tuple[str, float], ...]


def inspect(
    writer: "Writer", request: ComposeRequest, text: str, count: int = 8
) -> tuple[Place, ...]:
    """Read a poem in one pass; a place for each of its characters, stops included.

    The alternatives keep what the poem's own scansion requires where they stand: the tone in a
    regulated poem, unless the request frees it, and the rhyme at a line's end that keeps one.
    """
    import torch

    from studio.corpus.vocabulary import BEGIN

    if not text:
        return ()
    vocabulary = writer.vocabulary
    indices = vocabulary.encode(text)
    network = writer.network
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        tokens = writer.device.put(torch.tensor([[BEGIN, *indices[:-1]]]))
        features, _ = network(tokens)
        logits = network.logits(features[0]).float().cpu()
    network.train(was_training)
    likely = logits.log_softmax(dim=-1)
    orders = likely.argsort(dim=-1, descending=True)
    places = []
    fits = fitting(text, request)
    for at, (character, index) in enumerate(zip(text, indices, strict=True)):
        found: tuple[tuple[str, float], ...] = ()
        if character not in STOPS:
            legal = _legal(vocabulary.decode, orders[at].tolist(), fits[at])
            found = tuple(
                (each, float(likely[at, vocabulary.index(each)].exp()))
                for each in islice(legal, count)
            )
        places.append(Place(character, float(likely[at, index]), found))
    return tuple(places)


def _legal(decode: Callable[[list[int]], str], order: list[int], fits: Fits) -> Iterator[str]:
    for index in order:
        character = decode([index])
        if character and is_common(character) and fits(character):
            yield character


def fitting(text: str, request: ComposeRequest) -> list[Fits]:
    """For each character of the text, what tells whether another one keeps its tone or rhyme."""
    lines = verse_lines(text)
    tones = request.tones != "free"
    inside = iter(_of_poem(scan(lines, request.form), tones) if lines else ())
    return [_anything if each in STOPS else next(inside) for each in text]


def _of_poem(scansion: Scansion, tones: bool) -> Iterable[Fits]:
    for line in scansion.lines:
        for at, character in enumerate(line.characters):
            last = at == len(line.characters) - 1
            if last and line.rhyme:
                yield _in_rhyme(line.rhyme)
            elif tones and character.required in ("平", "仄"):
                level = character.required == "平"
                yield _of_tone(level, rhyming=last and level)
            else:
                yield _anything


def _anything(character: str) -> bool:
    return True


def _of_tone(level: bool, rhyming: bool) -> Fits:
    its = readings if rhyming else unrhymed_readings
    return lambda character: any(each.level == level for each in its(character))


def _in_rhyme(rhyme: str) -> Fits:
    return lambda character: any("".join(each) == rhyme for each in readings(character))
