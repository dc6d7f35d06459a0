"""The scripts in data/ say in a sentence what is missing."""

import runpy
import sys
from pathlib import Path

import pytest

from studio.paths import HOME_VARIABLE

DATA = Path(__file__).parents[1] / "data"
COUNTING = ("build_rare_readings", "build_reading_shares", "build_rhyme_only", "build_words")


def _run(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str) -> int:
    """Run a script; returns its exit code."""
    monkeypatch.syspath_prepend(str(DATA))
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as leave:
        runpy.run_path(str(DATA / f"{name}.py"), run_name="__main__")
    return int(leave.value.code or 0)


@pytest.mark.parametrize("name", COUNTING)
def test_without_poems_a_script_names_what_fetches_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert _run(monkeypatch, name) == 1
    assert "corpus fetch" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["build_preferred", "build_coherence", "build_judge"])
def test_a_script_that_trains_beside_a_run_says_that_there_is_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    # It would keep the heap of this process for good.
    monkeypatch.setattr("studio.cli.heap.keep_heap", lambda: None)
    monkeypatch.delitem(sys.modules, "run_options", raising=False)
    assert _run(monkeypatch, name, "missing") == 1
    assert "There is no run called 'missing'" in capfd.readouterr().err


@pytest.mark.parametrize("name", [*COUNTING, "build_modern"])
def test_asked_for_help_a_script_writes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert _run(monkeypatch, name, "--help") == 0
    assert name in capfd.readouterr().out
