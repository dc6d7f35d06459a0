"""Choosing the next character from the model's logits.

A choice is made from shares: probabilities that need not sum to one, 0 for what may not come. What
a rule or a penalty changes is changed in them, in place where it can be: a pass over the logits of
a batch is what writing spends its time on beside the network.
"""

import torch
from torch import Tensor

from studio.verse.request import Sampling

# What a character loses, in nats: one that stands in this line or the one before, one further back,
# one that would follow its neighbour for a second time, and one that doubles its neighbour (茫茫).
# Poets repeat themselves too: of the corpus 30% of 五绝, 46% of 七绝, 40% of 五律 and 63% of 七律,
# every second time by doubling. Chosen so that a trained model does so no more often.
NEAR, FAR, AGAIN, DOUBLED = 2.5, 1.7, 6.0, 0.5

# Uniform numbers that a choice may look at.
DRAWS = 3

# Below this a sum of shares loses its precision.
_LEAST = 1e-30


def shares(
    logits: Tensor, allowed: Tensor, temperature: float, at: Tensor, lost: Tensor
) -> tuple[Tensor, Tensor]:
    """The probabilities of what is allowed, (batch, vocabulary), 0 elsewhere; and their mass.

    `allowed`, (batch, vocabulary) or (vocabulary,), is 1.0 for what may come and 0.0 elsewhere,
    some of it in each row. The characters `at` (batch, any number) lose `lost` of their logits; one
    that comes twice loses the same each time. The mass (batch,) is the logarithm of all that the
    model gives to what is allowed, after that loss. A row with next to none of it is scaled up.
    """
    found = (logits / temperature).softmax(dim=-1).mul_(allowed)
    found.scatter_(1, at, found.gather(1, at) * (lost / -temperature).exp())
    total = found.sum(dim=-1)
    mass = total.log()
    for row in (total < _LEAST).nonzero().flatten().tolist():
        warm = (logits[row].scatter(0, at[row], logits[row][at[row]] - lost[row])) / temperature
        left = warm.masked_fill(allowed.expand_as(logits)[row] == 0, -torch.inf)
        found[row] = left.softmax(dim=-1)
        whole = (logits[row] / temperature).logsumexp(dim=-1)
        mass[row] = left.logsumexp(dim=-1) - whole
    return found, mass


def choose(shares: Tensor, sampling: Sampling, draws: Tensor) -> Tensor:
    """One index a row, (batch,), by `shares` (batch, vocabulary).

    Every row must have some. `draws` (batch, DRAWS) are uniform in [0, 1); `greedy` takes the
    largest share and looks at none.
    """
    if sampling.strategy == "greedy":
        return shares.argmax(dim=-1)
    left = _likeliest(shares, sampling)
    picked = draw(left, draws[:, 0])
    if sampling.top_p == 1:
        return picked
    # Sorting costs more than all the rest: what is drawn from outside of the nucleus is drawn
    # again, and only where that fails as well the nucleus is looked for.
    rows = _outside(left, picked, sampling.top_p).nonzero().flatten()
    if len(rows):
        left = left[rows]
        picked[rows] = again = draw(left, draws[rows, 1])
        last = _outside(left, again, sampling.top_p).nonzero().flatten()
        if len(last):
            picked[rows[last]] = draw(_nucleus(left[last], sampling.top_p), draws[rows[last], 2])
    return picked


def draw(shares: Tensor, draws: Tensor) -> Tensor:
    """An index a row, (batch,), by shares (batch, choices) that are not negative, not all 0."""
    sums = shares.cumsum(dim=-1)
    # Below the whole for certain: rounding must not lead past the last choice.
    at = draws.clamp(max=1 - 1e-6) * sums[:, -1]
    return torch.searchsorted(sums, at[:, None], right=True).squeeze(1)


def narrow(shares: Tensor, sampling: Sampling) -> Tensor:
    """Put 0 where top-k, min-p or top-p, one after the other, leave a character out.

    The likeliest character always stays.
    """
    shares = _likeliest(shares, sampling)
    return _nucleus(shares, sampling.top_p) if sampling.top_p < 1 else shares


def _likeliest(shares: Tensor, sampling: Sampling) -> Tensor:
    """Put 0 where top-k or min-p leave a character out."""
    if 0 < sampling.top_k < shares.shape[-1]:
        least = shares.topk(sampling.top_k, dim=-1).values[..., -1:]
        shares = shares.masked_fill(shares < least, 0)
    if sampling.min_p > 0:
        least = sampling.min_p * shares.amax(dim=-1, keepdim=True)
        shares = shares.masked_fill(shares < least, 0)
    return shares


def _outside(shares: Tensor, picked: Tensor, top_p: float) -> Tensor:
    """Whether those likelier than the one that was picked hold `top_p` already, (batch,)."""
    share = shares.gather(1, picked[:, None])
    # Times as likely as the one picked; by `threshold` this is three passes at full speed.
    times = shares / share
    likelier = torch.threshold_(times, 1.0, 0.0).sum(dim=-1) * share[:, 0]
    return likelier >= top_p * shares.sum(dim=-1)


def _nucleus(shares: Tensor, top_p: float) -> Tensor:
    """Put 0 outside the smallest set that holds `top_p`; equally likely ones stay together."""
    ordered = shares.sort(dim=-1, descending=True).values
    # A character stays while those likelier than it hold less than top_p.
    sums = ordered.cumsum(dim=-1)
    least = ordered.masked_fill(sums - ordered >= top_p * sums[:, -1:], torch.inf)
    return shares.masked_fill(shares < least.amin(dim=-1, keepdim=True), 0)


def penalty(logits: Tensor, strength: float) -> Tensor:
    """What characters that stand in the poem already lose of their logits (any shape).

    A positive logit is divided by `strength`, a negative one multiplied (Keskar et al. 2019,
    section 4.1).
    """
    return logits - torch.where(logits > 0, logits / strength, logits * strength)


def stutter(written: Tensor, stride: int, han: Tensor) -> Tensor:
    """What each character that is written loses for being repeated, in nats, (batch, time).

    `written` (batch, time) are the indices of the poem so far, whose lines are `stride` long with
    their stop; `han` (vocabulary,) tells which are characters. A character is doubled on the rhythm
    of the line (2+2+1, 2+2+3), and once.
    """
    rows, time = written.shape
    lost = torch.zeros(rows, len(han))
    if not time:
        return lost[:, :0]
    lines = torch.arange(time) // stride
    by_place = torch.where(lines >= time // stride - 1, NEAR, FAR)
    lost.scatter_reduce_(1, written, by_place * han[written], "amax")
    if time % stride:
        before = written[:, -1:]
        met = written[:, :-1] == before
        lost.scatter_reduce_(1, written[:, 1:], AGAIN * met * han[written[:, 1:]], "amax")
        place = time % stride
        if place % 2 or place == stride - 2:
            lost.scatter_(1, before, torch.where(met.any(1, keepdim=True), AGAIN, DOUBLED))
    return lost.gather(1, written)
