"""A report replaces only a report, says what is lacking, and is written in two languages."""

import contextlib
import re
import shlex
import shutil
import sqlite3
import sys
from pathlib import Path

import msgspec
import pytest

from studio.corpus.library import Library
from studio.errors import ConfigError, RunError, StudioError
from studio.model.config import RunConfig
from studio.model.events import VerseMeasured
from studio.paths import Home
from studio.report import drawing, gathering, recorded, writing
from studio.report.gathering import gather
from studio.report.pictures import Charts
from studio.report.recorded import DeviceSeries, TrainedOn
from studio.report.records import ReportData
from studio.report.repeating_chapter import _examples, training_commands, writing_command
from studio.report.results import OPENINGS, Bench
from studio.report.writing import write_report
from studio.runs import folders
from studio.runs.environment import read_environments
from studio.runs.folders import Run as RunFolder
from studio.runs.readings import TrainingReading
from studio.telemetry import PROCESSOR, Gauge
from studio.translation import Language, use_language
from tests.cli.conftest import Run, tangshi
from tests.report.conftest import RUNS
from tests.report.reading import Page

__all__ = ["tangshi"]
KEPT = Path(__file__).parents[1] / "kept" / "0.1.0"


@pytest.mark.parametrize("format", ["html", "markdown"])
@pytest.mark.parametrize(("language", "words"), [("en", "Perplexity"), ("zh", "困惑度")])
def test_a_report_is_written_in_both_languages_and_formats(
    two_runs: Home,
    gathered: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    language: str,
    words: str,
    format: str,
) -> None:
    page = write_report(two_runs, RUNS, tmp_path / "report", language, format)
    text = page.read_text(encoding="utf-8")
    assert words in text
    assert all(name in text for name in RUNS)
    record = msgspec.json.decode((page.parent / "report.json").read_bytes())
    assert record["runs"] == list(RUNS)
    assert set(record["files"]) == {
        each.name for each in page.parent.iterdir() if each.name != "report.json"
    }


@pytest.mark.usefixtures("gathered", "plain_pictures", "chinese")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_is_the_same_whatever_the_language_of_the_program(
    two_runs: Home, tmp_path: Path, language: str
) -> None:
    pages = []
    sessions: list[Language] = ["en", "zh"]
    for session in sessions:
        use_language(session)
        folder = tmp_path / session / "report"
        folder.parent.mkdir()
        pages.append(write_report(two_runs, RUNS, folder, language, "markdown").read_text("utf-8"))
    assert pages[0].replace("/en/", "/zh/").splitlines() == pages[1].splitlines()


@pytest.mark.usefixtures("few_quatrains")
def test_a_run_of_version_0_1_0_is_reported_with_what_it_lacks(
    home: Home, plain_pictures: list[object], tmp_path: Path
) -> None:
    shutil.copytree(KEPT / "runs", home.runs)
    page = Page(write_report(home, ["kept"], tmp_path / "report"))
    assert "kept: the use of the device was not recorded." in page.text
    rows = dict(page.table("What"))
    assert rows["kept"].startswith("Not recorded:")
    assert "The report is about one run." in page.text
    ((_, steps, *_),) = page.table("Run", "Steps")
    assert steps == "8"


def test_what_a_run_records_of_its_machine_is_shown(
    two_runs: Home,
    data: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = data.runs
    history = msgspec.structs.replace(
        first.history,
        device_series=(
            DeviceSeries("a card", "gpu", "%", (0.0, 0.5), (90.0, 97.0)),
            DeviceSeries("a card", "memory", "B", (0.0, 0.5), (2.0**30, 2.0**31)),
            DeviceSeries("another", "gpu", "%", (0.0, 0.5), (80.0, 70.0)),
        ),
        trained_on=(
            TrainedOn("9.9", "2.99", "a card", "bfloat16", "abc123", "train", "poems@1", "ff00"),
            TrainedOn("9.9", "2.99", "a processor, 2 threads", "float32", step=50),
        ),
    )
    recorded = msgspec.structs.replace(first, history=history)
    monkeypatch.setattr(
        writing, "gather", lambda *_: msgspec.structs.replace(data, runs=(recorded, second))
    )
    page = Page(write_report(two_runs, RUNS, tmp_path / "report"))
    charts = [each.charts for each in plain_pictures if isinstance(each, Charts)]
    ((use, memory),) = [each for each in charts if each[0].title == "Use of the GPU"]
    assert [(line.name, line.y) for line in use.lines] == [
        ("a card", (90.0, 97.0)),
        ("another", (80.0, 70.0)),
    ]
    assert (memory.y_title, memory.lines[0].y) == ("GB", (1.0, 2.0))
    assert "plain: readings of the device during the training." in page.text
    assert "记忆: readings of the device during the training." in page.text
    rows = page.table("What")
    assert rows[:6] == [
        ["plain", "tangshi-studio 9.9, torch 2.99, a card, bfloat16"],
        ["", "git commit abc123"],
        ["", "command: train"],
        ["", "corpus: poems@1"],
        ["", "training poems: sha256 ff00"],
        ["", "from step 50: tangshi-studio 9.9, torch 2.99, a processor, 2 threads, float32"],
    ]
    assert rows[6][0] == "记忆"


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_a_report_does_not_name_the_folders_of_the_user(
    two_runs: Home,
    data: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format: str,
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    run = two_runs.runs / RUNS[0]
    (here, *_) = read_environments(run)
    own = msgspec.structs.replace(here, corpus="/data/of me/own.txt; poems@1 a.json")
    monkeypatch.setattr(recorded, "read_environments", lambda _: [own])
    assert data.library is not None
    library = msgspec.structs.replace(data.library, source="/home/me/own.txt")
    monkeypatch.setattr(Library, "statistics", lambda _: library)
    monkeypatch.setattr(gathering, "results_of", lambda *_: data.runs[0].results)
    config = msgspec.structs.replace(RunFolder(run).config(), start="/home/me/models/old")
    monkeypatch.setattr(RunFolder, "config", lambda _: config)
    page = write_report(two_runs, RUNS[:1], tmp_path / "report", format=format).read_text("utf-8")
    assert "corpus fetch --from own.txt" in page
    assert "corpus: own.txt; poems@1 a.json" in page
    assert "/data/of me" not in page
    assert "--from ~/models/old" in page.replace("\\", "")
    assert "/home/me" not in page


@pytest.mark.usefixtures("few_quatrains")
def test_without_a_library_the_report_says_what_is_missing(
    two_runs: Home, plain_pictures: list[object], tmp_path: Path
) -> None:
    shutil.copytree(two_runs.runs, tmp_path / "data" / "runs")
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    page = Page(write_report(home, ["plain"], tmp_path / "report"))
    assert "The library of poems is missing" in page.text
    assert "The whole validation split was not measured" in page.text
    assert "Copied spans cannot be named without the library." in page.text
    measured = page.table("Run", "Step", "Measured on")
    assert [row[2] for row in measured] == ["validation in training"]


def test_without_a_checkpoint_only_the_training_is_reported(
    two_runs: Home, plain_pictures: list[object], tmp_path: Path
) -> None:
    shutil.copytree(two_runs.runs, tmp_path / "data" / "runs")
    shutil.rmtree(tmp_path / "data" / "runs" / "plain" / "checkpoints")
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    page = Page(write_report(home, ["plain"], tmp_path / "report"))
    assert "plain has no results: The run plain has no checkpoint yet." in page.text
    assert "for example:" not in page.text
    assert page.table("Run", "Steps")[0][1] == "12"


def test_a_run_that_never_took_a_step_is_reported(
    two_runs: Home, plain_pictures: list[object], tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "runs" / "new"
    folder.mkdir(parents=True)
    shutil.copy(two_runs.runs / "plain" / "config.json", folder)
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    page = Page(write_report(home, ["new"], tmp_path / "report"))
    assert page.table("Run", "Steps")[0][1] == "0"
    assert page.table("Run", "Steps")[0][-1] == "not started"
    assert "new: no sample is recorded." in page.text


def test_other_poems_than_those_of_the_training_are_noticed(
    two_runs: Home, data: ReportData, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [run.same_poems for run in data.runs] == [True, True]
    folder = two_runs.runs / "plain" / "checkpoints" / "step-00000012"
    before = (folder / "training.json").read_bytes()
    try:
        document = msgspec.json.decode(before) | {"poems": "0" * 64}
        (folder / "training.json").write_bytes(msgspec.json.encode(document))
        monkeypatch.setattr(gathering, "results_of", lambda *_: None)
        (run,) = gather(two_runs, ["plain"], False, lambda _: None).runs
        assert run.same_poems is False
    finally:
        (folder / "training.json").write_bytes(before)


def test_a_run_that_also_read_other_poems_has_them_all_compared(two_runs: Home) -> None:
    run = folders.find(two_runs.runs, "plain")
    mixed = msgspec.structs.replace(run.config(), mixed="quansongshi")
    beside = two_runs.library_beside("quansongshi")
    with Library.open(two_runs.library) as library:
        assert gathering._has_same_poems(two_runs, run, run.config(), library) is True
        assert gathering._has_same_poems(two_runs, run, mixed, library) is None
        beside.symlink_to(two_runs.library)
        try:
            assert gathering._has_same_poems(two_runs, run, mixed, library) is False
        finally:
            beside.unlink()


def test_a_split_without_poems_is_not_measured(
    two_runs: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "texts", lambda _, split: [] if split == "valid" else ["山。"])
    benches = list[Bench]()
    monkeypatch.setattr(gathering, "results_of", lambda _, __, bench, ___: benches.append(bench))
    gather(two_runs, ["plain"], True, lambda _: None)
    assert [list(bench.texts) for bench in benches] == [["test"]]


def test_a_library_that_cannot_be_read_to_its_end_is_as_good_as_none(
    two_runs: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    shutil.copytree(two_runs.runs, home.runs)
    shutil.copy(two_runs.library, home.library)
    with contextlib.closing(sqlite3.connect(home.library)) as connection, connection:
        connection.execute("DROP TABLE poems")
    monkeypatch.setattr(gathering, "results_of", lambda *_: None)
    data = gather(home, ["plain"], False, lambda _: None)
    assert data.library is None
    assert "cannot be read as a library of poems" in data.no_library


def test_readings_of_steps_that_were_repeated_are_left_out(
    two_runs: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(step: int, value: float) -> TrainingReading:
        return TrainingReading(0.0, step, None, "a card", (Gauge("gpu", value, "%"),))

    # Killed after step 9, resumed from step 4.
    readings = [reading(3, 1), reading(8, 2), reading(9, 3), reading(6, 4), reading(12, 5)]
    monkeypatch.setattr(recorded, "read_readings", lambda _: readings)
    (series,) = recorded.device_series(folders.find(two_runs.runs, "plain"))
    assert series.values == (1, 4, 5)
    assert list(series.hours) == sorted(series.hours)


def test_seven_openings_are_written_in_every_way(data: ReportData) -> None:
    for run in data.runs:
        assert run.results is not None
        assert len(run.results.poems) == len(OPENINGS) * 3 * 2
        for poem in run.results.poems:
            assert poem.refusal or poem.text.startswith(poem.request.first)


def test_the_command_in_the_report_writes_the_poem_again(
    tangshi: Run, two_runs: Home, data: ReportData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGSHI_STUDIO_HOME", str(two_runs.data.parent))
    assert data.runs[0].results is not None
    written = {poem.request: poem for poem in data.runs[0].results.poems}
    some = [each for each in written if each.first == "月" and each.form != "七绝"]
    assert len(some) == 4
    for request in some:
        _, *arguments = shlex.split(writing_command(request))
        again = tangshi(*arguments, "--json").document
        assert again["poems"][0]["text"] == written[request].text


def test_a_poem_that_could_not_be_written_is_no_example(
    two_runs: Home, data: ReportData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = data.runs[0]
    assert run.results is not None
    first, *poems = run.results.poems
    refused = msgspec.structs.replace(first, text="", refusal="unknown")
    results = msgspec.structs.replace(run.results, poems=(refused, *poems))
    changed = msgspec.structs.replace(run, results=results)
    assert list(_examples(msgspec.structs.replace(data, runs=(changed,)))) == [
        writing_command(poems[0].request)
    ]


def test_epochs_that_were_added_to_a_mixed_run_have_their_own_command() -> None:
    train = msgspec.structs.replace(RunConfig().train, epochs=5)
    config = RunConfig(train=train, mixed="quansongshi", mixing_epochs=3)
    first, later = training_commands("a", config)
    assert "--epochs 3" in first and "--mix quansongshi" in first
    assert later == "tangshi-studio train --run a --resume --epochs 2"
    (only,) = training_commands("a", msgspec.structs.replace(config, mixing_epochs=0))
    assert "--epochs 5" in only


def test_a_report_trains_first_what_a_run_starts_and_learns_from(
    home: Home, tmp_path: Path
) -> None:
    config = RunConfig(start="first@2", teachers=("teacher@3", "gone@1"), mixed="quansongshi")
    for name, each in (
        ("last", config),
        ("teacher", RunConfig(start="first@2")),
        ("first", RunConfig(start="default")),
    ):
        folders.create(home.runs, name, each)
    page = write_report(home, ["last"], tmp_path / "report", format="markdown")
    lines = page.read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("tangshi-studio")]
    own, beside, *training, reporting = commands
    with Library.open(home.library) as library:
        source = Path(library.statistics().source)
    assert own == f"tangshi-studio corpus fetch --from {source.name}"
    assert beside == "tangshi-studio corpus fetch --corpus quansongshi --beside"
    assert reporting == "tangshi-studio report last --language en --format markdown"
    for each, name in zip(training, ("first", "teacher", "last"), strict=True):
        assert f" --run {name} " in each
    assert "These runs are needed, too, and cannot be read any more: gone." in lines


def test_a_report_replaces_a_report(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path
) -> None:
    out = tmp_path / "report"
    write_report(two_runs, RUNS, out, format="markdown")
    page = write_report(two_runs, RUNS, out)
    assert sorted(each.name for each in out.iterdir()) == ["report.html", "report.json"]
    assert page == out / "report.html"


def test_a_folder_with_anything_else_is_left_alone(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, words in (("mine", "are not a report"), ("file", "is not a folder")):
        with pytest.raises(RunError, match=words):
            write_report(two_runs, RUNS, tmp_path / name)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["report.html", "notes.txt"])
def test_what_was_written_into_a_report_is_not_lost(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path, name: str
) -> None:
    write_report(two_runs, RUNS, tmp_path / "report")
    with (tmp_path / "report" / name).open("a") as file:
        file.write("my own summary")
    with pytest.raises(RunError, match=rf"{name} was added or changed"):
        write_report(two_runs, RUNS, tmp_path / "report")
    assert (tmp_path / "report" / name).read_text().endswith("my own summary")


def test_a_report_that_fails_leaves_the_one_before(
    two_runs: Home,
    gathered: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = write_report(two_runs, RUNS, tmp_path / "report").read_bytes()

    def fail(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "html_page", fail)
    with pytest.raises(KeyboardInterrupt):
        write_report(two_runs, RUNS, tmp_path / "report", "zh")
    assert (tmp_path / "report" / "report.html").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["report"]


def test_without_matplotlib_the_remedy_is_named_before_anything_is_measured(
    two_runs: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("studio.report.drawing")
    monkeypatch.delitem(sys.modules, "studio.report.drawing")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(StudioError, match=re.escape(f"{sys.executable} -m pip install matplotlib")):
        write_report(two_runs, RUNS, tmp_path / "report")


def test_without_a_chinese_font_the_remedy_is_named(
    two_runs: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the font of the other tests
    monkeypatch.setattr(drawing.font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(drawing.font_manager, "findSystemFonts", list)
    # Before anything is measured.
    monkeypatch.delattr(writing, "gather")
    drawing.chinese_family.cache_clear()
    with pytest.raises(StudioError, match="fonts-noto-cjk"):
        write_report(two_runs, RUNS, tmp_path / "report", "zh")
    # The second run has a Chinese name, which is in the legends.
    with pytest.raises(StudioError, match="fonts-noto-cjk"):
        write_report(two_runs, RUNS, tmp_path / "report")


def test_wrong_requests_name_the_choices(two_runs: Home, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="en, zh"):
        write_report(two_runs, RUNS, tmp_path, "fr")
    with pytest.raises(ConfigError, match="html or markdown"):
        write_report(two_runs, RUNS, tmp_path, format="pdf")
    with pytest.raises(RunError, match="no run called 'none'"):
        write_report(two_runs, ["none"], tmp_path / "report")
    with pytest.raises(RunError, match="runs list"):
        write_report(two_runs, [], tmp_path / "report")


@pytest.mark.usefixtures("few_quatrains")
def test_verse_figures_of_the_training_are_drawn_and_their_lack_is_named(
    two_runs: Home,
    data: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = data.runs
    events = folders.find(two_runs.runs, "plain").events()
    recorded = [each for each in events if isinstance(each, VerseMeasured)]
    assert list(first.history.verses) == recorded
    assert recorded
    bare = msgspec.structs.replace(
        second, history=msgspec.structs.replace(second.history, verses=())
    )
    monkeypatch.setattr(
        writing, "gather", lambda *_: msgspec.structs.replace(data, runs=(first, bare))
    )
    page = Page(write_report(two_runs, RUNS, tmp_path / "report"))
    charts = [each.charts for each in plain_pictures if isinstance(each, Charts)]
    (verse,) = [each for each in charts if each[0].title == "Right length"]
    (line,) = verse[0].lines
    assert line.x == tuple(each.step for each in recorded)
    assert line.y == tuple(each.length_kept for each in recorded)
    assert "记忆: no figures of verse were recorded in training." in page.text


def test_a_chinese_report_names_devices_in_chinese(
    two_runs: Home,
    data: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = data.runs[0]
    history = msgspec.structs.replace(
        run.history,
        trained_on=(TrainedOn("9.9", "2.99", "Some CPU, 1 thread", "float32"),),
        device_series=(DeviceSeries(PROCESSOR, "cpu", "%", (0.0, 0.5), (90.0, 97.0)),),
    )
    run = msgspec.structs.replace(run, history=history)
    here = msgspec.structs.replace(data, runs=(run,), device="Other CPU, 32 threads")
    monkeypatch.setattr(writing, "gather", lambda *_: here)
    page = Page(write_report(two_runs, RUNS[:1], tmp_path / "report", "zh"))
    assert "Some CPU，1个线程，float32" in page.text
    assert "Other CPU，32个线程" in page.text
    charts = [each.charts for each in plain_pictures if isinstance(each, Charts)]
    names = [line.name for chart in charts for part in chart for line in part.lines]
    assert "处理器" in names
    assert "thread" not in page.text
