"""The help screen."""

from collections import Counter

import pytest
from textual.widgets import Input

from studio.tui.help_screen import HelpScreen, key_rows
from tests.tui.conftest import Open
from tests.tui.playground_worker import QUATRAIN
from tests.tui.playing import Play, Played


@pytest.mark.parametrize("pane", ["1", "2", "3"])
async def test_no_section_lists_a_key_twice(open_studio: Open, pane: str) -> None:
    async with open_studio() as studio:
        await studio.press(pane, "question_mark")
        screen = studio.app.screen
        assert isinstance(screen, HelpScreen)
        for heading, nodes in screen._sections:
            keys = Counter(key for row in screen._rows(nodes) for key in row[0].split())
            assert [key for key, count in keys.items() if count > 1] == [], heading


async def test_help_shows_only_what_has_all_the_words_searched_for(open_studio: Open) -> None:
    async with open_studio() as studio:
        await studio.press("question_mark", "slash", *"runs filter")
        text = studio.text()
        assert "training.filter" in text
        assert "training.pause" not in text
        assert "corpus.search" not in text
        await studio.press("enter", "slash")
        studio.app.screen.query_one(Input).value = "jue"  # without the tone mark
        await studio.settle()
        assert "jué" in studio.text()
        assert "training.filter" not in studio.text()


async def test_letters_in_the_search_are_text_and_escape_shows_all_again(
    open_studio: Open,
) -> None:
    async with open_studio() as studio:
        await studio.press("question_mark", "slash", "q", "question_mark", "j")
        assert studio.app.screen.query_one(Input).value == "q?j"
        assert "Nothing matches." in studio.text()
        await studio.press("escape")
        assert "corpus.search" in studio.text()
        assert isinstance(studio.app.screen, HelpScreen)
        await studio.press("escape")
        assert not isinstance(studio.app.screen, HelpScreen)


async def first_section(played: Played) -> str:
    """The heading and the keys that the help begins with; closes it."""
    await played.press("f1")
    screen = played.app.screen
    assert isinstance(screen, HelpScreen)
    heading, nodes = screen._sections[0]
    names = " ".join(name for *_, name in key_rows(nodes, played.app.get_key_display, {}))
    await played.press("escape")
    return f"{heading}: {names}"


async def test_the_help_begins_with_the_keys_of_the_screen_one_is_in(play: Play) -> None:
    async with play() as played:
        assert "playground.write" in await first_section(played)
        await played.press("d")
        assert (await first_section(played)).startswith("On this screen: own.work")
        await played.press("escape", "enter")
        await played.answer(QUATRAIN.replace("白日", "白天"))
        await played.press("w")
        assert (await first_section(played)).startswith("On the workbench: work.rewrite")
        for key, name in (("o", "side.take"), ("d", "lookup.word"), ("b", "rules.use")):
            await played.press(key)
            assert name in await first_section(played)
            await played.press("escape")
        await played.press("question_mark")
        assert isinstance(played.app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["b", "d", "h"])
async def test_the_question_mark_opens_the_help_over_another_screen(play: Play, key: str) -> None:
    async with play() as played:
        await played.press(key, "f1")
        assert isinstance(played.app.screen, HelpScreen)
