"""The options of the scripts that train something beside a run's model."""

import argparse
import random
from pathlib import Path
from typing import NamedTuple

import torch

from studio.cli.heap import keep_heap
from studio.paths import Home
from studio.runs.loading import locate


class Options(NamedTuple):
    """The model's folder and full name, the seed, and what draws by it. PyTorch does, too."""

    folder: Path
    name: str
    seed: int
    generator: random.Random


def read_options(description: str | None) -> Options:
    """The options of this script, whose help begins with `description`.

    From here on freed memory is kept, as by the studio's commands: the scripts train with torch.
    """
    keep_heap()
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("run", help="a run, or run@step")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    folder, name = locate(Home.default(), given.run)
    return Options(folder, name, given.seed, random.Random(given.seed))
