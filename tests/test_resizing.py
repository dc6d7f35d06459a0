"""A window that is pulled at: the studio draws every size, in every pane."""

import random
import time
from pathlib import Path

import pytest

from studio.paths import Home
from tests.terminal import Terminal, studio
from tests.test_studio import start_training

SIZES = 12
# Keys that open, from where the ones before have led, what the panes can show.
SCREENS = ("1", "/", "\x1b", "2", "n", "\x1b", "r", "l", "3", "o", "\x1b", "b", "\x1b", "?")


def pull(terminal: Terminal, drawn: random.Random) -> None:
    """Give the window size after size, faster than they can be drawn."""
    for _ in range(SIZES):
        # Small ones above all: there the least room is left.
        columns = drawn.choice(
            (drawn.randint(1, 16), drawn.randint(30, 60), drawn.randint(60, 200))
        )
        terminal.resize(columns, drawn.randint(1, 50))
        time.sleep(drawn.choice((0.0, 0.0, 0.01)))


@pytest.mark.parametrize("layout", ["auto", "columns"])
def test_a_storm_of_sizes_is_survived_in_every_pane(
    home: Home, tmp_path: Path, layout: str
) -> None:
    home.config.mkdir()
    home.settings.write_text(f'layout = "{layout}"\n')
    drawn = random.Random(7)
    with studio(str(tmp_path), 100, 30) as terminal:
        if layout == "auto":
            start_training(terminal, epochs=4000)
        else:
            terminal.wait("Search")
        for key in SCREENS:
            pull(terminal, drawn)
            terminal.drain_for(0.2)
            terminal.resize(100, 30)
            terminal.press(key)
        terminal.wait("Keys")
        terminal.press("\x1b")
        terminal.wait("? Help")
