"""The entries of the command palette."""

from collections.abc import Iterator
from typing import NamedTuple

from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders
from studio.tui.pane import TITLES

_MOST_RUNS = 20
_THEMES = {
    "ink": "Dark",
    "paper": "Light",
    "slate": "Dark, in blue and orange, for colour-blind people",
}
_LAYOUTS = {
    "auto": "Side by side if there is room",
    "columns": "Always side by side",
    "single": "One pane at a time",
}


class PaletteCommand(NamedTuple):
    """An entry: its title, a short help text, and the application's action that it runs."""

    title: str
    help_text: str
    action: str


def palette_commands(home: Home) -> Iterator[PaletteCommand]:
    """All entries, in order. Reads the names of the runs from disk."""
    for name, title in TITLES.items():
        yield PaletteCommand(f"Go to {title}", "Show this pane", f"pane({name!r})")
    for recipe in RECIPES:
        yield PaletteCommand(
            f"Train with the recipe {recipe}",
            "Start a new run with its settings, unchanged",
            f"train({recipe!r})",
        )
    for run in folders.all_runs(home.runs)[:_MOST_RUNS]:
        yield PaletteCommand(f"Resume {run.name}", "Resume this run", f"resume({run.name!r})")
    for theme, help_text in _THEMES.items():
        yield PaletteCommand(f"Theme {theme}", help_text, f"use_theme({theme!r})")
    for layout, help_text in _LAYOUTS.items():
        yield PaletteCommand(f"Layout {layout}", help_text, f"use_layout({layout!r})")
    yield PaletteCommand("Help", "All keys and the glossary", "help")
    yield PaletteCommand("Quit", "Training is saved first", "quit")
