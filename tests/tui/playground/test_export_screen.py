"""Exporting poems to a file."""

from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from studio.collection import picture
from studio.tui.playground.export_screen import ExportScreen
from tests.collection.test_saved import saved
from tests.tui.waiting import work_done


class Exporting(App[None]):
    def __init__(self, folder: Path, count: int = 1) -> None:
        super().__init__()
        self.asked = ExportScreen([saved(seed=seed) for seed in range(count)], folder)
        self.written: list[Path | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.asked, self.written.append)

    async def give(self, pilot: Pilot[None], path: str) -> None:
        await pilot.pause()
        self.asked.query_one("#path", Input).value = path
        await pilot.pause()

    async def export(self, pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await work_done(self)
        await pilot.pause()


async def test_the_names_suffix_chooses_the_format(tmp_path: Path) -> None:
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await app.give(pilot, "poem.svg")
        assert app.asked.query_one("#format", Select).value == "svg"
        await app.export(pilot)
    assert app.written == [tmp_path / "poem.svg"]
    assert (tmp_path / "poem.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("path", ["~no-such-person/poem.txt", "a" * 300 + ".txt"])
async def test_what_cannot_be_a_path_is_an_error(tmp_path: Path, path: str) -> None:
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await app.give(pilot, path)
        await app.export(pilot)
        assert "cannot be written" in str(app.asked.query_one(".error", Static).content)
    assert app.written == []


async def test_the_format_gives_the_name_its_suffix(tmp_path: Path) -> None:
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.asked.query_one("#format", Select).value = "png"
        await pilot.pause()
        assert app.asked.query_one("#path", Input).value.endswith(".png")


async def test_each_format_is_offered_the_name_that_is_free_in_it(tmp_path: Path) -> None:
    (tmp_path / "白日依山尽.txt").touch()
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await pilot.pause()
        path = app.asked.query_one("#path", Input)
        assert path.value.endswith("白日依山尽-2.txt")
        app.asked.query_one("#format", Select).value = "png"
        await pilot.pause()
        assert path.value.endswith("白日依山尽.png")


async def test_a_picture_that_cannot_be_drawn_is_an_error_and_another_format_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "_font_folders", list)
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await app.give(pilot, "poem.png")
        await app.export(pilot)
        assert "Install a Chinese font" in str(app.asked.query_one(".error", Static).content)
        await app.give(pilot, "poem.txt")
        await app.export(pilot)
    assert app.written == [tmp_path / "poem.txt"]


async def test_several_poems_are_not_offered_as_a_picture(tmp_path: Path) -> None:
    app = Exporting(tmp_path, count=2)
    async with app.run_test() as pilot:
        await app.give(pilot, "poems.svg")
        assert app.asked.query_one("#format", Select).value == "text"


@pytest.mark.parametrize("name", ["poems.png", "poems.SVG"])
async def test_several_poems_are_not_written_as_text_under_the_name_of_a_picture(
    tmp_path: Path, name: str
) -> None:
    app = Exporting(tmp_path, count=2)
    async with app.run_test() as pilot:
        await app.give(pilot, name)
        await app.export(pilot)
        assert "one poem" in str(app.asked.query_one(".error", Static).content)
    assert list(tmp_path.iterdir()) == []


async def test_the_format_gives_another_suffix_also_in_capitals(tmp_path: Path) -> None:
    app = Exporting(tmp_path)
    async with app.run_test() as pilot:
        await app.give(pilot, "poem.PNG")
        app.asked.query_one("#format", Select).value = "markdown"
        await pilot.pause()
        assert app.asked.query_one("#path", Input).value == "poem.md"
