"""The random masks of dropout, drawn together for a whole step."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class MaskShape(NamedTuple):
    """A mask to draw: zero for `share` of its entries, 1 / (1 - share) for the others.

    So the mean stays 1.
    """

    shape: Sequence[int]
    share: float


class Dropout:
    """Draws masks. Its whole state is that of `generator`, which is on the processor.

    A GPU draws masks itself, so that nothing large is copied: in each step from a seed that comes
    from `generator`.
    """

    def __init__(self) -> None:
        self.generator = torch.Generator()
        self._on_gpu: torch.Generator | None = None

    @property
    def on_gpu(self) -> torch.Generator:
        """The generator on the current GPU."""
        if self._on_gpu is None:
            self._on_gpu = torch.Generator("cuda")
        return self._on_gpu

    def start_step(self, device: torch.device) -> None:
        """Seed the generator on the GPU, if that draws the masks of the next step."""
        if device.type == "cuda":
            seed = torch.empty((), dtype=torch.int64).random_(generator=self.generator)
            self.on_gpu.manual_seed(int(seed))

    def renew_on_gpu(self) -> None:
        """Replace the generator on the GPU by one that draws the same from the last seed on."""
        self._on_gpu = torch.Generator("cuda").manual_seed(self.on_gpu.initial_seed())

    def masks(self, wanted: Sequence[MaskShape], device: torch.device) -> Iterator[Tensor | None]:
        """A mask for each of `wanted`, in their order; None where nothing is left out."""
        drawn = [each for each in wanted if each.share]
        if device.type == "cuda":
            masks = draw_by_share(drawn, self.on_gpu)
        else:
            masks = draw_in_order(drawn, self.generator)
        return (next(masks) if each.share else None for each in wanted)


def draw_by_share(wanted: Sequence[MaskShape], generator: torch.Generator) -> Iterator[Tensor]:
    """Draw masks on the device of the generator, all of a share at once: with few kernels."""
    found: dict[int, Tensor] = {}
    for share in {each.share: None for each in wanted}:
        numbers = [number for number, each in enumerate(wanted) if each.share == share]
        sizes = [math.prod(wanted[number].shape) for number in numbers]
        drawn = torch.empty(sum(sizes), device=generator.device)
        drawn.bernoulli_(1 - share, generator=generator).div_(1 - share)
        found.update(zip(numbers, torch.split(drawn, sizes), strict=True))
    for number, each in enumerate(wanted):
        yield found[number].view(*each.shape)


def draw_in_order(wanted: Sequence[MaskShape], generator: torch.Generator) -> Iterator[Tensor]:
    """Draw masks on the processor, one after the other.

    Four entries share one number: drawing takes longer than the rest there.
    """
    for each in wanted:
        count = math.prod(each.shape)
        numbers = torch.empty(-(-count // 4), dtype=torch.int64)
        numbers.random_(-(2**63), None, generator=generator)
        kept = numbers.view(torch.int16)[:count] >= round(each.share * 2**16) - 2**15
        yield kept.to(torch.float32).div_(1 - each.share).view(*each.shape)
