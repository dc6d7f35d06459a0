"""A poem of one's own: typed, pasted or opened, worked on, finished by the model and saved."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input, OptionList, Static

from studio.collection.saved import Collection
from studio.corpus.poems_in_files import Readable
from studio.paths import Home
from studio.tui.playground.chooser import PoemChooser
from studio.tui.playground.own_poem_forms import entries_of
from studio.tui.playground.own_poem_screen import OwnPoemScreen, PoemArea
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from studio.tui.poem.remarks import scansion_of, summary
from studio.tui.widgets.form_fields import ChoiceField
from studio.tui.widgets.pinyin_typing import CandidateLine
from studio.verse.request import ComposeRequest
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play, Played

FAULTY = QUATRAIN.replace("白日", "白天")
BLANKS = "白日依山尽，黄河□□流。□□□□□，更上一层楼。"


async def type_poem(played: Played, text: str) -> PoemArea:
    """Open the screen for a poem of one's own and paste a text."""
    await played.press("d")
    area = played.app.screen.query_one(PoemArea)
    area.post_message(Paste(text))
    await played.settle()
    return area


def said(played: Played) -> str:
    return str(played.app.screen.query_one("#said", Static).visual)


async def test_a_pasted_poem_stands_on_the_workbench_with_its_faults(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "白天依山尽\n黄河入海流\n欲穷千里目\n更上一层楼")
        assert "五绝" in said(played)
        await played.press("f5")
        assert played.bench.draft.text == FAULTY
        assert played.worker.read == [FAULTY]
        played.worker.send_readings()
        await played.settle()
        assert "失替" in str(played.bench.query_one("#reading-poem", Static).visual)
        assert played.worker.requested == []


async def test_enter_in_an_empty_last_row_ends_the_poem(play: Play) -> None:
    async with play() as played:
        await type_poem(played, QUATRAIN)
        await played.press("enter")
        assert isinstance(played.app.screen, OwnPoemScreen)
        await played.press("enter")
        assert played.bench.draft.text == QUATRAIN


async def test_what_is_no_poem_is_explained_in_its_place_and_stays(play: Play) -> None:
    async with play() as played:
        area = await type_poem(played, "白日依山尽\n黄河abc流")
        await played.press("f5")
        assert '"a" is not a Chinese character' in said(played)
        assert (area.cursor_location, area.text) == ((1, 2), "白日依山尽\n黄河abc流")
        await played.press("escape", "d")
        assert played.app.screen.query_one(PoemArea).text == "白日依山尽\n黄河abc流"


async def test_the_form_is_chosen(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "白日依山尽")
        played.app.screen.query_one("#field-own-form", ChoiceField).value = "五律"
        await played.settle()
        assert "35 to be written" in said(played)
        await played.press("f5")
        assert played.bench.draft.state.request.form == "五律"
        assert len(played.bench.draft.lines) == 8


async def test_a_poem_entered_again_with_another_form_or_title_has_these(play: Play) -> None:
    async with play() as played:
        for form, title in (("五绝", ""), ("五古", ""), ("五古", "登楼")):
            await type_poem(played, QUATRAIN)
            played.app.screen.query_one("#field-own-form", ChoiceField).value = form
            played.app.screen.query_one("#own-title", Input).value = title
            await played.press("f5")
            request = played.bench.draft.state.request
            assert (request.form, request.title) == (form, title)
            await played.press("escape")


async def test_the_form_of_a_poem_is_not_that_of_the_next_one(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "白日依山尽")
        played.app.screen.query_one("#field-own-form", ChoiceField).value = "对联"
        await played.press("f5", "escape")
        await type_poem(played, QUATRAIN)
        assert "五绝" in said(played)


async def test_the_model_finishes_what_is_blank_and_keeps_the_rest(play: Play) -> None:
    async with play() as played:
        await type_poem(played, BLANKS)
        await played.press("f5", "f")
        assert played.last.given == BLANKS
        await played.answer(QUATRAIN)
        assert played.bench.draft.text == QUATRAIN
        # What the person wrote is kept still.
        await played.press("r")
        assert played.last.given == BLANKS
        await played.answer(QUATRAIN)
        await played.press("f")
        assert len(played.worker.requested) == 2


async def test_a_poem_with_faults_is_finished_too_and_what_stands_stays(play: Play) -> None:
    faulty = BLANKS.replace("白日", "白天").replace("层楼", "层天")
    async with play() as played:
        await type_poem(played, faulty)
        await played.press("f5", "f")
        assert played.last.given == faulty
        assert played.worker.requested[-1].around
        finished = QUATRAIN.replace("白日", "白天").replace("层楼", "层天")
        await played.answer(finished)
        # So it is written again in the same way.
        await played.press("escape", "up", "down", "r")
        assert played.last.given == faulty
        assert played.worker.requested[-1].around


async def test_it_is_saved_as_written_by_hand(play: Play, night: Home) -> None:
    async with play(size=(120, 36)) as played:
        await type_poem(played, QUATRAIN)
        await played.press("f5", "s", "escape")
        (saved,) = Collection(night.collection).poems()
        assert (saved.poem.text, saved.model, saved.request.form) == (QUATRAIN, "", "五绝")
        assert "written by hand" in played.text("#figures")
        await played.press("b", "r")
        assert isinstance(played.app.screen, PoemChooser)
        assert "by hand" in str(played.app.screen.query_one("#said", Static).visual)
        await played.press("enter", "w")
        assert played.bench.draft.text == QUATRAIN


async def open_file(played: Played, path: Path) -> None:
    await played.press("d", "f6")
    played.app.screen.query_one("#own-file", Input).value = str(path)
    await played.press("enter")
    await played.settle()


async def test_the_name_of_standard_input_is_that_of_a_file(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The terminal, which the studio reads keys from.
    terminal = TextIOWrapper(BytesIO(BLANKS.encode()))
    monkeypatch.setattr("sys.stdin", terminal)
    async with play() as played:
        await open_file(played, Path("-"))
        assert "There is no file -." in said(played)
    assert terminal.buffer.tell() == 0


async def test_a_file_with_one_poem_is_opened(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_text(f"{BLANKS}\n", "utf-8")
    async with play() as played:
        await open_file(played, path)
        await played.press("f5")
        assert played.bench.draft.text == BLANKS


async def test_a_poem_is_chosen_from_a_file_with_several(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "poems.txt"
    path.write_text(f"{QUATRAIN}\n{OTHER}\n", "utf-8")
    async with play() as played:
        await open_file(played, path)
        assert isinstance(played.app.screen, PoemChooser)
        await played.press("down", "enter", "f5")
        assert played.bench.draft.text == OTHER


async def test_poems_of_a_file_that_cannot_be_read_are_counted(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "poems.txt"
    path.write_text(f"{QUATRAIN}\n{OTHER[:3]}abc{OTHER[3:]}\n{OTHER}\n", "utf-8")
    async with play() as played:
        await open_file(played, path)
        assert isinstance(played.app.screen, PoemChooser)
        (notice,) = played.app._notifications
        assert notice.message.startswith("1 poem of poems.txt is left out: line 2, column 4")


async def test_a_file_that_cannot_be_read_is_named(play: Play, tmp_path: Path) -> None:
    async with play() as played:
        await open_file(played, tmp_path / "missing.txt")
        assert "missing.txt" in said(played)


async def test_a_ci_stands_on_the_workbench_with_its_tune_and_rhyme(play: Play) -> None:
    ci = "昨夜雨疏风骤。浓睡不消残酒。试问卷帘人，却道海棠依旧。知否。知否。应是绿肥红_。"
    async with play() as played:
        await type_poem(played, ci)
        assert "如梦令" in said(played)
        await played.press("f5")
        played.worker.send_readings()
        await played.settle()
        remarks = str(played.bench.query_one("#reading-poem", Static).visual)
        assert "如梦令 · rhyme 第十二部 (仄 oblique)" in " ".join(remarks.split())
        assert "33 characters" in remarks
        await played.press("end")
        assert "rhymes in 第十二部" in str(played.bench.query_one("#reading-place", Static).visual)
        await played.press("t", "escape")


async def test_another_form_that_fits_is_one_key_away(play: Play) -> None:
    async with play() as played:
        area = await type_poem(played, "明月松间照\n清泉石上流")
        assert said(played) == "对联 · every rule kept"
        await played.press("f7")
        assert "五绝" in said(played) and "10 to be written" in said(played)
        await played.press("f7")
        assert "古绝" in said(played)
        # A form that the lines do not fit is passed over, and after the last comes the first.
        form = played.app.screen.query_one("#field-own-form", ChoiceField)
        seen = []
        while form.value != "found":
            await played.press("f7")
            seen.append(form.value)
        assert seen[-2:] == ["free", "found"] and not {"七绝", "如梦令", "对联"} & {*seen}
        area.text = QUATRAIN
        await played.settle()
        assert said(played).startswith("五绝")
        await played.press("f7")
        assert said(played).startswith("古绝")


async def test_a_couplet_is_measured_by_its_own_rules(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "无可奈何花落去\n似梦相识燕归来")
        played.app.screen.query_one("#field-own-form", ChoiceField).value = "对联"
        await played.settle()
        assert "对联 · 1 fault" in said(played)
        await played.press("f5")
        played.worker.send_readings()
        await played.settle()
        remarks = str(played.bench.query_one("#reading-poem", Static).visual)
        assert "失对" in remarks and "可 and 梦 face each other" in remarks


async def test_the_candidates_hide_no_row_of_the_poem(play: Play) -> None:
    async with play((80, 24)) as played:
        await played.press("d", *"shan")
        (line,) = played.app.screen.query(CandidateLine)
        for covered in (PoemArea, ChoiceField):
            assert not line.region.overlaps(played.app.screen.query_one(covered).region)
        assert not line.region.overlaps(played.app.screen.query_one("#said").region)


async def test_the_heading_of_a_pasted_poem_stands_in_its_fields_and_above_it(
    play: Play, night: Home
) -> None:
    async with play(size=(80, 24)) as played:
        await type_poem(played, f"《登鹳雀楼》 王之涣\n{QUATRAIN}")
        assert heading(played) == ("登鹳雀楼", "王之涣")
        assert said(played).startswith("五绝")
        await played.press("f5")
        assert played.bench.draft.text == QUATRAIN
        assert played.bench.query_one(PoemCard).heading == "登鹳雀楼 王之涣"
        await played.press("s", "escape")
        assert played.pane.query_one(PoemStage).query_one(PoemCard).heading == "登鹳雀楼 王之涣"
        (saved,) = Collection(night.collection).poems()
        assert (saved.request.title, saved.request.poet) == ("登鹳雀楼", "王之涣")
        await played.press("b")
        assert rows(played) == ["登鹳雀楼  五绝"]
        # The next poem that the model writes is not asked for under that title.
        await played.press("enter", "enter")
        assert (played.last.title, played.last.poet) == ("", "")


async def test_a_title_that_is_typed_replaces_the_one_that_was_found(play: Play) -> None:
    async with play() as played:
        area = await type_poem(played, f"登楼\n{QUATRAIN}")
        title = played.app.screen.query_one("#own-title", Input)
        title.value = "登鹳雀楼"
        await played.settle()
        area.insert("\n")
        await played.settle()
        assert heading(played) == ("登鹳雀楼", "")
        await played.press("escape", "d")
        assert heading(played) == ("登鹳雀楼", "")
        # Another heading above the poem counts again.
        area = played.app.screen.query_one(PoemArea)
        area.replace("夜思 李白", (0, 0), (0, 2))
        await played.settle()
        assert heading(played) == ("夜思", "李白")
        area.replace("", (0, 0), (1, 0))
        await played.settle()
        assert heading(played) == ("", "")


async def test_a_title_that_no_request_can_have_is_explained(play: Play) -> None:
    async with play() as played:
        await type_poem(played, QUATRAIN)
        title = played.app.screen.query_one("#own-title", Input)
        title.value = "night"
        await played.press("f5")
        assert "The title" in said(played) and title.has_focus
        title.value = "夜"
        await played.press("enter", "enter", "f5")
        assert played.bench.draft.state.request.title == "夜"


async def test_a_tune_typed_as_title_is_the_form(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "一曲新词酒一杯")
        played.app.screen.query_one("#own-title", Input).value = "浣溪沙·春情"
        await played.settle()
        assert "浣溪沙" in said(played) and "35 to be written" in said(played)
        await played.press("f5")
        assert played.bench.query_one(PoemCard).heading == "浣溪沙·春情"


async def test_one_key_clears_poem_title_and_form(play: Play) -> None:
    async with play() as played:
        area = await type_poem(played, f"登楼 王之涣\n{QUATRAIN}")
        played.app.screen.query_one("#field-own-form", ChoiceField).value = "古绝"
        await played.press("f8")
        assert (area.text, heading(played), area.has_focus) == ("", ("", ""), True)
        assert played.app.screen.query_one("#field-own-form", ChoiceField).value == "found"
        # The same key brings back what it took out.
        await played.press("f8")
        assert area.text == f"登楼 王之涣\n{QUATRAIN}"
        assert heading(played) == ("登楼", "王之涣")


async def test_every_sign_for_a_blank_becomes_the_same(play: Play) -> None:
    async with play() as played:
        area = await type_poem(played, "白日_＿*，黄○●■▢流。")
        assert area.text == "白日□□□，黄□□□□流。"
        await played.press("underscore")
        assert area.text.endswith("□")


async def test_the_poems_of_a_file_are_listed_with_title_form_and_faults(
    play: Play, tmp_path: Path
) -> None:
    path = tmp_path / "poems.txt"
    blank = "□□依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    path.write_text(f"《登楼》 王之涣\n{FAULTY}\n\n{blank}\n\n昔我往矣，杨柳依依。\n", "utf-8")
    async with play() as played:
        await open_file(played, path)
        assert rows(played) == ["登楼  五绝  1 fault", "□□依山尽  五绝", "昔我往矣  四言"]
        assert played.app.screen.query_one(PoemCard).heading == "登楼 王之涣"
        keys = {each.binding.description for each in played.app.screen.active_bindings.values()}
        assert "Write again" not in keys
        await played.press("enter")
        assert heading(played) == ("登楼", "王之涣")
        await played.press("f5")
        assert played.bench.query_one(PoemCard).heading == "登楼 王之涣"


async def test_the_forms_that_fit_come_first(play: Play) -> None:
    async with play() as played:
        await type_poem(played, "独怜幽草涧边生")
        form = played.app.screen.query_one("#field-own-form", ChoiceField)
        form.editor.focus()
        await played.settle()
        assert form.values[:2] == ["found", "七绝"]
        assert form.values.index("free") < form.values.index("五绝")


def heading(played: Played) -> tuple[str, str]:
    """The title and the poet in their fields."""
    screen = played.app.screen
    return screen.query_one("#own-title", Input).value, screen.query_one("#own-poet", Input).value


def rows(played: Played) -> list[str]:
    """The rows of the list of poems."""
    return [str(each.prompt) for each in played.app.screen.query_one(OptionList).options]


def test_of_a_long_file_only_the_first_poems_are_scanned() -> None:
    last, *_, first = entries_of([Readable("", "", QUATRAIN)] * 1001, ComposeRequest())
    assert (first.composed.ticket, first.composed.request.form, first.faults) == (0, "五绝", 0)
    assert (last.composed.ticket, last.is_scanned) == (1000, False)


def test_a_fault_of_an_old_style_poem_is_counted_as_others_are() -> None:
    text = "春眠不觉晓，处处闻啼鸟。夜来风雨声，山月千峰静。"
    (entry,) = entries_of([Readable("", "", text)], ComposeRequest())
    assert (entry.composed.request.form, entry.faults) == ("古绝", 1)
    scansion = scansion_of(text, entry.composed.request)
    assert scansion and summary(scansion).endswith(" · 1 fault")
    (kept,) = entries_of([Readable("", "", text.replace("静", "晓"))], ComposeRequest())
    assert not kept.faults
