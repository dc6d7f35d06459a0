"""The report and the picture of the charts, written from the training pane."""

import re
import sys
from pathlib import Path

import pytest

from studio.collection import picture
from studio.errors import RunError
from studio.paths import Home
from studio.tui.quit_screen import ReportScreen
from studio.tui.training.report_writer import write_report
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import write_run

WIDE = (160, 48)


def notices(studio: Opened) -> str:
    """All that the studio has said."""
    return " ".join(each.message for each in studio.app._notifications)


@pytest.fixture
def fake_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Python is replaced by a script that prints its arguments, or fails for a run called bad."""
    path = tmp_path / "python"
    path.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '*"report slow"*) sleep 60;;\n'
        '*"report bad"*) echo "Measuring ..." >&2; echo "tangshi-studio: No poems." >&2; exit 1;;\n'
        "esac\n"
        'echo "$*"\n'
    )
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return path


@pytest.mark.usefixtures("fake_program")
async def test_a_key_lets_a_process_write_the_report_of_the_runs_shown(
    open_studio: Open, home: Home, working_directory: Path
) -> None:
    for name in ("autumn", "winter"):
        write_run(home, name, 40)
    async with open_studio(WIDE, report_language="zh") as studio:
        await studio.press("2", "r", "space", "down", "space", "R")
        said = notices(studio)
        folder = working_directory / "report-winter+autumn"
        command = f"-P -m studio --language en report winter autumn --out {folder} --language zh"
        assert command in said, studio.text()


@pytest.mark.usefixtures("fake_program")
async def test_one_report_is_written_at_a_time(open_studio: Open, home: Home) -> None:
    write_run(home, "slow", 40)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "space")
        await studio.pilot.press("R", "R")
        assert "A report is being written." in notices(studio)
        studio.app.workers.cancel_all()


@pytest.mark.usefixtures("fake_program")
async def test_a_report_that_is_being_written_is_not_lost_without_a_question(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "slow", 40)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "space")
        await studio.pilot.press("R", "q", "ctrl+q")
        assert isinstance(studio.app.screen, ReportScreen)
        await studio.pilot.press("n")
        assert len(studio.app.screen_stack) == 1
        assert not studio.app._exit
        await studio.pilot.press("q", "y")
        assert studio.app._exit


@pytest.mark.usefixtures("fake_program")
def test_what_went_wrong_with_a_report_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^The report was not written: No poems\.$"):
        write_report(["bad"], tmp_path / "out", "en", lambda: False)


@pytest.mark.usefixtures("fake_program")
def test_a_report_that_is_no_longer_wanted_is_given_up(tmp_path: Path) -> None:
    assert write_report(["slow"], tmp_path / "out", "en", lambda: True) == ""


async def test_a_key_saves_the_charts_as_they_stand(
    open_studio: Open, home: Home, working_directory: Path
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "z", "a", "home", "e")
        svg = (working_directory / "charts-autumn-step-600.svg").read_text()
        for words in ("loss by epoch at step 1, epoch 0.00", "gradient norm", "learning rate"):
            assert words in svg
        assert "training 8.4" in svg
        colours = {curve.colour for curve in studio.pane.query_one("#chart-loss Plot").curves}  # type: ignore[attr-defined]
        for colour in colours:
            assert f'stroke="{colour}"' in svg
        # Nothing is drawn outside.
        width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)"', svg)[:2])
        points = re.findall(r"([\d.-]+),([\d.-]+)", " ".join(re.findall('points="(.*?)"', svg)))
        assert len(points) > 1000
        assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)
        await studio.press("e")
        assert (working_directory / "charts-autumn-step-600-2.svg").exists()


async def test_the_charts_are_saved_as_png_or_the_reason_is_said(
    open_studio: Open, home: Home, working_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(home, "autumn", 40)
    png = working_directory / "charts-autumn-step-40.png"
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "enter", "e")
        said = notices(studio)
        if png.exists():
            assert png.read_bytes().startswith(b"\x89PNG")
        else:
            assert "Install a Chinese font" in said
        monkeypatch.setattr(picture, "_font_folders", list)
        await studio.press("e")
        said = notices(studio)
        assert "but no PNG: No font on this machine" in said


async def test_without_a_run_there_is_nothing_to_report_or_to_save(open_studio: Open) -> None:
    async with open_studio(WIDE) as studio:
        await studio.press("2", "r", "R")
        assert "There is no run to report on." in studio.words()
