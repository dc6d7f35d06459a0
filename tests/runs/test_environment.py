"""What a run records of the program, machine, corpus and model that it is trained with."""

import subprocess
from pathlib import Path

import pytest

from studio import __version__
from studio.corpus.library import Library
from studio.model.trainer import poems_sha256
from studio.paths import Home
from studio.report.recorded import trained_on
from studio.runs.environment import (
    ENVIRONMENT,
    git_commit,
    last_environment,
    read_environments,
    record_environment,
)
from studio.runs.session import TrainingSession, start_run
from tests.small import small


@pytest.fixture
def trained(home: Home) -> TrainingSession:
    """A run that was trained and resumed."""
    session = start_run(home, "night", small(max_steps=3))
    for _ in session.steps():
        pass
    session.close()
    session = TrainingSession(home, session.run, epochs=1)
    session.close()
    return session


def test_each_start_of_a_run_records_what_it_runs_on(trained: TrainingSession, home: Home) -> None:
    first, second = read_environments(trained.run.folder)
    assert (first.step, second.step) == (0, 3)
    assert (first.studio, first.processes) == (__version__, 1)
    assert first.torch
    assert first.device == trained.trainer.device.name
    assert first.command.split()[0] == "tangshi-studio"
    with Library.open(home.library) as library:
        assert first.corpus == library.statistics().source
        assert first.poems == poems_sha256(library.texts("train"))
    assert first.vocabulary == len(trained.trainer.vocabulary)
    assert first.parameter_count == trained.trainer.network.parameter_count
    assert first.parameters["embedding.weight"] == 8 * first.vocabulary
    assert last_environment(trained.run.folder) == second
    # The second start trained the steps after the third.
    assert last_environment(trained.run.folder, 3) == first
    assert last_environment(trained.run.folder, 4) == second


def test_a_report_names_what_was_the_same_after_a_resumption_once(trained: TrainingSession) -> None:
    (recorded,) = trained_on(trained.run)
    environment = last_environment(trained.run.folder)
    assert environment
    assert (recorded.studio, recorded.checksum) == (__version__, environment.poems)


def test_a_run_without_the_record_and_damaged_lines_are_read(trained: TrainingSession) -> None:
    path = trained.run.folder / ENVIRONMENT
    first, second = read_environments(trained.run.folder)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n{half\n", 1))
    assert read_environments(trained.run.folder) == [first, second]
    record_environment(trained.run.folder, first)
    assert read_environments(trained.run.folder) == [first, second, first]
    path.unlink()
    assert read_environments(trained.run.folder) == []
    assert trained_on(trained.run) == ()


def test_the_commit_is_that_of_the_programs_own_checkout(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "inside").mkdir()
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "file").write_text("one")
    subprocess.run([*git, "add", "file"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert git_commit(tmp_path / "inside") == ""
    assert git_commit(tmp_path) == head.stdout.strip()
    git_commit.cache_clear()
    (tmp_path / "file").write_text("two")
    assert git_commit(tmp_path) == f"{head.stdout.strip()}-dirty"
