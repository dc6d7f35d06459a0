"""Many runs that are compared: their names over the charts, and their table."""

from pathlib import Path

from textual.containers import VerticalScroll

from studio.model.config import RECIPES
from studio.paths import Home
from studio.tui.drawing.plot import Plot
from studio.tui.training.comparison_screen import ComparisonScreen, Contender
from studio.tui.training.history import History
from tests.tui.conftest import Open
from tests.tui.fake_worker import a_run
from tests.tui.training.test_pane import SMALL


async def test_the_names_of_many_runs_leave_room_for_the_curves(
    open_studio: Open, home: Home
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "r")
        compared = studio.pane._watched.compared
        for number in range(14):
            name = f"run-with-a-long-name-{number:02}"
            compared[name] = History.of(name, a_run(50))
            (home.runs / name).mkdir(parents=True)
        studio.panels.touch()
        await studio.settle()
        await studio.settle()
        assert "run-with-a-long-name-06" in studio.text()
        assert "and 7 more" in studio.text()
        assert studio.pane.query_one("#chart-loss Plot", Plot).size.height > 10


async def test_the_figures_of_many_runs_are_not_broken(open_studio: Open, tmp_path: Path) -> None:
    histories = [History.of(f"r{number}", a_run(200)) for number in range(14)]
    async with open_studio(SMALL) as studio:
        screen = ComparisonScreen([Contender(RECIPES["classic"], each) for each in histories])
        studio.app.push_screen(screen)
        await studio.settle()
        assert "perplexity, all targets 289.6 289.6 289.6" in studio.words()
        assert " r13 " not in studio.words()
        screen.query_one(VerticalScroll).scroll_to(x=9999, animate=False)
        await studio.settle()
        assert " r13 " in studio.words()
