"""Faults of the looks of the training pane that pictures have shown."""

from textual.widgets import Button

from studio.model.events import CheckpointSaved
from tests.tui.conftest import Open
from tests.tui.fake_worker import a_run
from tests.tui.only import OnlyTraining


async def test_what_is_logged_while_the_form_hides_the_log_is_readable_afterwards(
    open_studio: Open,
) -> None:
    async with open_studio((120, 36), studio=OnlyTraining) as studio:
        await studio.press("2")
        studio.worker.start_run()
        await studio.settle()
        await studio.press("n")
        studio.worker.train([CheckpointSaved(40, "step-00000040")])
        await studio.settle()
        await studio.press("escape")
        assert "checkpoint step-00000040" in studio.words()


async def test_the_title_of_a_chart_has_the_colour_of_the_focus_while_it_has_it(
    open_studio: Open,
) -> None:
    async with open_studio((120, 36), studio=OnlyTraining) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(a_run(20))
        await studio.settle()
        title = studio.pane.query_one("#chart-loss .chart-title")
        colours = studio.app.theme_variables
        assert title.styles.color.hex.lower() == colours["primary"].lower()
        await studio.press("l")
        assert title.styles.color.hex.lower() == colours["secondary"].lower()


async def test_the_buttons_of_the_question_at_the_end_stand_out(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        studio.worker.start_run()
        await studio.press("2", "q")
        dialog = studio.app.screen.query_one("#ask").styles.background
        buttons = studio.app.screen.query(Button)
        assert len(buttons) == 3
        assert all(each.styles.background != dialog for each in buttons)


async def test_the_log_follows_new_lines_but_not_while_earlier_ones_are_read(
    open_studio: Open,
) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2")
        studio.worker.start_run()
        studio.worker.train(CheckpointSaved(step, f"step-{step:08}") for step in range(40))
        await studio.press("l")
        assert "step-00000039" in studio.words()
        await studio.press("home")
        studio.worker.train([CheckpointSaved(40, "step-00000040")])
        await studio.settle()
        assert "spring started" in studio.words()
        assert "step-00000040" not in studio.words()
        await studio.press("end")
        assert "step-00000040" in studio.words()
