"""Typing Chinese by pinyin."""

import asyncio

import pytest
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Static

from studio.corpus.pinyin import Pinyin
from studio.paths import Home
from studio.tui.keys_in_order import KeysInOrder
from studio.tui.pinyin_keeper import PinyinKeeper
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.widgets.pinyin_typing import CandidateLine

SAME = "一已衣亦意忆依以移疑倚异"
PRINTED = {"space": " ", "minus": "-", "equals_sign": "="}
COUNTS = {each: 100.0 - place for place, each in enumerate(SAME)}
PINYIN = Pinyin({**COUNTS, "明": 50, "月": 40, "鸣": 20, "明月": 9, "名": 1})


class Counted(PinyinKeeper):
    """A table that the test knows."""

    async def get(self) -> Pinyin:
        return PINYIN


class Typing(KeysInOrder):
    def __init__(self, home: Home, value: str = "") -> None:
        super().__init__()
        self.pinyin = Counted(home)
        self._value = value
        self.submitted: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PinyinInput(self._value, id="first")
            yield PinyinInput(id="second")

    def on_input_submitted(self, event: PinyinInput.Submitted) -> None:
        self.submitted.append(event.value)

    @property
    def field(self) -> PinyinInput:
        return self.query_one("#first", PinyinInput)

    @property
    def shown(self) -> str:
        """The text of the candidate line; "" if there is none."""
        lines = [line for line in self.query(CandidateLine) if line.display]
        return str(lines[0].render()) if lines else ""


async def press(app: Typing, pilot: Pilot[None], *keys: str) -> None:
    """Press keys all at once, as in a burst over a slow connection."""
    for key in keys:
        app.post_message(Key(key, PRINTED.get(key, key if len(key) == 1 else None)))
    for _ in keys:
        await pilot.pause()


async def test_space_picks_the_first_word(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"mingyue")
        assert app.field.value == ""
        assert app.shown == "mingyue  1明月  2明  3鸣  4名"
        await press(app, pilot, "space")
        assert app.field.value == "明月"
        assert app.shown == ""


async def test_a_burst_of_letters_and_digits_keeps_its_order(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"ming2yue1yi3", "space")
        assert app.field.value == "鸣月衣 "


async def test_picking_a_first_part_keeps_the_other_letters(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"mingyue2")
        assert app.field.value == "明"
        assert app.field.letters == "yue"
        assert "yue  1月" in app.shown


async def test_more_characters_are_on_further_pages(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"yi")
        assert app.shown.endswith("= more")
        await press(app, pilot, "pagedown")
        assert app.shown.endswith("- back")
        assert "1倚" not in app.shown
        assert "1疑" in app.shown
        await press(app, pilot, "equals_sign", "minus", "minus", "equals_sign", "2")
        assert app.field.value == "倚"


async def test_a_narrow_screen_has_shorter_pages_and_skips_no_candidate(home: Home) -> None:
    app = Typing(home)
    async with app.run_test(size=(32, 12)) as pilot:
        await press(app, pilot, *"yi")
        seen = [each.text for each in app.query_one(CandidateLine).page]
        assert 1 <= len(seen) < 9
        for _ in range(9):
            await press(app, pilot, "pagedown")
            seen += [each.text for each in app.query_one(CandidateLine).page]
            assert app.query_one(CandidateLine).region.right <= 32
        assert "".join(dict.fromkeys(seen)) == SAME


async def test_a_digit_without_a_candidate_picks_nothing(home: Home) -> None:
    app = Typing(home)
    async with app.run_test(size=(32, 12)) as pilot:
        await press(app, pilot, *"yi")
        count = len(app.query_one(CandidateLine).page)
        await press(app, pilot, str(count + 1))
        assert (app.field.value, app.field.letters) == ("", "yi")
        await press(app, pilot, str(count))
        assert app.field.value == SAME[count - 1]


async def test_tab_picks_the_first_candidate_of_the_page(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"yi", "pagedown")
        first = app.query_one(CandidateLine).page[0].text
        await press(app, pilot, "tab")
        assert app.field.value == first != SAME[0]


@pytest.mark.parametrize("place", range(9, 20, 2))
async def test_no_candidate_is_split_at_the_edge_of_a_widget_below(home: Home, place: int) -> None:
    class Edged(Typing):
        def compose(self) -> ComposeResult:
            yield PinyinInput(id="first", compact=True)
            with Horizontal():
                for width in (place, 1, 1, 1):
                    edge = Static()
                    edge.styles.width = width
                    yield edge

    app = Edged(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"mingyue")
        await pilot.pause()
        drawn = app.export_screenshot()
        assert [drawn.count(each) for each in "明月鸣名"] == [2, 1, 1, 1]


async def test_escape_drops_the_letters_and_stays_in_the_field(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"min", "escape", *"yue1")
        assert app.field.value == "月"
        assert app.focused is app.field


async def test_backspace_deletes_letters_first_and_then_characters(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"yue1minx", "backspace", "backspace", "backspace", "backspace")
        assert (app.field.value, app.field.letters) == ("月", "")
        await press(app, pilot, "backspace")
        assert app.field.value == ""


async def test_enter_picks_and_only_then_submits(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"yue", "enter")
        assert app.submitted == []
        await press(app, pilot, "enter")
        assert app.submitted == ["月"]


async def test_tab_picks_the_first_and_moves_to_the_next_field(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await pilot.press(*"yue", "tab")
        assert app.field.value == "月"
        assert app.focused is app.query_one("#second")
        assert app.shown == ""


async def test_a_field_that_loses_the_focus_keeps_no_letters(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"yue")
        app.query_one("#second", PinyinInput).focus()
        await pilot.pause()
        app.field.focus()
        await press(app, pilot, "tab")
        assert app.field.value == ""


async def test_candidates_that_come_after_the_field_was_left_are_not_picked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, read = Typing(home), asyncio.Event()

    async def get(keeper: PinyinKeeper) -> Pinyin:
        await read.wait()
        return PINYIN

    monkeypatch.setattr(Counted, "get", get)
    async with app.run_test() as pilot:
        looking = asyncio.create_task(app.field._look_up("y"))
        await asyncio.sleep(0)
        # As a click elsewhere does.
        app.field.on_blur()
        read.set()
        await looking
        await press(app, pilot, "left", "tab")
        assert app.field.value == ""


async def test_letters_that_are_not_pinyin_are_reported_and_pick_nothing(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, *"bp", "space", "1")
        assert app.field.value == ""
        assert "not pinyin" in app.shown


async def test_chinese_characters_and_pasted_lines_need_no_pinyin(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, "春", *"yue1", "江")
        assert app.field.value == "春月江"


async def test_the_cursor_stays_while_letters_are_pending(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        await press(app, pilot, "春", "江", "left", *"yue", "left", "home", "1")
        assert app.field.value == "春月江"


async def test_a_picked_candidate_replaces_the_selection(home: Home) -> None:
    app = Typing(home, "旧")
    async with app.run_test() as pilot:
        await press(app, pilot, *"yue1")
        assert app.field.value == "月"


@pytest.mark.parametrize("value", ["", "明月"])
async def test_what_is_pasted_is_filtered_also_over_a_selection(home: Home, value: str) -> None:
    app = Typing(home, value)
    async with app.run_test() as pilot:
        assert app.field.selection.is_empty == (not value)
        app.post_message(Paste("\ud800春"))
        await pilot.pause()
        assert app.field.value == value
        app.post_message(Paste("春江\n花\x1b[31m\t夜\u202e"))
        await pilot.pause()
        assert app.field.value == "春江花[31m夜"
        # From Textual's own clipboard, too.
        app.copy_to_clipboard("月\n夜")
        app.field.select_all()
        app.field.action_paste()
        assert app.field.value == "月夜"


async def test_the_candidates_are_under_the_field_or_above_it_at_the_bottom(home: Home) -> None:
    app = Typing(home)
    async with app.run_test(size=(80, 6)) as pilot:
        await press(app, pilot, *"yi")
        line = app.query_one(CandidateLine)
        assert (line.region.x, line.region.y) == (app.field.region.x, app.field.region.bottom)
        second = app.query_one("#second", PinyinInput)
        second.focus()
        await press(app, pilot, *"yi")
        assert second.region.bottom == 6
        assert app.query(CandidateLine).last().region.bottom == second.region.y


async def test_fitting_candidates_come_first_and_the_others_are_in_brackets(home: Home) -> None:
    app = Typing(home)
    async with app.run_test() as pilot:
        app.field.fits = lambda place, character: character not in "明鸣"
        await press(app, pilot, *"ming")
        assert "1名" in app.shown
        assert "(明)" in app.shown
        assert app.shown.endswith("() breaks a rule")
        await press(app, pilot, "2")
        assert app.field.value == "明"


async def test_each_character_of_a_word_must_fit_its_own_place(home: Home) -> None:
    app = Typing(home, "春")
    async with app.run_test() as pilot:
        app.field.fits = lambda place, character: (place, character) != (2, "月")
        await press(app, pilot, "end", *"mingyue")
        assert "(明月)" in app.shown
        await press(app, pilot, "escape", "home", *"mingyue")
        assert "1明月" in app.shown
