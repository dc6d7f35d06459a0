# ruff: noqa: T201
"""Train the judge of a run's model, and put it beside its last checkpoint:

    python data/build_judge.py default-model

`runs publish` takes it along.

It learns from data/judged.tsv: poems that the default model wrote, several to each request, with
the points from 1 to 10 that a reader gave. The readers were language models. Each read the poems of
several requests in random order, among some by people, and did not know who wrote which. A line has
the number of the request, the points, the title if there was one, and the poem.

The judge expects the points after each line. Requests that are left out show how far it is: how the
points that it expects of a whole poem correlate with those of the reader, among the poems of a
request.
"""

import argparse
import random
import time
from pathlib import Path

import msgspec
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from studio.corpus.poem import About, is_han, verse_lines
from studio.model.device import choose_device
from studio.model.judge import Judge, Passage, read_poems, stops_of, write_judge
from studio.paths import Home
from studio.prosody.forms import shape_of
from studio.runs.loading import load_writer, locate

JUDGED = Path(__file__).with_name("judged.tsv")
# The requests of a batch; the share of requests that is left out.
BATCH, LEFT_OUT = 6, 0.1
EPOCHS, WARMUP = 6, 30
RATE, WEIGHT_DECAY, DROPOUT = 1e-3, 0.05, 0.5
LARGEST_NORM = 1.0
# The mean of the points is left to the last bias, not to be learnt by small steps.
MIDDLE = 4.3


class JudgedPoem(msgspec.Struct, frozen=True):
    """A poem with its points, what was known of it, and how a model reads it."""

    points: float
    passage: Passage
    stops: Tensor


def main() -> None:
    """Read the poems, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run, or run@step")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    generator = random.Random(options.seed)
    folder, name = locate(Home.default(), options.run)
    began = time.monotonic()
    requests = judged_requests(folder, name)
    print(f"{sum(map(len, requests)):,} poems read in {time.monotonic() - began:.0f} s", flush=True)
    generator.shuffle(requests)
    left_out = requests[: int(len(requests) * LEFT_OUT)]
    training = requests[len(left_out) :]

    together = torch.cat([each.passage.inputs[0] for poems in training for each in poems])
    judge = Judge(together.shape[-1], dropout=DROPOUT)
    judge.mean.copy_(together.mean(dim=0))
    judge.scale.copy_(together.std(dim=0).clamp(min=1e-3))
    torch.nn.init.constant_(judge.leave[-1].bias, MIDDLE)
    optimiser = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    batches = len(training) // BATCH
    steps = EPOCHS * batches
    for step in range(steps):
        if step % batches == 0:
            generator.shuffle(training)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 - step / steps)
        at = step % batches * BATCH
        loss = _loss(judge, training[at : at + BATCH])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), LARGEST_NORM)
        optimiser.step()
        if (step + 1) % batches == 0:
            found = _correlation(judge, left_out)
            print(f"epoch {(step + 1) // batches}: correlation {found:.3f}", flush=True)
    write_judge(folder, judge)


def judged_requests(folder: Path, name: str) -> list[list[JudgedPoem]]:
    """The poems of each request of data/judged.tsv, read by a model."""
    writer = load_writer(folder, name)
    rows = [line.split("\t") for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    texts = [text for *_, text in rows]
    about = [
        About(shape_of(verse_lines(text)), "".join(filter(is_han, title)), "")
        for *_, title, text in rows
    ]
    device = choose_device("auto", "cpu")
    passages = read_poems(writer.network, writer.vocabulary, texts, about, device)
    is_stop = stops_of(writer.vocabulary)
    requests: dict[str, list[JudgedPoem]] = {}
    for (request, points, _, text), passage in zip(rows, passages, strict=True):
        stops = is_stop[torch.tensor(writer.vocabulary.encode(text))]
        requests.setdefault(request, []).append(JudgedPoem(float(points), passage, stops))
    return list(requests.values())


def _expected(judge: Judge, poems: list[JudgedPoem]) -> tuple[Tensor, Tensor]:
    """The points expected after each token, (poems, time), and which of these end a line."""
    parts = [
        pad_sequence([each[0] for each in part], batch_first=True)
        for part in zip(*(p.passage for p in poems), strict=True)
    ]
    stops = pad_sequence([each.stops for each in poems], batch_first=True)
    expected, _ = judge(Passage(*parts))
    return expected, stops


def _of_whole(expected: Tensor, stops: Tensor) -> Tensor:
    """The points expected after the last line, (poems,)."""
    last = stops.shape[1] - 1 - stops.flip(1).int().argmax(dim=1)
    return expected.gather(1, last[:, None])[:, 0]


def _loss(judge: Judge, requests: list[list[JudgedPoem]]) -> Tensor:
    """How far the points are from those expected: within requests, in all, and after each line."""
    poems = [each for request in requests for each in request]
    points = torch.tensor([each.points for each in poems])
    expected, stops = _expected(judge, poems)
    sizes = [len(request) for request in requests]
    within = [
        functional.mse_loss(found - found.mean(), given - given.mean())
        for found, given in zip(
            _of_whole(expected, stops).split(sizes), points.split(sizes), strict=True
        )
    ]
    whole = functional.mse_loss(_of_whole(expected, stops), points)
    lines = functional.mse_loss(expected[stops], points[:, None].expand_as(expected)[stops])
    return torch.stack(within).mean() + 0.3 * whole + 0.5 * lines


@torch.inference_mode()
def _correlation(judge: Judge, requests: list[list[JudgedPoem]]) -> float:
    """Between the points given and those expected, within the requests."""
    judge.eval()
    given, found = [], []
    for request in requests:
        points = torch.tensor([each.points for each in request])
        expected = _of_whole(*_expected(judge, request))
        given.append(points - points.mean())
        found.append(expected - expected.mean())
    judge.train()
    return float(torch.corrcoef(torch.stack([torch.cat(given), torch.cat(found)]))[0, 1])


if __name__ == "__main__":
    main()
