"""The shell of the studio in Chinese: no English but names."""

import tomllib
from typing import Any

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.widgets import Input

from studio.messages import Failed, Trained
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.settings import Settings
from studio.tui.corpus.pane import CorpusPane
from studio.tui.drawing.canvas import Canvas
from studio.tui.drawing.frame import Frame
from studio.tui.drawing.scales import time_ticks
from studio.tui.help_section import HelpSection
from studio.tui.launch import open_studio as launch
from studio.tui.poem.glossary import glossary, reading_named, rhyme_named
from studio.tui.poem.marks import tone_legend
from studio.tui.poem.remarks import names_of, remarks_in_words, scansion_of
from studio.tui.run_in_training import RunInTraining
from studio.tui.widgets.form_fields import ChoiceField, Option
from studio.wording import duration, local_time, ordinal, perplexities
from tests.chinese import english_in
from tests.tui.conftest import Open, Opened
from tests.tui.only import OnlyCorpus
from tests.tui.widgets.test_form_fields import Form

# In the notes of the help: settings, and words of a command.
IN_NOTES = ("log", "keymap", "mouse", "false", "set", "set-clipboard", "on", "use")

pytestmark = pytest.mark.usefixtures("chinese")


def is_chinese(studio: Opened, *names: str) -> bool:
    """Whether the screen has Chinese, no English but names, and no cell too many."""
    text = studio.text()
    assert english_in(text, *names) == []
    assert {cell_len(line) for line in text.splitlines()} == {studio.app.size.width}
    return any("\u4e00" <= each <= "\u9fff" for each in text)


def pieces(path: str) -> set[str]:
    """The names in a path, whole or broken by the end of a row."""
    names = path.split("/")
    whole = {part for name in names for part in (name, *name.split("."))}
    return (
        whole
        | {each[at:] for each in whole for at in range(len(each))}
        | {each[:at] for each in whole for at in range(1, len(each))}
    )


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_help_is_in_chinese_and_loses_no_word(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size, studio=OnlyCorpus) as studio:
        await studio.press("question_mark")
        assert is_chinese(studio, "log")
        assert "按键与术语" in studio.text()
        text = ""
        for section in studio.app.screen.query(HelpSection):
            section.scroll_visible(top=True, animate=False)
            await studio.settle()
            assert is_chinese(studio, *IN_NOTES, *pieces(str(studio.app.home.settings)))
            text += studio.words()
        assert "…" not in text


async def test_the_palette_is_in_chinese(open_studio: Open, home: Home) -> None:
    async with open_studio((80, 24), studio=OnlyCorpus) as studio:
        entries = studio.app.get_system_commands(studio.app.screen)
        english = {each.title: english_in(f"{each.title} {each.help}") for each in entries}
        assert {title: words for title, words in english.items() if words} == {}
        await studio.press("ctrl+p")
        assert is_chinese(studio)
        studio.app.screen.query_one(Input).value = "随机"
        await studio.settle()
        assert "语料：随机" in studio.text()
        await studio.press(*["backspace"] * 2, *"tu biao", "enter")
        assert studio.app.screen_stack[0].query_one(CorpusPane).has_class("-figures")


async def test_the_language_that_is_chosen_in_the_palette_is_kept(
    open_studio: Open, home: Home
) -> None:
    async with open_studio((80, 24), studio=OnlyCorpus) as studio:
        await studio.choose("语言 English")
        assert tomllib.loads(home.settings.read_text("utf-8"))["language"] == "en"
        assert "1 Corpus" in studio.words()
        await studio.choose("Language Chinese (中文)")
        assert "1 语料" in studio.words()
        assert tomllib.loads(home.settings.read_text("utf-8"))["language"] == "zh"


async def test_quitting_asks_in_chinese(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyCorpus) as studio:
        studio.worker.start_run()
        await studio.press("q")
        assert is_chinese(studio, "spring")
        assert "spring 正在训练。" in studio.words()
        await studio.press("y")
        assert is_chinese(studio, "spring")


async def test_notices_are_in_chinese(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyCorpus, keymap={"no.such": "f7"}) as studio:
        await studio.settle()
        (notice,) = studio.app._notifications
        assert "有未知的按键名：no.such" in notice.message
        studio.worker.start_run()
        studio.worker.report(
            Trained("spring", TrainingEnded(step=1200, outcome="finished")),
            Failed("写诗", "没有模型。"),
        )
        await studio.settle()
        words = studio.words()
        assert "spring 已完成" in words
        assert "第1,200步" in words
        assert "失败：写诗" in words
        assert is_chinese(studio, "spring", "keymap", *str(studio.app.home.settings).split("/"))


class Greeting(OnlyCorpus):
    """A studio that is opened for the first time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, greets=True)


async def test_who_opens_the_studio_first_is_greeted_in_chinese(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=Greeting) as studio:
        await studio.settle()
        (notice,) = studio.app._notifications
        assert notice.message.startswith("按 1 读全唐诗，按 2 训练模型，按 3 作诗并看今日一诗")
        assert "看今日一诗" in "".join(studio.words().split())
        assert is_chinese(studio)
    async with open_studio((80, 24), studio=OnlyCorpus) as studio:
        await studio.settle()
        assert not studio.app._notifications


def test_a_studio_without_a_terminal_says_so_in_chinese() -> None:
    with pytest.raises(Exception, match="不是终端"):
        launch()


def test_times_and_places_are_written_as_in_chinese() -> None:
    assert [duration(each) for each in (42, 130, 11040, 190800)] == [
        "42秒",
        "2分10秒",
        "3时04分",
        "2天05时",
    ]
    assert local_time("2026-11-24T14:05:00").startswith("2026-11-24 14:05")
    assert ordinal(2) == "2"
    assert perplexities(20.0, 30.0) == "20.00（汉字 30.00）"
    ticks = [label for _, label in time_ticks(0, 40 * 86400, 3)]
    assert all(len(label) == 5 and label[2] == "-" for label in ticks)
    assert RunInTraining().summary == ""


def test_a_plot_counts_the_cells_of_its_text() -> None:
    style = Style()
    before, after = Canvas(40, 10, style), Canvas(40, 10, style)
    Frame(before, style, style, style)
    Frame(after, style, style, style).write_message("尚无数据。")
    assert {after.line(row).cell_length for row in range(10)} == {40}
    assert {cell_len(after.line(row).text) for row in range(10)} == {40}
    (region,) = after.changes(before) or []
    assert region.width == cell_len("尚无数据。")


def test_terms_of_verse_have_no_english_beside_them() -> None:
    assert english_in(" ".join([*glossary(), *glossary().values()])) == ["log"]
    assert rhyme_named("陽") == "阳"
    assert reading_named("去號") == "去号"
    assert tone_legend().plain == "平  仄  中 两读  韵 韵脚  有误"
    scansion = scansion_of("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    assert scansion
    assert english_in(names_of([*scansion.broken, *scansion.noted])) == []
    rows = [row.plain for row in remarks_in_words(scansion, 0, 0)]
    assert rows[0] == f"{scansion.form} · 押尤韵 · 合律"
    assert rows[1] == scansion.template


async def test_a_list_finds_chinese_by_its_pinyin() -> None:
    choices = [Option(name, name) for name in ("东", "江", "阳")]
    field = ChoiceField("rhyme", "韵", choices)
    async with Form(field).run_test() as pilot:
        field.unfold()
        await pilot.press(*"yang", "enter")
        await pilot.pause()
        assert field.value == "阳"
    assert Settings().language == "auto"
