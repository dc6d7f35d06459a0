"""Working on one poem, keyboard only."""

import shutil

import pytest
from textual.events import Key, Paste
from textual.widgets import Input, Static

from studio.collection.saved import Collection
from studio.messages import CancelCompose, Failed, Inspect, Weigh, Weighed
from studio.paths import Home
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.workbench import weighing
from studio.verse.reading import CopiedSpan
from tests.tui import playground_worker
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play, Played


async def open_bench(played: Played, text: str = QUATRAIN) -> None:
    """Open the workbench with a poem and its reading."""
    await played.press("enter")
    await played.answer(text)
    await played.press("w")
    played.worker.send_readings()
    await played.settle()


def said(played: Played, selector: str) -> str:
    return str(played.bench.query_one(selector, Static).visual)


async def test_a_poem_on_the_workbench_is_read(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        assert played.worker.read == [QUATRAIN]
        assert "白 bái" in said(played, "#reading-place")
        assert "50%" in said(played, "#reading-choices")
        assert "every rule kept" in said(played, "#reading-poem")


async def test_enter_rewrites_what_follows_the_cursor(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("down", "right", "enter")
        assert played.last.given == "白日依山尽，黄河□□□。□□□□□，□□□□□。"


async def test_a_number_chooses_an_alternative_and_rewrites_what_follows(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("down", "down", "down", "2")
        assert played.last.given == "白日依山尽，黄河入海流。欲穷千里目，月□□□□。"
        assert played.app.current == "playground"


async def test_a_chosen_alternative_replaces_the_character_alone(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("full_stop", "full_stop", "x")
        assert played.bench.draft.text == QUATRAIN.replace("白", "月")


async def test_a_chosen_alternative_stands_as_the_model_wrote_it(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Typed alone, 乾 would be 干.
    monkeypatch.setattr(playground_worker, "ALTERNATIVES", (("乾", 0.5), ("月", 0.25)))
    async with play() as played:
        await open_bench(played)
        await played.press("full_stop", "x")
        assert played.bench.draft.text == QUATRAIN.replace("白", "乾")


async def test_a_typed_character_replaces_the_one_at_the_cursor(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("红")
        assert played.bench.draft.text == QUATRAIN.replace("白", "红")


async def test_what_an_input_method_sends_stays_at_the_workbench(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        for character in "。。，、":
            # Not by the pilot, which does not know these.
            played.app.post_message(Key("from_an_input_method", character))
            await played.settle()
        await played.press("x")
        assert played.bench.draft.text == QUATRAIN.replace("白", "山")
        assert played.app.focused is played.bench
        assert not played.pane.query_one("#opening", Input).value


async def test_typing_is_over_when_the_bench_has_the_keys_again(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("i", "红")
        played.bench.focus()
        await played.press("right", "escape")
        assert not played.pane.has_class("-working")
        assert len(played.worker.requested) == 1


async def test_characters_are_typed_over_those_from_the_cursor_on(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("i", "红", "云", "enter")
        assert played.bench.draft.text == QUATRAIN.replace("白日", "红云")
        assert played.app.focused is played.bench


async def test_a_blank_that_is_typed_or_pasted_keeps_its_place(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("i", "红", "_", "云", "enter")
        assert played.bench.draft.text == QUATRAIN.replace("白日依", "红□云")
        played.bench.post_message(Paste("□黄*青"))
        await played.settle()
        assert played.bench.draft.text == QUATRAIN.replace("白日依山", "□黄□青")
        await played.press("f")
        assert played.last.given == played.bench.draft.text


async def test_what_is_typed_must_fit_the_tones_and_the_rhyme(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("down", "right", "right", "i")
        fits = played.bench.query_one(PinyinInput).fits
        assert fits is not None
        # 入海流: oblique in the middle, the rhyme 尤 at the end, and the next line after it.
        assert [fits(1, each) for each in "海天"] == [True, False]
        assert [fits(2, each) for each in "楼天"] == [True, False]
        assert fits(99, "天")


async def test_the_reading_names_tone_rhyme_and_what_the_place_needs(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("right")
        assert "入质 entering" in said(played, "#reading-place")
        assert "仄 oblique · needs 仄 oblique" in said(played, "#reading-place")
        await played.press("down", "end")
        assert "韵 rhymes in 尤 yóu" in said(played, "#reading-place")


async def test_if_all_is_kept_nothing_is_rewritten_and_a_message_says_how_to_release_it(
    play: Play,
) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("k", "a")
        assert len(played.worker.requested) == 1
        assert "Press space to release" in said(played, "#bench-said")


async def test_escape_leaves_the_typing_and_the_poem_as_it_was(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("i", "红", "escape", "right")
        assert len(played.worker.requested) == 1
        assert played.pane.has_class("-working")
        assert played.bench.draft.cursor == 1


async def test_what_is_kept_stays_when_the_rest_is_rewritten(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("space", "down", "k", "r")
        assert played.last.given == "白□□□□，黄河入海流。□□□□□，□□□□□。"


async def test_the_line_of_the_cursor_is_rewritten(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("down", "a")
        assert played.last.given == "白日依山尽，□□□□□。欲穷千里目，更上一层楼。"


async def test_a_rewrite_is_shown_and_read_and_can_be_undone(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("enter")
        await played.answer(OTHER)
        assert played.bench.draft.text == OTHER
        assert played.worker.read[-1] == OTHER
        await played.press("u")
        assert played.bench.query_one(PoemCard).text == QUATRAIN
        assert "version 1 of 2" in said(played, "#bench-said")
        await played.press("y")
        assert played.bench.query_one(PoemCard).text == OTHER


@pytest.mark.parametrize(
    ("key", "words"),
    [("u", "nothing to undo"), ("y", "nothing to redo"), ("x", "No other character is chosen")],
)
async def test_a_key_with_nothing_to_do_says_so(play: Play, key: str, words: str) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press(key)
        assert words in said(played, "#bench-said")
        assert played.bench.draft.text == QUATRAIN


async def test_a_rule_that_prevents_a_rewrite_is_shown_under_the_poem(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("enter")
        played.worker.fail("Line 1 would break 孤平.")
        await played.settle()
        assert "孤平" in said(played, "#bench-said")
        assert played.bench.draft.text == QUATRAIN
        await played.press("enter")
        assert len(played.worker.requested) == 3
        assert [each.around for each in played.worker.requested] == [False, True, True]


async def test_free_tones_in_the_form_are_free_at_the_workbench_too(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("escape")
        played.select("tones").value = "free"
        await played.press("w", "enter")
        assert played.last.tones == "free"
        assert played.last.given


async def test_escape_cancels_a_rewrite_and_then_leaves_the_workbench(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("enter")
        await played.press("escape")
        await played.settle()
        assert isinstance(played.worker.sent[-1], CancelCompose)
        assert played.pane.has_class("-working")
        await played.press("escape")
        assert not played.pane.has_class("-working")
        assert played.app.focused is played.pane.query_one(PoemStage)


async def test_while_the_model_rewrites_a_key_that_must_wait_says_so(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("r")
        for key in ("enter", "u", "i", "o", "d", "n", "明"):
            await played.press("right")
            assert said(played, "#bench-said") == "writing · escape cancels"
            await played.press(key)
            assert said(played, "#bench-said") == "The poem is still being written."
            assert played.app.focused is played.bench
        await played.answer(OTHER)
        assert played.bench.draft.text == OTHER
        assert len(played.worker.requested) == 2


async def test_the_poem_as_it_was_reworked_is_shown_saved_and_copied(
    play: Play, night: Home
) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("enter")
        await played.answer(OTHER)
        await played.press("s")
        assert "Press escape, then b, for saved poems." in played.text("#bench-said")
        await played.press("c")
        (saved,) = Collection(night.collection).poems()
        assert saved.poem.text == OTHER
        assert saved.request == played.last
        assert played.app.clipboard.startswith("青山横北郭")
        await played.press("escape")
        assert played.cards() == [OTHER]
        await played.press("up")
        assert played.cards() == [QUATRAIN]


async def test_a_poem_opened_again_has_its_states(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("enter")
        await played.answer(OTHER)
        await played.press("escape", "w", "u")
        assert played.bench.draft.text == QUATRAIN


async def test_keys_for_requests_do_nothing_at_the_workbench(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("n", "f", "o", "plus")
        assert len(played.worker.requested) == 1
        assert played.app.focused is played.bench


async def test_what_is_said_stays_when_a_reading_arrives(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("s")
        said = played.bench.query_one("#bench-said", Static)
        assert "Saved" in str(said.visual)
        played.worker.send_readings()
        await played.settle()
        assert "Saved" in str(said.visual)
        await played.press("right")
        assert "Saved" not in str(said.visual)
        assert "escape goes back" in str(said.visual)


async def test_without_a_poem_there_is_nothing_to_work_on(play: Play) -> None:
    async with play() as played:
        await played.press("w")
        assert not played.pane.has_class("-working")


async def test_a_text_that_no_request_can_have_is_not_worked_on(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer("白日 A。")
        await played.press("w")
        assert not played.pane.has_class("-working")
        assert '"A" is not a Chinese character' in played.text("#opening-note")


async def test_a_reading_that_fails_is_reported(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w")
        command = next(each for each in played.worker.sent if isinstance(each, Inspect))
        played.worker.emit(Failed("reading the poem", "There is no run called x.", command.ticket))
        await played.settle()
        assert "no run called x" in said(played, "#bench-said")


async def test_a_reading_that_failed_is_not_waited_for(play: Play) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press("x", "full_stop", "x")
        assert said(played, "#reading-choices") == "reading the poem"
        inspect = played.worker.sent[-1]
        assert isinstance(inspect, Inspect)
        played.worker.emit(Failed("reading the poem", "The model is damaged.", inspect.ticket))
        await played.settle()
        assert said(played, "#reading-choices") == ""
        await played.press("红")
        assert said(played, "#reading-choices") == "reading the poem"


async def test_a_poem_whose_model_is_gone_is_worked_on_with_the_one_in_the_options(
    play: Play, night: Home
) -> None:
    async with play() as played:
        played.select("model").value = "night"
        await played.press("enter")
        await played.answer(QUATRAIN)
        shutil.rmtree(night.runs / "night")
        played.pane.refresh_from_disk()
        await played.settle()
        await played.press("w")
        assert said(played, "#bench-said").startswith("The model night is gone.")
        inspect = played.worker.sent[-1]
        assert isinstance(inspect, Inspect)
        await played.press("r")
        assert (inspect.request.model, played.last.model) == ("auto", "auto")
        # Nothing was changed: no other poem is in the history.
        await played.press("escape", "escape")
        assert len(played.pane.desk.history.composed) == 1


async def test_copied_spans_name_their_poem(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w")
        played.worker.send_readings(CopiedSpan(0, 5, 7, "登鹳雀楼[/b]", "王之涣"))
        await played.settle()
        assert "白日依山尽 is also in 登鹳雀楼[/b] by 王之涣" in said(played, "#reading-poem")


async def test_a_fault_is_explained_with_its_name_in_both_languages(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN.replace("白日", "白开"))
        remarks = said(played, "#reading-poem")
        assert "失替 not alternating" in remarks
        assert "Line 1: 开" in remarks


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (53, 46), (40, 24)])
async def test_the_line_of_the_cursor_is_in_sight(play: Play, size: tuple[int, int]) -> None:
    async with play(size=size) as played:
        await open_bench(played, "风急天高猿啸哀，渚清沙白鸟飞回。" * 4)
        await played.press("t", "p", *["down"] * 7)
        await played.settle()
        space = played.bench.query_one("#bench-poem")
        assert space.size.height > 0
        assert space.scroll_offset.y == space.max_scroll_y


async def test_alternatives_are_weighed_by_what_is_kept_after_the_cursor(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "REST", 0.001)
    async with play() as played:
        await open_bench(played)
        assert not [each for each in played.worker.sent if isinstance(each, Weigh)]
        # The rhyme of the first couplet is kept; the cursor then rests before it.
        await played.press("down", "end", "space", "home")
        while not isinstance(command := played.worker.sent[-1], Weigh):
            await played.settle()
        assert (command.text, command.place, command.kept) == (QUATRAIN, 6, (10,))
        await played.press("full_stop")
        ranked = (("江", 0.5), ("黄", 0.25), ("月", 0.125), ("山", 0.0625))
        played.worker.emit(Weighed(command.ticket, ranked))
        await played.settle()
        rows = said(played, "#reading-choices").splitlines()
        assert [row[2] for row in rows[:4]] == ["江", "黄", "月", "山"]
        # What was chosen before stays chosen.
        await played.press("x")
        assert played.bench.draft.text == QUATRAIN.replace("黄", "山")


async def test_a_question_that_fails_leaves_the_alternatives_as_they_were(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "REST", 0.001)
    async with play() as played:
        await open_bench(played)
        await played.press("down", "end", "space", "home")
        while not isinstance(command := played.worker.sent[-1], Weigh):
            await played.settle()
        before = said(played, "#reading-choices")
        played.worker.emit(Failed("reading the poem", "no model", command.ticket))
        await played.settle()
        assert said(played, "#reading-choices") == before


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_tab_leaves_the_focus_on_the_poem(play: Play, key: str) -> None:
    async with play() as played:
        await open_bench(played)
        await played.press(key)
        assert played.app.focused is played.bench
