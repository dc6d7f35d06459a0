"""Choosing the next character from the model's logits."""

import torch
from torch import Tensor

from studio.verse.request import Sampling


def choose(logits: Tensor, sampling: Sampling, source: torch.Generator) -> Tensor:
    """One index a row, (batch,), from `logits` (batch, vocabulary); -inf marks what may not come.

    Every row must allow something. `greedy` is argmax and draws nothing from `source`.
    """
    if sampling.strategy == "greedy":
        return logits.argmax(dim=-1)
    kept = narrow(logits / sampling.temperature, sampling)
    return torch.multinomial(kept.softmax(dim=-1), 1, generator=source).squeeze(1)


def narrow(logits: Tensor, sampling: Sampling) -> Tensor:
    """Put -inf where top-k, min-p or top-p, one after the other, leave a character out.

    The likeliest character always stays.
    """
    if 0 < sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if sampling.min_p > 0:
        probabilities = logits.softmax(dim=-1)
        least = sampling.min_p * probabilities.amax(dim=-1, keepdim=True)
        logits = logits.masked_fill(probabilities < least, -torch.inf)
    if sampling.top_p < 1:
        ordered, order = logits.sort(dim=-1, descending=True, stable=True)
        probabilities = ordered.softmax(dim=-1)
        # A character stays while those likelier than it hold less than top_p.
        before = probabilities.cumsum(dim=-1) - probabilities
        out = (before >= sampling.top_p).scatter(-1, order, before >= sampling.top_p)
        logits = logits.masked_fill(out, -torch.inf)
    return logits


def penalise(logits: Tensor, written: Tensor, penalty: float) -> Tensor:
    """Lower the characters that stand in the poem already (Keskar et al. 2019, section 4.1).

    `written` (batch, vocabulary) is true for those. A positive logit is divided by `penalty`, a
    negative one multiplied.
    """
    if penalty == 1:
        return logits
    lowered = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(written, lowered, logits)
