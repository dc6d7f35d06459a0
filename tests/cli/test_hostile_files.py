"""A hostile file is refused with its name, at once: nothing is waited for, nothing is built."""

import shutil
from pathlib import Path

import pytest

from studio.paths import HOME_VARIABLE
from tests.cli.conftest import Run
from tests.soak.hostile_files import CORPORA, MODELS, SETTINGS, TRAININGS, Case, prepare, spoilt

SCORED = [case for case in CORPORA if case.command[0] == "score"]
REFUSED = [case for case in (*MODELS, *TRAININGS, *SETTINGS, *SCORED) if case.must_be_refused]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty place for a home, filled by the first test."""
    return tmp_path_factory.mktemp("hostile") / "home"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.words} {case.command[0]}")
def test_a_hostile_file_is_refused_with_its_name(
    tangshi: Run, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    if not prepared.exists():
        monkeypatch.setenv(HOME_VARIABLE, str(prepared))
        prepare(prepared, tangshi)
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    result = tangshi(*spoilt(case, home))
    assert result.code == 1
    assert case.file.name in result.err or case.file.name == "config.json"
    assert "Traceback" not in result.err
    assert "\x1b" not in result.err
