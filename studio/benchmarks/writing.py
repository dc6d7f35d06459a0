"""How fast writing is, against reading the whole poem again for each character."""

import statistics
import time
from collections.abc import Callable

import msgspec
import torch

from studio.corpus.vocabulary import BEGIN
from studio.verse.composer import compose, write
from studio.verse.decoder import Writer
from studio.verse.request import ComposeRequest, Sampling

# Poems in one batch.
TOGETHER = 64


class GenerateBenchmark(msgspec.Struct, frozen=True):
    """What `bench generate` reports; a poem is a 七律, 64 characters with its punctuation.

    `ms_per_char` is that of one poem written straight on (argmax, with length and rhyme, without
    tones), `ratio` how many times faster that is than where the whole prefix is read again for each
    character, as the classical program does. The others keep tones and rhyme and try each line
    several times, as a poem is written by default: `ms_per_char_with_rules` of one poem, the first
    character counted from the request, the seconds until 16 candidates are written and ranked, and
    64 poems at once.
    None of them has the index of the corpus.
    """

    model: str
    device: str
    ms_per_char: float
    ms_per_char_recomputed: float
    ratio: float
    ms_per_char_with_rules: float
    ms_to_first_char: float
    seconds_best_of_16: float
    chars_per_second_of_64: float


def bench_generate(writer: Writer, rounds: int) -> GenerateBenchmark:
    """Write one poem, one by reading the prefix again for each character, and 64 at once."""
    ruled = ComposeRequest(form="七律", seed=1)
    plain = msgspec.structs.replace(ruled, tones="free", sampling=Sampling(strategy="greedy"))
    some = msgspec.structs.replace(ruled, candidates=16)
    many = msgspec.structs.replace(ruled, candidates=TOGETHER)
    (poem,) = write(writer, ruled)
    length = len(poem.text)
    contenders: dict[str, Callable[[], object]] = {
        "plain": lambda: write(writer, plain),
        "ruled": lambda: write(writer, ruled),
        "recomputed": lambda: _recompute(writer, poem.text),
        "first": lambda: next(compose(writer, ruled)),
        "some": lambda: write(writer, some),
        "many": lambda: write(writer, many),
    }
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            began = time.perf_counter()
            contender()
            spent[name].append(time.perf_counter() - began)
    seconds = {name: statistics.median(values) for name, values in spent.items()}
    return GenerateBenchmark(
        model=writer.name,
        device=writer.device.name,
        ms_per_char=1000 * seconds["plain"] / length,
        ms_per_char_recomputed=1000 * seconds["recomputed"] / length,
        ratio=seconds["recomputed"] / seconds["plain"],
        ms_per_char_with_rules=1000 * seconds["ruled"] / length,
        ms_to_first_char=1000 * seconds["first"],
        seconds_best_of_16=seconds["some"],
        chars_per_second_of_64=TOGETHER * length / seconds["many"],
    )


@torch.inference_mode()
def _recompute(writer: Writer, text: str) -> None:
    """Read the whole prefix again for every character of `text`, with logits at each position."""
    tokens = torch.tensor([[BEGIN, *writer.vocabulary.encode(text)]])
    start = writer.network.initial(1)
    for length in range(1, tokens.shape[1]):
        features, _ = writer.network(writer.device.put(tokens[:, :length]), start)
        int(writer.network.logits(features)[0, -1].argmax())
