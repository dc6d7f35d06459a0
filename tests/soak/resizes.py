"""A window that is pulled at: `python -m tests.soak.resizes --times 2000`.

Ends with an error at the first traceback and at a studio that does not draw any more.
"""

import argparse
import time

from tests.soak.person import Person, home_of_nonsense

# Keys that open, one after the other, what the panes can show.
SCREENS = ("1", "i", "\x1b", "2", "n", "r", "g", "3", "o", "b", "h", "\x1b", "?", "\x1b", "\x10")
BURST = 40


def main() -> None:
    """Change the size in bursts, at each screen in turn, without a training and with one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2000, help="sizes for each case")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for training in (False, True):
        for home in home_of_nonsense():
            began = time.monotonic()
            person = Person(home, 80, 24, options.seed, training)
            drawn = person.random
            for done in range(0, options.times, BURST):
                person.press(SCREENS[done // BURST % len(SCREENS)])
                for _ in range(BURST):
                    wide = drawn.random() < 0.7
                    person.resize(drawn.randint(1, 200 if wide else 16), drawn.randint(1, 60))
                    time.sleep(drawn.choice((0, 0, 0.01, 0.05)))
                person.expect_answer(f"size {done + BURST}")
            person.leave()
            print(
                f"{options.times} sizes {'with' if training else 'without'} training, "
                f"{time.monotonic() - began:.0f} s: all drawn",
                flush=True,
            )


if __name__ == "__main__":
    main()
