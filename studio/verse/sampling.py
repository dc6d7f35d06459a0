"""Choosing the next character from the model's logits.

A choice is made from shares: probabilities that need not sum to one, 0 for what is not allowed.
Rules and penalties change the shares, in place if possible: apart from the network, passes over the
logits of a batch take most of the time. These passes use torch, which runs them on several threads.
Everything else uses numpy, because its calls cost less, and for a single poem the calls take most
of the time.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.verse.line_places import LinePlace
from studio.verse.request import Sampling

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
Bools = NDArray[np.bool_]

# The cost of a repeated character, in nats: one that is in this line or the line before, one that
# is further back, one that would repeat a bigram, and one that doubles its neighbour (茫茫). Poets
# repeat characters too: in the corpus 30% of 五绝, 46% of 七绝, 40% of 五律 and 63% of 七律 do,
# half of them by doubling. With these costs a trained model repeats no more often than that.
NEAR_COST, FAR_COST, BIGRAM_COST, DOUBLED_COST = 2.5, 2.0, 6.0, 0.5

# How many uniform random numbers a choice may use.
DRAWS = 3

# Below this a sum of shares loses its precision.
LEAST = 1e-30

# `draw` first searches sums over blocks of this many shares: that is faster than one long running
# sum.
_BLOCK = 64


def shares(
    logits: Tensor, allowed: Floats, temperature: float, written: Tokens, cost: Floats
) -> tuple[Floats, Floats]:
    """The probabilities of the allowed characters, (batch, vocabulary), else 0; and their mass.

    `allowed`, (batch, vocabulary) or (vocabulary,), is 1.0 for allowed characters and 0.0 for
    others; each row has at least one. `cost` is subtracted from the logits of the characters
    `written`, both (batch, any number); the last cost counts for a character that occurs twice. The
    mass (batch,) is the logarithm of the total probability of the allowed characters, after these
    costs. A row with a mass close to zero is scaled up.
    """
    probabilities = (logits / temperature).softmax(dim=-1)
    found: Floats = probabilities.mul_(torch.from_numpy(allowed)).numpy()
    rows = np.arange(len(found))[:, None]
    found[rows, written] *= np.exp(cost / -temperature)
    total = torch.from_numpy(found).sum(dim=1).numpy()
    if total.min() >= LEAST:
        return found, np.log(total)
    mass = np.log(np.maximum(total, LEAST))
    for row in (total < LEAST).nonzero()[0].tolist():
        left = logits[row].double().numpy()
        total_logit = float((logits[row].double() / temperature).logsumexp(dim=-1))
        left[written[row]] -= cost[row]
        left[np.broadcast_to(allowed, found.shape)[row] == 0] = -np.inf
        left /= temperature
        best = left.max()
        found[row] = np.exp(left - best)
        mass[row] = best + np.log(found[row].sum()) - total_logit
    return found, mass


def log_probability(logits: Tensor, tokens: Tokens) -> Floats:
    """The logarithm of the probability of a token in each row, (batch,)."""
    found: Floats = logits.log_softmax(dim=-1).numpy()[np.arange(len(tokens)), tokens]
    return found


def choose(shares: Floats, sampling: Sampling, draws: Floats) -> Tokens:
    """Choose one index per row, (batch,), by `shares` (batch, vocabulary).

    Every row must have a share above 0. `draws` (batch, DRAWS) are uniform in [0, 1); `greedy`
    takes the largest share and ignores them.
    """
    if sampling.strategy == "greedy":
        best: Tokens = shares.argmax(axis=1)
        return best
    left = _top_k_min_p(shares, sampling)
    picked = draw(left, draws[:, 0])
    if sampling.top_p == 1:
        return picked
    # Sorting would take most of the time. So a row whose draw is outside the nucleus is drawn
    # again, and the nucleus is only computed if the second draw is outside as well.
    rows = _outside_nucleus(left, picked, sampling.top_p).nonzero()[0]
    if len(rows):
        left = left[rows]
        picked[rows] = second = draw(left, draws[rows, 1])
        last = _outside_nucleus(left, second, sampling.top_p).nonzero()[0]
        if len(last):
            picked[rows[last]] = draw(_nucleus(left[last], sampling.top_p), draws[rows[last], 2])
    return picked


def draw(shares: Floats, draws: Floats) -> Tokens:
    """Draw an index per row, (batch,), by shares (batch, choices): at least 0, and not all 0."""
    sums = np.cumsum(_sums_of_blocks(torch.from_numpy(shares)).numpy(), axis=1)
    block, rest = _find_in_sums(sums, draws * sums[:, -1])
    # The last block may be shorter.
    places = block[:, None] * _BLOCK + np.arange(_BLOCK)
    last = shares.shape[1] - 1
    in_block = np.take_along_axis(shares, np.minimum(places, last), axis=1) * (places <= last)
    within, _ = _find_in_sums(in_block.cumsum(axis=1), rest)
    return block * _BLOCK + within


def _sums_of_blocks(shares: Tensor) -> Tensor:
    """The sums of each `_BLOCK` shares, (batch, blocks), the last of which may have fewer."""
    whole = shares.shape[1] // _BLOCK * _BLOCK
    sums = shares[:, :whole].view(len(shares), -1, _BLOCK).sum(dim=2)
    rest = shares[:, whole:]
    return torch.cat([sums, rest.sum(dim=1, keepdim=True)], dim=1) if rest.shape[1] else sums


def _find_in_sums(sums: Floats, at: Floats) -> tuple[Tokens, Floats]:
    """The place of the first running sum above `at` in `sums` (batch, places), and the rest."""
    # Always below the last sum: rounding must not lead past the last choice.
    at = np.minimum(at, sums[:, -1] * np.float32(1 - 1e-6))
    place = (sums > at[:, None]).argmax(axis=1)
    before = np.where(place > 0, sums[np.arange(len(sums)), place - 1], np.float32(0))
    return place, at - before


def _top_k_min_p(shares: Floats, sampling: Sampling) -> Floats:
    """Set the shares that top-k or min-p exclude to 0."""
    if 0 < sampling.top_k < shares.shape[1]:
        least = np.partition(shares, -sampling.top_k, axis=1)[:, -sampling.top_k, None]
        shares = shares * (shares >= least)
    if sampling.min_p > 0:
        least = np.float32(sampling.min_p) * shares.max(axis=1, keepdims=True)
        shares = shares * (shares >= least)
    return shares


def _outside_nucleus(shares: Floats, picked: Tokens, top_p: float) -> Bools:
    """Whether the characters more likely than the picked one have `top_p` together, (batch,)."""
    share = np.take_along_axis(shares, picked[:, None], axis=1)
    found = torch.from_numpy(shares)
    # Each share divided by the picked one; `threshold_` makes this three fast passes.
    times = torch.threshold_(found / torch.from_numpy(share), 1.0, 0.0)
    outside: Bools = times.sum(dim=-1).numpy() * share[:, 0] >= top_p * found.sum(dim=-1).numpy()
    return outside


def _nucleus(shares: Floats, top_p: float) -> Floats:
    """Set shares outside the smallest set with `top_p` to 0; equally likely ones stay together."""
    ordered = np.sort(shares, axis=1)[:, ::-1]
    # A character stays if the more likely ones have less than top_p together.
    sums = ordered.cumsum(axis=1)
    stays = sums - ordered < top_p * sums[:, -1:]
    # Also where so small a share of the sum is rounded to 0.
    stays[:, 0] = True
    least = np.where(stays, ordered, np.float32(np.inf)).min(axis=1, keepdims=True)
    kept: Floats = shares * (shares >= least)
    return kept


def keskar_penalty(logits: Floats, strength: float) -> Floats:
    """The cost of characters that are already in the poem, from their logits (any shape).

    A positive logit is divided by `strength`, a negative one multiplied (Keskar et al. 2019,
    section 4.1).
    """
    lowered: Floats = np.where(logits > 0, logits / strength, logits * strength)
    return logits - lowered


def repeat_cost(written: Tokens, at: LinePlace, han: Bools) -> Floats:
    """The cost of repeating each written character at a place, in nats, (batch, time).

    `written` (batch, time) are the indices of the poem so far. `han` (vocabulary,) marks the
    Chinese characters. For a character that is written twice the highest cost is at its last place.
    Doubling is cheap only on the rhythm of the line (2+2+1, 2+2+3), and only the first time.
    """
    if not written.shape[1]:
        return np.zeros(written.shape, np.float32)
    place = at.place
    known = han[written]
    cost: Floats = known * np.float32(NEAR_COST)
    cost[:, : at.before] *= np.float32(FAR_COST / NEAR_COST)
    last = written[:, -1:]
    seen = written[:, :-1] == last
    if place and seen.any():
        np.maximum(cost[:, 1:], np.float32(BIGRAM_COST) * (seen & known[:, 1:]), out=cost[:, 1:])
        # In the other rows the last place of a character has its highest cost already.
        rows = seen.any(axis=1)
        again = written[rows]
        same = again[:, :, None] == again[:, None, :]
        cost[rows] = (same * cost[rows, None, :]).max(axis=2)
    if place % 2 or at.is_last:
        once = np.where(
            seen.any(axis=1, keepdims=True), np.float32(BIGRAM_COST), np.float32(DOUBLED_COST)
        )
        cost = np.where(written == last, once, cost)
    return cost


def coming_cost(coming: Tokens, places: Sequence[LinePlace], position: int, han: Bools) -> Floats:
    """The cost of writing a character at a position that is fixed after it, in nats, (batch, time).

    `coming` (batch, time) are the tokens after the position, the last one first.
    """
    end = position - places[position].place + places[position].length + 1
    near = end + (places[end].length if end < len(places) else 0) - position - 1
    cost: Floats = han[coming] * np.float32(FAR_COST)
    cost[:, max(cost.shape[1] - near, 0) :] *= np.float32(NEAR_COST / FAR_COST)
    return cost
