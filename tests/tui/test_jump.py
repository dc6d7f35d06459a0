"""Jumping to a place of the screen by a letter."""

from textual.widgets import Label

from studio.tui.jump_screen import JumpScreen
from tests.tui.conftest import Open


async def test_a_letter_goes_to_the_place_that_it_stands_on(open_studio: Open) -> None:
    async with open_studio((160, 48)) as studio:
        await studio.press("ctrl+o")
        screen = studio.app.screen
        assert isinstance(screen, JumpScreen)
        field = studio.app.screen_stack[0].query_one("#hidden")
        (label,) = [
            each
            for each in screen.query(Label)
            if each.region.offset == field.content_region.offset
        ]
        await studio.press(str(label.content))
        assert studio.app.focused is field
        assert studio.app.current == "training"


async def test_another_key_or_size_jumps_nowhere(open_studio: Open) -> None:
    async with open_studio((160, 48)) as studio:
        focused = studio.app.focused
        await studio.press("ctrl+o", "escape")
        assert not isinstance(studio.app.screen, JumpScreen)
        assert studio.app.focused is focused
        await studio.press("ctrl+o")
        await studio.pilot.resize_terminal(120, 36)
        await studio.settle()
        assert not isinstance(studio.app.screen, JumpScreen)
