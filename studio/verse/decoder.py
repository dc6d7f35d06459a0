"""Writing poems line by line, with the recurrent state carried from character to character.

The rules of a form are masks. A mask alone writes badly: it forces a character even if the model
finds all allowed characters unlikely. So each line is written several times, with all tries of all
poems in one batch, and one try is drawn. Its weight is the probability that the model gave to the
allowed characters, multiplied over the places. This is sequential Monte Carlo with the masked model
as the proposal (Lew et al. 2023, Sequential Monte Carlo steering of large language models). With
many tries it approaches the model's own distribution over the poems that keep the rules. Sharpness
adds the likelihood of the line to the weight, judgement what the judge beside the model expects of
the poem after it. Characters that have been shown are never changed.

In a text without lines, the fixed characters after a blank weight its tries. Without any fixed
characters to come there are no tries, because no rule restricts the model.
"""

import random
from collections.abc import Callable, Generator, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from studio.corpus.poem import UNKNOWN_POEM, About
from studio.corpus.vocabulary import END, PAD, Vocabulary
from studio.verse.constraints import FREE, Rules, han_mask
from studio.verse.judged import JudgedRows
from studio.verse.line_places import line_places
from studio.verse.request import Sampling, WrittenPoem
from studio.verse.sampling import (
    DRAWS,
    LEAST,
    Floats,
    Tokens,
    choose,
    coming_cost,
    draw,
    keskar_penalty,
    log_probability,
    repeat_cost,
    shares,
)
from studio.verse.step_reader import StepReader
from studio.verse.writer import Writer

# A rejected line is drawn again at most this often. After that its try loses this weight, in nats.
_REDRAWS = 50
_REJECTED_NATS = 1e4

Columns = Generator[tuple[str, ...], None, tuple[WrittenPoem, ...]]


def decode(
    writer: Writer,
    rules: Rules,
    sampling: Sampling,
    seed: int,
    tries: int = 1,
    copied: Callable[[str], bool] | None = None,
    about: About = UNKNOWN_POEM,
    unasked: About = UNKNOWN_POEM,
) -> Columns:
    """Write the poems of `rules` together, one per row.

    Yields the next character of each poem, "" for one that has ended. The fixed opening comes
    first, then the first chosen character after one step, then line by line. Returns the poems in
    the order of the rows. No line of the poem is repeated, and none is written that is `copied`.
    Every row has its own random generator. `about`: what the network may know of the poems;
    `unasked`: the same without the title and the poet that are asked for, which guidance stresses.
    """
    candidates, length = rules.fixed.shape
    if sampling.strategy == "greedy" or not _has_fixed_after_free(rules.fixed):
        tries = 1
    writer = writer.for_rows(candidates * tries)
    vocabulary = writer.vocabulary
    prefix = _prefix(rules.fixed)
    yield from ((character,) * candidates for character in vocabulary.decode(prefix))

    generators = [_generator(seed, number) for number in range(candidates)]
    # For each poem and position, the draws of each try, and one more to choose a try.
    count = DRAWS * tries + 1
    draws = np.stack([each.random((length, count), np.float32) for each in generators])
    # The positions at which some poem has a free character.
    free = (rules.fixed == FREE).any(axis=0)
    readers = [StepReader(writer, rules, prefix, about)]
    if sampling.guidance and about != unasked:
        readers.append(StepReader(writer, rules, prefix, unasked))
    judged: JudgedRows | None = None
    if writer.judge and sampling.judgement and rules.lengths and tries > 1:
        judged = JudgedRows(writer, writer.judge, readers[0], prefix, candidates)
    batch = _PoemBatch(vocabulary, rules, prefix, readers, sampling, judged)
    shown, must_resample = len(prefix), False
    if prefix:
        batch.repeat(tries if free[len(prefix) :].any() else 1)
    for position in range(len(prefix), length):
        each = batch.rows // candidates
        row_draws = draws[:, position, : DRAWS * each].reshape(-1, DRAWS)
        picked = batch.choose(position, row_draws)
        batch.redraw(position, picked, generators, copied)
        batch.take(position, picked)
        must_resample |= batch.ends_line(position) if rules.lengths else free[position]
        # Fixed characters after a line are read before one of its tries is drawn.
        next_is_fixed = position + 1 < length and not free[position + 1]
        if each > 1 and must_resample and not next_is_fixed:
            batch.resample(each, draws[:, position, -1])
        if batch.rows == candidates:
            must_resample = False
            yield from batch.columns(shown)
            shown = position + 1
        if batch.ended.all() or position + 1 == length:
            break
        batch.read()
        if batch.rows == candidates:
            batch.repeat(tries if free[position + 1 :].any() else 1)
    return batch.poems()


class _PoemBatch:
    """The poems that are being written; each has several adjacent rows while a line is tried."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        rules: Rules,
        prefix: list[int],
        readers: Sequence[StepReader],
        sampling: Sampling,
        judged: JudgedRows | None,
    ) -> None:
        """`readers` have read the prefix; a second one without what guidance stresses.

        `judged` has read it, too; None leaves the poems unjudged.
        """
        rows = rules.fixed.shape[0]
        self._vocabulary, self._rules = vocabulary, rules
        # Empty if the poems have no lines.
        self._places = line_places(rules.lengths)
        self._han = han_mask(vocabulary)
        self._poems = rows
        self._readers, self._sampling, self._judged = readers, sampling, judged
        # (rows, time): the tokens so far.
        self.written = np.repeat(np.array([prefix], np.int64), rows, axis=0)
        for at, token in enumerate(prefix):
            rules.take(at, np.full(rows, token))
        self.ended = np.zeros(rows, np.bool_)
        self._nats = np.zeros(rows, np.float32)
        self._choices = np.zeros(rows, np.int64)
        # The log weight of each row since the last resampling.
        self._weights = np.zeros(rows, np.float32)

    @property
    def rows(self) -> int:
        """The current number of rows."""
        return len(self.written)

    @property
    def _temperature(self) -> float:
        return 1.0 if self._sampling.strategy == "greedy" else self._sampling.temperature

    @property
    def _logits(self) -> Tensor:
        """The logits by which the next token is chosen, (rows, vocabulary), on the CPU."""
        known, *without = (reader.logits for reader in self._readers)
        for plain in without:
            known = known + self._sampling.guidance * (known - plain)
        return known

    def ends_line(self, position: int) -> bool:
        """Whether a line ends at a position; the end token is in no line."""
        return position < len(self._places) and self._places[position].is_stop

    def choose(self, position: int, draws: Floats) -> Tokens:
        """The token of each row at a position, (rows,): fixed or chosen."""
        sampling = self._sampling
        fixed = np.where(self.ended, END, self._rules.fixed[:, position])
        temperature = self._temperature
        free = fixed == FREE
        if self.rows > self._poems and not free.all():
            chance = log_probability(self._logits / temperature, np.maximum(fixed, 0))
            self._weights += np.where(free, 0, chance)
        if not free.any():
            return fixed
        self._shares, mass = shares(
            self._logits,
            self._rules.allowed(position),
            temperature,
            *self._repetition_cost(position),
        )
        # The mass of a fixed row does not count.
        self._weights += np.where(free, mass, 0)
        self._mass = mass
        return np.where(free, choose(self._shares, sampling, draws), fixed)

    def redraw(
        self,
        position: int,
        picked: Tokens,
        generators: list[np.random.Generator],
        copied: Callable[[str], bool] | None,
    ) -> None:
        """Choose another last character, in place, for each line that is rejected."""
        if position >= len(self._places) or self._places[position].is_stop:
            return
        start = self._places[position].start
        rest = self._rules.fixed[:, position : start + self._places[position].length]
        closing = (rest[:, 0] == FREE) & (rest[:, 1:] != FREE).all(axis=1)
        if not closing.any():
            return
        each = self.rows // len(generators)
        history, ends = self.written.tolist(), rest[:, 1:].tolist()
        earlier = [(at.start, at.position) for at in self._places[:start] if at.is_stop]
        for row in closing.nonzero()[0].tolist():
            written = history[row]
            lines = [written[first:end] for first, end in earlier]
            rejected: list[int] = []
            for _ in range(_REDRAWS):
                line = [*written[start:], int(picked[row]), *ends[row]]
                text = self._vocabulary.decode(line)
                if line not in lines and not (copied and copied(text)):
                    break
                rejected.append(int(picked[row]))
                rest_shares = self._shares[row : row + 1]
                total = rest_shares.sum()
                rest_shares[0, rejected] = 0.0
                if rest_shares.sum() >= LEAST:
                    change = np.log(rest_shares.sum() / total)
                else:
                    # Beside a far likelier one all others are close to 0 at a low temperature.
                    rest_shares[0], mass = self._shares_without(rejected, row, position)
                    change = mass - self._mass[row]
                if not rest_shares.any():
                    self._weights[row] -= _REJECTED_NATS
                    break
                self._weights[row] += change
                self._mass[row] += change
                draws = generators[row // each].random((1, DRAWS), np.float32)
                picked[row] = choose(rest_shares, self._sampling, draws)[0]
            else:
                self._weights[row] -= _REJECTED_NATS

    def _shares_without(
        self, rejected: list[int], row: int, position: int
    ) -> tuple[Floats, np.float32]:
        """The shares of a row (vocabulary,) and their mass without some tokens; 0 if none is left.

        They are of the same kind as those of `choose`, but scaled up.
        """
        every = self._rules.allowed(position)
        allowed = np.broadcast_to(every, self._shares.shape)[row : row + 1].copy()
        allowed[0, rejected] = 0
        if not allowed.any():
            return allowed[0], np.float32(0)
        written, cost = self._repetition_cost(position)
        one = slice(row, row + 1)
        found, mass = shares(self._logits[one], allowed, self._temperature, written[one], cost[one])
        return found[0], mass[0]

    def take(self, position: int, picked: Tokens) -> None:
        """Append the tokens `picked` (rows,)."""
        chosen = (self._rules.fixed[:, position] == FREE) & ~self.ended
        # What a stop costs is not judged, nor the end token.
        is_judged = self._judged is not None and position < len(self._places)
        nats = np.zeros(self.rows, np.float32)
        if chosen.any() or (is_judged and not self.ends_line(position)):
            nats = log_probability(self._readers[0].logits, picked)
        if self._judged and is_judged:
            self._judged.take(picked, -nats)
        if chosen.any():
            nats = np.where(chosen, nats, 0)
            self._nats += nats
            self._weights += self._sampling.sharpness * nats
            self._choices += chosen
        self.ended |= picked == END
        self.written = np.concatenate([self.written, picked[:, None]], axis=1)
        self._rules.take(position, picked)

    def read(self) -> None:
        """Read the last tokens with the network."""
        for reader in self._readers:
            reader.read(self.written)

    def resample(self, each: int, draws: Floats) -> None:
        """Keep one try of each poem, drawn by weight; `each` adjacent rows are its tries."""
        scores = self._weights
        if self._judged:
            scores = scores + self._sampling.judgement * self._judged.points
        weights = scores.reshape(-1, each)
        kept = draw(np.exp(weights - weights.max(axis=1, keepdims=True)), draws)
        self._select(np.arange(len(kept)) * each + kept)
        self._weights[:] = 0

    def repeat(self, tries: int) -> None:
        """Copy each poem to `tries` rows."""
        if tries > 1:
            self._select(np.arange(self.rows).repeat(tries))

    def columns(self, start: int) -> Iterator[tuple[str, ...]]:
        """The characters of each poem from position `start`; nothing after all have ended."""
        for tokens in self.written[:, start:].T.tolist():
            column = tuple(self._vocabulary.decode([token]) for token in tokens)
            if any(column):
                yield column

    def poems(self) -> tuple[WrittenPoem, ...]:
        """The poems as written so far."""
        texts = [self._vocabulary.decode(tokens) for tokens in self.written.tolist()]
        means = self._nats / np.maximum(self._choices, 1)
        points = self._judged.points if self._judged else np.zeros(self.rows)
        columns = texts, means.tolist(), self.ended.tolist(), points.tolist()
        return tuple(
            WrittenPoem(text, mean, ended, points=expected)
            for text, mean, ended, expected in zip(*columns, strict=True)
        )

    def _select(self, rows: Tokens) -> None:
        self._rules.select_rows(rows)
        chosen = torch.from_numpy(rows)
        for reader in self._readers:
            reader.select_rows(chosen)
        if self._judged:
            self._judged.select_rows(chosen)
        self.written, self.ended = self.written[rows], self.ended[rows]
        self._nats, self._choices = self._nats[rows], self._choices[rows]
        self._weights = self._weights[rows]

    def _repetition_cost(self, position: int) -> tuple[Tokens, Floats]:
        """The characters that cost something at a position, and what, in logits: (rows, number).

        These are the characters written so far, and the fixed ones that are still to come.
        """
        cost = np.zeros(self.written.shape, np.float32)
        if self._places:
            cost += repeat_cost(self.written, self._places[position], self._han)
        if (penalty := self._sampling.repetition_penalty) > 1:
            logits = np.take_along_axis(self._logits.numpy(), self.written, axis=1)
            cost += keskar_penalty(logits, penalty) * self._han[self.written]
        # A free place to come is padding, which costs nothing.
        coming = np.maximum(self._rules.fixed[:, position + 1 :], PAD)[:, ::-1]
        if not self._places or not self._han[coming].any():
            return self.written, cost
        ahead = coming_cost(coming, self._places, position, self._han)
        return np.hstack([coming, self.written]), np.hstack([ahead, cost])


def _has_fixed_after_free(fixed: Tokens) -> bool:
    """Whether a fixed position comes after a free one in some row."""
    free = fixed == FREE
    return bool((np.logical_or.accumulate(free, axis=1) & ~free).any())


def _prefix(fixed: Tokens) -> list[int]:
    """The fixed tokens that all rows begin with, without an end token."""
    same = ((fixed == fixed[:1]) & (fixed != FREE) & (fixed != END)).all(axis=0)
    return [int(each) for each in fixed[0, : int(same.cumprod().sum())]]


def _generator(seed: int, number: int) -> np.random.Generator:
    """The generator of poem `number`; it does not depend on the number of poems."""
    return np.random.default_rng(random.Random(f"{seed}:{number}").getrandbits(63))
