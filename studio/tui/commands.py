"""The entries of the command palette."""

from collections.abc import Iterator
from typing import NamedTuple

from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders
from studio.tui.pane import TITLES

_MOST_RUNS = 20
_THEMES = {"ink": "Dark", "paper": "Light"}
_LAYOUTS = {
    "auto": "Side by side where there is room",
    "columns": "Always side by side",
    "single": "One pane at a time",
}


class PaletteCommand(NamedTuple):
    """An entry: its name, a few words, and the application's action that it runs."""

    title: str
    words: str
    action: str


def palette_commands(home: Home) -> Iterator[PaletteCommand]:
    """All entries, in order; reads the names of the runs."""
    for name, title in TITLES.items():
        yield PaletteCommand(f"Go to {title}", "Pane", f"pane({name!r})")
    for recipe in RECIPES:
        yield PaletteCommand(
            f"Train with the recipe {recipe}",
            "Start a new run with its settings as they are",
            f"train({recipe!r})",
        )
    for run in folders.all_runs(home.runs)[:_MOST_RUNS]:
        yield PaletteCommand(f"Resume {run.name}", "Go on with this run", f"resume({run.name!r})")
    for theme, words in _THEMES.items():
        yield PaletteCommand(f"Theme {theme}", words, f"use_theme({theme!r})")
    for layout, words in _LAYOUTS.items():
        yield PaletteCommand(f"Layout {layout}", words, f"use_layout({layout!r})")
    yield PaletteCommand("Help", "All keys", "help")
    yield PaletteCommand("Quit", "Leave; training is saved first", "quit")
