"""Writing with the recurrent state carried from character to character."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, END, Vocabulary
from studio.model.device import Device
from studio.model.network import Network, State, select
from studio.verse.constraints import Constraint
from studio.verse.request import Sampling, WrittenPoem
from studio.verse.sampling import choose, penalise


@dataclass(frozen=True, slots=True)
class Writer:
    """A network that can write, and its name for those who read: a run and step, or "default"."""

    network: Network
    vocabulary: Vocabulary
    device: Device
    name: str


Columns = Generator[tuple[str, ...], None, tuple[WrittenPoem, ...]]


def decode(
    writer: Writer,
    constraint: Constraint,
    opening: str,
    sampling: Sampling,
    candidates: int,
    seed: int,
) -> Columns:
    """Write `candidates` poems at once, one column of characters at a time.

    Yields the next character of each poem, "" for one that has ended; the opening comes first, in
    the same manner. Returns the poems. The prefix is read once: each further character costs one
    step of the network for all candidates. Always ends, at `constraint.length` at the latest.
    """
    vocabulary = writer.vocabulary
    yield from ((character,) * candidates for character in opening)
    source = torch.Generator().manual_seed(seed)
    prefix = vocabulary.encode(opening)
    logits, state = _read(writer, torch.tensor([[BEGIN, *prefix]]), None)
    logits = logits.expand(candidates, -1)
    state = select(state, torch.zeros(candidates, dtype=torch.long, device=writer.device.kind))

    texts = [opening] * candidates
    nats = torch.zeros(candidates)
    choices = torch.zeros(candidates)
    ended = torch.zeros(candidates, dtype=torch.bool)
    written = torch.zeros(candidates, len(vocabulary), dtype=torch.bool)
    written[:, [index for index in prefix if vocabulary.is_han(index)]] = True
    rows = torch.arange(candidates)

    for position in range(len(opening), constraint.length + 1):
        allowed = constraint.allowed(position)
        if allowed is None:
            break
        scored = penalise(logits, written, sampling.repetition_penalty)
        picked = choose(scored.masked_fill(~allowed, -torch.inf), sampling, source)
        if allowed.count_nonzero() > 1:
            # Where a form leaves no choice, the model has no merit.
            likely = logits.log_softmax(dim=-1)[rows, picked]
            nats += torch.where(ended, 0.0, likely)
            choices += ~ended
        ended |= picked == END
        if ended.all():
            break
        column = tuple(
            "" if done else vocabulary.decode([index])
            for done, index in zip(ended.tolist(), picked.tolist(), strict=True)
        )
        texts = [text + character for text, character in zip(texts, column, strict=True)]
        written[rows, picked] |= constraint.han[picked]
        yield column
        logits, state = _read(writer, picked[:, None], state)
    return tuple(
        WrittenPoem(text, mean, done)
        for text, mean, done in zip(
            texts, (nats / choices.clamp(min=1)).tolist(), ended.tolist(), strict=True
        )
    )


@torch.inference_mode()
def _read(writer: Writer, tokens: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Read `tokens` (batch, time); the logits (batch, vocabulary) after the last, on the CPU."""
    network = writer.network
    was_training = network.training
    network.eval()
    features, state = network(writer.device.put(tokens), state)
    logits = network.logits(features[:, -1]).float().cpu()
    network.train(was_training)
    return logits, state
