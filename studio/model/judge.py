"""How a reader would judge a poem that is being written, as far as a small network can expect it.

A recurrent network reads along with the language model: what that model finds before each
character, the character, and how much it surprised the model. At the end of each line it expects
the points, from 1 to 10, that a reader gives the whole poem. data/build_judge.py trains it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, Vocabulary
from studio.model.batches import pad_batch
from studio.model.beside import read_beside, write_beside
from studio.model.conditions import describe
from studio.model.device import Device
from studio.model.evaluate import batches_by_length
from studio.model.network import Network

# Beside the weights of the model that it reads along with.
FILE = "judge.safetensors"
WIDTH = 128


class Passage(NamedTuple):
    """Some tokens of poems, read by a network.

    `features` (rows, time, features): those from which it predicts each token. `characters` (rows,
    time, embedding): the tokens' embeddings. `nats` (rows, time): what each token costs, 0 for
    stops.
    """

    features: Tensor
    characters: Tensor
    nats: Tensor

    @property
    def inputs(self) -> Tensor:
        """What the judge reads, (rows, time, inputs)."""
        parts = self.features, self.characters, self.nats[..., None]
        return torch.cat(parts, dim=-1).float()


class Judging(NamedTuple):
    """Where the judge is in some poems.

    `state` (1, rows, width): its state. `total` (rows, 1, width): the sum of all states so far.
    `read`: their number.
    """

    state: Tensor
    total: Tensor
    read: int


class Judge(nn.Module):
    """Expects the points of a poem from its tokens so far."""

    def __init__(self, inputs: int, width: int = WIDTH, dropout: float = 0.0) -> None:
        """`inputs` as `inputs_of` gives them."""
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.enter = nn.Sequential(nn.Dropout(dropout), nn.Linear(inputs, width), nn.GELU())
        self.recurrent = nn.GRU(width, width, batch_first=True)
        self.leave = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, 1),
        )

    def forward(
        self, passage: Passage, before: Judging | None = None, last: bool = False
    ) -> tuple[Tensor, Judging]:
        """The points expected after each token, (rows, time), and where the judge is then.

        With `last` only those after the last token, (rows, 1).
        """
        inputs = passage.inputs
        before = before or self.start(len(inputs))
        found, state = self.recurrent(
            self.enter((inputs - self.mean) / self.scale), before.state.contiguous()
        )
        totals = before.total + found.cumsum(dim=1)
        counts = before.read + torch.arange(1, found.shape[1] + 1)
        read = torch.cat([totals / counts[:, None], found], dim=-1)
        points = self.leave(read[:, -1:] if last else read)
        return points[..., 0], Judging(state, totals[:, -1:], int(counts[-1]))

    def start(self, rows: int) -> Judging:
        """Before the first token."""
        width = self.recurrent.hidden_size
        return Judging(torch.zeros(1, rows, width), torch.zeros(rows, 1, width), 0)


def select_rows(judging: Judging, rows: Tensor) -> Judging:
    """Where the judge is in some rows of the batch, in the order of `rows` (rows,)."""
    return judging._replace(
        state=judging.state.index_select(1, rows), total=judging.total.index_select(0, rows)
    )


def inputs_of(network: Network) -> int:
    """How many numbers the judge reads for each token."""
    return network.softmax_weight.shape[1] + network.embedding.embedding_dim + 1


@torch.inference_mode()
def passage_of(network: Network, tokens: Tensor, features: Tensor, is_stop: Tensor) -> Passage:
    """The passage of `tokens` (rows, time) that were predicted from `features`, on the CPU.

    `is_stop` (vocabulary,): the tokens that end a line.
    """
    logits = network.logits(features.flatten(0, 1).float()).float()
    nats = -torch.log_softmax(logits, dim=-1).gather(1, tokens.reshape(-1, 1).to(logits.device))
    characters = network.embedding(tokens.to(logits.device)).float().cpu()
    free = ~is_stop[tokens]
    return Passage(features.float().cpu(), characters, nats.view(tokens.shape).cpu() * free)


@torch.inference_mode()
def read_poems(
    network: Network,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    about: Sequence[About],
    device: Device,
) -> list[Passage]:
    """Each poem by itself, (1, time, ...), with what is known of it, in half precision."""
    rows = [[BEGIN, *vocabulary.encode(text)] for text in texts]
    lengths = [len(row) - 1 for row in rows]
    # In one tensor: between small ones, glibc could not use the memory of a batch again.
    together = Passage(
        torch.empty(1, sum(lengths), network.softmax_weight.shape[1], dtype=torch.half),
        torch.empty(1, sum(lengths), network.embedding.embedding_dim, dtype=torch.half),
        torch.empty(1, sum(lengths), dtype=torch.half),
    )
    parts = (torch.split(part, lengths, dim=1) for part in together)
    passages = [Passage(*each) for each in zip(*parts, strict=True)]
    known = describe(about, vocabulary) if network.config.has_conditions else None
    is_stop = stops_of(vocabulary)
    for indices in batches_by_length(rows):
        batch = pad_batch([rows[index] for index in indices], known and known.of(indices))
        conditions = batch.conditions and batch.conditions.to(device.torch_device)
        with device.autocast():
            features, _ = network(device.put(batch.inputs), conditions=conditions)
            passage = passage_of(network, batch.targets, features, is_stop)
        for row, index in enumerate(indices):
            for found, read in zip(passages[index], passage, strict=True):
                found.copy_(read[row : row + 1, : found.shape[1]])
    return passages


def stops_of(vocabulary: Vocabulary) -> Tensor:
    """Which tokens end a line, (vocabulary,)."""
    is_stop = torch.zeros(len(vocabulary), dtype=torch.bool)
    is_stop[list(vocabulary.stops)] = True
    return is_stop


def write_judge(folder: Path, judge: Judge) -> None:
    """Put the judge beside the model in a folder."""
    write_beside(folder / FILE, judge)


def read_judge(folder: Path, network: Network) -> Judge | None:
    """The judge beside the model in a folder, which is `network`; None if it has none.

    Raises RunError if the file cannot be used.
    """
    return read_beside(folder / FILE, Judge, "enter.1.weight", inputs_of(network))
