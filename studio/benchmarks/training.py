"""Training speed, as ratios to common baselines.

All contenders run in one process, in turn, for several rounds. The results are medians over the
rounds, so that a change in the speed of the machine affects all of them alike. All of them have the
heap of `studio/cli/heap.py`, which makes a plain batch a fifth to a third faster than it is alone.
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
from studio.model.batches import Batch, make_epoch, pad_batch, with_ends
from studio.model.config import RECIPES, TrainConfig, with_settings
from studio.model.device import Device, choose_device
from studio.model.events import StepDone
from studio.model.loss import sample_candidates
from studio.model.trainer import Trainer

SIZES = ((100, 128), (512, 512))
VOCABULARY = 6_400
STREAMS = 64
# Switches off what the recipe `studio` has beyond the plain batch.
_PLAIN: dict[str, object] = {
    "tied": False,
    "dropout": 0.0,
    "form_input": False,
    "title_input": False,
    "poet_input": False,
    "initial_state": "zero",
    "loss": "chunked",
    "optimizer": "rmsprop",
    "weight_decay": 0.0,
}
# Each call takes a step and returns how many characters it was trained on.
Contender = Callable[[], int]


class SizeResult(msgspec.Struct, frozen=True):
    """One model size: embedding/hidden, two LSTM layers, 6,400 characters.

    `chars_per_second` is the speed of the studio. `ratio_per_poem` divides it by the speed of a
    loop that trains one poem at a time, `ratio_batched` by that of a batch of 64 streams with
    nn.LSTM and plain cross-entropy in float32. `ratio_alike` compares equal setups: the studio
    without the extras of its recipe, and the plain batch in the studio's precision.

    `share_of_peak` is the studio's FLOP/s divided by those of a large matrix product in the same
    precision. A character costs 6 floating-point operations for each weight in a matrix product: a
    multiplication and an addition forward, twice that backward (Kaplan et al. 2020, section 2.1).
    The softmax counts with `softmax_rows`, the characters that a step multiplies. Embedding
    look-ups and element-wise work do not count.
    """

    name: str
    chars_per_second: float
    ratio_per_poem: float
    ratio_batched: float
    ratio_alike: float
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
    sizes: list[SizeResult]


def bench_train(
    rounds: int, seconds: float, report_progress: Callable[[str], None], wish: str = "auto"
) -> TrainBenchmark:
    """Run all contenders at each size, in turn, for about `seconds` per round."""
    device = choose_device(wish=wish)
    device.make_current()
    return TrainBenchmark(
        device.name,
        device.precision,
        str(torch.__version__),
        [_size(*size, device, rounds, seconds, report_progress) for size in SIZES],
    )


def _size(
    embedding: int,
    hidden: int,
    device: Device,
    rounds: int,
    seconds: float,
    report_progress: Callable[[str], None],
) -> SizeResult:
    name = f"{embedding}/{hidden}"
    poems = _poems(2_000)
    with (
        _studio(embedding, hidden, device, poems) as (ours, weights),
        _studio(embedding, hidden, device, poems, _PLAIN) as (plain, _),
    ):
        contenders: dict[str, Contender] = {
            "per_poem": _per_poem(embedding, hidden, device, poems),
            "batched": _batched(embedding, hidden, device, poems, torch.float32),
            "batched_alike": _batched(embedding, hidden, device, poems, _precision(device)),
            "ours_alike": plain,
            "ours": ours,
            "peak": _matrix_product(device),
        }
        speeds: dict[str, list[float]] = {contender: [] for contender in contenders}
        for number in range(rounds + 1):
            for contender, train in contenders.items():
                speed = _speed(train, device, seconds)
                if number:  # the first round warms up
                    speeds[contender].append(speed)
            report_progress(f"{name}: round {number} of {rounds}")
    median = {contender: statistics.median(values) for contender, values in speeds.items()}
    rows = _softmax_rows(poems, device)
    flop = 6 * (weights + rows * hidden)
    return SizeResult(
        name=name,
        chars_per_second=median["ours"],
        ratio_per_poem=median["ours"] / median["per_poem"],
        ratio_batched=median["ours"] / median["batched"],
        ratio_alike=median["ours_alike"] / median["batched_alike"],
        share_of_peak=median["ours"] * flop / median["peak"],
        chars_per_second_per_poem=median["per_poem"],
        chars_per_second_batched=median["batched"],
        softmax_rows=rows,
        flop_per_char=flop,
        peak_flop_per_second=median["peak"],
        rounds=speeds,
    )


def _speed(train: Contender, device: Device, seconds: float) -> float:
    """The count of `train` per second."""
    # A GPU works while the next steps are launched, so it is not waited for after each.
    calls = 10 if device.is_gpu else 1
    started, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - started) < seconds or not done:
        done += sum(train() for _ in range(calls))
        device.synchronize()
    return done / spent


def _poems(count: int) -> list[list[int]]:
    """Random poems with the lengths of regulated verse and Zipf frequencies, as in real poems."""
    generator = torch.Generator().manual_seed(1)
    weights = 1 / torch.arange(10.0, VOCABULARY - len(SPECIAL) + 10)
    lengths = (24, 32, 48, 64)
    return [
        (
            torch.multinomial(weights, lengths[number % 4], generator=generator, replacement=True)
            + 4
        ).tolist()
        for number in range(count)
    ]


class _Plain(nn.Module):
    """The baseline model: nn.Embedding, nn.LSTM, nn.Linear."""

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=2, batch_first=True)
        self.linear = nn.Linear(hidden, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        features, _ = self.lstm(self.embedding(tokens))
        logits: Tensor = self.linear(features)
        return logits


def _plain(
    embedding: int, hidden: int, device: Device, batches: Iterator[Batch], dtype: torch.dtype
) -> Contender:
    """The baseline step: plain cross-entropy, RMSprop, clipping, all of it in `dtype`."""
    network = _Plain(embedding, hidden).to(device.torch_device, dtype)
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
    """The classical baseline: one poem per step."""

    def batches() -> Iterator[Batch]:
        while True:
            for poem in poems:
                yield pad_batch([[BEGIN, *poem, END]])

    return _plain(embedding, hidden, device, batches(), torch.float32)


def _batched(
    embedding: int, hidden: int, device: Device, poems: list[list[int]], dtype: torch.dtype
) -> Contender:
    """The batched baseline: a batch of streams per step."""
    config = TrainConfig(batching="stream", batch_size=STREAMS)

    def batches() -> Iterator[Batch]:
        epoch = make_epoch(list(map(with_ends, poems)), config, 1)
        while True:
            yield from (epoch[position] for position in range(len(epoch) - 1))

    return _plain(embedding, hidden, device, batches(), dtype)


@contextmanager
def _studio(
    embedding: int,
    hidden: int,
    device: Device,
    poems: list[list[int]],
    others: dict[str, object] | None = None,
) -> Iterator[tuple[Contender, int]]:
    """The studio's trainer: the recipe `studio`, the model size of the others, other settings.

    With it the number of weights in the matrices of its layers.
    """
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
    config = with_settings(RECIPES["studio"], settings | (others or {}) | endless | report)
    first = 0x4E00
    vocabulary = Vocabulary("".join(map(chr, range(first, first + VOCABULARY - len(SPECIAL)))))
    # A checkpoint is saved at the end of an epoch, so it must not be short.
    texts = [vocabulary.decode(poem) for poem in poems] * 50
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, vocabulary, texts, [], device, Path(folder))
        steps = trainer.run()

        def train() -> int:
            finished: list[StepDone] = []
            while not finished:
                finished = [event for event in next(steps) if isinstance(event, StepDone)]
            return sum(event.characters for event in finished)

        matrices = (each for each in trainer.network.layers.parameters() if each.dim() == 2)
        yield train, sum(each.numel() for each in matrices)


def _softmax_rows(poems: list[list[int]], device: Device) -> int:
    """How many characters the softmax multiplies in the first step of the studio."""
    if device.is_gpu:
        return VOCABULARY  # all of them, see `Learner`
    epoch = make_epoch(
        list(map(with_ends, poems)), TrainConfig(batching="stream", batch_size=STREAMS), 1
    )
    return len(sample_candidates(epoch[0].targets.flatten(), VOCABULARY, torch.Generator())[0])


def _precision(device: Device) -> torch.dtype:
    return torch.bfloat16 if device.precision == "bfloat16" else torch.float32


def _matrix_product(device: Device) -> Contender:
    """A product of two large square matrices; counts floating-point operations."""
    side = 8192 if device.is_gpu else 2048
    left, right = (
        torch.randn(side, side, device=device.torch_device, dtype=_precision(device))
        for _ in range(2)
    )

    def multiply() -> int:
        torch.mm(left, right)
        return 2 * side**3

    return multiply
