"""Softmax cross-entropy over the characters, plain and without ever holding all logits."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

# Targets that do not count: padding.
IGNORED = 0
# Rows of logits at a time: 512 rows of 3,500 characters in bfloat16 are 4 MB and stay in the cache.
# A GPU is the faster the fewer products it is given, as long as they fit its memory: 0.2 GB of
# 7,000 characters in bfloat16, twice that in single precision.
CHUNK, CHUNK_ON_GPU = 512, 16_384
# What `sample_of` takes: all of the first tokens, which are the most frequent, and of the others
# those that are targets and so many more.
FREQUENT = 2048
SAMPLED = 768


def nll_loss(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Log-softmax, then NLLLoss: the mean over the targets that count, in nats.

    `features` (tokens, features), `weight` (vocabulary, features), `bias` (vocabulary),
    `targets` (tokens,).
    """
    logits = F.linear(features, weight.to(features.dtype)).to(bias.dtype) + bias
    return F.nll_loss(F.log_softmax(logits, dim=-1), targets, ignore_index=IGNORED)


def chunked_loss(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """The same value and gradients as `nll_loss`, worked out some tokens at a time.

    The gradient of a chunk is taken in the forward pass, on the processor while its logits are in
    the cache, so that no logits are kept and none are computed twice. Shapes as in `nll_loss`.
    """
    loss: Tensor = _ChunkedLoss.apply(features, weight, bias, targets)  # type: ignore[no-untyped-call]
    return loss


def sample_of(targets: Tensor, vocabulary: int, source: torch.Generator) -> tuple[Tensor, ...]:
    """Tokens from which `sampled_loss` estimates the loss of `targets` (tokens,).

    Returns the tokens (candidates,), the logarithm of how many tokens each stands for
    (candidates,), and the targets as positions among them (tokens,); all on the CPU. The frequent
    tokens and the targets stand for themselves alone, and the rest of the vocabulary is sampled
    evenly: for every row the sum of the softmax's denominator is then right on average, whatever
    the targets. `IGNORED` stays what it is.
    """
    certain = torch.zeros(vocabulary, dtype=torch.bool)
    certain[:FREQUENT] = True
    certain[targets] = True
    rest = (~certain).nonzero()[:, 0]
    drawn = rest[torch.randperm(len(rest), generator=source)[:SAMPLED]]
    tokens = torch.cat([certain.nonzero()[:, 0], drawn])
    stands_for = torch.zeros(len(tokens))
    if len(drawn):
        stands_for[-len(drawn) :] = math.log(len(rest) / len(drawn))
    position = torch.zeros(vocabulary, dtype=torch.long)
    position[tokens] = torch.arange(len(tokens))
    return tokens, stands_for, position[targets]


def sampled_loss(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    tokens: Tensor,
    stands_for: Tensor,
    targets: Tensor,
) -> Tensor:
    """What `chunked_loss` gives over the whole vocabulary, estimated from what `sample_of` drew.

    Source: Jean et al. 2015, section 3, with sampling by strata. `features`, `weight` and `bias` as
    in `nll_loss`.
    """
    return chunked_loss(features, weight[tokens], bias[tokens] + stands_for.to(bias.dtype), targets)


@torch.no_grad()
def token_losses(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """The loss of each token in nats, (tokens,), float32; 0 where a target does not count."""
    parts = [
        F.cross_entropy(
            F.linear(chunk, weight, bias).float(), target, ignore_index=IGNORED, reduction="none"
        )
        for chunk, target in zip(
            torch.split(features, CHUNK), torch.split(targets, CHUNK), strict=True
        )
    ]
    return torch.cat(parts)


class _ChunkedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor
    ) -> Tensor:
        # Products and probabilities in the precision of the features (bfloat16 under autocast);
        # sums in at least float32.
        matrix, offset = weight.to(features.dtype), bias.to(features.dtype)
        wide = torch.promote_types(weight.dtype, torch.float32)
        floor = torch.finfo(wide).tiny  # for a probability that has vanished
        kept = targets != IGNORED
        scale = 1 / kept.sum().clamp(min=1).to(wide)
        counts = kept.to(features.dtype)
        counting = features * counts[:, None]
        nats = torch.zeros((), dtype=wide, device=features.device)
        grad_features = torch.empty_like(features)
        grad_weight = torch.zeros_like(weight, dtype=wide)
        grad_bias = torch.zeros_like(bias, dtype=wide)
        # One buffer for all chunks: fresh ones would be mapped and zeroed by the system each time.
        size = min(CHUNK_ON_GPU if features.is_cuda else CHUNK, max(1, len(targets)))
        held = torch.empty(size, len(bias), dtype=features.dtype, device=features.device)
        numbers = torch.arange(size, device=features.device)
        for start in range(0, len(targets), size):
            rows = slice(start, start + size)
            chunk, counted = features[rows], counts[rows]
            gradient = torch.addmm(offset, chunk, matrix.t(), out=held[: len(chunk)])
            torch.softmax(gradient, dim=-1, out=gradient)
            right = (numbers[: len(chunk)], targets[rows])
            likely = gradient[right]
            nats -= (likely.to(wide).clamp(min=floor).log() * counted).sum()
            # d loss / d logits = softmax - one-hot, over the number of targets
            gradient[right] = likely - 1
            # What does not count is kept out of the sums: cheaper than out of all these rows.
            torch.mm(gradient, matrix, out=grad_features[rows])
            grad_bias += (counted[None] @ gradient)[0]
            if features.dtype == wide:
                grad_weight.addmm_(gradient.t(), counting[rows])
            else:
                grad_weight += gradient.t() @ counting[rows]
        grad_features *= counts[:, None]
        ctx.save_for_backward(grad_features, grad_weight, grad_bias, scale)
        return nats * scale

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        *gradients, scale = ctx.saved_tensors
        upstream = grad_outputs[0] * scale
        return (*(gradient * upstream for gradient in gradients), None)
