"""Faults of Textual that the studio repairs, met in a plain application."""

import pytest
from rich._wrap import divide_line
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.content import Content
from textual.events import Click, Paste
from textual.widgets import Input, OptionList, Static

# Importing the application repairs Textual.
import studio.tui.app  # noqa: F401
from studio.line_breaks import line_breaks, wrapped


class Listing(App[None]):
    """A list of three options, and what was chosen from it."""

    def __init__(self, height: int = 3) -> None:
        super().__init__()
        self._height = height
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        options = OptionList("one", "two", "three")
        options.styles.height = self._height
        options.styles.border = ("none", "transparent")
        yield options

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.chosen.append(event.option_index)

    @property
    def options(self) -> OptionList:
        return self.query_one(OptionList)


def click_on(options: OptionList, option: int) -> Click:
    """A click on the option that was drawn with that number."""
    style = Style(meta={"option": option})
    return Click(options, 0, 0, 0, 0, 1, False, False, False, style=style)


async def test_a_click_on_an_option_that_has_gone_does_nothing() -> None:
    app = Listing()
    async with app.run_test() as pilot:
        app.options.post_message(click_on(app.options, 1))
        await pilot.pause()
        # The list becomes shorter between the drawing of an option and the click on it.
        app.options.set_options(["one"])
        app.options.post_message(click_on(app.options, 1))
        await pilot.pause()
        assert app.chosen == [1]
        assert app.options.highlighted is None


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
async def test_page_keys_in_a_list_too_small_to_be_drawn_do_nothing(key: str) -> None:
    app = Listing(height=0)
    async with app.run_test() as pilot:
        app.options.focus()
        await pilot.press("down", key)
        assert app.options.highlighted == 1


async def test_page_keys_in_a_list_that_is_drawn_move_a_page() -> None:
    app = Listing()
    async with app.run_test() as pilot:
        app.options.focus()
        await pilot.press("down", "pagedown")
        assert app.options.highlighted == 2
        await pilot.press("pageup")
        assert app.options.highlighted == 0


@pytest.mark.parametrize("width", [0, 1, 2])
@pytest.mark.parametrize("line_pad", [0, 1])
def test_a_long_word_is_wrapped_where_padding_leaves_no_width(width: int, line_pad: int) -> None:
    lines = Content("Open classic-lstm")._wrap_and_format(width, line_pad=line_pad)
    assert "".join(line.content.plain for line in lines).replace(" ", "") == "Openclassic-lstm"


@pytest.mark.parametrize("width", range(6, 40))
def test_a_chinese_text_fills_its_lines_and_no_line_starts_with_a_stop(width: int) -> None:
    said = "全唐诗取自 npm 包 chinese-poetry（MIT 许可）：只需下载一次，85 MB，数据保存在本机。"
    for lines in (
        [line.plain for line in Content(said).wrap(width)],
        [line.plain for line in Text(said).wrap(Console(), width)],
    ):
        assert "".join(lines).replace(" ", "") == said.replace(" ", "")
        assert all(cell_len(line.rstrip()) <= width for line in lines)
        assert not [line for line in lines if line[0] in "，。：）" or line.rstrip()[-1] == "（"]
        # The longest piece that stays whole is as wide as "chinese-poetry".
        full = [line for line in lines[:-1] if cell_len(line.rstrip()) >= width - 14]
        assert len(full) == len(lines) - 1


def test_a_number_and_its_measure_and_a_dot_and_what_is_before_it_stay_together() -> None:
    where = "poet.tang.0.json 第24行，第355条 · 五律 · 种子 7"
    for width in (25, 33):
        assert wrapped(where, width) == ["poet.tang.0.json 第24行，", "第355条 · 五律 · 种子 7"]
    assert wrapped(where, 34) == ["poet.tang.0.json 第24行，第355条 ·", "五律 · 种子 7"]


@pytest.mark.parametrize("width", range(10, 40))
def test_a_chinese_character_in_an_english_text_keeps_its_punctuation(width: int) -> None:
    said = "In whose manner, such as 李白, for a model (花, 月); 山 rhymes in 删; the file 月.txt"
    lines = wrapped(said, width)
    assert not [line for line in lines if line[0] in ",;)" or line[-1] == "("]
    assert max(map(cell_len, lines)) <= width
    assert " ".join(lines).replace(" ", "") == said.replace(" ", "")


def test_an_english_text_is_wrapped_as_before() -> None:
    said = "There are no poems yet: run `tangshi-studio corpus fetch`. A-very-long-word-indeed."
    for width in range(24, 60):
        assert line_breaks(said, width) == divide_line(said, width)


class Covered(App[None]):
    """Chinese in front of two widgets, whose common edge is in the middle of a character."""

    CSS = """
    Screen { layers: below above; layout: horizontal; }
    #left { layer: below; width: 15; }
    #right { layer: below; width: 25; }
    #front { layer: above; width: 20; height: 2; offset: 4 1; dock: left; }
    """

    def compose(self) -> ComposeResult:
        yield Static("左" * 40, id="left")
        yield Static("右" * 40, id="right")
        yield Static("需要有样诗的训练：请\n等样诗写出来再看吧。", id="front")


async def test_a_wide_character_over_an_edge_that_is_hidden_stays() -> None:
    app = Covered()
    async with app.run_test(size=(40, 6)) as pilot:
        strips = app.screen._compositor.render_strips()
        assert [strip.cell_length for strip in strips] == [40] * 6
        lines = [strip.text for strip in strips]
        assert lines[0] == "左" * 7 + " " + "右" * 12 + " "
        assert lines[1] == "左左" + "需要有样诗的训练：请" + " " + "右" * 7 + " "
        assert lines[2] == "左左" + "等样诗写出来再看吧。" + " " + "右" * 7 + " "
        # What changes below it alone is drawn up to the whole character.
        compositor = app.screen._compositor
        compositor._dirty_regions = {app.query_one("#right").region}
        update = compositor.render_partial_update()
        assert update
        assert list(update.spans)[:3] == [(0, 15, 40), (1, 4, 40), (2, 4, 40)]
        await pilot.pause()


@pytest.mark.parametrize("value", ["", "run"])
async def test_no_control_character_that_is_pasted_stands_in_a_field(value: str) -> None:
    class Form(App[None]):
        def compose(self) -> ComposeResult:
            yield Input(value)

    app = Form()
    async with app.run_test() as pilot:
        app.post_message(Paste("状态\u3000=\t\x1b[31m\x07\ud800a\nb"))
        await pilot.pause()
        field = app.query_one(Input)
        assert field.value == "状态\u3000=[31ma"
        app.copy_to_clipboard("a\nb")
        field.select_all()
        field.action_paste()
        assert field.value == "ab"
