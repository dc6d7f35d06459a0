"""Help on the workbench: offers for faults, look-ups in the library, rules by choice."""

from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest
from textual.widgets import Label, OptionList, Static

from studio.collection.saved import Collection
from studio.corpus.build import build
from studio.corpus.records import RawPoem
from studio.corpus.vocabulary import Vocabulary
from studio.messages import Failed, ReadVectors, Suggest, Suggested, VectorsRead
from studio.paths import Home
from studio.prosody.measure import Measure
from studio.prosody.offers import LineOffer, Offer
from studio.prosody.rhymes import RhymeBook
from studio.tui.widgets.form_fields import ChoiceField
from studio.tui.widgets.key_bar import KeyBar
from studio.tui.widgets.switch import Switch
from studio.tui.workbench.look_up_screen import LookUpScreen
from studio.tui.workbench.look_ups import Found, Kind, LookedUp, LookUps
from studio.tui.workbench.reading_panel import _chance
from studio.verse.request import COUPLET_FORM, ComposeRequest
from studio.verse.suggesting import Suggestion
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play, Played
from tests.tui.waiting import until

FAULTY = QUATRAIN.replace("白日", "白天")


async def open_bench(played: Played, text: str) -> None:
    await played.press("enter")
    await played.answer(text)
    await played.press("w")
    played.worker.send_readings()
    await played.settle()


def said(played: Played) -> str:
    return str(played.bench.query_one("#bench-said", Static).visual)


def listed(played: Played) -> list[str]:
    options = played.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]


def asked(played: Played) -> Suggest:
    command = played.worker.sent[-1]
    assert isinstance(command, Suggest)
    return command


# --- faults -------------------------------------------------------------------------------------


async def test_an_offer_that_is_chosen_clears_the_fault_and_can_be_undone(play: Play) -> None:
    async with play() as played:
        await open_bench(played, FAULTY)
        await played.press("o")
        command = asked(played)
        assert (command.text, command.fault.name) == (FAULTY, "失替")
        offers = (Offer(0, 1, "日"), Offer(0, 1, "月"))
        played.worker.emit(Suggested(command.ticket, Suggestion(command.fault, offers)))
        await played.settle()
        assert listed(played) == [
            "line 1 no. 2",
            "白日依山尽  天 → 日",
            "白月依山尽  天 → 月",
        ]
        await played.press("down", "enter")
        assert played.bench.draft.text == QUATRAIN.replace("白日", "白月")
        assert played.bench.draft.cursor == 1
        await played.press("u")
        assert played.bench.draft.text == FAULTY


async def test_a_single_fault_has_no_next_one(play: Play) -> None:
    async with play() as played:
        for text, turns in ((FAULTY, False), (FAULTY.replace("层楼", "层天"), True)):
            await open_bench(played, text)
            await played.press("o")
            bindings = played.app.screen.active_bindings.values()
            assert ("Next fault" in {each.binding.description for each in bindings}) == turns
            await played.press("escape", "escape")


async def test_a_couplet_is_offered_where_one_character_is_not_enough(play: Play) -> None:
    async with play() as played:
        await open_bench(played, FAULTY)
        await played.press("o")
        command = asked(played)
        lines = (LineOffer(0, ("青山横北郭", "白水绕东流")),)
        played.worker.emit(Suggested(command.ticket, Suggestion(command.fault, (), lines)))
        await played.settle()
        assert listed(played) == ["青山横北郭，白水绕东流  lines 1 and 2"]
        await played.press("enter")
        assert played.bench.draft.text == "青山横北郭，白水绕东流。欲穷千里目，更上一层楼。"


async def test_each_fault_is_turned_to_and_asked_about_once(play: Play) -> None:
    async with play() as played:
        await open_bench(played, FAULTY.replace("层楼", "层天"))
        await played.press("o")
        first = asked(played)
        heading = str(played.app.screen.query_one("#side-heading", Label).visual)
        assert "fault 1 of 2" in heading
        await played.press("right")
        second = asked(played)
        assert {first.fault.name, second.fault.name} == {"失替", "出韵"}
        assert played.bench.draft.line == second.fault.line
        played.worker.emit(Failed("looking", "There is no run called x.", second.ticket))
        played.worker.emit(Suggested(first.ticket, Suggestion(first.fault, ())))
        await played.settle()
        text = str(played.app.screen.query_one("#side-said", Static).visual)
        assert "no run called x" in text
        await played.press("right")
        assert "No single change" in str(played.app.screen.query_one("#side-said", Static).visual)
        assert sum(isinstance(each, Suggest) for each in played.worker.sent) == 2
        await played.press("escape")
        assert played.app.focused is played.bench


async def test_offers_that_failed_are_asked_for_again_without_those_of_another_fault(
    play: Play,
) -> None:
    async with play() as played:
        await open_bench(played, FAULTY.replace("层楼", "层天"))
        await played.press("o")
        first = asked(played)
        offers = (Offer(0, 1, "日"),)
        played.worker.emit(Suggested(first.ticket, Suggestion(first.fault, offers)))
        await played.press("right")
        played.worker.emit(Failed("looking", "There is no run called x.", asked(played).ticket))
        await played.press("right")
        assert len(listed(played)) == 2
        await played.press("right")
        assert listed(played) == []
        assert sum(isinstance(each, Suggest) for each in played.worker.sent) == 3


async def test_without_a_fault_nothing_is_offered(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN)
        await played.press("o")
        assert "no fault" in said(played)


# --- look-ups -----------------------------------------------------------------------------------


@pytest.fixture
def library(night: Home) -> Home:
    poems = [
        "青山横北郭，白水绕东城。此地一为别，孤蓬万里征。浮云游子意，落日故人情。挥手自兹去，萧萧班马鸣。",
        "空山新雨后，天气晚来秋。明月松间照，清泉石上流。竹喧归浣女，莲动下渔舟。随意春芳歇，王孙自可留。",
    ]
    records = [RawPoem(f"题{at}", "某人", text, f"a, {at}") for at, text in enumerate(poems)]
    build(night.library, records, source="a test")
    return night


async def look_up(played: Played, *keys: str) -> list[str]:
    await played.press(*keys)
    await played.settle()
    return listed(played)


@pytest.fixture(autouse=True)
def first_page() -> None:
    LookUpScreen._kind = "rhyme"


async def test_a_rhyme_is_taken_into_its_place(play: Play, library: Home) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN)
        found = await look_up(played, "down", "end", "d")
        assert found[0].startswith("平尤")
        assert {each[0] for each in found[1:]} == set("秋流舟留浮游")
        played.app.screen.query_one(OptionList).highlighted = found.index("秋  1")
        await played.press("enter")
        assert played.bench.draft.text == QUATRAIN.replace("海流", "海秋")


async def test_words_pairs_and_lines_are_pages_of_one_screen(play: Play, library: Home) -> None:
    async with play() as played:
        await open_bench(played, OTHER)
        await played.press("right")
        words = await look_up(played, "d", "right")
        assert words == ["山…", "山横  1", "…山", "青山  1", "空山  1"] or "青山  1" in words
        lines = await look_up(played, "right", "right")
        assert lines[0] == "2 lines"
        assert lines[1].startswith("青山横北郭")
        assert "《题0》" in lines[1]
        await played.press("enter")
        assert isinstance(played.app.screen, LookUpScreen)
        # The word instead of the character.
        assert (await look_up(played, "w"))[0] == "1 line"
        await played.press("escape")
        assert played.bench.draft.text == OTHER


async def test_a_facing_word_is_put_into_the_other_line(play: Play, library: Home) -> None:
    async with play() as played:
        await open_bench(played, "浮云千里外，黄叶一江秋。" * 2)
        found = await look_up(played, "d", "w", "right", "right")
        assert found == ["落日  1"]
        await played.press("enter")
        assert played.bench.draft.text.startswith("浮云千里外，落日一江秋。")


async def test_in_a_couplet_a_facing_word_is_put_into_the_other_half(
    play: Play, library: Home
) -> None:
    couplet = "浮云千里外，江上看；黄叶一江秋，月中归。"
    async with play() as played:
        played.pane.desk.work_on(ComposeRequest(form=COUPLET_FORM, given=couplet))
        assert await look_up(played, "d", "w", "right", "right") == ["落日  1"]
        await played.press("enter")
        assert played.bench.draft.text == couplet.replace("黄叶", "落日")


async def test_the_nearest_lines_are_found_with_the_models_vectors(
    play: Play, library: Home
) -> None:
    async with play() as played:
        await open_bench(played, OTHER.replace("横北", "连北"))
        await played.press("d", "left")
        command = played.worker.sent[-1]
        assert isinstance(command, ReadVectors)
        vocabulary = Vocabulary("青山横北郭白水绕东城空山新雨后天气晚来秋")
        vectors = np.random.default_rng(1).normal(size=(len(vocabulary), 16)).astype(np.float32)
        played.worker.emit(VectorsRead(command.ticket, "night@800", vocabulary, vectors))
        await played.settle()
        await played.settle()
        assert listed(played)[0].startswith("青山横北郭")


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Look-ups wait for this event."""
    goes_on = Event()
    find = LookUps.find

    def wait(self: LookUps, kind: Kind, place: LookedUp, book: RhymeBook) -> list[Found]:
        assert goes_on.wait(20)
        return find(self, kind, place, book)

    monkeypatch.setattr(LookUps, "find", wait)
    yield goes_on
    goes_on.set()


async def test_looking_for_the_word_ends_no_look_up(
    play: Play, library: Home, slowly: Event
) -> None:
    async with play() as played:
        await open_bench(played, OTHER.replace("青山", "海秋"))
        await played.pilot.press("right", "d", "w")
        screen = played.app.screen
        await until(
            played.pilot, lambda: "in no word" in str(screen.query_one("#side-said", Static).visual)
        )
        slowly.set()
        await played.settle()
        assert listed(played)[0].startswith("平尤")


async def test_what_was_looked_up_on_another_page_is_not_shown_as_near(
    play: Play, library: Home, slowly: Event
) -> None:
    async with play() as played:
        await open_bench(played, OTHER)
        await played.pilot.press("d", "left")
        assert isinstance(played.worker.sent[-1], ReadVectors)
        slowly.set()
        await played.settle()
        assert listed(played) == []
        assert "looking" in str(played.app.screen.query_one("#side-said", Static).visual)


async def test_what_the_library_lacks_is_said(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN)
        await played.press("d")
        await played.settle()
        assert "library" in str(played.app.screen.query_one("#side-said", Static).visual).lower()


async def test_what_is_in_no_word_stays_a_character(play: Play, library: Home) -> None:
    async with play() as played:
        await open_bench(played, OTHER.replace("青山", "海到"))
        await look_up(played, "d", "right", "right", "right", "w")
        said = played.app.screen.query_one("#side-said", Static)
        assert str(said.visual) == "海 is in no word here."
        assert said.region.height and played.app.screen.region.contains_region(said.region)


async def test_take_is_among_the_keys_only_where_something_can_be_taken(
    play: Play, library: Home
) -> None:
    async with play() as played:
        await open_bench(played, OTHER)

        def keys() -> str:
            return str(played.app.screen.query_one(KeyBar).render())

        await look_up(played, "right", "d", "right")
        assert "Take" in keys() and "Word" in keys()
        await look_up(played, "right", "right")
        assert "Take" not in keys() and "Word" in keys()


# --- rules --------------------------------------------------------------------------------------


async def test_rhyme_book_and_rescues_are_chosen_for_the_poem(play: Play) -> None:
    async with play() as played:
        # 青 and 庚 are one group in 词林正韵.
        await open_bench(played, "白日依山尽，黄河入海清。欲穷千里目，更上一层亭。")
        remarks = played.bench.query_one("#reading-poem", Static)
        assert "出韵" in str(remarks.visual)
        await played.press("b")
        played.app.screen.query_one("#field-rules-book", ChoiceField).value = "cilin"
        played.app.screen.query_one("#rules-self", Switch).value = False
        await played.press("escape")
        measure = played.bench.draft.state.request.measure
        assert measure == Measure(rhymes="cilin", no_rescue=("self",))
        assert "出韵" not in str(remarks.visual)
        # What is written next is measured in the same way.
        await played.press("a")
        assert played.last.measure == measure


async def test_rules_chosen_while_the_model_rewrites_are_those_of_the_poem(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN)
        await played.press("r", "b")
        played.app.screen.query_one("#field-rules-book", ChoiceField).value = "cilin"
        await played.press("escape")
        await played.answer(OTHER)
        assert played.bench.draft.text == OTHER
        assert played.bench.draft.state.request.measure.rhymes == "cilin"
        await played.press("u")
        assert played.bench.draft.state.request.measure.rhymes == "cilin"


async def test_a_reading_is_set_by_hand_and_left_to_the_scanner_again(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN.replace("黄河", "黄重"))
        place = played.bench.query_one("#reading-place", Static)
        remarks = played.bench.query_one("#reading-poem", Static)
        await played.press("down", "right")
        assert "the tone fits" in str(place.visual)
        assert "失替" not in str(remarks.visual)
        readings = set()
        for _ in range(10):
            await played.press("n")
            if not played.bench.draft.state.request.measure.readings:
                break
            readings.add("失替" in str(remarks.visual))
            assert "you chose it" in str(place.visual)
        assert readings == {True, False}
        assert "the tone fits" in str(place.visual)


async def test_a_reading_of_another_rhyme_book_is_followed_by_the_first_of_this_one(
    play: Play,
) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN.replace("黄河", "黄重"))
        await played.press("down", "right", "n", "b")
        played.app.screen.query_one("#field-rules-book", ChoiceField).value = "tongyun"
        await played.press("escape", "n")
        (chosen,) = played.bench.draft.state.request.measure.readings
        assert (chosen.character, chosen.reading) == ("重", "去雍")


async def test_a_reading_that_was_chosen_is_saved_after_leaving_the_workbench(
    play: Play, night: Home
) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN.replace("黄河", "黄重"))
        await played.press("down", "right", "n", "escape", "s")
        (saved,) = Collection(night.collection).poems()
        assert [each.character for each in saved.request.measure.readings] == ["重"]


def test_a_chance_near_one_is_a_whole_per_cent() -> None:
    assert [_chance(each) for each in (1.0, 0.996, 0.994, 0.05)] == ["100%", "100%", "99%", "5%"]


async def test_a_character_with_one_reading_has_no_other(play: Play) -> None:
    async with play() as played:
        await open_bench(played, QUATRAIN)
        await played.press("n")
        assert "only one reading" in said(played)
