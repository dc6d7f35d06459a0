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

import torch
from torch import Tensor

from studio.corpus.vocabulary import BEGIN, END, Vocabulary
from studio.model.device import Device
from studio.model.network import Network, State, select
from studio.verse.constraints import FREE, Rules, han
from studio.verse.request import Sampling, WrittenPoem
from studio.verse.sampling import DRAWS, choose, draw, penalty, shares, stutter

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
    draws = torch.stack([torch.rand(length, count, generator=each) for each in sources])
    batch = _Batch(writer, rules, prefix)
    shown, waiting = len(prefix), False
    if prefix:
        batch.repeat(tries if _to_choose(rules, len(prefix)) else 1)
    for position in range(len(prefix), length):
        each = batch.rows // candidates
        own = draws[:, position, : DRAWS * each].reshape(-1, DRAWS)
        picked = batch.choose(position, sampling, own)
        batch.redraw(position, picked, sampling, sources, copied)
        batch.take(position, picked)
        waiting |= not (
            (position + 1) % rules.stride if rules.stride else _to_choose(rules, position, 1)
        )
        # What is fixed after a line is read before its tries are weighed.
        goes_on = position + 1 < length and not _to_choose(rules, position + 1, 1)
        if each > 1 and waiting and not goes_on:
            batch.keep_one_of(each, draws[:, position, -1])
        if batch.rows == candidates:
            waiting = False
            yield from batch.columns(shown)
            shown = position + 1
        if bool(batch.ended.all()) or position + 1 == length:
            break
        batch.read()
        if batch.rows == candidates:
            batch.repeat(tries if _to_choose(rules, position + 1) else 1)
    return batch.poems()


class _Batch:
    """Poems under way, one a row, each poem in several rows on end while a line is tried."""

    def __init__(self, writer: Writer, rules: Rules, prefix: list[int]) -> None:
        rows = rules.fixed.shape[0]
        self._writer, self._rules = writer, rules
        self._han = han(writer.vocabulary)
        logits, state = _read(writer, torch.tensor([[BEGIN, *prefix]]), None)
        self._logits = logits.expand(rows, -1)
        same = torch.zeros(rows, dtype=torch.long, device=writer.device.kind)
        self._state = select(state, same)
        # (rows, time): the tokens so far.
        self.written = torch.tensor([prefix], dtype=torch.long).expand(rows, -1)
        for at, token in enumerate(prefix):
            rules.take(at, torch.full((rows,), token))
        self.ended = torch.zeros(rows, dtype=torch.bool)
        self._nats = torch.zeros(rows)
        self._choices = torch.zeros(rows)
        # How likely the model finds what the rules made of the row since the last weighing.
        self._weights = torch.zeros(rows)

    @property
    def rows(self) -> int:
        """How many rows there are at present."""
        return len(self.written)

    def choose(self, position: int, sampling: Sampling, draws: Tensor) -> Tensor:
        """The token of each row at a position, (rows,), fixed or chosen."""
        fixed = self._rules.fixed[:, position].masked_fill(self.ended, END)
        warm = 1.0 if sampling.strategy == "greedy" else sampling.temperature
        free = fixed == FREE
        if not bool(free.all()):
            chance = _likely(self._logits / warm, fixed.clamp(min=0))
            self._weights = self._weights + chance.masked_fill(free, 0.0)
        if not bool(free.any()):
            return fixed
        self._shares, mass = shares(
            self._logits, self._rules.allowed(position), warm, self.written, self._lost(sampling)
        )
        # Where a row is fixed its mass is not looked at.
        self._weights = self._weights + mass.masked_fill(~free, 0.0)
        return torch.where(free, choose(self._shares, sampling, draws), fixed)

    def redraw(
        self,
        position: int,
        picked: Tensor,
        sampling: Sampling,
        sources: list[torch.Generator],
        copied: Callable[[str], bool] | None,
    ) -> None:
        """Choose another last character, in place, where the line may not stand as it is."""
        stride = self._rules.stride
        if not stride or position % stride == stride - 1:
            return
        start, end = position - position % stride, position - position % stride + stride - 1
        rest = self._rules.fixed[:, position:end]
        closing = (rest[:, 0] == FREE) & (rest[:, 1:] != FREE).all(dim=1)
        if not bool(closing.any()):
            return
        each = self.rows // len(sources)
        history, ends = self.written.tolist(), rest[:, 1:].tolist()
        for row in closing.nonzero().flatten().tolist():
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
                if not bool(left.any()):
                    self._weights[row] -= _HOPELESS
                    break
                self._weights[row] += (left.sum() / whole).log()
                draws = torch.rand(1, DRAWS, generator=sources[row // each])
                picked[row] = choose(left, sampling, draws)[0]
            else:
                self._weights[row] -= _HOPELESS

    def take(self, position: int, picked: Tensor) -> None:
        """Write the tokens (rows,) that were chosen."""
        chosen = (self._rules.fixed[:, position] == FREE) & ~self.ended
        if bool(chosen.any()):
            self._nats = self._nats + _likely(self._logits, picked).masked_fill(~chosen, 0.0)
            self._choices = self._choices + chosen
        self.ended = self.ended | (picked == END)
        self.written = torch.cat([self.written, picked[:, None]], dim=1)
        self._rules.take(position, picked)

    def read(self) -> None:
        """Let the network read the last tokens."""
        self._logits, self._state = _read(self._writer, self.written[:, -1:], self._state)

    def keep_one_of(self, each: int, draws: Tensor) -> None:
        """Of the tries of each poem, `each` rows on end, keep the one drawn by weight."""
        kept = draw(self._weights.view(-1, each).softmax(dim=1), draws)
        self._select(torch.arange(len(kept)) * each + kept)
        self._weights = torch.zeros(self.rows)

    def repeat(self, tries: int) -> None:
        """Go on with each poem in `tries` rows."""
        if tries > 1:
            self._select(torch.arange(self.rows).repeat_interleave(tries))

    def columns(self, start: int) -> Iterator[tuple[str, ...]]:
        """The characters of each poem from a position on; none where all have ended."""
        for tokens in self.written[:, start:].T.tolist():
            column = tuple(self._writer.vocabulary.decode([token]) for token in tokens)
            if any(column):
                yield column

    def poems(self) -> tuple[WrittenPoem, ...]:
        """The poems as they stand."""
        means = self._nats / self._choices.clamp(min=1)
        return tuple(
            WrittenPoem(self._writer.vocabulary.decode(tokens), mean, ended)
            for tokens, mean, ended in zip(
                self.written.tolist(), means.tolist(), self.ended.tolist(), strict=True
            )
        )

    def _select(self, rows: Tensor) -> None:
        self._rules.select(rows)
        self._logits = self._logits.index_select(0, rows)
        self._state = select(self._state, rows.to(self._writer.device.kind))
        self.written, self.ended = self.written[rows], self.ended[rows]
        self._nats, self._choices = self._nats[rows], self._choices[rows]
        self._weights = self._weights[rows]

    def _lost(self, sampling: Sampling) -> Tensor:
        """What each character that is written loses of its logit, (rows, time)."""
        lost = torch.zeros(self.written.shape)
        if self._rules.stride:
            lost += stutter(self.written, self._rules.stride, self._han)
        if sampling.repetition_penalty > 1:
            logits = self._logits.gather(1, self.written)
            lost += penalty(logits, sampling.repetition_penalty) * self._han[self.written]
        return lost


def _likely(logits: Tensor, tokens: Tensor) -> Tensor:
    """The logarithm of the probability of a token in each row, (rows,)."""
    return logits.log_softmax(dim=-1).gather(1, tokens[:, None])[:, 0]


def _to_choose(rules: Rules, start: int, count: int | None = None) -> bool:
    """Whether anything is free from a position on, in some places or to the end."""
    return bool((rules.fixed[:, start:][:, :count] == FREE).any())


def _to_reach(fixed: Tensor) -> bool:
    """Whether anything is fixed after something that is free."""
    free = fixed == FREE
    return bool((free.cumsum(dim=1).bool() & ~free).any())


def _prefix(fixed: Tensor) -> list[int]:
    """The tokens with which all rows begin, the end token left out."""
    same = ((fixed == fixed[:1]) & (fixed != FREE) & (fixed != END)).all(dim=0)
    return [int(each) for each in fixed[0, : int(same.cumprod(dim=0).sum())]]


def _source(seed: int, number: int) -> torch.Generator:
    """Where poem `number` of an order draws from, however many there are."""
    return torch.Generator().manual_seed(random.Random(f"{seed}:{number}").getrandbits(63))


@torch.inference_mode()
def _read(writer: Writer, tokens: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Read `tokens` (batch, time); the logits (batch, vocabulary) after the last, on the CPU."""
    network, threads = writer.network, torch.get_num_threads()
    # Going through all its parts takes longer than it seems, beside the step of a single poem.
    was_training = network.training
    if was_training:
        network.eval()
    # One step of one poem reads every weight once: threads would wait for one another.
    if tokens.numel() == 1:
        torch.set_num_threads(1)
    try:
        features, state = network(writer.device.put(tokens), state)
        return network.logits(features[:, -1]).float().cpu(), state
    finally:
        torch.set_num_threads(threads)
        if was_training:
            network.train()
