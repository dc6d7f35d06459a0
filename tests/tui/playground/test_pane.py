"""The playground pane, with a worker that writes what the test says."""

from pathlib import Path

import pytest
from textual.content import Content
from textual.events import Paste
from textual.widgets import Input, OptionList, Select, Static

from studio.collection.saved import Collection
from studio.messages import CancelCompose, Failed, Inspect, Trained, TrainingStarted, Wrote
from studio.model.config import RunConfig
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.settings import Settings, read_settings
from studio.tui.playground.chooser import PoemChooser
from studio.tui.playground.export_screen import ExportScreen
from studio.tui.playground.request_form import RequestForm
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from studio.tui.poem.marks import given_places
from studio.tui.poem.remarks import FAULT
from studio.tui.widgets.key_bar import KeyBar
from studio.verse.reading import CopiedSpan
from studio.verse.request import USUAL, Sampling
from studio.wording import local_time
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play

# --- the request --------------------------------------------------------------------------------


async def test_enter_alone_requests_a_poem(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        assert (played.last.first, played.last.form, played.last.candidates) == ("", "五绝", 1)


async def test_characters_typed_anywhere_become_the_opening(play: Play) -> None:
    async with play() as played:
        await played.press("红", "山", "enter")
        assert played.last.first == "红山"


async def test_a_new_opening_takes_the_place_of_the_last(play: Play) -> None:
    async with play() as played:
        await played.press("红", "enter")
        await played.press("山", "enter")
        assert played.last.first == "山"


async def test_an_opening_that_starts_in_the_form_is_in_sight(play: Play) -> None:
    async with play((60, 20)) as played:
        for start in ("春", "明"):
            await played.press("o", start)
            opening = played.pane.query_one("#opening", Input)
            assert played.app.focused is opening
            assert (opening.value, opening.region.height) == (start, 3)
            await played.press("escape")


async def test_several_pasted_lines_become_the_opening(play: Play) -> None:
    async with play() as played:
        played.app.post_message(Paste("白日，\n黄河"))
        await played.settle()
        await played.press("enter")
        assert played.last.first == "白日，黄河"


async def test_traditional_characters_are_converted_and_the_conversion_is_shown(
    play: Play,
) -> None:
    async with play() as played:
        await played.press("紅")
        assert played.text("#opening-note") == "→ 红"
        await played.press("enter")
        assert played.last.first == "红"


async def test_what_is_not_utf8_is_refused_beside_the_field(play: Play) -> None:
    async with play() as played:
        await played.press("i")
        played.pane.query_one("#opening", Input).insert_text_at_cursor("\udce7")
        await played.settle()
        assert "UTF-8" in played.text("#opening-note")
        assert played.pane.query_one("#opening", Input).value == ""


async def test_every_poem_gets_a_seed_of_its_own_until_one_is_typed(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = iter([11, 12])
    monkeypatch.setattr("random.randrange", lambda most: next(seeds))
    async with play() as played:
        await played.press("enter")
        await played.press("enter")
        assert [each.request.seed for each in played.worker.requested] == [11, 12]
        played.number("seed").focus()
        await played.press("end", "backspace", "backspace", "7", "enter")
        await played.press("enter")
        assert [each.request.seed for each in played.worker.requested[2:]] == [7, 7]


async def test_n_writes_with_a_new_seed_and_r_with_the_same(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = iter([11, 12])
    monkeypatch.setattr("random.randrange", lambda most: next(seeds))
    async with play() as played:
        await played.press("n")
        await played.press("r")
        await played.press("n")
        assert [each.request.seed for each in played.worker.requested] == [11, 11, 12]


async def test_keys_change_form_strategy_and_temperature(play: Play) -> None:
    async with play() as played:
        await played.press("f", "plus", "plus", "minus", "enter")
        assert played.last.form == "七绝"
        warmer = USUAL.sampling.temperature + 0.1
        assert played.last.sampling.temperature == pytest.approx(warmer)
        await played.press("g", "enter")
        assert played.last.sampling.strategy == "greedy"


async def test_the_temperature_never_leaves_what_is_allowed(play: Play) -> None:
    async with play() as played:
        await played.press(*["minus"] * 12, "enter")
        assert played.last.sampling.temperature == 0.1


async def test_every_setting_reaches_the_request(play: Play) -> None:
    async with play() as played:
        played.select("form").value = "free"
        values = {"longest": "40", "top_k": "9", "top_p": "0.5", "min_p": "0.1", "candidates": "3"}
        for name, value in {
            **values,
            "repetition_penalty": "1.2",
            "guidance": "2",
            "sharpness": "3",
            "judgement": "40",
        }.items():
            played.number(name).value = value
        played.select("model").value = "night@200"
        await played.press("enter")
        assert played.last.sampling == Sampling(
            "sample",
            USUAL.sampling.temperature,
            9,
            0.5,
            0.1,
            1.2,
            guidance=2,
            sharpness=3,
            judgement=40,
        )
        assert (played.last.form, played.last.longest) == ("", 40)
        assert (played.last.candidates, played.last.model) == (3, "night@200")


async def test_every_control_is_reached_by_tab(play: Play) -> None:
    async with play() as played:
        played.select("form").value = "排律"  # it has one field more
        await played.press("o")
        names = []
        for _ in range(31):
            if played.app.focused and played.app.focused.id == "fold":
                await played.press("enter")
            names.append(played.app.focused.id if played.app.focused else None)
            await played.press("tab")
        assert names == [
            "form",
            "lines",
            "theme",
            "title",
            "known_poet",
            "poet",
            "acrostic",
            "last",
            "words",
            "rhyme",
            "tones",
            "candidates",
            "temperature",
            "model",
            "beside",
            "fold",
            "given",
            "rhymes",
            "guidance",
            "copied_lines",
            "seeding",
            "seed",
            "drafts",
            "tries",
            "sharpness",
            "judgement",
            "strategy",
            "top_k",
            "top_p",
            "min_p",
            "repetition_penalty",
        ]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("temperature", "nan", "above 0, at most 10"),
        ("top_p", "1.5", "above 0, at most 1"),
        ("top_k", "-1", "0 keeps all"),
        ("candidates", "25", "from 1 to 24"),
        ("seed", "x", "a whole number"),
    ],
)
async def test_a_value_that_cannot_be_used_gives_its_reason_beside_the_field(
    play: Play, name: str, value: str, reason: str
) -> None:
    async with play() as played:
        played.number(name).value = value
        if name == "seed":
            played.select("seeding").value = "fixed"
        await played.press("enter")
        await played.settle()
        assert played.worker.requested == []
        assert reason in played.note(name)
        assert played.app.focused is played.number(name)


async def test_a_bad_value_without_effect_is_ignored(play: Play) -> None:
    async with play() as played:
        played.number("temperature").value = "hot"
        await played.press("g", "enter")
        assert played.last.sampling.strategy == "greedy"


async def test_the_last_request_is_there_the_next_time(play: Play, night: Home) -> None:
    async with play() as played:
        await played.press("日", "enter")
        played.select("form").value = "七律"
        await played.press("enter")
        await played.answer(QUATRAIN)
    async with play(settings=read_settings(night.settings)) as played:
        assert played.pane.query_one("#opening", Input).value == "日"
        assert played.select("form").value == "七律"


# --- being written ------------------------------------------------------------------------------


async def test_a_poem_appears_character_by_character(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        played.worker.write(QUATRAIN[:3])
        await played.settle()
        assert played.cards() == ["白日依"]
        played.worker.write(QUATRAIN[3:5])
        await played.settle()
        assert played.cards() == ["白日依山尽"]


async def test_what_comes_faster_than_it_is_shown_is_all_shown_in_the_end(play: Play) -> None:
    async with play() as played:
        played.app.animation_level = "full"
        await played.press("enter")
        played.worker.answer(QUATRAIN)
        await played.pilot.pause()
        await played.press("escape")
        assert played.cards() == [QUATRAIN]
        assert not [each for each in played.worker.sent if isinstance(each, CancelCompose)]


async def test_escape_cancels_and_the_poem_before_comes_back(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("enter")
        played.worker.write("青")
        await played.settle()
        await played.press("escape")
        await played.settle()
        assert played.worker.sent[-1] == CancelCompose(played.worker.requested[-1].ticket)
        assert played.cards() == [QUATRAIN]


async def test_a_new_request_cancels_the_one_being_written(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        first = played.worker.requested[-1].ticket
        await played.press("enter")
        assert CancelCompose(first) in played.worker.sent
        played.worker.emit(Wrote(first, ("错",)))
        await played.answer(OTHER)
        assert played.cards() == [OTHER]


async def test_a_character_the_model_does_not_know_is_answered_in_place(play: Play) -> None:
    async with play() as played:
        await played.press("囧", "enter")
        played.worker.fail("The model has never seen 囧. Near it, it knows 回 [日].")
        await played.settle()
        assert "Near it, it knows 回 [日]" in played.text("#opening-note")
        assert not list(played.app.screen.query("Toast"))


async def test_the_error_of_a_request_goes_away_with_it(play: Play) -> None:
    async with play() as played:
        for text in (QUATRAIN, OTHER):
            await played.press("enter")
            await played.answer(text)
        await played.press("enter")
        played.worker.fail("The acrostic has a character too many.")
        await played.settle()
        await played.press("up")
        assert played.cards() == [QUATRAIN]
        assert not played.text("#opening-note")


async def test_a_poem_that_is_being_written_cannot_be_worked_on_and_says_why(play: Play) -> None:
    async with play() as played:
        for key in ("w", "a"):
            await played.press("enter", key)
            assert not played.pane.has_class("-working")
            note = played.pane.query_one("#opening-note")
            assert "still being written" in played.text("#opening-note")
            await played.answer(QUATRAIN)
            assert not note.display


async def test_a_failure_of_something_else_leaves_the_poem_alone(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        played.worker.write("白")
        played.worker.emit(Failed("training", "The disk is full.", None))
        await played.settle()
        assert played.cards() == ["白"]


async def test_a_run_that_a_failure_ended_is_not_offered_as_in_training(play: Play) -> None:
    async with play() as played:
        played.worker.emit(TrainingStarted("dawn", RunConfig(), 0, 1, 1, 1, "", ""))
        await played.settle()
        assert "dawn" in played.pane.form.models.models
        played.worker.emit(Failed("training", "out of memory", None, run_ended=True))
        await played.settle()
        assert "dawn" not in played.pane.form.models.models


async def test_the_model_and_the_seed_are_shown_under_the_poem(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN, model="night@800")
        said = played.text("#figures")
        assert f"night at step 800 · seed {played.last.seed}" in said
        assert "average 1 in 20 per character (log p -3.00)" in said


async def test_a_poem_stands_under_its_title_from_the_start(play: Play) -> None:
    async with play() as played:
        pane = played.pane

        def rows() -> list[str]:
            return [row.strip() for row in pane.query_one(PoemCard).render().plain.split("\n")]

        await played.press("enter")
        await played.answer(QUATRAIN)
        assert "送别" not in "".join(rows())
        for name, text in (("title", "送别"), ("poet", "李白")):
            pane.query_one(f"#field-{name} Input", Input).value = text
        await played.press("enter")
        assert "送别 · in the manner of 李白" in rows()
        await played.answer(QUATRAIN)
        at = rows().index("送别 · in the manner of 李白")
        assert rows()[at + 1] == "" != rows()[at + 2]
        await played.press("up")
        assert "送别" not in "".join(rows())


async def test_several_poems_have_one_title_over_all(play: Play) -> None:
    async with play() as played:
        heading = played.pane.query_one("#heading")
        played.number("candidates").value = "2"
        played.pane.query_one("#field-title Input", Input).value = "送别"
        await played.press("enter")
        await played.answer(QUATRAIN, QUATRAIN)
        assert heading.display and played.text("#heading") == "送别"
        assert {card.heading for card in played.pane.query(PoemCard)} == {""}


async def test_a_poem_cut_at_the_limit_says_so(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer("白日", complete=False)
        assert "cut at the length limit" in played.text("#figures")


async def test_the_arrows_choose_a_candidate(play: Play) -> None:
    async with play() as played:
        played.number("candidates").value = "2"
        await played.press("enter")
        await played.answer(QUATRAIN, OTHER)
        await played.press("right")
        stage = played.pane.query_one(PoemStage)
        chosen = [card.has_class("-chosen") for card in stage.query(PoemCard)]
        assert chosen == [False, True]
        figures = played.text("#figures")
        assert "2 of 2 · night at step 800" in figures
        assert "log p -3.25" in figures
        await played.press("right")
        assert played.pane.query_one(PoemStage).chosen == 0


async def test_markup_in_a_poem_is_text(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer("[/b]白[red]日")
        assert played.cards() == ["[/b]白[red]日"]


async def test_candidates_are_in_the_order_of_their_scores(play: Play) -> None:
    async with play() as played:
        played.number("candidates").value = "2"
        await played.press("enter")
        played.worker.write(QUATRAIN, OTHER)
        played.worker.finish(QUATRAIN, OTHER, scores=(0.1, 0.9))
        await played.settle()
        assert played.cards() == [OTHER, QUATRAIN]


async def test_a_shows_the_best_three_drafts_and_again_the_best(play: Play) -> None:
    drafts = [QUATRAIN.replace("山", each) for each in "山月江湖"]
    async with play() as played:
        await played.press("enter")
        assert (played.last.candidates, played.last.drafts) == (1, 16)
        played.worker.write(drafts[3])
        played.worker.finish(*drafts, scores=[4.0, 3.0, 2.0, 1.0])
        await played.settle()
        assert played.cards() == drafts[:1]
        await played.press("a", "right")
        assert played.cards() == drafts[:3]
        assert "2 of 3" in played.text("#figures")
        await played.press("a")
        assert played.cards() == drafts[:1]
        await played.press("up", "a")
        assert played.cards() == drafts[:3]


async def test_a_says_that_there_are_no_further_drafts(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("a")
        assert "no further drafts" in played.text("#opening-note")


async def test_two_checkpoints_write_in_two_columns_under_their_steps(play: Play) -> None:
    async with play() as played:
        played.select("beside").value = "night@200"
        await played.press("enter")
        first, second = played.worker.requested[-2:]
        played.worker.finish(QUATRAIN, model="night@800", command=first)
        await played.settle()
        assert played.pane.query_one(PoemStage).query(PoemCard).first().writing
        played.worker.finish(OTHER, model="night@200", command=second)
        await played.settle()
        assert played.cards() == [QUATRAIN, OTHER]
        cards = played.pane.query_one(PoemStage).query(PoemCard)
        assert [str(card.border_title) for card in cards] == ["step 800", "step 200"]
        assert cards.first().region.y == cards.last().region.y


# --- marks --------------------------------------------------------------------------------------


async def test_tones_and_pinyin_are_shown_on_demand_without_the_worker(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("t", "p")
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert card.marks[0].under == "仄"
        assert card.marks[0].over == "bái"
        assert not played.worker.read
        await played.press("t")
        assert not card.marks[0].under


async def test_faults_are_marked_in_the_poem_and_named_with_the_same_mark(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN.replace("白日", "白开"))
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert [at for at, mark in enumerate(card.marks) if mark.style == FAULT] == [1]
        figures = played.pane.query_one("#figures", Static).visual
        assert isinstance(figures, Content)
        marked = [
            figures.plain[each.start : each.end] for each in figures.spans if each.style == FAULT
        ]
        assert marked == ["1 fault", "失替 not alternating"]
        await played.press("t")
        figures = played.pane.query_one("#figures", Static).visual
        assert isinstance(figures, Content) and figures.plain.endswith("a fault")


async def test_copied_spans_are_underlined_and_their_poem_is_named(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("v")
        played.worker.send_readings(CopiedSpan(0, 5, 7, "登鹳雀楼", "王之涣"))
        await played.settle()
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert "underline" in card.marks[0].style
        assert "白日依山尽 is also in 登鹳雀楼 by 王之涣" in played.text("#figures")


async def test_a_poem_is_read_again_without_the_index_only_when_a_key_asks_for_it(
    play: Play,
) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("v")
        for _ in range(3):
            played.worker.send_readings(index=False)
            await played.settle()
        assert played.worker.read == [QUATRAIN]
        await played.press("l")
        assert played.worker.read == [QUATRAIN, QUATRAIN]
        # The workbench has it read by the model that would rewrite it, not by night@800.
        await played.press("w")
        for _ in range(3):
            played.worker.send_readings(index=False)
            await played.settle()
        assert len(played.worker.read) == 3


@pytest.mark.parametrize(("wrote", "reads"), [("night@200", "night@200"), ("gone@9", "auto")])
async def test_a_poem_is_read_by_the_model_that_wrote_it_if_that_is_still_there(
    play: Play, wrote: str, reads: str
) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN, model=wrote)
        await played.press("l")
        (command,) = (each for each in played.worker.sent if isinstance(each, Inspect))
        assert command.request.model == reads
        played.worker.send_readings()
        await played.settle()
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert any(mark.style for mark in card.marks)


async def test_a_reading_that_fails_is_reported_near_the_exhibit(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("l")
        (command,) = (each for each in played.worker.sent if isinstance(each, Inspect))
        reason = "There is no run called night."
        played.worker.emit(Failed("reading the poem", reason, command.ticket))
        await played.settle()
        assert played.text("#opening-note") == reason


async def test_the_tint_of_the_likelihood_has_a_legend(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("l")
        played.worker.send_readings()
        await played.settle()
        assert "<1/512" in played.text("#figures")


async def test_the_marks_stay_for_the_poems_that_follow(play: Play) -> None:
    async with play() as played:
        await played.press("t", "enter")
        await played.answer(QUATRAIN)
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert card.marks[0].under == "仄"


async def test_the_report_of_the_scanner_is_shown_under_the_poem(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        assert played.text("#figures").startswith("五绝 · rhyme 尤 yóu · every rule kept\n")


async def test_the_signs_of_the_tones_have_a_legend(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("t")
        said = played.text("#figures")
        assert "仄起首句不入韵 oblique start, l. 1 unrhymed" in said
        assert "平 level  仄 oblique" in said


async def test_a_fault_is_named_in_english_and_explained(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN.replace("白日", "白开"))
        said = played.text("#figures")
        assert "· 1 fault" in said
        assert "失替 not alternating · Line 1: 开 should be oblique" in said


async def test_a_character_that_comes_again_is_noted_and_no_fault(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN.replace("千里", "依里"))
        assert "every rule kept" in played.text("#figures")
        await played.press("t")
        assert "重字 character repeated" in played.text("#figures")


async def test_a_poem_asked_for_in_the_old_style_is_not_measured_against_the_new(
    play: Play,
) -> None:
    async with play() as played:
        played.select("form").value = "古绝"
        await played.press("enter")
        await played.answer(QUATRAIN.replace("白日", "白开"))
        assert played.text("#figures").startswith("古绝 · rhyme 尤 yóu\n")


# --- models -------------------------------------------------------------------------------------


async def test_without_a_model_the_pane_says_what_to_do(tmp_path: Path, play: Play) -> None:
    for folder in (tmp_path / "data" / "runs" / "night" / "checkpoints").iterdir():
        folder.rmdir()
    async with play() as played:
        assert "Press 2 and start a training" in played.text("#said")
        assert not played.number("temperature").disabled
        config = RunConfig(recipe="classic")
        played.worker.emit(
            TrainingStarted("night", config, 0, 10, 5, 1000, 100, "a test's device", "float32")
        )
        await played.settle()
        assert "Press enter" in played.text("#said")
        played.worker.emit(Trained("night", TrainingEnded(3, "stopped")))
        await played.settle()
        assert "Press 2" in played.text("#said")


# --- history ------------------------------------------------------------------------------------


async def test_up_and_down_go_through_what_was_written(play: Play) -> None:
    async with play() as played:
        for first, text in (("白", QUATRAIN), ("青", OTHER)):
            await played.press(first, "enter")
            await played.answer(text)
        await played.press("up")
        assert played.cards() == [QUATRAIN]
        assert played.pane.query_one("#opening", Input).value == "白"
        await played.press("up")
        await played.press("down")
        assert played.cards() == [OTHER]


async def test_a_poem_of_the_history_is_written_again_with_its_seed_and_model(
    play: Play,
) -> None:
    async with play() as played:
        await played.press("白", "enter")
        await played.answer(QUATRAIN, model="night@200")
        asked = played.last
        await played.press("n")
        await played.answer(OTHER)
        await played.press("h")
        await played.press("down", "r")
        assert (played.last.seed, played.last.first) == (asked.seed, "白")
        assert played.last.model == "night@200"


async def test_again_repeats_what_was_given_at_the_workbench(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w", "down", "a")
        await played.answer(OTHER)
        reworked = played.last
        await played.press("escape", "up", "down", "r")
        assert played.last == reworked
        assert played.last.given
        await played.answer(OTHER)
        # The next start of the studio begins with what is in the form.
        assert not played.app.settings.request.given
        await played.press("f", "r")
        assert not played.last.given


async def test_what_was_given_in_the_form_is_there_again_with_its_poem(play: Play) -> None:
    async with play() as played:
        for given in ("", "送君___，_____。"):
            played.number("given").value = given
            await played.press("enter")
            await played.answer(QUATRAIN)
        await played.press("w", "a")
        await played.answer(OTHER)
        await played.press("escape", "up", "up", "enter")
        assert not played.last.given
        await played.press("escape", "down", "enter")
        assert played.last.given == "送君□□□，□□□□□。"


async def test_a_poem_chosen_from_the_history_stays_though_others_were_being_written(
    play: Play,
) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        played.number("candidates").value = "3"
        await played.press("n")
        played.worker.write("青", "白", "春")
        await played.settle()
        ticket = played.worker.requested[-1].ticket
        await played.press("h", "enter")
        assert CancelCompose(ticket) in played.worker.sent
        played.worker.write("青山", "白水", "春江")
        played.worker.finish("青山", "白水", "春江")
        await played.settle()
        assert played.cards() == [QUATRAIN]


# --- keeping ------------------------------------------------------------------------------------


async def test_s_saves_the_chosen_candidate_with_its_request(play: Play, night: Home) -> None:
    async with play() as played:
        played.number("candidates").value = "2"
        await played.press("enter")
        await played.answer(QUATRAIN, OTHER)
        await played.press("right", "s", "s")
        (saved,) = Collection(night.collection).poems()
        assert (saved.poem.text, saved.request, saved.model) == (OTHER, played.last, "night@800")


async def test_nothing_is_saved_where_there_is_no_poem(play: Play, night: Home) -> None:
    async with play() as played:
        await played.press("s", "c", "e")
        assert Collection(night.collection).poems() == []
        assert not isinstance(played.app.screen, ExportScreen)


async def test_c_sends_the_poem_with_its_model_and_seed_to_the_terminal(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("c")
        poem, _, about = played.app.clipboard.partition("\n\n")
        assert poem == "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"
        assert about.startswith("night at step 800 · 五绝")
        assert about.endswith(f"seed {played.last.seed}")


async def test_the_collection_is_searched_and_an_entry_used_again(play: Play) -> None:
    async with play() as played:
        for first, text in (("白", QUATRAIN), ("青", OTHER)):
            await played.press(first, "enter")
            await played.answer(text)
            await played.press("s")
        await played.press("b")
        assert isinstance(played.app.screen, PoemChooser)
        assert played.app.screen.query_one(OptionList).option_count == 2
        await played.press("slash", "黄", "河")
        assert played.app.screen.query_one(OptionList).option_count == 1
        await played.press("enter")
        assert played.cards() == [QUATRAIN]
        assert played.pane.query_one("#opening", Input).value == "白"


async def test_a_saved_poem_is_deleted_when_d_is_pressed_twice(play: Play, night: Home) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("s", "b", "d")
        assert len(Collection(night.collection).poems()) == 1
        await played.press("d")
        assert Collection(night.collection).poems() == []


async def test_a_damaged_collection_is_reported_and_kept(play: Play, night: Home) -> None:
    night.collection.parent.mkdir(parents=True, exist_ok=True)
    night.collection.write_text("{}\n")
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("s", "b")
        assert not isinstance(played.app.screen, PoemChooser)
        assert "collection" in played.text("#opening-note")
    assert night.collection.read_text() == "{}\n"


async def test_an_export_goes_to_the_working_directory_then_to_the_folder_used_last(
    play: Play, working_directory: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("e", "enter")
        await played.settle()
        text = (working_directory / "白日依山尽.txt").read_text()
        assert text.startswith("白日依山尽，黄河入海流。\n")
        await played.press("e")
        played.app.screen.query_one("#path", Input).value = str(other / "a.txt")
        await played.press("enter")
        await played.settle()
        settings = read_settings(played.app.home.settings)
    async with play(settings=settings) as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("e", "enter")
        await played.settle()
        assert (other / "白日依山尽.txt").exists()
        for path in other.iterdir():
            path.unlink()
        other.rmdir()
        await played.press("e")
        assert str(working_directory) in played.app.screen.query_one("#path", Input).value


async def test_an_export_folder_that_cannot_be_read_is_replaced(
    play: Play, working_directory: Path
) -> None:
    async with play(settings=Settings(export_folder="/" + "x" * 300)) as played:
        assert played.app.export_folder == working_directory


async def test_markdown_changes_the_proposed_suffix(play: Play, working_directory: Path) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("e")
        played.app.screen.query_one(Select).value = "markdown"
        await played.settle()
        await played.press("enter")
        assert (working_directory / "白日依山尽.md").read_text().startswith("## 白日依山尽")


async def test_an_export_replaces_a_file_only_after_a_second_enter(
    play: Play, night: Home, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("e")
        played.app.screen.query_one("#path", Input).value = str(mine)
        await played.settle()
        await played.press("enter")
        assert mine.read_text() == "mine"
        assert "mine.txt exists" in str(played.app.screen.query_one(".error", Static).visual)
        await played.press("enter")
        assert mine.read_text().startswith("白日")


async def test_what_keeps_a_poem_is_among_the_keys_of_a_small_terminal(play: Play) -> None:
    async with play(size=(80, 24)) as played:
        keys = str(played.app.query_one(KeyBar).render())
        assert all(f" {name} " in keys for name in ("Save", "Copy", "Export", "Saved", "Quit"))


async def test_the_saved_poems_show_the_day_as_a_person_writes_it(play: Play, night: Home) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("s", "b")
        (saved,) = Collection(night.collection).poems()
        about = str(played.app.screen.query_one("#about", Static).visual)
        assert local_time(saved.saved) in about
        assert saved.saved not in about


# --- room ---------------------------------------------------------------------------------------


async def test_a_narrow_pane_shows_the_poem_and_the_form_on_demand(play: Play) -> None:
    async with play(size=(40, 24)) as played:
        form, summary = (
            played.pane.query_one(RequestForm),
            played.pane.query_one("#request-summary"),
        )
        assert (form.display, summary.display) == (False, True)
        asked = f"五绝 · temperature {USUAL.sampling.temperature:g}"
        assert played.text("#request-summary").startswith(asked)
        await played.press("o")
        assert form.display
        await played.press("escape")
        assert not form.display


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (53, 46), (40, 24), (20, 8), (4, 2)])
async def test_nothing_of_a_poem_is_cut_off(play: Play, size: tuple[int, int]) -> None:
    async with play(size=size) as played:
        await played.press("f", "f", "f", "enter")
        await played.answer("风急天高猿啸哀，渚清沙白鸟飞回。" * 4)
        stage = played.pane.query_one(PoemStage)
        (card,) = played.pane.query_one(PoemStage).query(PoemCard)
        assert stage.virtual_size.width <= max(stage.size.width, 1)
        if size[1] >= 24:
            rows = card.render().plain.split("\n")
            assert "".join("".join(rows).split()) == card.text
            assert len(rows) <= card.size.height
            assert stage.virtual_size.height == stage.size.height


async def test_an_opening_counts_the_same_for_the_exhibit_the_marks_and_the_poem(
    play: Play, night: Home
) -> None:
    async with play() as played:
        played.select("form").value = "free"
        played.pane.opening.input.value = "白日, "
        await played.press("enter")
        assert played.last.first == "白日，"
        await played.answer("白日，依山尽。")
        card = played.pane.query(PoemCard).first()
        assert card.opening == 2
        assert given_places(played.last, card.text) == {0, 1}
        await played.press("s")
        (saved,) = Collection(night.collection).poems()
        assert saved.request == played.last


async def test_letters_in_an_opening_are_refused_and_nothing_is_asked(play: Play) -> None:
    async with play() as played:
        played.pane.opening.input.value = "白日 ok"
        await played.press("enter")
        assert not played.worker.requested
        assert '"o" is not a Chinese character' in played.text("#opening-note")


async def test_a_couplet_is_a_form_whose_opening_is_a_line(play: Play) -> None:
    async with play(size=(120, 36)) as played:
        played.select("form").value = "对联"
        played.pane.query_one("#opening", Input).value = "明月松间照"
        await played.press("enter")
        assert (played.last.form, played.last.first, played.last.candidates) == (
            "对联",
            "明月松间照",
            6,
        )
        couplets = [f"明月松间照，清泉石上{each}。" for each in "流生明来行声"]
        await played.answer(*couplets)
        assert played.cards() == couplets
        assert "parallelism" in played.text("#figures")
        played.pane._fill(played.last)
        assert played.number("candidates").value == "1"
    async with play(settings=Settings(request=played.last)) as played:
        assert played.number("candidates").value == "1"
