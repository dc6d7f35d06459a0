"""The list of saved poems: found by pinyin, written again and compared with what was saved."""

from functools import partial
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, OptionList, Static

from studio.collection.saved import Collection
from studio.paths import Home
from studio.verse.request import USUAL, Ranking
from tests.collection.test_saved import TEXT, saved
from tests.tui.playing import Play, playing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")


@pytest.fixture
def play(home: Home) -> Play:
    """A studio with two saved poems, by a model that is not there any more."""
    for poem in (saved("春江花月夜。", seed=2), saved(seed=7)):
        Collection(home.collection).add(poem)
    return partial(playing, home)


async def test_a_saved_poem_is_found_by_pinyin(play: Play) -> None:
    async with play() as played:
        await played.press("b", "slash", *"chunjiang")
        assert played.app.screen.query_one(OptionList).option_count == 1


async def test_a_saved_poem_is_written_again_by_its_model(play: Play) -> None:
    async with play() as played:
        await played.press("b", "r")
        assert played.last == saved().rewrite_request
        assert played.last.model == "night@800"
        # What was put in on the workbench may break a rule.
        assert played.worker.requested[-1].around


async def test_the_same_poem_is_reported_as_the_same(play: Play) -> None:
    async with play() as played:
        await played.press("b", "r")
        await played.answer(TEXT)
        assert (
            played.text("#opening-note") == "Written again: the same poem, character for character."
        )


async def test_a_different_poem_is_reported_with_the_difference(play: Play) -> None:
    async with play() as played:
        await played.press("b", "r")
        await played.answer(TEXT.replace("黄河", "黄江"))
        assert "line 2 is 黄江入海流" in played.text("#opening-note")


async def test_the_poem_of_the_day_is_compared_too(play: Play) -> None:
    async with play() as played:
        played.pane._greeting = saved().rewrite_request
        await played.press("b", "r")
        await played.answer(TEXT)
        assert "the same poem" in played.text("#opening-note")


async def test_the_ranking_of_an_older_poem_is_for_that_poem(play: Play, home: Home) -> None:
    old = Ranking(repetition=2.0)
    poem = saved(seed=9)
    request = msgspec.structs.replace(poem.request, ranking=old)
    Collection(home.collection).add(msgspec.structs.replace(poem, request=request))
    async with play() as played:
        await played.press("b", "r")
        await played.answer(TEXT)
        assert played.last.ranking == old
        assert played.app.settings.request.ranking == USUAL.ranking
        await played.press("n")
        assert played.last.ranking == USUAL.ranking


async def test_the_next_poem_is_not_compared(play: Play) -> None:
    async with play() as played:
        await played.press("b", "r")
        await played.answer(TEXT)
        await played.press("n")
        await played.answer("山。")
        assert played.text("#opening-note") == ""


async def test_a_poem_is_deleted_only_while_the_question_is_shown(play: Play) -> None:
    async with play() as played:
        await played.press("b", "d")
        chooser = played.app.screen
        assert "again to delete" in str(chooser.query_one("#said", Static).content)
        for words in ("zzz", ""):
            chooser.query_one(Input).value = words
            await played.settle()
        await played.press("d")
        assert chooser.query_one(OptionList).option_count == 2
        await played.press("d")
        assert chooser.query_one(OptionList).option_count == 1


async def test_after_a_poem_is_deleted_the_next_one_is_highlighted(play: Play, home: Home) -> None:
    Collection(home.collection).add(saved(seed=9))
    async with play() as played:
        await played.press("b", "down", "d", "d")
        options = played.app.screen.query_one(OptionList)
        assert (options.option_count, options.highlighted) == (2, 1)
        await played.press("d", "d")
        assert (options.option_count, options.highlighted) == (1, 0)
