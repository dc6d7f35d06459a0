"""Processes that train a run together."""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.process import BaseProcess

from torch.distributed import TCPStore

from studio import launched
from studio.model.config import RunConfig
from studio.paths import Home
from studio.runs.helping import helping
from tests.killing import in_child, outcome, train


@contextmanager
def processes(size: int, action: Callable[[int], None]) -> Iterator[list[BaseProcess]]:
    """Start processes as torchrun does, each of which calls `action` with its rank."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    children = [in_child(partial(_start, rank, size, store.port, action)) for rank in range(size)]
    try:
        yield children
    finally:
        for child in children:
            child.kill()


def _start(rank: int, size: int, port: int, action: Callable[[int], None]) -> None:
    os.environ |= {
        launched.RUN_ID: "tests",
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }
    action(rank)


def train_together(size: int, home: Home, name: str, config: RunConfig) -> list[int]:
    """Train a run to its end in several processes; their exit codes."""
    with processes(size, partial(take_part, home=home, name=name, config=config)) as children:
        return [outcome(child) for child in children]


def take_part(rank: int, home: Home, name: str, config: RunConfig) -> None:
    """What each of the processes does to train a run to its end."""
    if rank == 0:
        train(home, name, config)
    else:
        help_out()


def help_out() -> None:
    """Train with process 0 until it ends."""
    with helping() as session:
        for _ in session.steps() if session else ():
            pass


def here() -> str:
    """This machine, as messages name it."""
    return platform.node()
