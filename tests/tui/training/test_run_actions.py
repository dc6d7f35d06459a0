"""Opening, comparing, resuming and deleting runs: what the list and the palette ask for."""

import pytest

from studio.messages import Resume
from studio.paths import Home
from studio.runs import folders
from studio.tui.training.run_list import RunAction
from tests.tui.conftest import Open
from tests.tui.fake_worker import a_run, write_run
from tests.tui.training.test_pane import SMALL, log, plot, row_of


async def test_a_run_that_is_ticked_twice_is_no_longer_compared(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "space")
        assert list(studio.pane._watched.compared) == ["autumn"]
        await studio.press("space")
        assert studio.pane._watched.compared == {}


async def test_opening_the_run_in_training_closes_the_opened_one(
    open_studio: Open, home: Home
) -> None:
    run = write_run(home, "spring", 20)
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("spring")
        await studio.settle()
        await studio.press("r", "slash", *"autumn", "enter", "enter")
        assert "stopped  autumn" in studio.text()
        studio.pane.post_message(RunAction("open", row_of(run)))
        await studio.settle()
        assert "training  spring" in studio.text()


async def test_a_run_that_cannot_be_deleted_stays_and_says_why(
    open_studio: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 20)

    def refuse(run: folders.Run) -> None:
        raise PermissionError(f"{run.name} is read-only")

    monkeypatch.setattr(folders, "delete", refuse)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "d", "y")
        assert "autumn is read-only" in studio.words()
        assert "autumn deleted" not in log(studio)
        assert [run.name for run in folders.all_runs(home.runs)] == ["autumn"]


async def test_a_resumed_run_whose_earlier_events_cannot_be_read_says_why_and_is_shown(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20).events_file.write_bytes(b"{not json}\n")
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        studio.worker.start_run("autumn", step=20)
        studio.worker.train(a_run(10, first=21), run="autumn")
        await studio.settle()
        assert "to use the run." in studio.text()
        assert plot(studio).curves


async def test_the_filter_ignores_case_also_for_damaged_runs(open_studio: Open, home: Home) -> None:
    for name in ("Autumn", "Winter"):
        write_run(home, name, 20)
    folders.find(home.runs, "Autumn").events_file.write_bytes(b"{not json}\n")
    async with open_studio(SMALL) as studio:
        await studio.press("2", "slash", *"autumn")
        assert "Autumn" in studio.text()
        assert "Winter" not in studio.text()


async def test_a_run_resumed_from_another_pane_takes_the_focus(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 20)
    async with open_studio(SMALL) as studio:
        await studio.press("3")
        studio.app.action_resume("autumn")
        await studio.settle()
        assert studio.worker.sent == [Resume("autumn")]
        assert studio.app.current == "training"
