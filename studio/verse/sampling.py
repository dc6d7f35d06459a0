"""Choosing the next character from the model's logits.

A choice is made from shares: probabilities that need not sum to one, 0 for what may not come. What
a rule or a penalty changes is changed in them, in place where it can be: a pass over the logits of
a batch is what writing spends its time on beside the network. Those passes are torch's, which has
threads for them; all else is numpy's, whose calls cost less: with a single poem they are what takes
the time.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.verse.request import Sampling

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
Bools = NDArray[np.bool_]

# What a character loses, in nats: one that stands in this line or the one before, one further back,
# one that would follow its neighbour for a second time, and one that doubles its neighbour (茫茫).
# Poets repeat themselves too: of the corpus 30% of 五绝, 46% of 七绝, 40% of 五律 and 63% of 七律,
# every second time by doubling. Chosen so that a trained model does so no more often.
NEAR, FAR, AGAIN, DOUBLED = 2.5, 2.0, 6.0, 0.5

# Uniform numbers that a choice may look at.
DRAWS = 3

# Below this a sum of shares loses its precision.
_LEAST = 1e-30

# What is drawn is looked for in sums of so many shares first: adding up all of them one by one
# takes longer.
_BLOCK = 64


def shares(
    logits: Tensor, allowed: Floats, temperature: float, at: Tokens, lost: Floats
) -> tuple[Floats, Floats]:
    """The probabilities of what is allowed, (batch, vocabulary), 0 elsewhere; and their mass.

    `allowed`, (batch, vocabulary) or (vocabulary,), is 1.0 for what may come and 0.0 elsewhere,
    some of it in each row. The characters `at` (batch, any number) lose `lost` of their logits; of
    one that comes twice its last place counts. The mass (batch,) is the logarithm of all that the
    model gives to what is allowed, after that loss. A row with next to none of it is scaled up.
    """
    warm = (logits / temperature).softmax(dim=-1)
    found: Floats = warm.mul_(torch.from_numpy(allowed)).numpy()
    rows = np.arange(len(found))[:, None]
    found[rows, at] *= np.exp(lost / -temperature)
    total = found.sum(axis=1)
    if total.min() >= _LEAST:
        return found, np.log(total)
    mass = np.log(np.maximum(total, _LEAST))
    for row in (total < _LEAST).nonzero()[0].tolist():
        left = logits[row].double().numpy()
        whole = float((logits[row].double() / temperature).logsumexp(dim=-1))
        left[at[row]] -= lost[row]
        left[np.broadcast_to(allowed, found.shape)[row] == 0] = -np.inf
        left /= temperature
        best = left.max()
        found[row] = np.exp(left - best)
        mass[row] = best + np.log(found[row].sum()) - whole
    return found, mass


def log_probability(logits: Tensor, tokens: Tokens) -> Floats:
    """The logarithm of the probability of a token in each row, (batch,)."""
    found: Floats = logits.log_softmax(dim=-1).numpy()[np.arange(len(tokens)), tokens]
    return found


def choose(shares: Floats, sampling: Sampling, draws: Floats) -> Tokens:
    """One index a row, (batch,), by `shares` (batch, vocabulary).

    Every row must have some. `draws` (batch, DRAWS) are uniform in [0, 1); `greedy` takes the
    largest share and looks at none.
    """
    if sampling.strategy == "greedy":
        best: Tokens = shares.argmax(axis=1)
        return best
    left = _likeliest(shares, sampling)
    picked = draw(left, draws[:, 0])
    if sampling.top_p == 1:
        return picked
    # Sorting costs more than all the rest: what is drawn from outside of the nucleus is drawn
    # again, and only where that fails as well the nucleus is looked for.
    rows = _outside(left, picked, sampling.top_p).nonzero()[0]
    if len(rows):
        left = left[rows]
        picked[rows] = again = draw(left, draws[rows, 1])
        last = _outside(left, again, sampling.top_p).nonzero()[0]
        if len(last):
            picked[rows[last]] = draw(_nucleus(left[last], sampling.top_p), draws[rows[last], 2])
    return picked


def draw(shares: Floats, draws: Floats) -> Tokens:
    """An index a row, (batch,), by shares (batch, choices) that are not negative, not all 0."""
    starts = np.arange(0, shares.shape[1], _BLOCK)
    sums = np.add.reduceat(shares, starts, axis=1).cumsum(axis=1)
    block, rest = _reached(sums, draws * sums[:, -1])
    # The last block may be shorter.
    places = starts[block, None] + np.arange(_BLOCK)
    last = shares.shape[1] - 1
    held = np.take_along_axis(shares, np.minimum(places, last), axis=1) * (places <= last)
    within, _ = _reached(held.cumsum(axis=1), rest)
    return starts[block] + within


def _reached(sums: Floats, at: Floats) -> tuple[Tokens, Floats]:
    """The first of the running `sums` (batch, any number) above `at`, and how far it is into it."""
    # Below the whole for certain: rounding must not lead past the last choice.
    at = np.minimum(at, sums[:, -1] * np.float32(1 - 1e-6))
    place = (sums > at[:, None]).argmax(axis=1)
    before = np.where(place > 0, sums[np.arange(len(sums)), place - 1], np.float32(0))
    return place, at - before


def _likeliest(shares: Floats, sampling: Sampling) -> Floats:
    """Put 0 where top-k or min-p leave a character out."""
    if 0 < sampling.top_k < shares.shape[1]:
        least = np.partition(shares, -sampling.top_k, axis=1)[:, -sampling.top_k, None]
        shares = shares * (shares >= least)
    if sampling.min_p > 0:
        least = np.float32(sampling.min_p) * shares.max(axis=1, keepdims=True)
        shares = shares * (shares >= least)
    return shares


def _outside(shares: Floats, picked: Tokens, top_p: float) -> Bools:
    """Whether those likelier than the one that was picked hold `top_p` already, (batch,)."""
    share = np.take_along_axis(shares, picked[:, None], axis=1)
    found = torch.from_numpy(shares)
    # Times as likely as the one picked; by `threshold` this is three passes at full speed.
    times = torch.threshold_(found / torch.from_numpy(share), 1.0, 0.0)
    outside: Bools = times.sum(dim=-1).numpy() * share[:, 0] >= top_p * found.sum(dim=-1).numpy()
    return outside


def _nucleus(shares: Floats, top_p: float) -> Floats:
    """Put 0 outside the smallest set that holds `top_p`; equally likely ones stay together."""
    ordered = np.sort(shares, axis=1)[:, ::-1]
    # A character stays while those likelier than it hold less than top_p.
    sums = ordered.cumsum(axis=1)
    stays = sums - ordered < top_p * sums[:, -1:]
    least = np.where(stays, ordered, np.float32(np.inf)).min(axis=1, keepdims=True)
    kept: Floats = shares * (shares >= least)
    return kept


def penalty(logits: Floats, strength: float) -> Floats:
    """What characters that stand in the poem already lose of their logits (any shape).

    A positive logit is divided by `strength`, a negative one multiplied (Keskar et al. 2019,
    section 4.1).
    """
    lowered: Floats = np.where(logits > 0, logits / strength, logits * strength)
    return logits - lowered


def stutter(written: Tokens, stride: int, han: Bools) -> Floats:
    """What each character that is written loses for being repeated, in nats, (batch, time).

    `written` (batch, time) are the indices of the poem so far, whose lines are `stride` long with
    their stop; `han` (vocabulary,) tells which are characters. Of one that is written twice the
    last place has the most. A character is doubled on the rhythm of the line (2+2+1, 2+2+3), and
    once.
    """
    time = written.shape[1]
    if not time:
        return np.zeros(written.shape, np.float32)
    place = time % stride
    known = han[written]
    lost: Floats = known * np.float32(NEAR)
    lost[:, : max(0, time - place - stride)] *= np.float32(FAR / NEAR)
    last = written[:, -1:]
    met = written[:, :-1] == last
    if place and met.any():
        np.maximum(lost[:, 1:], np.float32(AGAIN) * (met & known[:, 1:]), out=lost[:, 1:])
        same = written[:, :, None] == written[:, None, :]
        lost = (same * lost[:, None, :]).max(axis=2)
    if place % 2 or place == stride - 2:
        once = np.where(met.any(axis=1, keepdims=True), np.float32(AGAIN), np.float32(DOUBLED))
        lost = np.where(written == last, once, lost)
    return lost
