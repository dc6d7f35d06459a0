"""Whether one couplet belongs after another, judged from what a network finds in each of them.

Two small networks make a vector of a first couplet and of a second one. Their product is high where
both are of one poem. data/build_coherence.py trains them: among couplets with the same rhyme, they
find the one that follows (InfoNCE, van den Oord et al. 2018).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from studio.corpus.vocabulary import BEGIN, Vocabulary
from studio.model.beside import read_beside, write_beside
from studio.model.device import Device
from studio.model.network import Network

# Beside the weights of the model whose features it reads.
FILE = "coherence.safetensors"
WIDTH = 128
# Couplets that are read at once.
_BATCH = 512


class Coherence(nn.Module):
    """Scores second couplets after first ones, in nats up to a constant."""

    def __init__(self, features: int, width: int = WIDTH, dropout: float = 0.0) -> None:
        """`features` as `couplet_features` gives them."""
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.sides = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(dropout),
                nn.Linear(features, width),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(width, width),
            )
            for _ in range(2)
        )
        self._factor: float = 2 / width**0.5

    def forward(self, firsts: Tensor, seconds: Tensor) -> Tensor:
        """The scores (firsts, seconds) of features (firsts, features), (seconds, features)."""
        first, second = self._sides_of(firsts, seconds)
        return torch.matmul(first, second.T) * self._factor

    def of_pairs(self, features: Tensor, firsts: Tensor, seconds: Tensor) -> Tensor:
        """The scores (pairs, choices) of couplets, each of which is a row of `features`.

        `firsts` (pairs,) and `seconds` (pairs, choices) are numbers of rows.
        """
        first, second = self._sides_of(features, features)
        return (first[firsts][:, None] * second[seconds]).sum(dim=2) * self._factor

    def _sides_of(self, firsts: Tensor, seconds: Tensor) -> Iterator[Tensor]:
        return (
            side((each - self.mean) / self.scale)
            for side, each in zip(self.sides, (firsts, seconds), strict=True)
        )


@torch.inference_mode()
def couplet_features(
    network: Network, vocabulary: Vocabulary, couplets: Sequence[str], device: Device
) -> Tensor:
    """What the network finds in each couplet, read by itself: (couplets, features) on the CPU.

    These are the mean of its features over the couplet, those after its end, and the mean of the
    characters' embeddings.
    """
    rows = [[BEGIN, *vocabulary.encode(text)] for text in couplets]
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    found: dict[int, Tensor] = {}
    was_training = network.training
    network.eval()
    while order:
        length = len(rows[order[0]])
        batch = [at for at in order[:_BATCH] if len(rows[at]) == length]
        order = order[len(batch) :]
        tokens = device.put(torch.tensor([rows[at] for at in batch]))
        features = _features(network, tokens)
        characters = network.embedding(tokens[:, 1:])
        parts = [features[:, 1:].mean(dim=1), features[:, -1], characters.mean(dim=1)]
        found.update(zip(batch, torch.cat(parts, dim=1).float().cpu(), strict=True))
    network.train(was_training)
    return torch.stack([found[at] for at in range(len(rows))])


def _features(network: Network, tokens: Tensor) -> Tensor:
    """The features after each of `tokens` (rows, time): (rows, time, features)."""
    # Packed steps of many rows take less time than the layers.
    passages = tokens[:, None].unbind(dim=2) if network.is_packed else [tokens]
    features, state = [], None
    for passage in passages:
        found, state = network(passage, state)
        features.append(found)
    return torch.cat(features, dim=1)


def features_of(network: Network) -> int:
    """How many features `couplet_features` finds."""
    return 2 * network.softmax_weight.shape[1] + network.embedding.embedding_dim


def write_coherence(folder: Path, coherence: Coherence) -> None:
    """Put the coherence beside the model in a folder."""
    write_beside(folder / FILE, coherence)


def read_coherence(folder: Path, network: Network) -> Coherence | None:
    """The coherence beside the model in a folder, which is `network`; None if it has none.

    Raises RunError if the file cannot be used.
    """
    return read_beside(folder / FILE, Coherence, "sides.0.1.weight", features_of(network))
