"""The stage, with poems that come and go."""

from textual.app import App, ComposeResult
from textual.events import Click

from studio.tui.playground.stage import PoemStage
from studio.tui.poem.card import PoemCard
from tests.tui.playground_worker import OTHER, QUATRAIN


class Staged(App[None]):
    """A stage alone."""

    def compose(self) -> ComposeResult:
        yield PoemStage("stage")

    @property
    def stage(self) -> PoemStage:
        return self.query_one(PoemStage)


def click_on(card: PoemCard) -> Click:
    return Click(card, 1, 1, 0, 0, 1, False, False, False)


async def test_a_click_on_a_card_chooses_its_poem() -> None:
    app = Staged()
    async with app.run_test() as pilot:
        app.stage.show([QUATRAIN, OTHER], opening=0)
        await pilot.pause()
        second = app.stage.query(PoemCard).last()
        second.post_message(click_on(second))
        await pilot.pause()
        assert app.stage.chosen == 1


async def test_a_click_on_a_card_that_has_gone_is_ignored() -> None:
    app = Staged()
    async with app.run_test() as pilot:
        app.stage.show([QUATRAIN, OTHER], opening=0)
        await pilot.pause()
        gone = app.stage.query(PoemCard).last()
        # Another request replaces the poems between the click and its handling.
        app.stage.show([QUATRAIN], opening=0)
        app.stage.post_message(click_on(gone))
        await pilot.pause()
        assert app.stage.chosen == 0
        assert [card.text for card in app.stage.query(PoemCard)] == [QUATRAIN]
