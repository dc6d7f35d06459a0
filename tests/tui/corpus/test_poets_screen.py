"""The list of all poets, from which the corpus pane is filtered."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static, Tree

from studio.corpus.library import Library, Poet
from studio.paths import Home
from studio.tui.corpus.pane import CorpusPane
from studio.tui.corpus.poets_screen import PoetsScreen
from tests.tui.corpus.test_pane import _settle, _studio, _titles


def _listed(pilot: Pilot[None]) -> list[str]:
    return [str(node.label) for node in pilot.app.screen.query_one(Tree).root.children]


async def _open(pilot: Pilot[None]) -> None:
    await _settle(pilot)
    await pilot.press("P")
    await _settle(pilot)
    assert isinstance(pilot.app.screen, PoetsScreen)


async def test_a_form_of_a_poet_is_chosen_from_the_tree(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _open(pilot)
        assert [row.split() for row in _listed(pilot)] == [["李白", "2"], ["王之涣", "1"]]
        await pilot.press("right", "down", "enter")
        await _settle(pilot)
        query = app.query_one(CorpusPane).current_query
        assert (query.poet, query.form, query.words) == ("李白", "五绝", "")
        assert _titles(app) == ["静夜思"]
        # All forms of another poet: the form is not kept.
        await _open(pilot)
        await pilot.press("down", "enter")
        await _settle(pilot)
        assert _titles(app) == ["登鹳雀楼"]


@pytest.mark.parametrize("typed", ["王", "wangzhi", "Wáng Zhī"])
async def test_poets_are_found_by_name_or_pinyin(small_home: Home, typed: str) -> None:
    async with _studio(small_home).run_test(size=(80, 24)) as pilot:
        await _open(pilot)
        await pilot.press("slash")
        pilot.app.screen.query_one(Input).value = typed
        await pilot.pause()
        assert [row.split()[0] for row in _listed(pilot)] == ["王之涣"]
        pilot.app.screen.query_one(Input).value = "nobody"
        await pilot.pause()
        assert not _listed(pilot)
        await pilot.press("escape", "escape")
        assert not isinstance(pilot.app.screen, PoetsScreen)


async def test_a_library_that_is_gone_is_reported(small_home: Home) -> None:
    async with _studio(small_home).run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        small_home.library.unlink()
        await _open(pilot)
        said = pilot.app.screen.query_one("#said", Static)
        assert "There are no poems yet" in str(said.content)
        await pilot.press("slash", "a")
        assert "There are no poems yet" in str(said.content)
        await pilot.press("escape", "escape")
        assert not isinstance(pilot.app.screen, PoetsScreen)


@pytest.mark.parametrize("typed", ["徵", "魏徵", "張", "张"])
async def test_a_poet_is_found_by_any_character_of_the_name(
    small_home: Home, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    # Converted alone, 徵 is 征.
    poets = [Poet("魏徵", 2, {}), Poet("张九龄", 1, {}), Poet("李白", 1, {})]
    monkeypatch.setattr(Library, "poets", lambda library: poets)
    async with _studio(small_home).run_test(size=(80, 24)) as pilot:
        await _open(pilot)
        pilot.app.screen.query_one(Input).value = typed
        await pilot.pause()
        assert [row.split()[0] for row in _listed(pilot)] == [
            "张九龄" if typed in "張张" else "魏徵"
        ]


async def test_a_traditional_name_is_found_in_either_script(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    poets = [Poet("王之渙", 2, {}), Poet("李白", 1, {})]
    monkeypatch.setattr(Library, "poets", lambda library: poets)
    async with _studio(small_home).run_test(size=(80, 24)) as pilot:
        await _open(pilot)
        for typed in ("之涣", "之渙"):
            pilot.app.screen.query_one(Input).value = typed
            await pilot.pause()
            assert [row.split()[0] for row in _listed(pilot)] == ["王之渙"]


async def test_only_the_poets_that_are_unfolded_have_rows_of_forms(small_home: Home) -> None:
    async with _studio(small_home).run_test(size=(80, 24)) as pilot:
        await _open(pilot)
        first, second = pilot.app.screen.query_one(Tree).root.children
        assert not first.children
        for _ in range(2):
            # As a click does.
            first.toggle()
            await pilot.pause()
            assert [str(node.label).split()[0] for node in first.children] == ["五绝", "七绝"]
        assert not second.children
