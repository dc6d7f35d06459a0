"""Where files are."""

import os
from pathlib import Path

import pytest

from studio.paths import HOME_VARIABLE, Home, report_folder, resolved


def test_a_link_to_itself_is_a_folder_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    monkeypatch.setenv(HOME_VARIABLE, str(loop))
    assert Home.default().data == loop / "data"
    with pytest.raises(OSError, match="symbolic links"):
        Home.default().runs.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    Path("real").mkdir()
    Path("link").symlink_to("real")
    assert resolved(Path("link/new")) == Path(os.path.realpath(tmp_path)) / "real" / "new"


def test_reports_on_different_runs_have_different_folders() -> None:
    assert report_folder(["a"]).name == "report-a"
    assert report_folder(["a", "b", "c"]).name == "report-a+b+c"


def test_the_folder_of_a_report_on_many_runs_has_a_short_name() -> None:
    many = [f"秋{number}" for number in range(100)]
    names = {report_folder(runs).name for runs in (many, many[:-1], ["秋" * 60], ["秋" * 59])}
    assert len(names) == 4
    assert max(len(name.encode()) for name in names) < 200
