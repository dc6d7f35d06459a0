"""The corpus pane, used by keyboard on a small library."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from studio.corpus.build import build
from studio.corpus.library import Library, Query, Sort
from studio.corpus.obtaining import fetch_and_build
from studio.corpus.records import RawPoem
from studio.errors import CorpusError
from studio.messages import Command, Event
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.corpus import missing, pane
from studio.tui.corpus.figures import CorpusFigures, Figure
from studio.tui.corpus.form_line import FormLine
from studio.tui.corpus.missing import CorpusMissing
from studio.tui.corpus.pane import CorpusPane
from studio.tui.corpus.poem_list import PAGE, PoemList
from studio.tui.corpus.poem_view import PoemView
from studio.tui.drawing.charts import bars, columns, fitted, log_log, stacked
from tests.tui.corpus.conftest import POEMS
from tests.tui.only import OnlyCorpus
from tests.tui.waiting import work_done

# Terminal and focused pane: the corpus alone, with room for figures, narrow beside another.
PLACES = [((80, 24), "1"), ((160, 48), "1"), ((120, 30), "2")]


class SilentWorker:
    """Does nothing."""

    def __init__(self, home: Home, emit: Callable[[Event], None]) -> None:
        pass

    def start(self) -> None: ...
    def send(self, command: Command) -> None: ...
    def close(self) -> None: ...


def _studio(home: Home) -> StudioApp:
    return OnlyCorpus(home, Settings(), SilentWorker)


async def _settle(pilot: Pilot[None]) -> None:
    """Wait until the searches have ended and their results are shown."""
    await pilot.pause()
    await work_done(pilot.app)
    await pilot.pause()


async def _type(pilot: Pilot[None], field: str, text: str) -> None:
    """Fill a field, and search at once instead of after a pause."""
    pilot.app.query_one(field, Input).value = text
    await pilot.pause()
    pilot.app.query_one(CorpusPane)._search()
    await _settle(pilot)


def _titles(app: StudioApp) -> list[str]:
    poems = app.query_one(PoemList)
    return [row.title for row in poems._read(poems._ids)]


def _text(app: StudioApp, widget: str) -> str:
    shown = app.query_one(widget, Static).content
    return (shown.plain if isinstance(shown, Content) else str(shown)).replace("\xa0", " ")


async def test_the_first_poem_is_shown_as_verse_beside_the_list(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        assert _titles(app) == ["静夜思", "登鹳雀楼", "早发白帝城", "[/b]句"]
        verse = _text(app, "#corpus-verse")
        assert "静夜思" in verse and "李白" in verse
        assert "床 前 看 月 光，" in verse
        assert "a, line 1" in verse
        assert app.focused is app.query_one(PoemList)


def test_the_poem_of_the_day_is_in_a_fixed_form_if_any_is(small_home: Home) -> None:
    with Library.open(small_home.library) as library:
        assert library.poem(3).form == "七绝" and library.poem(4).form == "other"
        assert pane._of_the_day(library, [4] * 19 + [3]) == 3
        assert pane._of_the_day(library, [4] * 30) == 4


async def test_a_damaged_poem_of_the_day_is_reported(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise CorpusError("The disk image is malformed.")

    monkeypatch.setattr(pane, "LARGE", 1)
    monkeypatch.setattr(pane, "_DRAWN", 2)
    monkeypatch.setattr(Library, "poem", damaged)
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        assert app.query_one(CorpusMissing).display


async def test_moving_down_the_list_shows_the_next_poem(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("down", "j", "down")
        poem = app.query_one(PoemView).poem
        assert poem is not None and poem.id == 4
        assert "[/b]句" in _text(app, "#corpus-verse")
        await pilot.press("down", "down")
        assert app.query_one(PoemList).poem == 4
        await pilot.press("home")
        assert app.query_one(PoemList).poem == 1


async def test_words_and_poet_filter_the_list(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("slash")
        assert app.focused is app.query_one("#corpus-words")
        await _type(pilot, "#corpus-words", "千里")
        assert _titles(app) == ["登鹳雀楼", "早发白帝城"]
        assert _text(app, "#corpus-found") == "2 of 4 poems  2 poets  41 different characters"
        await _type(pilot, "#corpus-poet", "李白")
        assert _titles(app) == ["早发白帝城"]
        await pilot.press("enter")
        assert app.focused is app.query_one(PoemList)
        await pilot.press("x")
        await _settle(pilot)
        assert len(_titles(app)) == 4


async def test_a_search_that_ends_after_its_pane_is_dropped(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        asked, gone, found = threading.Event(), threading.Event(), threading.Event()

        def ids(library: Library, query: Query, sort: Sort) -> list[int]:
            asked.set()
            gone.wait(10)
            return [1]

        close = Library.close
        monkeypatch.setattr(Library, "ids", ids)
        monkeypatch.setattr(Library, "close", lambda library: (close(library), found.set()))
        pane = app.query_one(CorpusPane)
        pane._search()
        await asyncio.to_thread(asked.wait, 10)
        await pane.remove()
        gone.set()
        await asyncio.to_thread(found.wait, 10)
        await pilot.pause()
        assert not app.query(CorpusPane)


async def test_no_matches_says_how_to_clear_the_search(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await _type(pilot, "#corpus-words", "没有这样的诗")
        assert _text(app, "#corpus-found") == "No matches; x clears"
        assert _text(app, "#corpus-verse") == ""
        await pilot.press("escape", "r", "down", "enter", "w", "pagedown")
        assert app.query_one(PoemList).poem == 0


async def test_the_form_key_steps_through_the_forms(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("f")
        await _settle(pilot)
        assert app.query_one(FormLine).chosen == "五绝"
        assert _titles(app) == ["静夜思", "登鹳雀楼"]
        await pilot.press("F", "F")
        await _settle(pilot)
        assert app.query_one(FormLine).chosen == "other"


async def test_a_form_is_chosen_by_the_mouse(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.click(FormLine, offset=(10, 0))
        await _settle(pilot)
        assert app.query_one(FormLine).chosen == "七绝"
        assert _titles(app) == ["早发白帝城"]


async def test_the_order_key_sorts_and_keeps_the_cursor_on_its_poem(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("down", "o")
        await _settle(pilot)
        assert _titles(app)[0] == "[/b]句"
        assert app.query_one(PoemList).poem == 2
        assert _text(app, "#corpus-found").startswith("4 poems  by length")


async def test_a_filtered_list_shows_lengths_beside_its_scrollbar(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(160, 48)) as pilot:
        await _settle(pilot)
        await pilot.press("o", "f")
        await _settle(pilot)
        row = app.screen._compositor.render_strips()[app.query_one(PoemList).region.y].text
        assert " 20 " in row


async def test_other_poems_by_the_same_poet_are_found(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("down", "down", "w")
        app.query_one(CorpusPane)._search()
        await _settle(pilot)
        assert _titles(app) == ["静夜思", "早发白帝城"]
        assert app.query_one(PoemList).poem == 3


async def test_all_poems_by_the_same_poet_are_found_whatever_form_was_chosen(
    small_home: Home,
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        app.query_one(FormLine).chosen = "五绝"
        await _type(pilot, "#corpus-poet", "李白")
        assert _titles(app) == ["静夜思"]
        shown = app.query_one(PoemList).poem
        await pilot.press("w")
        await _settle(pilot)
        assert _titles(app) == ["静夜思", "早发白帝城"]
        assert app.query_one(PoemList).poem == shown
        # Pressed again it changes nothing, and leaves the cursor where it is from then on.
        await pilot.press("w", "down", "o")
        await _settle(pilot)
        assert app.query_one(PoemList).poem != shown


async def test_the_source_characters_are_shown_on_demand(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("t")
        assert "牀 前 看 月 光，" in _text(app, "#corpus-verse")
        await pilot.press("t")
        assert "床 前 看 月 光，" in _text(app, "#corpus-verse")


async def test_enter_goes_to_the_poem_and_escape_back(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("enter")
        assert app.focused is app.query_one(PoemView)
        await pilot.press("escape")
        assert app.focused is app.query_one(PoemList)


async def test_the_figures_follow_the_filter(small_home: Home) -> None:
    app = _studio(small_home)

    def charts() -> dict[str, str]:
        return {
            figure.title: figure.render().plain for figure in app.query(Figure) if figure.display
        }

    async with app.run_test(size=(160, 48)) as pilot:
        await app.completion.wait()
        await _settle(pilot)
        whole = charts()
        assert "Source records" in whole and "王之涣" in whole["Most prolific poets"]
        await _type(pilot, "#corpus-poet", "李白")
        found = charts()
        # How the library was built says nothing of some of its poems.
        assert whole.keys() - found.keys() == {"Source records"}
        assert "王之涣" not in found["Most prolific poets"]
        assert found["Most prolific poets"].split()[-1] == "2"
        await pilot.press("escape", "x")
        await _settle(pilot)
        assert charts() == whole


async def test_the_figures_are_shown_in_the_whole_pane_and_hidden_again(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        assert not app.query_one(CorpusFigures).display
        await pilot.press("i")
        assert app.query_one(CorpusFigures).display
        assert app.focused is app.query_one(CorpusFigures)
        await pilot.press("i")
        assert app.focused is app.query_one(PoemList)


@pytest.mark.parametrize(("size", "pane"), PLACES)
async def test_nothing_is_wider_than_the_pane(
    small_home: Home, size: tuple[int, int], pane: str
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=size) as pilot:
        await _settle(pilot)
        await pilot.press(pane)
        await pilot.pause()
        corpus = app.query_one(CorpusPane)
        for widget in corpus.query("*"):
            if widget.display and widget.region.area and corpus.display:
                assert widget.region.right <= corpus.region.right
        assert app.query_one(PoemView).max_scroll_x == 0


async def test_the_chosen_form_is_visible_in_a_narrow_pane(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(120, 30)) as pilot:
        await _settle(pilot)
        await pilot.press("F", "2")
        await _settle(pilot)
        line = app.query_one(FormLine)
        names = line.render().plain.split("\n")[0]
        assert "other" in names
        assert len(names.encode("gb18030")) <= line.content_size.width


@pytest.mark.usefixtures("drawn")
async def test_a_long_list_is_read_a_page_at_a_time(empty_home: Home) -> None:
    records = [RawPoem(str(n), "", f"{'山水，' * n}山水。", str(n)) for n in range(300)]
    build(empty_home.library, records, source="a test")
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        poems = app.query_one(PoemList)
        assert poems.virtual_size.height == 300
        assert set(poems._rows) == set(range(PAGE))
        await pilot.press("end")
        await pilot.pause()
        assert poems.poem == 300
        assert poems.render_line(poems.size.height - 1).text.split()[1].startswith("299")


async def test_without_a_library_the_pane_says_what_to_do(empty_home: Home) -> None:
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        assert app.query_one(CorpusMissing).display
        assert "tangshi-studio corpus fetch" in _text(app, "#corpus-why")
        assert app.focused is app.query_one("#corpus-fetch")
        await pilot.press("f", "r", "i", "t", "x", "o", "escape")
        assert not app.query_one("#corpus-library").display


async def test_poems_are_fetched_from_within_the_pane(empty_home: Home, tmp_path: Path) -> None:
    own = tmp_path / "poems.txt"
    own.write_text("靜夜思:牀前看月光，疑是地上霜。\n", "utf-8")
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        app.query_one("#corpus-path", Input).value = str(own)
        app.query_one("#corpus-path").focus()
        await pilot.press("enter")
        await _settle(pilot)
        await _settle(pilot)
        assert not app.query_one(CorpusMissing).display
        assert _titles(app) == ["静夜思"]
        assert _text(app, "#corpus-found") == "1 poem  10 different characters"
        assert app.focused is app.query_one(PoemList)


async def test_ones_own_poems_of_an_older_version_are_built_again(
    empty_home: Home, tmp_path: Path
) -> None:
    own = tmp_path / "poems.txt"
    own.write_text("靜夜思:牀前看月光，疑是地上霜。\n", "utf-8")
    fetch_and_build(empty_home, source=own, script="traditional")
    with contextlib.closing(sqlite3.connect(empty_home.library)) as library:
        library.execute("PRAGMA user_version = 1")
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        button = app.query_one("#corpus-fetch", Button)
        assert str(button.label) == "Build the library again"
        await pilot.press("enter")
        await _settle(pilot)
        await _settle(pilot)
        assert _titles(app) == ["靜夜思"]


async def test_a_failed_fetch_says_why_and_can_be_repeated(
    empty_home: Home, tmp_path: Path
) -> None:
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        app.query_one("#corpus-path", Input).value = str(tmp_path / "\x1b[missing]")
        app.query_one("#corpus-path").focus()
        await pilot.press("enter")
        await _settle(pilot)
        assert "/[missing]. Check the path." in _text(app, "#corpus-stage")
        assert not app.query_one(CorpusMissing).is_busy


async def test_a_fetch_that_fails_as_no_one_expects_says_why(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("studio.tui.corpus.missing.fetch_and_build", fail)
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        app.query_one(CorpusMissing).action_fetch()
        await _settle(pilot)
        assert _text(app, "#corpus-stage") == "MemoryError: no room"


async def test_the_whole_reason_of_a_failed_fetch_is_seen(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise CorpusError("\n".join(f"Way {number} failed." for number in range(12)))

    monkeypatch.setattr(missing, "fetch_and_build", fail)
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("g")
        await _settle(pilot)
        assert app.screen.can_view_entire(app.query_one("#corpus-stage"))


async def test_a_library_that_was_built_meanwhile_is_opened_when_the_pane_is_entered(
    empty_home: Home,
) -> None:
    app = _studio(empty_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("2")
        build(empty_home.library, POEMS, source="a test")
        await pilot.press("1")
        await _settle(pilot)
        assert len(_titles(app)) == 4
        assert app.query_one("#corpus-poems").has_focus


async def test_a_library_that_was_rebuilt_is_searched_and_shown(
    small_home: Home,
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        build(small_home.library, POEMS[1:], source="a test")
        await _type(pilot, "#corpus-poet", "李白")
        await _settle(pilot)
        assert _titles(app) == ["早发白帝城"]


async def test_keys_pressed_while_a_rebuilt_library_is_searched_do_no_harm(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await _type(pilot, "#corpus-words", "山")
        await _settle(pilot)
        assert len(_titles(app)) == 3
        build(small_home.library, POEMS[2:3], source="a test")
        pane = app.query_one(CorpusPane)
        # The search of the new library has not ended yet.
        monkeypatch.setattr(pane._searches, "start", lambda *_: None)
        pane._found([1], (0, 0))
        await pilot.press("end", "r")
        await pilot.pause()
        assert _titles(app) == []
        assert not pane.has_class("-missing")
        monkeypatch.undo()
        pane._search()
        await _settle(pilot)
        assert _titles(app) == ["早发白帝城"]


async def test_a_library_that_cannot_be_searched_is_reported(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        raise sqlite3.DatabaseError("database disk image is malformed")

    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        monkeypatch.setattr(Library, "ids", fail)
        app.query_one(CorpusPane)._search()
        await _settle(pilot)
        assert "malformed. Run" in _text(app, "#corpus-why")
        assert app.query_one(CorpusPane).has_class("-missing")


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("part", ["rows", "poem"])
async def test_a_library_that_is_damaged_while_it_is_open_is_reported(
    small_home: Home, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def fail(*_: object) -> object:
        raise CorpusError("The disk image is malformed.")

    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        app.query_one(PoemList)._rows.clear()
        monkeypatch.setattr(Library, part, fail)
        await pilot.press("down")
        await _settle(pilot)
        # The file can still be opened: it is not opened again and again.
        assert app.query_one(CorpusPane).has_class("-missing")
        assert _text(app, "#corpus-why") == "The disk image is malformed."
        assert app.focused is app.query_one("#corpus-fetch")
        monkeypatch.undo()
        await pilot.press("escape")
        await _settle(pilot)
        assert len(_titles(app)) == 4


def test_a_bar_is_as_long_as_its_value() -> None:
    rows = bars([("一", 2, "2"), ("two", 1, "1")], 20)
    assert [row.plain for row in rows] == ["一  ██████████████ 2", "two ███████        1"]
    assert all(row.cell_length == 20 for row in rows)


def test_columns_are_above_their_labels() -> None:
    assert [row.plain for row in columns([("1", 2), ("2", 1)], 6, 2)] == [
        "██    ",
        "██ ██ ",
        "1  2",
    ]


def test_a_curve_falls_from_the_first_rank_to_the_last() -> None:
    rows = [row.plain for row in log_log([(1, 100), (10, 10), (100, 1)], 14, 5, plain=True)]
    assert rows[0].startswith("100 *")
    assert rows[4].endswith("*")
    assert rows[5] == "    1      100"


def test_a_stacked_bar_has_the_whole_width() -> None:
    assert stacked([(1, "red"), (1, "blue"), (1, "red")], 31).cell_length == 31


def test_fitted_text_has_its_width_and_no_control_characters() -> None:
    assert fitted("太宗皇帝", 5) == "太宗…"
    assert fitted("太宗皇帝", 6) == "太宗… "
    assert fitted("太宗皇帝", 1) == " "
    assert fitted("a\x1b[31m", 8) == "a?[31m  "


async def test_a_poem_is_copied_as_plain_text_in_the_script_shown(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await _settle(pilot)
        await pilot.press("c")
        assert app.clipboard == "静夜思\n李白\n\n床前看月光，疑是地上霜。\n举头望山月，低头思故乡。"
        assert any("Sent to the terminal" in each.message for each in app._notifications)
        await pilot.press("t", "c")
        assert app.clipboard.endswith("\n\n牀前看月光，疑是地上霜。\n舉頭望山月，低頭思故鄉。")


async def test_a_poem_without_a_poet_is_copied_without_an_empty_line_for_one(
    small_home: Home,
) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("end", "c")
        assert app.clipboard == "[/b]句\n\n满城风雨近重阳。"


async def test_an_empty_list_has_nothing_to_copy(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        await pilot.press("c")
        await _type(pilot, "#corpus-words", "nowhere")
        copied = app.clipboard
        app.copy_to_clipboard("before")
        await pilot.press("c")
        assert copied and app.clipboard == "before"


async def test_pinyin_finds_poems_by_words_and_poet(small_home: Home) -> None:
    app = _studio(small_home)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settle(pilot)
        pane = app.query_one(CorpusPane)
        await pilot.press("slash", *"qianli", "space")
        pane._search()
        await _settle(pilot)
        assert _titles(app) == ["登鹳雀楼", "早发白帝城"]
        await pilot.press("escape", "p", *"libai", "space")
        pane._search()
        await _settle(pilot)
        assert _titles(app) == ["早发白帝城"]
