"""Random keys, pastes and clicks: `python -m tests.soak.keys --keys 20000`.

Ends with an error at the first traceback, at a studio that does not draw any more, and at a
terminal that was not left as it was.
"""

import argparse
import time

from tests.soak.person import Person, home_of_nonsense

SIZES = ((160, 48), (80, 24), (40, 12))
LOOK_EVERY = 200


def main() -> None:
    """Press keys at each size, without a training and with one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000, help="keys for each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--training", choices=("no", "yes", "both"), default="both")
    parser.add_argument("--size", help="only this size, as 80x24")
    options = parser.parse_args()
    sizes = [tuple(map(int, options.size.split("x")))] if options.size else SIZES
    for training in {"no": [False], "yes": [True], "both": [False, True]}[options.training]:
        for columns, rows in sizes:
            for home in home_of_nonsense():
                began = time.monotonic()
                person = Person(home, columns, rows, options.seed, training)
                pressed = looked = 0
                while pressed < options.keys:
                    pressed += person.press_anything()
                    if pressed - looked >= LOOK_EVERY:
                        looked = pressed
                        person.expect_answer(f"key {pressed} at {columns}x{rows}")
                person.leave()
                print(
                    f"{columns}x{rows}, {'with' if training else 'without'} training: "
                    f"{pressed} keys, opened {person.starts} times, "
                    f"{time.monotonic() - began:.0f} s: all answered",
                    flush=True,
                )


if __name__ == "__main__":
    main()
