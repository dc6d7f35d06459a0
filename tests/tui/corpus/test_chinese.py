"""The corpus pane in Chinese: no English but names."""

import re

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from studio.paths import Home
from studio.tui.corpus.pane import CorpusPane
from studio.tui.corpus.poem_view import PoemView
from tests.chinese import english_in
from tests.tui.conftest import Open, Opened
from tests.tui.corpus.test_pane import _settle, _studio
from tests.tui.only import OnlyCorpus

pytestmark = pytest.mark.usefixtures("chinese")


def assert_chinese(studio: Opened, *names: str) -> None:
    text = studio.text()
    assert english_in(text, *names) == []
    assert {cell_len(line) for line in text.splitlines()} == {studio.app.size.width}


@pytest.mark.parametrize("size", [(160, 48), (120, 36), (80, 24)])
async def test_the_pane_is_in_chinese(open_studio: Open, size: tuple[int, int]) -> None:
    async with open_studio(size, studio=OnlyCorpus) as studio:
        pane = studio.app.screen.query_one(CorpusPane)
        assert_chinese(studio)
        assert re.search(r"\d首 ", studio.text())
        await studio.press("i")
        assert_chinese(studio)
        assert "每首字数" in studio.text()
        await studio.press("i", "o")
        assert "按字数" in studio.text()
        await studio.press("t")
        assert "原文字形" in studio.text()
        await studio.press("c")
        assert "剪贴板" in studio.text()
        assert "poems.json 第" in pane.query_one(PoemView).query_one("#corpus-verse").render().plain
        await studio.press("P")
        assert_chinese(studio, "poem", "po")  # parts of a file's name
        studio.app.screen.query_one(Input).value = "无此人"
        await studio.settle()
        assert "没有匹配的诗人。" in studio.text()
        await studio.press("escape")
        pane.query_one("#corpus-words", Input).value = "无此句"
        await studio.settle()
        await studio.pilot.pause(0.3)
        await studio.settle()
        assert "没有匹配，按 x 清除" in studio.text()
        assert_chinese(studio)


@pytest.mark.usefixtures("drawn")
async def test_poems_of_no_named_form_are_listed_in_chinese(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(160, 48)) as pilot:
        await _settle(pilot)
        await pilot.press("G", "P")
        await _settle(pilot)
        await pilot.press(*("down",) * 5, "right")
        await pilot.pause()
        text = "\n".join(line.text for line in app.screen._compositor.render_strips())
        assert english_in(text) == []
        assert text.count("其他") > 1


async def test_a_studio_without_poems_says_in_chinese_how_to_get_them(
    open_studio: Open, home: Home
) -> None:
    home.library.unlink()
    async with open_studio((80, 24), studio=OnlyCorpus) as studio:
        missing = studio.app.screen.query_one("#corpus-missing")
        missing.explain("")  # type: ignore[attr-defined]  # the library says it
        await studio.settle()
        assert_chinese(studio, "chinese-poetry", "tgz", "pack")
