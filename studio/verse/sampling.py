"""Choosing the next character from the model's logits."""

import torch
from torch import Tensor

from studio.verse.request import Sampling

# What a character loses, in nats: one that stands in this line or the one before, one further back,
# one that would follow its neighbour for a second time, and one that doubles its neighbour (茫茫).
# Poets repeat themselves too: of the corpus 30% of 五绝, 46% of 七绝, 40% of 五律 and 63% of 七律,
# every second time by doubling. Chosen so that a trained model does so no more often.
NEAR, FAR, AGAIN, DOUBLED = 2.5, 1.7, 6.0, 0.5


def choose(logits: Tensor, sampling: Sampling, draws: Tensor) -> tuple[Tensor, Tensor]:
    """One index a row, (batch,), from `logits` (batch, vocabulary); -inf marks what may not come.

    Every row must allow something. `draws` (batch, 2) are uniform in [0, 1); `greedy` is argmax
    and looks at none. Also returns logsumexp of the logits at this temperature, (batch,).
    """
    if sampling.strategy == "greedy":
        best = logits.argmax(dim=-1)
        return best, log_sum(logits, best)
    warm = logits / sampling.temperature
    likeliest = _likeliest(warm, sampling)
    shares = likeliest.softmax(dim=-1)
    picked = draw(shares, draws[:, 0])
    share = shares.gather(1, picked[:, None])
    if likeliest is warm:
        total = (warm.gather(1, picked[:, None]) - share.log()).squeeze(1)
    else:
        total = log_sum(warm, picked)
    if sampling.top_p < 1:
        # Sorting costs more than all the rest: only rows whose draw fell outside of what is to be
        # kept are sorted, and draw again within it.
        likelier = (shares * (shares > share)).sum(dim=-1)
        outside = (likelier >= sampling.top_p).nonzero().flatten()
        if len(outside):
            kept = _nucleus(likeliest[outside], sampling.top_p).softmax(dim=-1)
            picked[outside] = draw(kept, draws[outside, 1])
    return picked, total


def draw(shares: Tensor, draws: Tensor) -> Tensor:
    """An index a row, (batch,), by shares (batch, choices) that are not negative, not all 0."""
    sums = shares.cumsum(dim=-1)
    # Below the whole for certain: rounding must not lead past the last choice.
    at = draws.clamp(max=1 - 1e-6) * sums[:, -1]
    return torch.searchsorted(sums, at[:, None], right=True).squeeze(1)


def narrow(logits: Tensor, sampling: Sampling) -> Tensor:
    """Put -inf where top-k, min-p or top-p, one after the other, leave a character out.

    The likeliest character always stays.
    """
    logits = _likeliest(logits, sampling)
    return _nucleus(logits, sampling.top_p) if sampling.top_p < 1 else logits


def _likeliest(logits: Tensor, sampling: Sampling) -> Tensor:
    """Put -inf where top-k or min-p leave a character out."""
    if 0 < sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if sampling.min_p > 0:
        probabilities = logits.softmax(dim=-1)
        least = sampling.min_p * probabilities.amax(dim=-1, keepdim=True)
        logits = logits.masked_fill(probabilities < least, -torch.inf)
    return logits


def _nucleus(logits: Tensor, top_p: float) -> Tensor:
    """Put -inf outside the smallest set that holds `top_p`; equally likely ones stay together."""
    ordered = logits.sort(dim=-1, descending=True).values
    shares = ordered.softmax(dim=-1)
    # A character stays while those likelier than it hold less than top_p.
    before = shares.cumsum(dim=-1) - shares
    least = ordered.masked_fill(before >= top_p, torch.inf).amin(dim=-1, keepdim=True)
    return logits.masked_fill(logits < least, -torch.inf)


def log_sum(logits: Tensor, at: Tensor) -> Tensor:
    """logsumexp over the last dimension, (batch,); `at` (batch,) are indices that are not -inf.

    By log_softmax, which is several times as fast.
    """
    index = at[:, None]
    return (logits.gather(1, index) - logits.log_softmax(dim=-1).gather(1, index)).squeeze(1)


def penalise(logits: Tensor, written: Tensor, penalty: float) -> Tensor:
    """Lower the characters that stand in the poem already (Keskar et al. 2019, section 4.1).

    `written` (batch, time) are their indices. A positive logit is divided by `penalty`, a negative
    one multiplied.
    """
    if penalty == 1 or not written.shape[1]:
        return logits
    those = logits.gather(1, written)
    return logits.scatter(1, written, torch.where(those > 0, those / penalty, those * penalty))


def stutter(written: Tensor, stride: int, han: Tensor) -> Tensor:
    """What each character loses for being repeated, in nats, (batch, vocabulary).

    `written` (batch, time) are the indices of the poem so far, whose lines are `stride` long with
    their stop; `han` (vocabulary,) tells which are characters. A character is doubled on the rhythm
    of the line (2+2+1, 2+2+3), and once.
    """
    rows, time = written.shape
    lost = torch.zeros(rows, len(han))
    if not time:
        return lost
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
    return lost
