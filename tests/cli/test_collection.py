"""`collection`: the saved poems, as a script uses them."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from studio.collection.saved import Collection, SavedPoem, saved_now
from studio.json_lines import write_records
from studio.paths import Home
from studio.verse.request import ComposeRequest, WrittenPoem
from tests.cli.conftest import Run
from tests.collection.test_saved import TEXT, saved


@pytest.fixture
def two(home: Home) -> tuple[SavedPoem, SavedPoem]:
    """A collection of two poems."""
    poems = (saved(seed=1), saved("春江花月夜。", seed=2))
    home.data.mkdir(exist_ok=True)
    write_records(home.collection, poems)
    return poems


def test_saved_poems_are_listed_with_ids_that_find_them(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem]
) -> None:
    lines = tangshi("collection", "list").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [two[0].id, "白日依山尽"],
        [two[1].id, "春江花月夜"],
    ]
    assert tangshi("collection", "show", two[1].id[:6]).out == "春江花月夜。\n"


@pytest.mark.parametrize("words", [["春江"], ["chunjiang"], ["花月", "五绝", "night"]])
def test_the_list_can_be_searched(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem], words: list[str]
) -> None:
    found = tangshi("collection", "list", *words, "--json").document
    assert [each["id"] for each in found] == [two[1].id]
    assert found[0]["request"]["seed"] == 2


def test_an_empty_collection_says_so(tangshi: Run, home: Home) -> None:
    result = tangshi("collection", "list")
    assert (result.code, result.out) == (0, "")
    assert "no saved poems yet" in result.err


def test_a_saved_poem_is_written_again_to_the_letter(trained: Run, home: Home) -> None:
    written = trained("generate", "--count", "3", "--seed", "5", "--save", "--json")
    poems = Collection(home.collection).poems()
    assert [each.poem.text for each in poems] == [p["text"] for p in written.document["poems"]]
    again = trained("collection", "again", poems[1].id, "--json")
    assert again.code == 0
    assert again.document["same"] is True
    assert again.document["text"] == poems[1].poem.text


def test_a_poem_with_characters_that_break_rules_is_written_again(trained: Run, home: Home) -> None:
    # Put in on the workbench.
    text = "人山风云江，人山风云江。人山风云湖，人山风云江。"
    request = ComposeRequest(given=text)
    poem = WrittenPoem(text, 0.0, complete=True)
    changed = saved_now(poem, request, "a@4")
    write_records(home.collection, [changed])
    assert trained("collection", "again", changed.id, "--json").document["same"]


def test_a_poem_that_comes_out_otherwise_says_what_differs(trained: Run, home: Home) -> None:
    trained("generate", "--seed", "5", "--save")
    (poem,) = Collection(home.collection).poems()
    write_records(home.collection, [SavedPoem(saved().poem, poem.request, "a@2", poem.saved)])
    result = trained("collection", "again", Collection(home.collection).poems()[0].id, "--run", "a")
    assert result.code == 1
    assert "not the same poem: line 1 is" in result.err
    assert "by a@2, and now by a@4" in result.err


def test_a_model_that_is_gone_is_reported(trained: Run, home: Home) -> None:
    write_records(home.collection, [saved()])
    result = trained("collection", "again", saved().id)
    assert result.code == 1
    assert "night" in result.err


def test_poems_are_exported_in_the_format_of_the_files_name(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem], tmp_path: Path
) -> None:
    assert tangshi("collection", "export", str(tmp_path / "all.txt")).code == 0
    assert TEXT[:12] in (tmp_path / "all.txt").read_text()
    assert tangshi("collection", "export", str(tmp_path / "a.svg"), two[0].id).code == 0
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("file", "message"), [("a.svg", "one poem, not 2"), ("a.doc", "no suffix of a known format")]
)
def test_an_export_that_cannot_be_is_answered_clearly(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem], tmp_path: Path, file: str, message: str
) -> None:
    result = tangshi("collection", "export", str(tmp_path / file))
    assert result.code == 1
    assert message in result.err


def test_an_export_replaces_a_file_only_when_asked_to(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("mine")
    assert tangshi("collection", "export", str(tmp_path / "a.txt")).code == 1
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert tangshi("collection", "export", str(tmp_path / "a.txt"), "--replace").code == 0


def test_a_removed_poem_is_gone(tangshi: Run, home: Home, two: tuple[SavedPoem, SavedPoem]) -> None:
    assert tangshi("collection", "remove", two[0].id).code == 0
    assert Collection(home.collection).poems() == [two[1]]


def test_a_poem_is_drawn_as_it_is_written(trained: Run, tmp_path: Path) -> None:
    result = trained("generate", "--seed", "5", "--picture", str(tmp_path / "poem.svg"))
    assert result.code == 0
    assert (tmp_path / "poem.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("name", ["taken.svg", "poem.gif", "poem.txt"])
def test_a_poem_that_cannot_be_drawn_is_not_written(
    tangshi: Run, home: Home, tmp_path: Path, name: str
) -> None:
    (tmp_path / "taken.svg").write_text("mine")
    result = tangshi("generate", "--drafts", "1", "--picture", str(tmp_path / name))
    assert (result.code, result.out) == (1, "")
    assert "Choose another name" in result.err or "Use one of .svg .png." in result.err


def test_an_export_of_no_poem_leaves_the_file_that_is_there(
    tangshi: Run, two: tuple[SavedPoem, SavedPoem], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("mine")
    result = tangshi(
        "collection", "export", str(tmp_path / "a.txt"), "--words", "nothing", "--replace"
    )
    assert (result.code, (tmp_path / "a.txt").read_text()) == (1, "mine")
    assert "No saved poem matches." in result.err
