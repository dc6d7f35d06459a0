"""How fast training is, as ratios against what people start from.

All contenders of a benchmark run in one process, in turn, for several rounds; figures are medians
over the rounds, so that a machine whose speed drifts slows all of them alike.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.corpus.vocabulary import BEGIN, END, SPECIAL, Vocabulary
from studio.model.batches import Batch, epoch_of, padded
from studio.model.config import RECIPES, TrainConfig, with_settings
from studio.model.device import Device, choose_device
from studio.model.events import StepDone
from studio.model.loss import sample_of
from studio.model.trainer import Trainer

SIZES = ((100, 128), (512, 512))
VOCABULARY = 6_400
STREAMS = 64
# Each call trains a little and says how many characters it learnt.
Contender = Callable[[], int]


class Size(msgspec.Struct, frozen=True):
    """One model size: embedding/hidden, two LSTM layers, 6,400 characters.

    `chars_per_second` is ours; `ratio_per_poem` ours over the loop that feeds one poem at a time,
    `ratio_batched` ours over a batch of 64 streams through nn.LSTM and plain cross-entropy in
    float32. `share_of_peak` is ours in FLOP/s over the fastest large matrix product in the same
    precision. A character costs 6 floating-point operations for each weight that a matrix product
    uses: a multiplication and an addition forward, twice that backward (Kaplan et al. 2020,
    section 2.1); the softmax counts with the characters that a step multiplies, `softmax_rows`, the
    embedding's look-up and element-wise work do not.
    """

    name: str
    chars_per_second: float
    ratio_per_poem: float
    ratio_batched: float
    share_of_peak: float
    chars_per_second_per_poem: float
    chars_per_second_batched: float
    softmax_rows: int
    flop_per_char: int
    peak_flop_per_second: float
    rounds: dict[str, list[float]]


class TrainBenchmark(msgspec.Struct, frozen=True):
    """What `bench train` reports."""

    device: str
    precision: str
    torch: str
    sizes: list[Size]


def bench_train(rounds: int, seconds: float, tell: Callable[[str], None]) -> TrainBenchmark:
    """Train at each size in each manner, in turn, for about `seconds` a round."""
    device = choose_device()
    return TrainBenchmark(
        device.name,
        device.precision,
        str(torch.__version__),
        [_size(*size, device, rounds, seconds, tell) for size in SIZES],
    )


def _size(
    embedding: int,
    hidden: int,
    device: Device,
    rounds: int,
    seconds: float,
    tell: Callable[[str], None],
) -> Size:
    name = f"{embedding}/{hidden}"
    poems = _poems(2_000)
    speeds: dict[str, list[float]] = {"per_poem": [], "batched": [], "ours": [], "peak": []}
    with _ours(embedding, hidden, device, poems) as ours:
        contenders: dict[str, Contender] = {
            "per_poem": _per_poem(embedding, hidden, device, poems),
            "batched": _batched(embedding, hidden, device, poems),
            "ours": ours,
            "peak": _matrix_product(device),
        }
        for number in range(rounds + 1):
            for contender, train in contenders.items():
                speed = _speed(train, device, seconds)
                if number:  # the first round warms up
                    speeds[contender].append(speed)
            tell(f"{name}: round {number} of {rounds}")
    median = {contender: statistics.median(values) for contender, values in speeds.items()}
    rows = _softmax_rows(poems)
    flop = 6 * (4 * hidden * (embedding + hidden) + 4 * hidden * 2 * hidden + rows * hidden)
    return Size(
        name=name,
        chars_per_second=median["ours"],
        ratio_per_poem=median["ours"] / median["per_poem"],
        ratio_batched=median["ours"] / median["batched"],
        share_of_peak=median["ours"] * flop / median["peak"],
        chars_per_second_per_poem=median["per_poem"],
        chars_per_second_batched=median["batched"],
        softmax_rows=rows,
        flop_per_char=flop,
        peak_flop_per_second=median["peak"],
        rounds=speeds,
    )


def _speed(train: Contender, device: Device, seconds: float) -> float:
    """What `train` counts, a second."""
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds or not done:
        done += train()
        device.wait()
    return done / spent


def _poems(count: int) -> list[list[int]]:
    """Regulated verse by length; characters as unevenly frequent as in poems (Zipf)."""
    source = torch.Generator().manual_seed(1)
    weights = 1 / torch.arange(10.0, VOCABULARY - len(SPECIAL) + 10)
    lengths = (24, 32, 48, 64)
    return [
        (
            torch.multinomial(weights, lengths[number % 4], generator=source, replacement=True) + 4
        ).tolist()
        for number in range(count)
    ]


class _Plain(nn.Module):
    """The model people start from: nn.Embedding, nn.LSTM, nn.Linear."""

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=2, batch_first=True)
        self.linear = nn.Linear(hidden, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        features, _ = self.lstm(self.embedding(tokens))
        logits: Tensor = self.linear(features)
        return logits


def _plain(embedding: int, hidden: int, device: Device, batches: Iterator[Batch]) -> Contender:
    """Plain cross-entropy, RMSprop, clipping, in float32."""
    network = _Plain(embedding, hidden).to(device.kind)
    optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-4)

    def train() -> int:
        batch = next(batches)
        inputs, targets = device.put(batch.inputs), device.put(batch.targets)
        loss = F.cross_entropy(network(inputs).flatten(0, 1), targets.flatten(), ignore_index=0)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        return batch.characters

    return train


def _per_poem(embedding: int, hidden: int, device: Device, poems: list[list[int]]) -> Contender:
    """The classical program: one poem, one step."""

    def batches() -> Iterator[Batch]:
        while True:
            for poem in poems:
                yield padded([[BEGIN, *poem, END]])

    return _plain(embedding, hidden, device, batches())


def _batched(embedding: int, hidden: int, device: Device, poems: list[list[int]]) -> Contender:
    """A batch of streams."""
    config = TrainConfig(batching="stream", batch_size=STREAMS)

    def batches() -> Iterator[Batch]:
        epoch = epoch_of(poems, config, 1)
        while True:
            yield from (epoch[position] for position in range(len(epoch) - 1))

    return _plain(embedding, hidden, device, batches())


@contextmanager
def _ours(
    embedding: int, hidden: int, device: Device, poems: list[list[int]]
) -> Iterator[Contender]:
    """The trainer itself, with the recipe `studio` on the model of the others."""
    settings: dict[str, object] = {
        "embedding": embedding,
        "hidden": hidden,
        "tied": embedding == hidden,
        "recurrent_dropout": 0.0,
        "embedding_dropout": 0.0,
        "lines_above": 0,
        "skips": False,
        "batch_size": STREAMS,
    }
    endless: dict[str, object] = {"validate_every": 0, "checkpoint_every": 0, "epochs": 1_000_000}
    # On a GPU a report waits for the device; on the processor it costs nothing.
    report: dict[str, object] = {"report_every": 10 if device.is_gpu else 1}
    config = with_settings(RECIPES["studio"], settings | endless | report)
    first = 0x4E00
    vocabulary = Vocabulary("".join(map(chr, range(first, first + VOCABULARY - len(SPECIAL)))))
    texts = [vocabulary.decode(poem) for poem in poems]
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, vocabulary, texts, [], device, Path(folder))
        steps = trainer.run()

        def train() -> int:
            told: list[StepDone] = []
            while not told:
                told = [event for event in next(steps) if isinstance(event, StepDone)]
            return sum(event.characters for event in told)

        yield train


def _softmax_rows(poems: list[list[int]]) -> int:
    """How many characters the sampled softmax of our first step multiplies."""
    epoch = epoch_of(poems, TrainConfig(batching="stream", batch_size=STREAMS), 1)
    return len(sample_of(epoch[0].targets.flatten(), VOCABULARY, torch.Generator())[0])


def _matrix_product(device: Device) -> Contender:
    """A product of two large square matrices; counts floating-point operations."""
    side = 2048
    kind = torch.bfloat16 if device.precision == "bfloat16" else torch.float32
    left, right = (torch.randn(side, side, device=device.kind, dtype=kind) for _ in range(2))

    def multiply() -> int:
        torch.mm(left, right)
        return 2 * side**3

    return multiply
