"""How many panes are shown, which ones, and what has room in them."""

from pathlib import Path

import pytest
from textual.css.model import CombinatorType, SelectorType

import studio.tui
from studio.paths import Home
from studio.settings import Settings
from studio.tui.app import StudioApp
from studio.tui.corpus.pane import CorpusPane
from studio.tui.pane import Pane
from studio.tui.playground.pane import PlaygroundPane
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.pane import TrainingPane
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import FakeWorker, a_run
from tests.tui.waiting import until

MARKS = {SelectorType.ID: "#", SelectorType.CLASS: ".", SelectorType.TYPE: ""}


def widths(studio: Opened) -> dict[str, int]:
    """The widths of the panes that are shown, by their names."""
    panes = studio.app.screen_stack[0].query(Pane)
    return {pane.id or "": pane.outer_size.width for pane in panes if pane.display}


@pytest.mark.parametrize(("width", "count"), [(119, 1), (120, 2), (149, 2), (150, 3)])
async def test_as_many_panes_are_side_by_side_as_the_width_allows(
    open_studio: Open, width: int, count: int
) -> None:
    async with open_studio((width, 36)) as studio:
        assert len(widths(studio)) == count
        # The tabs name the panes that are not in sight.
        assert studio.text().startswith(" 1 Corpus  2 Training  3 Playground") == (count < 3)


async def test_of_two_panes_the_other_is_the_one_visited_last(open_studio: Open) -> None:
    async with open_studio((120, 36)) as studio:
        assert widths(studio) == {"corpus": 80, "training": 40}
        await studio.press("3")
        assert widths(studio) == {"corpus": 40, "playground": 80}
        await studio.press("2")
        assert widths(studio) == {"training": 80, "playground": 40}
        await studio.press("3")
        assert widths(studio) == {"training": 40, "playground": 80}


async def test_one_of_two_panes_can_have_the_whole_terminal(open_studio: Open) -> None:
    async with open_studio((120, 36)) as studio:
        await studio.press("2", "z")
        assert widths(studio) == {"training": 120}
        await studio.press("z")
        assert widths(studio) == {"corpus": 40, "training": 80}


async def test_a_terminal_that_grows_shows_more_panes(open_studio: Open) -> None:
    async with open_studio((80, 24)) as studio:
        for width, count in ((130, 2), (150, 3), (130, 2)):
            await studio.pilot.resize_terminal(width, 36)
            await until(studio.pilot, lambda count=count: len(widths(studio)) == count)


@pytest.mark.parametrize(("layout", "width", "count"), [("columns", 120, 3), ("single", 160, 1)])
async def test_the_layout_of_the_settings_counts_before_the_width(
    open_studio: Open, layout: str, width: int, count: int
) -> None:
    async with open_studio((width, 36), layout=layout) as studio:
        assert len(widths(studio)) == count


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_the_chart_has_room_before_the_log(open_studio: Open, size: tuple[int, int]) -> None:
    async with open_studio(size) as studio:
        studio.worker.start_run()
        studio.worker.train(a_run(300))
        for place in ("2", "l", "1"):
            await studio.press(place)
            if not studio.pane.display:
                continue  # another pane has the whole terminal
            chart, log = studio.pane.query_one(CurveGrid), studio.pane.query_one(LogPanel)
            assert chart.is_on_screen
            assert "━━ training" in studio.text()
            assert chart.size.height >= 8
            # Of an odd number of rows one is left over.
            assert not log.is_on_screen or log.outer_size.height <= chart.outer_size.height + 1


async def test_names_and_values_are_not_cut_beside_other_panes(open_studio: Open) -> None:
    async with open_studio((120, 36)) as studio:
        await studio.press("2")
        name = studio.pane.query_one("#run-name").value  # type: ignore[attr-defined]
        await studio.press("1")
        text = studio.text()
        assert studio.pane.size.width < 40
        assert name in text
        for value in ("classic", "lstm", "auto"):
            assert f"< {value} >" in text


@pytest.mark.parametrize("kind", [CorpusPane, TrainingPane, PlaygroundPane])
def test_a_pane_names_every_widget_that_its_classes_style(home: Home, kind: type[Pane]) -> None:
    """It styles no others when its classes change."""
    sheet = StudioApp(home, Settings(), FakeWorker).stylesheet
    for path in sorted(Path(studio.tui.__file__).parent.rglob("*.tcss")):
        sheet.read(path)
    named = set(kind.STYLED_BY_CLASSES.split(", "))
    styled = set[str]()
    for selectors in (each.selectors for rule in sheet.rules for each in rule.selector_set):
        at = {selector.name for selector in selectors}
        if kind.__name__ in at and any(name.startswith("-") for name in at):
            last = next(
                each for each in reversed(selectors) if each.combinator != CombinatorType.SAME
            )
            if last.name not in (kind.__name__, "Pane"):
                styled.add(MARKS[last.type] + last.name)
    assert styled == named
