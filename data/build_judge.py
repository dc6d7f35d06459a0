# ruff: noqa: T201
"""Train the judge of a run's model, and put it beside its best checkpoint:

    python data/build_judge.py default-model

`runs publish` takes it along.

It learns from data/judged.tsv, see data/judged.py.

The judge expects the points after each line. Requests that are left out show how far it is: how the
points that it expects of a whole poem correlate with those of the reader, among the poems of a
request.
"""

import time
from pathlib import Path

import msgspec
import torch
from judged import JudgedPoem, Requests, judged_requests
from run_options import read_options
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from studio.cli.output import exit_codes
from studio.model.device import choose_device
from studio.model.judge import Judge, Passage, read_poems, stops_of, write_judge
from studio.runs.loading import load_writer

# The requests of a batch.
BATCH = 6
EPOCHS, WARMUP = 6, 30
RATE, WEIGHT_DECAY, DROPOUT = 1e-3, 0.05, 0.5
LARGEST_NORM = 1.0
# The mean of the points is left to the last bias, not to be learnt by small steps.
MIDDLE = 4.3


class ReadPoem(msgspec.Struct, frozen=True):
    """A poem's points, how a model reads it, and which of its tokens end a line."""

    points: float
    passage: Passage
    stops: Tensor


def main() -> None:
    """Read the poems, train, write."""
    folder, name, _, generator = read_options(__doc__)
    began = time.monotonic()
    training, left_out = (_read(each, folder, name) for each in judged_requests())
    count = sum(map(len, training + left_out))
    print(f"{count:,} poems read in {time.monotonic() - began:.0f} s", flush=True)

    # Every tenth request is enough for the mean and the scale.
    some = torch.cat([each.passage.inputs[0] for poems in training[::10] for each in poems])
    judge = Judge(some.shape[-1], dropout=DROPOUT)
    judge.mean.copy_(some.mean(dim=0))
    judge.scale.copy_(some.std(dim=0).clamp(min=1e-3))
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


def _read(requests: Requests, folder: Path, name: str) -> list[list[ReadPoem]]:
    """The poems of each request, as a model reads them."""
    writer = load_writer(folder, name)
    poems = [each for request in requests for each in request]
    texts, about = [each.text for each in poems], [each.about for each in poems]
    device = choose_device("auto", "cpu")
    passages = iter(read_poems(writer.network, writer.vocabulary, texts, about, device))
    is_stop = stops_of(writer.vocabulary)

    def read(poem: JudgedPoem) -> ReadPoem:
        tokens = torch.tensor(writer.vocabulary.encode(poem.text))
        return ReadPoem(poem.points, next(passages), is_stop[tokens])

    return [[read(poem) for poem in request] for request in requests]


def _expected(judge: Judge, poems: list[ReadPoem]) -> tuple[Tensor, Tensor]:
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


def _loss(judge: Judge, requests: list[list[ReadPoem]]) -> Tensor:
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
def _correlation(judge: Judge, requests: list[list[ReadPoem]]) -> float:
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
    with exit_codes():
        main()
