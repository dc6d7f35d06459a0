# ruff: noqa: T201
"""Train the model of a run towards the poems that readers prefer:

    python data/build_preferred.py default-model

Its weights are put beside the run's best checkpoint. Poems are written with them from then on, and
`runs publish` takes them; a run that is resumed continues with its own. Weights that are there
already learn further, from the requests after those that they have learnt.

It learns from data/judged.tsv (see data/judged.py), by the listwise form of direct preference
optimisation (Rafailov et al. 2023; Liu et al. 2024): among the poems of a request, what training
adds to the log-probability of each is to be in proportion to its points. Poems of the library are
read at the same time, so that the model does not unlearn them.

Requests that are left out show how far it is. With the correlation between points and what was
added to the log-probability, within a request, comes their covariance: that is how many points the
poems gain, as long as it is small. The price is a higher perplexity of validation poems.
In the end each weight goes back a little to what it was before (Wortsman et al. 2022): the gain
falls in proportion, the price faster.
"""

import random
import time
from itertools import chain

import msgspec
import torch
from judged import JUDGED, JudgedPoem, Requests, judged_requests
from run_options import read_options
from torch import Tensor
from torch.nn import functional

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.poem import About, is_han
from studio.corpus.vocabulary import BEGIN, END, Vocabulary
from studio.model.batches import pad_batch
from studio.model.checkpoint import load_model
from studio.model.conditions import describe
from studio.model.device import Device, choose_device
from studio.model.evaluate import poem_losses, score_poems, total
from studio.model.loss import IGNORED
from studio.model.network import Network
from studio.model.preferred import Preference, read_preference, write_preferred
from studio.paths import Home

# The requests of a batch, and the poems of the library beside them.
REQUESTS, POEMS = 4, 24
RATE, WARMUP, DROPOUT = 4e-4, 20, 0.1
LARGEST_NORM = 1.0
# How much of what is added counts as points. With less, more is added.
SCALE = 0.1
# How much of the change of each weight is kept in the end.
KEPT = 0.85
# Every how many steps the figures are printed; the poems of the validation split that are read.
REPORT, VALIDATION = 100, 300


# The nats that poems cost.
Costs = dict[JudgedPoem, float]


def main() -> None:
    """Train, and write the weights."""
    folder, _, _, generator = read_options(__doc__)
    home = Home.default()
    before, vocabulary, _ = load_model(folder)
    learnt = read_preference(folder) or Preference(poems=0, requests=0, seconds=0.0)
    began = time.monotonic()
    training, left_out = judged_requests()
    newest = training[learnt.requests :]
    if not newest:
        print(f"The weights have learnt from every request of {JUDGED.name}.")
        return
    with Library.open(home.library) as library:
        others = list(zip(library.texts("train"), library.about("train"), strict=True))
        held_out = library.texts("valid")[:VALIDATION], library.about("valid")[:VALIDATION]
    device = choose_device("auto")
    device.make_current()
    learning = Learning(before.to(device.torch_device), vocabulary, device)
    known = learning.costs_before(newest + left_out)

    batches = _batches(newest, generator)
    steps = len(batches)
    for step, requests in enumerate(batches):
        chosen = [_partly(*each, generator) for each in generator.sample(others, POEMS)]
        learning.learn(requests, known, chosen, _rate(step, steps))
        if (step + 1) % REPORT == 0 or step + 1 == steps:
            print(f"step {step + 1}: {learning.figures(left_out, known, held_out)}", flush=True)
    learning.keep(KEPT)
    print(f"{KEPT:.0%} of it: {learning.figures(left_out, known, held_out)}")
    learnt = Preference(
        poems=sum(map(len, training)),
        requests=len(training),
        seconds=learnt.seconds + time.monotonic() - began,
    )
    write_preferred(folder, learning.network, learnt)


class Learning:
    """A network that learns what readers prefer, and what it was before."""

    def __init__(self, before: Network, vocabulary: Vocabulary, device: Device) -> None:
        self._before, self._vocabulary, self._device = before, vocabulary, device
        config = msgspec.structs.replace(
            before.config, dropout=DROPOUT, recurrent_dropout=0.0, embedding_dropout=0.0
        )
        self.network = Network(config, len(vocabulary)).to(device.torch_device)
        self.network.load_state_dict(before.state_dict())
        self._optimiser = torch.optim.AdamW(self.network.parameters(), RATE, weight_decay=0.0)

    def costs_before(self, requests: Requests) -> Costs:
        """The nats that each poem cost before."""
        poems = list(chain.from_iterable(requests))
        return dict(zip(poems, self._costs(self._before, poems), strict=True))

    def learn(
        self,
        requests: Requests,
        known: Costs,
        others: list[tuple[str, About]],
        rate: float,
    ) -> None:
        """One step: from the poems of some requests, and from `others` of the library.

        `known`: what the poems cost before. Of each of the others, at most as many
        tokens are read as the longest poem of the requests has.
        """
        poems = list(chain.from_iterable(requests))
        texts = [each.text for each in poems] + [text for text, _ in others]
        about = [each.about for each in poems] + [each for _, each in others]
        longest = max(len(each.text) for each in poems) + 1
        nats, counts = self._nats(texts, about, longest)
        added = torch.tensor([known[each] for each in poems], device=nats.device)
        added = SCALE * (added - nats[: len(poems)])
        points = torch.tensor([each.points for each in poems], device=nats.device)
        sizes = [len(request) for request in requests]
        preferred = torch.stack(
            [
                functional.cross_entropy(found, given.softmax(dim=0))
                for found, given in zip(added.split(sizes), points.split(sizes), strict=True)
            ]
        )
        read = nats[len(poems) :].sum() / counts[len(poems) :].sum()
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        (preferred.mean() + read).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_NORM)
        self._optimiser.step()

    def keep(self, share: float) -> None:
        """Undo a part of the change of each weight, so that this share of it is left."""
        with torch.no_grad():
            weights = zip(self.network.parameters(), self._before.parameters(), strict=True)
            for weight, before in weights:
                weight.lerp_(before, 1 - share)

    def _nats(self, texts: list[str], about: list[About], longest: int) -> tuple[Tensor, Tensor]:
        """What the first `longest` targets of each poem cost, (poems,), and their number."""
        network, device = self.network.train(), self._device
        rows = [[BEGIN, *self._vocabulary.encode(text), END] for text in texts]
        batch = pad_batch(rows, describe(about, self._vocabulary).of(list(range(len(rows)))))
        conditions = batch.conditions and batch.conditions.during(0, longest)
        conditions = conditions and conditions.to(device.torch_device)
        network.dropout.start_step(device.torch_device)
        with torch.no_grad():
            state = network.initial_state(len(rows))
        targets = device.put(batch.targets[:, :longest])
        with device.autocast():
            features, _ = network(device.put(batch.inputs[:, :longest]), state, None, conditions)
            logits = functional.linear(features.flatten(0, 1), network.softmax_weight)
        losses = functional.cross_entropy(
            logits.float() + network.softmax_bias,
            targets.flatten(),
            reduction="none",
            ignore_index=IGNORED,
        )
        return losses.view(targets.shape).sum(dim=1), (targets != IGNORED).sum(dim=1)

    def _costs(self, network: Network, poems: list[JudgedPoem]) -> list[float]:
        """What each poem costs, in nats."""
        texts, about = [each.text for each in poems], [each.about for each in poems]
        with self._device.autocast():
            found = poem_losses(network, self._vocabulary, texts, self._device, about)
        return [float(losses.sum()) for _, losses in found]

    def figures(
        self,
        requests: Requests,
        known: Costs,
        held_out: tuple[list[str], list[About]],
    ) -> str:
        """How far it is, in words; see above."""
        added, points = [], []
        for poems in requests:
            now = torch.tensor(self._costs(self.network, poems))
            more = torch.tensor([known[each] for each in poems]) - now
            given = torch.tensor([each.points for each in poems])
            added.append(more - more.mean())
            points.append(given - given.mean())
        both = torch.stack([torch.cat(added), torch.cat(points)])
        shape_only = [About(each.form) for each in held_out[1]]
        with self._device.autocast():
            scores = score_poems(
                self.network, self._vocabulary, held_out[0], self._device, shape_only
            )
        return (
            f"correlation {float(torch.corrcoef(both)[0, 1]):.3f}, "
            f"gain {float(both.prod(dim=0).mean()):.2f} points, "
            f"perplexity with the form {total(scores).perplexity_all:.2f}"
        )


def _rate(step: int, steps: int) -> float:
    """The learning rate: up at first, then down to zero."""
    return RATE * min(1.0, (step + 1) / WARMUP) * (1 - step / steps)


def _batches(requests: Requests, generator: random.Random) -> list[Requests]:
    """Requests for poems of one length, or nearly so, together; in random order."""
    shuffled = generator.sample(requests, len(requests))
    by_length = sorted(shuffled, key=lambda poems: max(len(each.text) for each in poems))
    batches = [by_length[at : at + REQUESTS] for at in range(0, len(requests), REQUESTS)]
    generator.shuffle(batches)
    return batches


def _partly(text: str, about: About, generator: random.Random) -> tuple[str, About]:
    """A poem and what is known of it: in half of all cases not the title."""
    title = "".join(filter(is_han, about.title)) if generator.random() < 0.5 else ""
    return text, About(about.form, title, "")


if __name__ == "__main__":
    with exit_codes():
        main()
