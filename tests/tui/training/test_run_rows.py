"""The rows of the list of runs."""

from dataclasses import dataclass

import pytest
from rich.cells import cell_len
from textual.widgets import OptionList

from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders
from studio.runs.folders import RunSummary
from studio.translation import Language, use_language
from studio.tui.training.run_list import RunList
from studio.tui.training.run_rows import RunRow, in_columns
from tests.tui.conftest import Open

LONG = "a-very-long-name-of-a-run-that-one-gave-in-a-sweep-1127"


@dataclass(frozen=True)
class Known:
    """What the rows say of a run."""

    name: str
    status: str
    step: int
    best: float | None = None
    place: int = 0

    @property
    def row(self) -> RunRow:
        han = self.best and 1.2 * self.best
        return RunRow(
            self.name,
            RunSummary(
                self.name,
                recipe="classic",
                cell="lstm",
                status=self.status,
                step=self.step,
                epoch=1,
                loss=None,
                best_perplexity=self.best,
                best_perplexity_han=han,
                elapsed=1.0,
                modified=1.0,
                place=self.place,
            ),
        )


ROWS = [
    Known("short", "stopped", 100, 1234.5).row,
    Known(LONG, "finished", 12345, 96.36).row,
    Known("春江花月夜的一次很长很长的训练名称-1127", "diverged", 9).row,
    Known("next", "waiting", 0, place=12).row,
    RunRow("broken", problem="no config"),
    RunRow("unread"),
]


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Language:
    chosen: Language = request.param
    return chosen


def test_a_run_is_one_line_at_every_width_and_its_facts_are_in_straight_columns(
    language: Language,
) -> None:
    use_language(language)
    try:
        for width in range(20, 130):
            lines = in_columns(ROWS, width)
            assert max(cell_len(name + facts) for name, facts in lines) <= width
            assert len({cell_len(name) for name, _ in lines}) == 1
            assert len({cell_len(facts) for _, facts in lines}) == 1
    finally:
        use_language("en")


def test_a_narrow_list_shortens_names_in_the_middle_and_then_leaves_out_facts() -> None:
    def long_one(width: int) -> list[str]:
        name, facts = in_columns(ROWS, width)[1]
        return [name, *facts.split("  ")[1:]]

    assert long_one(120)[0].startswith(LONG)
    assert long_one(120)[-1] == "Han 115.6"
    assert long_one(80)[0] == "a-very-long-na…in-a-sweep-1127"
    assert long_one(80)[-2:] == ["ppl 96.36", "Han 115.6"]
    assert "Han" not in "".join(long_one(50))
    assert "ppl 96.36" in "".join(long_one(42))
    assert "finished" in "".join(long_one(30))


async def test_a_list_that_scrolls_has_a_line_for_each_run(open_studio: Open, home: Home) -> None:
    for number in range(10, 40):
        folders.create(home.runs, f"{LONG}-{number}", RECIPES["classic"])
    async with open_studio((52, 24)) as studio:
        await studio.press("2", "r")
        options = studio.pane.query_one(RunList).query_one(OptionList)
        lines = studio.text().splitlines()[options.region.y : options.region.bottom]
        assert len(lines) > 10
        assert all(line.startswith("   a-very-lon…ep-1127-") for line in lines)
