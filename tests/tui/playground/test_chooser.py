"""The list of saved poems: found by pinyin, written again and compared with what was saved."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from textual.style import Style
from textual.visual import RenderOptions
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from studio.collection.in_words import Findable
from studio.collection.saved import Collection
from studio.json_lines import write_records
from studio.paths import Home
from studio.tui.playground import chooser, finding
from studio.tui.playground.finding import Finding
from studio.verse.request import USUAL, ComposeRequest, Ranking
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


async def test_the_poems_are_searched_outside_the_thread_of_the_keys(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set[int]()
    matches = Findable.matches

    def noting(findable: Findable, words: str) -> bool:
        threads.add(threading.get_ident())
        return matches(findable, words)

    monkeypatch.setattr(Findable, "matches", noting)
    async with play() as played:
        await played.press("b", "slash", *"春江")
        assert threads
        assert threading.get_ident() not in threads


async def test_of_a_long_list_only_the_rows_in_sight_are_made(
    play: Play, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_records(home.collection, [saved(seed=seed) for seed in range(1000)])
    named: list[str] = []

    def name_of(model: str, request: ComposeRequest, text: str, most: int = 16) -> str:
        named.append(text)
        return text[:most]

    monkeypatch.setattr(chooser, "name_of", name_of)
    async with play() as played:
        await played.press("b")
        assert played.app.screen.query_one(OptionList).option_count == 1000
        assert len(named) < 100


def test_where_there_is_little_room_the_name_is_shortened_not_what_is_said_of_it() -> None:
    poem = saved("春江潮水连海平，海上明月共潮生。", seed=2)
    entry = chooser.PoemEntry(chooser.PoemEntry.of_saved(poem).composed, faults=2)
    row = chooser._row(entry)
    assert str(row) == "春江潮水连海平  五绝  2 faults"
    strips = row.render_strips(23, None, Style(), RenderOptions(lambda _: Style(), {}))
    assert [strip.text for strip in strips] == ["春江潮…  五绝  2 faults"]


def test_what_is_done_while_poems_are_searched_is_done_with_what_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "get_current_worker", lambda: Mock(is_cancelled=False))
    searches: list[Callable[[], None]] = []
    done: list[object] = []

    class Stand(Widget):
        """Runs nothing yet."""

        def run_worker(self, work: Any, *_: Any, **__: Any) -> Any:
            searches.append(work)

        def call_later(self, callback: Any, *arguments: Any, **_: Any) -> bool:
            callback(*arguments)
            return True

    found = Finding(
        Stand(), lambda text: Findable([text], "", ComposeRequest()), done.append, lambda: None
    )
    texts = ["春眠不觉晓。", "白日依山尽。"]
    found.start(texts, "春")
    found.start(texts, "山")
    found.when_done(lambda: done.append("chosen"))
    for search in searches:
        search()
    assert done == [["白日依山尽。"], "chosen"]
    found.when_done(lambda: done.append("at once"))
    assert done[-1] == "at once"


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
