"""Two tiny runs and what a report says of them, gathered once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.paths import Home
from studio.report import drawing, results, writing
from studio.report.gathering import gather
from studio.report.records import ReportData
from studio.runs.session import start_run
from tests.small import small

RUNS = ("plain", "记忆")


@pytest.fixture(scope="session")
def two_runs(nonsense_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two runs, an RNN and an LSTM with all that a network may have."""
    root = tmp_path_factory.mktemp("runs")
    home = Home(root / "data", root / "config", root / "cache")
    home.data.mkdir()
    home.library.symlink_to(nonsense_home / "data" / home.library.name)
    shape = {"tied": True, "skips": True, "lines_above": 1, "max_steps": 10}
    for name, config in zip(
        RUNS, (small(cell="rnn", max_steps=12), small("studio", **shape)), strict=True
    ):
        session = start_run(home, name, config)
        for _ in session.steps():
            pass
        session.close()
    return home


@pytest.fixture(scope="session")
def data(two_runs: Home) -> ReportData:
    """What a report on both runs says, the test split included."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(results, "MEASURED", 4)
        return gather(two_runs, RUNS, True, lambda _: None)


@pytest.fixture(autouse=True)
def any_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines without a Chinese font draw boxes in tests."""
    monkeypatch.setattr(drawing, "chinese_family", lambda: "DejaVu Sans")


@pytest.fixture
def few_quatrains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four quatrains are measured instead of 64."""
    monkeypatch.setattr(results, "MEASURED", 4)


@pytest.fixture
def gathered(data: ReportData, monkeypatch: pytest.MonkeyPatch) -> ReportData:
    """The same, without measuring again when a report is written."""
    monkeypatch.setattr(writing, "gather", lambda *_: data)
    return data


@pytest.fixture
def plain_pictures(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Pictures that are not drawn: the drawings in their order."""
    drawn: list[object] = []

    def draw(drawing_: object, kind: str) -> bytes:
        drawn.append(drawing_)
        return f"<{kind}>{len(drawn)}</{kind}>".encode()

    monkeypatch.setattr(drawing, "draw", draw)
    yield drawn
