"""Writing with the recurrent state carried from character to character, line by line.

A form's rules are masks, and a mask alone writes badly: it takes what the rules allow even where
the model finds all of it unlikely. So each line is tried several times, all tries of all poems in
one batch, and one of them is drawn by how likely the model found what the rules made of it: the
probability that it gave to all that was allowed, place by place. That is sequential Monte Carlo,
with the masked model as its proposal (Lew et al. 2023, Sequential Monte Carlo steering of large
language models); with many tries it comes to the model's own distribution over poems that keep the
rules. What has been shown of a poem is never taken back.

Where a text without lines has blanks, what is fixed after a blank is what weighs its tries. Without
anything fixed to come there is nothing to weigh: the rules leave the model as it is, every try has
the same weight, and a try preferred because the model finds it likelier would be a lower
temperature in another guise.
"""

import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, END, Vocabulary
from studio.model.device import Device
from studio.model.network import Network, State, select
from studio.verse.constraints import FREE, Rules, han
from studio.verse.request import Sampling, WrittenPoem
from studio.verse.sampling import (
    DRAWS,
    Floats,
    Tokens,
    choose,
    draw,
    log_probability,
    penalty,
    shares,
    stutter,
)

# A line that may not stand is drawn again so often; then its try counts for next to nothing.
_REDRAWS = 50
_HOPELESS = 1e4


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
    rules: Rules,
    sampling: Sampling,
    seed: int,
    tries: int = 1,
    copied: Callable[[str], bool] | None = None,
) -> Columns:
    """Write the poems of `rules` at once, one a row.

    Yields the next character of each poem, "" for one that has ended: what is fixed at the start
    at once, the first character that is chosen after one step, and then a line after the other.
    Returns the poems in the order of the rows. A line that stands in the poem already is never
    written, nor one that is `copied`. Every row draws from a source of its own.
    """
    candidates, length = rules.fixed.shape
    if sampling.strategy == "greedy" or not _to_reach(rules.fixed):
        tries = 1
    vocabulary = writer.vocabulary
    prefix = _prefix(rules.fixed)
    yield from ((character,) * candidates for character in vocabulary.decode(prefix))

    sources = [_source(seed, number) for number in range(candidates)]
    # For each poem and position the draws of each try, and one to choose among these.
    count = DRAWS * tries + 1
    draws = np.stack([each.random((length, count), np.float32) for each in sources])
    # Where any of the poems has something to choose.
    free = (rules.fixed == FREE).any(axis=0)
    batch = _Batch(writer, rules, prefix)
    shown, waiting = len(prefix), False
    if prefix:
        batch.repeat(tries if free[len(prefix) :].any() else 1)
    for position in range(len(prefix), length):
        each = batch.rows // candidates
        own = draws[:, position, : DRAWS * each].reshape(-1, DRAWS)
        picked = batch.choose(position, sampling, own)
        batch.redraw(position, picked, sampling, sources, copied)
        batch.take(position, picked)
        waiting |= not ((position + 1) % rules.stride if rules.stride else free[position])
        # What is fixed after a line is read before its tries are weighed.
        goes_on = position + 1 < length and not free[position + 1]
        if each > 1 and waiting and not goes_on:
            batch.keep_one_of(each, draws[:, position, -1])
        if batch.rows == candidates:
            waiting = False
            yield from batch.columns(shown)
            shown = position + 1
        if batch.ended.all() or position + 1 == length:
            break
        batch.read()
        if batch.rows == candidates:
            batch.repeat(tries if free[position + 1 :].any() else 1)
    return batch.poems()


class _Batch:
    """Poems under way, one a row, each poem in several rows on end while a line is tried."""

    def __init__(self, writer: Writer, rules: Rules, prefix: list[int]) -> None:
        rows = rules.fixed.shape[0]
        self._writer, self._rules = writer, rules
        self._han = han(writer.vocabulary)
        self._poems = rows
        features, state = _read(writer, torch.tensor([[BEGIN, *prefix]]), None)
        same = torch.zeros(rows, dtype=torch.long, device=writer.device.kind)
        self._features, self._state = features.index_select(0, same), select(state, same)
        # Made of the features where they are asked for: not where a single try meets its stop.
        self._its_logits: Tensor | None = None
        # (rows, time): the tokens so far.
        self.written = np.repeat(np.array([prefix], np.int64), rows, axis=0)
        for at, token in enumerate(prefix):
            rules.take(at, np.full(rows, token))
        self.ended = np.zeros(rows, np.bool_)
        self._nats = np.zeros(rows, np.float32)
        self._choices = np.zeros(rows, np.int64)
        # How likely the model finds what the rules made of the row since the last weighing.
        self._weights = np.zeros(rows, np.float32)

    @property
    def rows(self) -> int:
        """How many rows there are at present."""
        return len(self.written)

    @property
    def _logits(self) -> Tensor:
        """Of the next token, (rows, vocabulary), on the processor."""
        if self._its_logits is None:
            self._its_logits = _logits(self._writer, self._features)
        return self._its_logits

    def choose(self, position: int, sampling: Sampling, draws: Floats) -> Tokens:
        """The token of each row at a position, (rows,), fixed or chosen."""
        fixed = np.where(self.ended, END, self._rules.fixed[:, position])
        warm = 1.0 if sampling.strategy == "greedy" else sampling.temperature
        free = fixed == FREE
        if self.rows > self._poems and not free.all():
            chance = log_probability(self._logits / warm, np.maximum(fixed, 0))
            self._weights += np.where(free, 0, chance)
        if not free.any():
            return fixed
        self._shares, mass = shares(
            self._logits, self._rules.allowed(position), warm, self.written, self._lost(sampling)
        )
        # Where a row is fixed its mass is not looked at.
        self._weights += np.where(free, mass, 0)
        return np.where(free, choose(self._shares, sampling, draws), fixed)

    def redraw(
        self,
        position: int,
        picked: Tokens,
        sampling: Sampling,
        sources: list[np.random.Generator],
        copied: Callable[[str], bool] | None,
    ) -> None:
        """Choose another last character, in place, where the line may not stand as it is."""
        stride = self._rules.stride
        if not stride or position % stride == stride - 1:
            return
        start, end = position - position % stride, position - position % stride + stride - 1
        rest = self._rules.fixed[:, position:end]
        closing = (rest[:, 0] == FREE) & (rest[:, 1:] != FREE).all(axis=1)
        if not closing.any():
            return
        each = self.rows // len(sources)
        history, ends = self.written.tolist(), rest[:, 1:].tolist()
        for row in closing.nonzero()[0].tolist():
            before = history[row]
            lines = [before[at : at + stride - 1] for at in range(0, start, stride)]
            for _ in range(_REDRAWS):
                line = [*before[start:], int(picked[row]), *ends[row]]
                text = self._writer.vocabulary.decode(line)
                if line not in lines and not (copied and copied(text)):
                    break
                left = self._shares[row : row + 1]
                whole = left.sum()
                left[0, picked[row]] = 0.0
                if not left.any():
                    self._weights[row] -= _HOPELESS
                    break
                self._weights[row] += np.log(left.sum() / whole)
                draws = sources[row // each].random((1, DRAWS), np.float32)
                picked[row] = choose(left, sampling, draws)[0]
            else:
                self._weights[row] -= _HOPELESS

    def take(self, position: int, picked: Tokens) -> None:
        """Write the tokens (rows,) that were chosen."""
        chosen = (self._rules.fixed[:, position] == FREE) & ~self.ended
        if chosen.any():
            self._nats += np.where(chosen, log_probability(self._logits, picked), 0)
            self._choices += chosen
        self.ended |= picked == END
        self.written = np.concatenate([self.written, picked[:, None]], axis=1)
        self._rules.take(position, picked)

    def read(self) -> None:
        """Let the network read the last tokens."""
        last = torch.from_numpy(self.written[:, -1:])
        self._features, self._state = _read(self._writer, last, self._state)
        self._its_logits = None

    def keep_one_of(self, each: int, draws: Floats) -> None:
        """Of the tries of each poem, `each` rows on end, keep the one drawn by weight."""
        weights = self._weights.reshape(-1, each)
        kept = draw(np.exp(weights - weights.max(axis=1, keepdims=True)), draws)
        self._select(np.arange(len(kept)) * each + kept)
        self._weights[:] = 0

    def repeat(self, tries: int) -> None:
        """Go on with each poem in `tries` rows."""
        if tries > 1:
            self._select(np.arange(self.rows).repeat(tries))

    def columns(self, start: int) -> Iterator[tuple[str, ...]]:
        """The characters of each poem from a position on; none where all have ended."""
        for tokens in self.written[:, start:].T.tolist():
            column = tuple(self._writer.vocabulary.decode([token]) for token in tokens)
            if any(column):
                yield column

    def poems(self) -> tuple[WrittenPoem, ...]:
        """The poems as they stand."""
        means = self._nats / np.maximum(self._choices, 1)
        return tuple(
            WrittenPoem(self._writer.vocabulary.decode(tokens), mean, ended)
            for tokens, mean, ended in zip(
                self.written.tolist(), means.tolist(), self.ended.tolist(), strict=True
            )
        )

    def _select(self, rows: Tokens) -> None:
        self._rules.select(rows)
        chosen = torch.from_numpy(rows)
        if self._its_logits is not None:
            self._its_logits = self._its_logits.index_select(0, chosen)
        chosen = chosen.to(self._writer.device.kind)
        self._features = self._features.index_select(0, chosen)
        self._state = select(self._state, chosen)
        self.written, self.ended = self.written[rows], self.ended[rows]
        self._nats, self._choices = self._nats[rows], self._choices[rows]
        self._weights = self._weights[rows]

    def _lost(self, sampling: Sampling) -> Floats:
        """What each character that is written loses of its logit, (rows, time)."""
        stride = self._rules.stride
        lost = (
            stutter(self.written, stride, self._han)
            if stride
            else np.zeros(self.written.shape, np.float32)
        )
        if sampling.repetition_penalty > 1:
            logits = np.take_along_axis(self._logits.numpy(), self.written, axis=1)
            lost += penalty(logits, sampling.repetition_penalty) * self._han[self.written]
        return lost


def _to_reach(fixed: Tokens) -> bool:
    """Whether anything is fixed after something that is free."""
    free = fixed == FREE
    return bool((np.logical_or.accumulate(free, axis=1) & ~free).any())


def _prefix(fixed: Tokens) -> list[int]:
    """The tokens with which all rows begin, the end token left out."""
    same = ((fixed == fixed[:1]) & (fixed != FREE) & (fixed != END)).all(axis=0)
    return [int(each) for each in fixed[0, : int(same.cumprod().sum())]]


def _source(seed: int, number: int) -> np.random.Generator:
    """Where poem `number` of an order draws from, however many there are."""
    return np.random.default_rng(random.Random(f"{seed}:{number}").getrandbits(63))


@torch.inference_mode()
def _read(writer: Writer, tokens: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Read `tokens` (batch, time); the features (batch, features) after the last one."""
    network = writer.network
    # Going through all its parts takes longer than it seems, beside the step of a single poem.
    was_training = network.training
    if was_training:
        network.eval()
    try:
        features, state = network(writer.device.put(tokens), state)
        return features[:, -1], state
    finally:
        if was_training:
            network.train()


@torch.inference_mode()
def _logits(writer: Writer, features: Tensor) -> Tensor:
    """What `features` (rows, features) say of the next token, (rows, vocabulary), on the CPU."""
    return writer.network.logits(features).float().cpu()
