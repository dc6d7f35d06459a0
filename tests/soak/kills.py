"""Training that is killed again and again: `python -m tests.soak.kills --times 200`.

Half of the kills come while a checkpoint or the log is written. In the end log, weights and
optimiser are compared, byte for byte, with those of a run that was never killed; only the seconds
that each step took are left out.
"""

import argparse
import contextlib
import random
import shutil
import signal
import time
from functools import partial
from multiprocessing.connection import Connection

from studio.paths import Home
from tests.killing import CHILDREN, found, in_child, learnt, outcome, train, watch_files
from tests.small import small
from tests.soak.person import home_of_nonsense

CONFIG = small("studio", epochs=6, validate_every=7, checkpoint_every=3, report_every=4, keep=2)


def life(home: Home, draw: random.Random, seconds: float) -> bool:
    """Train in a child that is killed at a random moment; whether it was."""
    at_writing = draw.random() < 0.5
    changes, written = CHILDREN.Pipe(duplex=False)
    child = in_child(partial(train_watched, home, written))
    written.close()
    if at_writing:
        # Some change to the files of the run, and a moment more.
        with contextlib.suppress(EOFError):
            for _ in range(draw.randint(1, 200)):
                changes.recv_bytes()
        time.sleep(draw.random() * 0.002)
    else:
        time.sleep(draw.random() * seconds)
    child.kill()
    changes.close()
    return outcome(child) == -signal.SIGKILL


def train_watched(home: Home, written: Connection) -> None:
    """Train a run; each change to its files is named to whoever reads."""
    watch_files(home.runs / "killed", lambda *_: written.send_bytes(b"."))
    train(home, "killed", CONFIG)


def main() -> None:
    """Kill trainings until enough have been killed, and compare each in the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    kills = runs = 0
    for root in home_of_nonsense():
        home = Home(root / "data", root / "config", root / "cache")
        began = time.monotonic()
        assert outcome(in_child(partial(train, home, "whole", CONFIG))) == 0
        seconds = time.monotonic() - began
        whole = learnt(found(home, "whole"))
        while kills < options.times:
            while kills < options.times and life(home, draw, seconds):
                kills += 1
            if not _is_finished(home):
                assert outcome(in_child(partial(train, home, "killed", CONFIG))) == 0
            if learnt(found(home, "killed")) != whole:
                raise SystemExit(f"after {kills} kills the run differs from one never killed")
            runs += 1
            shutil.rmtree(home.runs / "killed")
    print(f"{kills} kills in {runs} runs of {len(whole['events'])} events: all equal")


def _is_finished(home: Home) -> bool:
    try:
        return found(home, "killed").events()[-1:] == found(home, "whole").events()[-1:]
    except Exception:
        return False


if __name__ == "__main__":
    main()
