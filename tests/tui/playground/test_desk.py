"""Where poems are while they are written: in the exhibit or on the workbench."""

from pathlib import Path

import pytest

from studio.messages import Ready
from studio.tui.playground import pane
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import Shape
from studio.verse.request import COUPLET_FORM, ComposeRequest
from tests.tui.playground_worker import OTHER, QUATRAIN, PlaygroundWorker
from tests.tui.playing import Play


async def test_the_progress_is_shown_under_the_poem(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        seed = played.last.seed
        assert played.text("#figures") == f"waiting for the model · seed {seed} · escape cancels"
        played.worker.write("白")
        await played.settle()
        assert played.text("#figures") == f"writing · seed {seed} · escape cancels"


async def test_until_torch_is_loaded_that_is_the_progress(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlaygroundWorker, "start", lambda worker: None)
    async with play() as played:
        await played.press("enter")
        assert played.text("#figures") == "loading torch · escape cancels"
        played.worker.emit(Ready("2.13", "a test's device", ""))
        await played.settle()
        assert "waiting for the model" in played.text("#figures")


async def test_only_a_poem_that_is_asked_for_may_take_memory_of_a_gpu(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane, "default_model", lambda: Path("model"))
    async with play() as played:
        await played.press("enter")
        of_the_day, asked = played.worker.requested
        assert of_the_day.sparing
        assert not asked.sparing


async def test_a_rewrite_is_shown_on_the_workbench_and_not_in_the_exhibit(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w", "enter")
        played.worker.write(OTHER[:4])
        await played.settle()
        assert played.bench.query_one(PoemCard).text == OTHER[:4]
        assert played.cards() == [QUATRAIN]


async def test_a_poem_that_was_not_changed_is_not_new_in_the_history(play: Play) -> None:
    async with play() as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w", "right", "escape")
        assert len(played.pane.desk.history.composed) == 1


@pytest.mark.parametrize(
    "asked",
    [
        ComposeRequest(form=COUPLET_FORM, first="明月松间照"),
        ComposeRequest(form=COUPLET_FORM, given="明月松间照，清泉石上流。"),
    ],
    ids=["opening", "given"],
)
async def test_a_couplet_has_its_room_before_it_is_written(
    play: Play, asked: ComposeRequest
) -> None:
    async with play() as played:
        played.pane.desk.write(asked)
        await played.settle()
        assert played.pane.query_one(PoemStage)._expected == Shape(5, 2)
