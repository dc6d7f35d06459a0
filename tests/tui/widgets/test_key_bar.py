"""The line of keys: whole keys, the most used first."""

import re

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from studio.tui.widgets.key_bar import KeyBar
from tests.tui.conftest import Open

KEYS = ["a Alpha", "b Beta", "c Gamma", "d Delta"]


class Keys(App[None]):
    """Four keys, help and quit."""

    BINDINGS = [  # noqa: RUF012  # as in Textual
        *(Binding(text[0], f"do({text[0]!r})", text[2:]) for text in KEYS),
        Binding("question_mark", "help", "Help", id="studio.help"),
        Binding("q", "quit", "Quit", id="studio.quit"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield KeyBar()


@pytest.mark.parametrize("width", [8, 14, 15, 16, 24, 30, 40, 46, 47, 52, 80])
async def test_keys_are_left_out_whole_and_from_the_end_but_never_help_and_quit(
    width: int,
) -> None:
    app = Keys()
    async with app.run_test(size=(width, 4)):
        line = str(app.query_one(KeyBar).render())
    shown = [key for key in KEYS if key in line]
    assert shown == KEYS[: len(shown)]
    rest = ["?", "q"] if width < 15 else ["? Help", "q Quit"]
    assert all(each in line for each in rest)
    # The last cell is for terminals that draw a character wider than it is counted.
    assert len(line.rstrip()) < width
    words = re.findall(r"\S+", line)
    assert set(words) <= {word for key in [*KEYS, *rest] for word in key.split()}


async def test_no_key_is_drawn_with_a_sign_whose_width_is_in_doubt(open_studio: Open) -> None:
    async with open_studio((160, 48)) as studio:
        await studio.press("3")
        assert " enter Write " in studio.text().splitlines()[-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_the_list_of_runs_shows_all_of_its_keys(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size) as studio:
        await studio.press("2", "r")
        keys = studio.text().splitlines()[-1]
        for name in ("enter Open", "space Compare", "u Resume", "d Delete", "/ Filter"):
            assert name in keys


class Bound(Static, can_focus=True):
    """A widget with a key of its own and one that the application overrides."""

    BINDINGS = [Binding("b", "do(1)", "Inner"), Binding("x", "do(2)", "Extra")]  # noqa: RUF012


class Overriding(App[None]):
    """Its second key is also one of the widget."""

    BINDINGS = [  # noqa: RUF012
        Binding("a", "do(3)", "Alpha", priority=True),
        Binding("b", "do(4)", "Beta", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield Bound()
        yield KeyBar()


async def test_a_key_that_overrides_another_stands_where_it_is_defined() -> None:
    app = Overriding()
    async with app.run_test(size=(60, 4)) as pilot:
        app.query_one(Bound).focus()
        await pilot.pause()
        line = str(app.query_one(KeyBar).render())
    assert line.split() == ["x", "Extra", "a", "Alpha", "b", "Beta"]


async def test_the_keys_for_poems_fit_in_80_columns(open_studio: Open) -> None:
    async with open_studio((80, 24)) as studio:
        await studio.press("3")
        keys = studio.text().splitlines()[-1]
        for name in ("enter Write", "o Setup", "w Work", "d Own", "s Save", "e Export", "b Saved"):
            assert name in keys
