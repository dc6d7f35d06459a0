"""Softmax cross-entropy over the characters: plain, in chunks, and sampled."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

# The target that does not count: padding.
IGNORED = 0
# Rows of logits in a chunk. 512 rows of 3,500 characters in bfloat16 are 4 MB and stay in the
# cache. A GPU is faster with fewer products, as long as they fit its memory: 16,384 rows of 7,000
# characters are 0.2 GB in bfloat16, and twice that in float32.
CHUNK, CHUNK_ON_GPU = 512, 16_384
# The number of characters that a GPU multiplies is a multiple of this.
_MULTIPLE = 64
# `sample_candidates` takes all of the first FREQUENT tokens, which are the most frequent ones. Of
# the others it takes the targets and SAMPLED more.
FREQUENT = 2048
SAMPLED = 768


def nll_loss(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Log-softmax, then NLLLoss: the mean over the targets that count, in nats.

    `features` (tokens, features), `weight` (vocabulary, features), `bias` (vocabulary),
    `targets` (tokens,).
    """
    logits = F.linear(features, weight.to(features.dtype)).to(bias.dtype) + bias
    return F.nll_loss(F.log_softmax(logits, dim=-1), targets, ignore_index=IGNORED)


class Taught(NamedTuple):
    """The teachers' mean probabilities (tokens, vocabulary or padded), and their weight."""

    probabilities: Tensor
    share: float


def chunked_loss(
    features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, taught: Taught | None = None
) -> Tensor:
    """The same value and gradients as `nll_loss`, computed in chunks of tokens.

    The forward pass computes the gradient of a chunk as well, while its logits are in the
    processor's cache. So no logits are kept and none are computed twice. Shapes as in `nll_loss`.

    With `taught` the gradients are those of the cross-entropy with a mixture of the target and what
    the teachers expect (Hinton et al. 2015, section 2). The value stays that of the targets alone,
    so that it can be compared.
    """
    loss: Tensor = _ChunkedLoss.apply(features, weight, bias, targets, taught)  # type: ignore[no-untyped-call]
    return loss


def softmax_parts(features: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias in the precision of the features.

    On a GPU both are padded to a multiple of 64 characters, for fast kernels. The added ones have
    probability zero.
    """
    matrix, offset = weight.to(features.dtype), bias.to(features.dtype)
    if features.is_cuda and (missing := -len(bias) % _MULTIPLE):
        matrix = F.pad(matrix, (0, 0, 0, missing))
        offset = F.pad(offset, (0, missing), value=-math.inf)
    return matrix, offset


def sample_candidates(
    targets: Tensor, vocabulary: int, generator: torch.Generator
) -> tuple[Tensor, ...]:
    """Tokens from which `sampled_loss` estimates the loss of `targets` (tokens,).

    Returns the tokens (candidates,), the logarithm of how many tokens each represents
    (candidates,), and the targets as positions among the candidates (tokens,); all on the CPU. The
    frequent tokens and the targets represent only themselves. The rest of the vocabulary is sampled
    uniformly, so that in every row the softmax denominator is unbiased for any targets. `IGNORED`
    keeps its index.
    """
    certain = torch.zeros(vocabulary, dtype=torch.bool)
    certain[:FREQUENT] = True
    certain[targets] = True
    rest = (~certain).nonzero()[:, 0]
    sampled = rest[torch.randperm(len(rest), generator=generator)[:SAMPLED]]
    tokens = torch.cat([certain.nonzero()[:, 0], sampled])
    log_counts = torch.zeros(len(tokens))
    if len(sampled):
        log_counts[-len(sampled) :] = math.log(len(rest) / len(sampled))
    position = torch.zeros(vocabulary, dtype=torch.long)
    position[tokens] = torch.arange(len(tokens))
    return tokens, log_counts, position[targets]


def sampled_loss(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    tokens: Tensor,
    log_counts: Tensor,
    targets: Tensor,
) -> Tensor:
    """An estimate of `chunked_loss` over the whole vocabulary, from the tokens of a sample.

    `tokens`, `log_counts` and `targets` come from `sample_candidates`; `features`, `weight` and
    `bias` are as in `nll_loss`. Source: Jean et al. 2015, section 3, with stratified sampling.
    """
    return chunked_loss(features, weight[tokens], bias[tokens] + log_counts.to(bias.dtype), targets)


@torch.no_grad()
def token_losses(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """The loss of each token in nats, (tokens,), float32; 0 for a target that does not count."""
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
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        taught: Taught | None,
    ) -> Tensor:
        # Products and probabilities have the precision of the features (bfloat16 under autocast);
        # sums have at least float32.
        matrix, offset = softmax_parts(features, weight, bias)
        sum_dtype = torch.promote_types(weight.dtype, torch.float32)
        smallest = torch.finfo(sum_dtype).tiny  # in place of a probability that underflowed to 0
        is_counted = targets != IGNORED
        scale = 1 / is_counted.sum().clamp(min=1).to(sum_dtype)
        counts = is_counted.to(features.dtype)
        counted_features = features * counts[:, None]
        nats = torch.zeros((), dtype=sum_dtype, device=features.device)
        grad_features = torch.empty_like(features)
        grad_weight = torch.zeros_like(matrix, dtype=sum_dtype)
        grad_bias = torch.zeros_like(offset, dtype=sum_dtype)
        # One buffer for all chunks: the system would map and zero a new one each time.
        size = min(CHUNK_ON_GPU if features.is_cuda else CHUNK, max(1, len(targets)))
        buffer = torch.empty(size, len(offset), dtype=features.dtype, device=features.device)
        row_numbers = torch.arange(size, device=features.device)
        for start in range(0, len(targets), size):
            rows = slice(start, start + size)
            chunk, counted = features[rows], counts[rows]
            gradient = torch.addmm(offset, chunk, matrix.t(), out=buffer[: len(chunk)])
            torch.softmax(gradient, dim=-1, out=gradient)
            target_entries = (row_numbers[: len(chunk)], targets[rows])
            probability = gradient[target_entries]
            nats -= (probability.to(sum_dtype).clamp(min=smallest).log() * counted).sum()
            # d loss / d logits = softmax - one-hot, over the number of targets
            if taught:
                gradient.sub_(taught.probabilities[rows], alpha=taught.share)
                gradient[target_entries] -= 1 - taught.share
            else:
                gradient[target_entries] = probability - 1
            # Uncounted rows are left out of the sums: that is cheaper than zeroing them here.
            torch.mm(gradient, matrix, out=grad_features[rows])
            grad_bias += (counted[None] @ gradient)[0]
            if features.dtype == sum_dtype:
                grad_weight.addmm_(gradient.t(), counted_features[rows])
            else:
                grad_weight += gradient.t() @ counted_features[rows]
        grad_features *= counts[:, None]
        characters = len(bias)
        ctx.save_for_backward(
            grad_features, grad_weight[:characters], grad_bias[:characters], scale
        )
        return nats * scale

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        *gradients, scale = ctx.saved_tensors
        upstream = grad_outputs[0] * scale
        return (*(gradient * upstream for gradient in gradients), None, None)
