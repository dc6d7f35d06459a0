# ruff: noqa: T201
"""Train the coherence of a run's model, and put it beside its best checkpoint:

    python data/build_coherence.py default-model

`runs publish` takes it along.

It learns from the couplets of the training split that follow each other, in lines of five or seven,
and from as many of the Song poems, if they are beside the library.
Those of a batch have the same length and the same rhyme, so that only what they say tells which
follows which. Validation poems show how far it is (`evaluate couplets --split valid`).
"""

import math
import time
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import torch
from run_options import read_options
from torch import Tensor
from torch.nn import functional

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.errors import CorpusError
from studio.model.coherence import Coherence, couplet_features, write_coherence
from studio.paths import Home
from studio.prosody.rhyming import level_rhymes
from studio.runs.loading import load_writer
from studio.verse.couplets import CoupletChoice, couplet_choices, couplets_of, measure_couplets
from studio.verse.writer import Writer

SONG = "quansongshi"
BATCH = 256
STEPS, WARMUP = 8_000, 200
RATE, WEIGHT_DECAY, DROPOUT = 1e-3, 0.05, 0.2
LARGEST_NORM = 1.0
REPORT = 2_000


def main() -> None:
    """Read the couplets, train, write."""
    folder, name, seed, generator = read_options(__doc__)
    home = Home.default()
    writer = load_writer(folder, name)
    with Library.open(home.library) as library:
        pairs = pairs_of(library)
        valid = couplet_choices(
            (poem for poem in library.poems() if poem.split == "valid"), 10**6, seed
        )
    if (song := home.library_beside(SONG)).exists():
        with Library.open(song) as library:
            others = pairs_of(library)
            pairs += generator.sample(others, min(len(pairs), len(others)))
    texts = sorted({text for pair in pairs for text in pair})
    groups = grouped(pairs, {text: at for at, text in enumerate(texts)})
    if not groups:
        raise CorpusError(
            f"{home.library} has fewer than {BATCH} couplets of the same length and rhyme that "
            "follow another couplet. Build it from more poems."
        )
    print(f"Reading {len(texts):,} couplets ...", flush=True)
    began = time.monotonic()
    reader = writer.for_rows(BATCH)  # on a GPU, if there is one
    features = couplet_features(reader.network, reader.vocabulary, texts, reader.device).half()
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    coherence = untrained(features)
    optimiser = torch.optim.AdamW(coherence.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    sizes = [len(group) for group in groups]
    mean = 0.0
    for step in range(1, STEPS + 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, step / WARMUP) * (1 + math.cos(math.pi * step / STEPS)) / 2
        (pool,) = generator.choices(groups, sizes)
        batch = pool[torch.randperm(len(pool))[:BATCH]]
        loss = _loss(coherence, features[batch[:, 0]].float(), features[batch[:, 1]].float())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(coherence.parameters(), LARGEST_NORM)
        optimiser.step()
        mean += float(loss.detach()) / REPORT
        if step % REPORT == 0:
            print(f"step {step:,}: loss {mean:.3f}{_found(writer, coherence, valid)}", flush=True)
            mean = 0.0
    write_coherence(folder, coherence)


def untrained(features: Tensor) -> Coherence:
    """An untrained coherence that brings these features to the same mean and scale."""
    coherence = Coherence(features.shape[1], dropout=DROPOUT)
    coherence.mean.copy_(features.float().mean(dim=0))
    # A unit may be saturated after every couplet, so that it has no spread.
    coherence.scale.copy_(features.float().std(dim=0).clamp(min=1e-3))
    return coherence


def pairs_of(library: Library) -> list[tuple[str, str]]:
    """The couplets that follow each other, of all poems of the training split."""
    return [pair for text in library.texts("train") for pair in pairwise(couplets_of(text))]


def grouped(pairs: list[tuple[str, str]], places: dict[str, int]) -> list[Tensor]:
    """The pairs as places (pairs, 2), in groups of one length and rhyme that fill a batch."""
    groups: defaultdict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for first, second in pairs:
        rhyme = min(level_rhymes(second[-2]), default="")
        groups[len(second), rhyme].append((places[first], places[second]))
    return [torch.tensor(group) for group in groups.values() if len(group) >= BATCH]


def _found(writer: Writer, coherence: Coherence, choices: list[CoupletChoice]) -> str:
    """How often the coherence finds the true couplet; "" if there is no choice to make."""
    if not choices:
        return ""
    measured = measure_couplets(replace(writer, coherence=coherence.eval()), choices)
    coherence.train()
    return f", found {measured.share:.1%}"


def _loss(coherence: Coherence, firsts: Tensor, seconds: Tensor) -> Tensor:
    scores = coherence(firsts, seconds)
    own = torch.arange(len(scores))
    forward, backward = (functional.cross_entropy(each, own) for each in (scores, scores.T))
    return (forward + backward) / 2


if __name__ == "__main__":
    with exit_codes():
        main()
