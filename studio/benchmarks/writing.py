"""Writing speed, compared with reading the whole poem again for each character."""

import statistics
import time
from collections.abc import Callable

import msgspec
import torch

from studio.corpus.vocabulary import BEGIN
from studio.verse.composer import compose, write
from studio.verse.request import USUAL, Sampling
from studio.verse.writer import Writer

# Poems in the large batch.
BATCH = 64


class GenerateBenchmark(msgspec.Struct, frozen=True):
    """The report of `bench generate`; a poem is a 七律, 64 characters with punctuation.

    `ms_per_char` is for one poem by argmax, with length and rhyme but without tones. `ratio` is how
    many times faster that is than reading the whole prefix again for each character, as the
    classical program does. The others write a poem in the default way: with tones and rhyme, and
    several tries of each line. They are `ms_per_char_with_rules` for one poem, `ms_to_first_char`
    from the request to the first character, `seconds_best_of_16` to write and rank 16 drafts,
    and `chars_per_second_of_64` for 64 poems in one batch. `device` has two names if few rows are
    written on the processor, many on a GPU. None of them uses the index of the
    corpus.
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
    """Measure one poem, one with the prefix read again for each character, 16, and 64."""
    some = msgspec.structs.replace(USUAL, form="七律", seed=1)
    ruled = msgspec.structs.replace(some, drafts=1)
    plain = msgspec.structs.replace(ruled, tones="free", sampling=Sampling(strategy="greedy"))
    many = msgspec.structs.replace(ruled, candidates=BATCH)
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
            started = time.perf_counter()
            contender()
            spent[name].append(time.perf_counter() - started)
    seconds = {name: statistics.median(values) for name, values in spent.items()}
    return GenerateBenchmark(
        model=writer.name,
        device=" and ".join(
            dict.fromkeys(each.device.name for each in (writer, writer.for_rows(BATCH)))
        ),
        ms_per_char=1000 * seconds["plain"] / length,
        ms_per_char_recomputed=1000 * seconds["recomputed"] / length,
        ratio=seconds["recomputed"] / seconds["plain"],
        ms_per_char_with_rules=1000 * seconds["ruled"] / length,
        ms_to_first_char=1000 * seconds["first"],
        seconds_best_of_16=seconds["some"],
        chars_per_second_of_64=BATCH * length / seconds["many"],
    )


@torch.inference_mode()
def _recompute(writer: Writer, text: str) -> None:
    """Read the whole prefix again for each character of `text`, with logits at each position."""
    tokens = torch.tensor([[BEGIN, *writer.vocabulary.encode(text)]])
    start = writer.network.initial_state(1)
    for length in range(1, tokens.shape[1]):
        features, _ = writer.network(writer.device.put(tokens[:, :length]), start)
        int(writer.network.logits(features)[0, -1].argmax())
