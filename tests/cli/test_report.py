"""`report` and `compare` on the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.paths import Home
from studio.report import drawing, results
from studio.runs import folders
from studio.translation import use_language
from tests.cli.conftest import Run

TINY = ["--max-steps", "4"]
for setting in ("embedding=8", "hidden=8", "batch_size=8"):
    TINY += ["--set", setting]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few quatrains, and pictures that are not drawn."""
    monkeypatch.setattr(results, "MEASURED", 2)
    monkeypatch.setattr(drawing, "draw", lambda *_, **__: b"<svg></svg>")


def test_a_report_names_its_page(trained: Run, tmp_path: Path) -> None:
    # A run that is named twice is reported once.
    result = trained("report", "a", "a", "--out", str(tmp_path / "report"))
    assert result.code == 0
    assert result.out.strip() == str(tmp_path / "report" / "report.html")
    page = Path(result.out.strip()).read_text("utf-8")
    assert "report a" in page
    assert "report a a" not in page


def test_a_wrong_language_is_wrong_usage(trained: Run, tmp_path: Path) -> None:
    result = trained("report", "a", "--language", "fr", "--out", str(tmp_path / "report"))
    assert result.code == 2
    assert "en, zh" in result.err
    assert not (tmp_path / "report").exists()


@pytest.fixture
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


@pytest.mark.usefixtures("english_afterwards")
def test_a_chinese_report_is_written_and_refused_in_chinese(trained: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    refused = trained("report", "a", "--language", "zh", "--out", str(tmp_path))
    assert (refused.code, "里有不属于报告的文件" in refused.err) == (1, True)
    chinese = ("--language", "zh", "--out", str(tmp_path / "report"))
    assert "没有名为" in trained("report", "none", *chinese).err
    result = trained("report", "a", *chinese)
    assert (result.code, "正在画图" in result.err) == (0, True)


def test_compare_trains_a_run_for_each_cell_and_reports_on_them(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    out = str(tmp_path / "report")
    command = ("compare", "--cell", "rnn,lstm", "--run", "c", "--report", out, *TINY)
    result = tangshi(*command, "--json")
    assert result.code == 0, result.err
    assert result.document == {"report": f"{out}/report.html", "runs": ["c-rnn", "c-lstm"]}
    rows = [folders.summary(run) for run in folders.all_runs(home.runs)]
    assert {(row.name, row.cell, row.status) for row in rows} == {
        ("c-rnn", "rnn", "finished"),
        ("c-lstm", "lstm", "finished"),
    }
    # Again: nothing is trained twice.
    events = (home.runs / "c-rnn" / "events.jsonl").read_bytes()
    again = tangshi(*command)
    assert again.code == 0
    assert "c-rnn is finished already." in again.err
    assert (home.runs / "c-rnn" / "events.jsonl").read_bytes() == events


def test_compare_refuses_names_of_other_runs_before_it_trains(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    assert tangshi("train", "--recipe", "classic", "--run", "c-lstm", *TINY).code == 0
    result = tangshi("compare", "--cell", "rnn,lstm", "--run", "c", *TINY, "--seed", "7")
    assert result.code == 1
    assert "already a run called c-lstm with another seed" in " ".join(result.err.split())
    assert not (home.runs / "c-rnn").exists()


def test_compare_finds_out_before_the_training_that_the_report_has_no_place(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = tangshi("compare", "--report", str(tmp_path), *TINY)
    assert result.code == 1
    assert "not a report" in result.err
    assert folders.all_runs(home.runs) == []


@pytest.mark.parametrize("cells", ["rnn,tree", "", "rnn,"])
def test_an_unknown_cell_is_wrong_usage(tangshi: Run, home: Home, cells: str) -> None:
    result = tangshi("compare", "--cell", cells, *TINY)
    assert result.code == 2
    assert "rnn, gru, lstm" in result.err


def test_a_name_that_is_too_long_for_one_run_is_refused_before_the_first(
    tangshi: Run, home: Home
) -> None:
    result = tangshi("compare", "--run", "x" * 56, *TINY)
    assert result.code == 1
    assert "A run cannot be called" in result.err
    assert folders.all_runs(home.runs) == []


def test_a_damaged_run_is_no_wrong_usage(trained: Run, home: Home, tmp_path: Path) -> None:
    (home.runs / "a" / "config.json").write_text('{"recipe": 1}')
    result = trained("report", "a", "--out", str(tmp_path / "report"))
    assert result.code == 1
    assert "config.json" in result.err
