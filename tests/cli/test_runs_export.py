"""`runs export`, as a script uses it."""

import json
from pathlib import Path

import pytest

from studio.model.config import RECIPES
from studio.model.events import EpochDone
from studio.paths import Home
from studio.runs import folders
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def runs(home: Home) -> None:
    for name in ("a", "b"):
        folders.create(home.runs, name, RECIPES["studio"]).record(EpochDone(7, 1, 4.5))


def test_several_runs_are_exported_to_a_folder(tangshi: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    report = tangshi("runs", "export", "a", "b", "--format", "jsonl", "--out", str(out), "--json")
    files = json.loads(report.out)["files"]
    assert files == [str(out / "a.jsonl"), str(out / "b.jsonl")]
    assert json.loads(Path(files[0]).read_bytes())["epoch_loss"] == 4.5


def test_a_tilde_that_the_shell_leaves_is_the_home_folder(
    tangshi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "me").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)
    assert tangshi("runs", "export", "a", "--out=~/out").code == 0
    assert (tmp_path / "me" / "out" / "a.csv").is_file()
    (tmp_path / "me" / "poem.svg").touch()
    assert "poem.svg exists already" in tangshi("generate", "--picture=~/poem.svg").err


def test_nothing_is_written_if_a_name_is_wrong(tangshi: Run, tmp_path: Path) -> None:
    result = tangshi("runs", "export", "a", "c", "--out", str(tmp_path / "out"))
    assert (result.code, "no run called 'c'" in result.err) == (1, True)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_if_one_run_cannot_be_exported(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    folders.create(home.runs, "empty", RECIPES["studio"])
    out = tmp_path / "out"
    result = tangshi("runs", "export", "a", "empty", "--out", str(out))
    assert (result.code, "empty has recorded nothing yet" in result.err) == (1, True)
    assert not out.exists()
    out.mkdir()
    (out / "b.csv").touch()
    result = tangshi("runs", "export", "a", "b", "--out", str(out))
    assert (result.code, "b.csv exists already" in result.err) == (1, True)
    assert [each.name for each in out.iterdir()] == ["b.csv"]


def test_a_run_that_is_named_twice_is_exported_once(tangshi: Run, tmp_path: Path) -> None:
    assert tangshi("runs", "export", "a", "a", "--out", str(tmp_path / "out")).code == 0
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["a.csv"]


def test_the_shell_can_complete_commands(tangshi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    assert "_TANGSHI_STUDIO_COMPLETE" in tangshi("--show-completion").out


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", {"COMP_WORDS": "tangshi-studio runs exp", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "tangshi-studio runs exp"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "tangshi-studio runs exp"}),
    ],
)
def test_a_line_of_the_shell_is_completed(
    tangshi: Run, monkeypatch: pytest.MonkeyPatch, shell: str, line: dict[str, str]
) -> None:
    asked = {
        "_TANGSHI_STUDIO_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    for name, value in (asked | line).items():
        monkeypatch.setenv(name, value)
    found = tangshi()
    assert found.code == 0
    assert "export" in found.out
