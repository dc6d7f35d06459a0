"""Everything is drawn in every terminal, however small, and in time."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from textual.content import Content

from studio.corpus.poem import Poem
from studio.tui.corpus.poem_view import _rows
from studio.tui.poem.layout import SETTINGS, Mark, set_verse
from tests.tui.conftest import Open

pytestmark = pytest.mark.usefixtures("drawn")

SECONDS = 60  # for one drawing, on a busy machine
WIDTHS = range(13)
VERSE = "月落乌啼霜满天，江枫渔火对愁眠。姑苏城外寒山寺，夜半钟声到客船。"
# Keys that open one view after another.
SCREENS = ("1", "f", "escape i", "escape 2", "r", "n", "escape 3", "o", "b", "escape question_mark")


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """End a test that hangs. An alarm can interrupt it: such loops are in Python."""

    def end(*_: object) -> None:
        raise TimeoutError(f"not drawn within {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def drawn(content: Content) -> list[Content]:
    """What Textual does with a content."""
    return [line.truncate(2) for line in content.split("\n")]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_poem_is_set_at_every_width(width: int) -> None:
    poem = Poem(
        "枫桥夜泊 (abc def)", "张继", VERSE, VERSE, "七绝", "train", "a very long source", 1
    )
    for height in (0, 1, 24):
        assert drawn(Content("\n").join(_rows(poem, False, width, height)))


@pytest.mark.parametrize("width", WIDTHS)
def test_verse_is_set_at_every_width_in_every_setting(width: int) -> None:
    words = [Mark("bold", "zhuāng", "平", "red", True)] * len(VERSE)
    for setting in SETTINGS:
        for marks in ((), words):
            rows = set_verse(VERSE, setting, width, 3, True, marks=marks)
            assert drawn(Content("\n").join(rows))


@pytest.mark.parametrize("layout", ["columns", "single"])
async def test_every_pane_is_drawn_in_every_small_terminal(open_studio: Open, layout: str) -> None:
    async with open_studio((80, 24), layout=layout) as studio:
        for keys in SCREENS:
            await studio.pilot.resize_terminal(80, 12)
            await studio.press(*keys.split())
            for width in (1, 36):
                signal.alarm(SECONDS)
                await studio.pilot.resize_terminal(width, 12)
                assert studio.app.screen.size.width == width
                assert studio.text()


async def test_panes_have_the_classes_of_their_size_while_the_terminal_grows(
    open_studio: Open,
) -> None:
    async with open_studio((80, 24)) as studio:
        screen: Any = studio.app.screen
        seen: list[tuple[int, bool]] = []
        laid_out = screen._refresh_layout

        def watch(*arguments: Any, **options: Any) -> None:
            laid_out(*arguments, **options)
            seen.append((screen.size.width, screen.has_class("-single")))

        screen._refresh_layout = watch
        for width in (160, 80, 160):
            await studio.pilot.resize_terminal(width, 24)
            await studio.settle()
        assert seen
        assert set(seen) == {(80, True), (160, False)}


async def test_page_keys_in_a_palette_too_small_to_be_drawn_do_nothing(open_studio: Open) -> None:
    async with open_studio((80, 24)) as studio:
        await studio.press("ctrl+p")
        await studio.pilot.resize_terminal(80, 3)
        await studio.press("down", "pagedown", "pageup")
        assert studio.app.return_code is None
