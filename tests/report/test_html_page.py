"""The numbers of the page are those of the run folders, and it shows without a network."""

import base64
from pathlib import Path

import msgspec
import pytest

from studio.corpus.poem import couplets
from studio.model.checkpoint import load_model
from studio.model.checkpoint_names import step_of
from studio.model.events import SampleWritten, StepDone, TrainingEnded, Validated, VerseMeasured
from studio.paths import Home
from studio.report import writing
from studio.report.catalogue import translator
from studio.report.comparison_chapter import comparison_chapter
from studio.report.document import Grid, Paragraph, Remarks
from studio.report.records import ReportData
from studio.report.results_chapter import _copied
from studio.report.training_chapter import training_chapter
from studio.report.writing import write_report
from studio.runs import folders
from studio.runs.comparing import OF_THE_RUN
from studio.runs.loading import locate
from tests.report.conftest import RUNS
from tests.report.reading import Page


@pytest.fixture
def page(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path
) -> Page:
    return Page(write_report(two_runs, RUNS, tmp_path / "report", with_test=True))


def test_steps_characters_and_losses_are_those_of_the_events(page: Page, two_runs: Home) -> None:
    rows = page.table("Run", "Steps")
    assert [row[0] for row in rows] == list(RUNS)
    for row in rows:
        steps = [
            each
            for each in folders.find(two_runs.runs, row[0]).events()
            if isinstance(each, StepDone)
        ]
        assert row[1] == str(steps[-1].step)
        assert row[2] == str(steps[-1].epoch)
        assert row[3] == f"{sum(each.characters for each in steps):,}"
        assert row[5] == f"{sum(each.characters for each in steps) / steps[-1].elapsed:,.0f}"
        assert row[6] == f"{steps[-1].loss:.3f}"
        assert row[7] == "finished"


def test_perplexities_and_samples_are_those_of_the_validations(page: Page, two_runs: Home) -> None:
    rows = page.table("Step", *RUNS)
    for column, name in enumerate(RUNS, start=1):
        events = folders.find(two_runs.runs, name).events()
        samples = {each.step: each.text for each in events if isinstance(each, SampleWritten)}
        validations = {each.step: each for each in events if isinstance(each, Validated)}
        shown = {int(row[0]): row[column] for row in rows if row[column] != "—"}
        assert shown == {
            step: "\n".join(
                [*couplets(text), f"perplexity {validations[step].perplexity_all:,.1f}"]
            )
            for step, text in samples.items()
        }


def test_perplexities_of_the_best_checkpoint_are_told_apart(
    page: Page, two_runs: Home, data: ReportData
) -> None:
    rows = page.table("Run", "Step", "Measured on")
    assert [row[2] for row in rows] == [
        "validation in training",
        "validation split",
        "test split",
    ] * 2
    for run in data.runs:
        assert run.results is not None
        best = next(
            each
            for each in folders.find(two_runs.runs, run.name).events()
            if isinstance(each, Validated) and each.step == run.results.step
        )
        recorded, valid, test = (row for row in rows if row[0] == run.name)
        assert recorded[1] == str(best.step)
        assert recorded[4:] == [f"{best.perplexity_all:,.1f}", f"{best.perplexity:,.1f}"]
        for row, split in ((valid, "valid"), (test, "test")):
            measured = run.results.perplexity(split)
            assert measured is not None
            assert row[3:] == [
                f"{measured.poems:,}",
                f"{measured.perplexity:,.1f}",
                f"{measured.perplexity_han:,.1f}",
            ]


def test_the_comparison_has_the_figures_of_the_folders(page: Page, two_runs: Home) -> None:
    rows = {row[0]: row[1:] for row in page.table("", *RUNS)}
    for column, name in enumerate(RUNS):
        events = folders.find(two_runs.runs, name).events()
        steps = [each for each in events if isinstance(each, StepDone)]
        folder, _ = locate(two_runs, name)
        network, _, _ = load_model(folder)
        best = next(
            each
            for each in events
            if isinstance(each, Validated) and each.step == step_of(folder.name)
        )
        characters = sum(each.characters for each in steps)
        for title, figure in (
            ("Cell", network.config.cell.upper()),
            ("Parameters", f"{network.parameter_count:,}"),
            ("Steps", str(steps[-1].step)),
            ("Characters read", f"{characters:,}"),
            ("Characters per second", f"{characters / steps[-1].elapsed:,.0f}"),
            ("Best step", str(best.step)),
            ("Perplexity in training, all targets", f"{best.perplexity_all:,.1f}"),
            ("Perplexity in training, Han alone", f"{best.perplexity:,.1f}"),
        ):
            assert rows[title][column] == figure, title


@pytest.mark.parametrize("differ", [False, True])
def test_losses_that_are_computed_differently_are_not_to_be_compared(
    data: ReportData, differ: bool
) -> None:
    first, second = data.runs
    if not differ:
        history = msgspec.structs.replace(second.history, config=first.history.config)
        second = msgspec.structs.replace(second, history=history)
    changed = msgspec.structs.replace(data, runs=(first, second))
    chapter = training_chapter(changed, translator("en"))
    words = [each.words for each in chapter if isinstance(each, Paragraph)]
    assert any("losses of these runs are not comparable" in each for each in words) is differ


@pytest.mark.parametrize("differ", [False, True])
def test_perplexities_with_different_vocabularies_are_to_be_compared_with_care(
    data: ReportData, differ: bool
) -> None:
    first, second = data.runs
    assert first.results is not None
    if differ:
        results = msgspec.structs.replace(first.results, vocabulary=first.results.vocabulary - 1)
        first = msgspec.structs.replace(first, results=results)
    changed = msgspec.structs.replace(data, runs=(first, second))
    chapter = comparison_chapter(changed, translator("en"))
    words = [each.words for each in chapter if isinstance(each, Paragraph)]
    assert any("different vocabularies" in each for each in words) is differ


def test_the_figures_of_free_verse_are_those_of_the_validation(
    page: Page, two_runs: Home, data: ReportData
) -> None:
    rows = page.table("Run", "Quatrains")
    for run in data.runs:
        assert run.results is not None
        recorded = next(
            each
            for each in folders.find(two_runs.runs, run.name).events()
            if isinstance(each, VerseMeasured) and each.step == run.results.step
        )
        assert recorded.poems == run.results.free.poems
        assert recorded.grams_copied is not None
        (free,) = (row for row in rows if row[:2] == [run.name, "free"])
        assert free[2:] == [
            f"{recorded.length_kept:.1%}",
            f"{recorded.tones_kept:.1%}",
            f"{recorded.rhyme_kept:.1%}",
            f"{recorded.distinct_2:.3f}",
            f"{recorded.grams_copied:.1%}",
            f"{recorded.repeats:.2f}",
        ]


def test_the_parts_add_up_to_the_parameters(page: Page, two_runs: Home) -> None:
    tables = [rows[1:] for rows in page.tables if rows[0][:2] == ["Part", "Name"]]
    for rows, name in zip(tables, RUNS, strict=True):
        network, _, _ = load_model(locate(two_runs, name)[0])
        assert all(row[0] for row in rows), "every part has a name in words"
        numbers = [int(row[3].replace(",", "")) for row in rows]
        assert sum(numbers[:-1]) == numbers[-1] == network.parameter_count
        shapes = {row[1]: row[2] for row in rows[:-1]}
        assert shapes == {
            each: " × ".join(map(str, parameter.shape))
            for each, parameter in network.named_parameters()
        }


def test_every_setting_stands_in_the_recipe_with_its_meaning(page: Page, two_runs: Home) -> None:
    rows = page.table("Setting", "Name", *RUNS)
    assert [row for row in rows if not row[0]] == []
    config = folders.find(two_runs.runs, RUNS[0]).config()
    settings = {
        **msgspec.structs.asdict(config.model),
        **msgspec.structs.asdict(config.train),
    }
    shown = {row[1]: row[2] for row in rows}
    assert shown.keys() == {*OF_THE_RUN, *settings}
    assert shown["cell"] == "rnn"
    assert shown["max_steps"] == "12"
    assert shown["learning_rate"] == "0.01"


def test_the_page_loads_nothing_and_runs_nothing(page: Page) -> None:
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 13
    assert all(str(each).startswith("data:image/svg+xml;base64,") for each in pictures)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "a"}
    assert not any(
        name.startswith("on") or name in ("href", "srcset")
        for _, attributes in page.tags
        for name in attributes
    )


def test_the_poem_of_a_copied_span_may_have_neither_title_nor_poet(data: ReportData) -> None:
    results = data.runs[0].results
    assert results is not None
    spans = (("甲乙", "李白", "静夜思", 1), ("丙丁", "", "静夜思", 1), ("戊己", "", "", 7))
    poem = msgspec.structs.replace(results.poems[0], sources=spans)
    *_, remarks = _copied(msgspec.structs.replace(results, poems=(poem,)), True, translator("en"))
    assert isinstance(remarks, Remarks)
    assert [each.partition(") ")[2] for each in remarks.items] == [
        "is in 李白: 静夜思.",
        "is in 静夜思.",
        "is in no. 7.",
    ]


def test_names_that_begin_with_a_digit_are_no_numbers() -> None:
    grid = Grid(("Run", "Steps"), (("1st", "8"), ("2nd", "9")), kind="numbers")
    assert [grid.is_numeric(column) for column in range(2)] == [False, True]


HOSTILE = "<script>alert(1)</script>|`x`\n# $\\frac{}$ [a](http://x) \x1b[31m"


def hostile(data: ReportData) -> ReportData:
    """The same report, with what a damaged or hostile folder may hold."""
    run = data.runs[0]
    config = msgspec.structs.replace(run.history.config, recipe=HOSTILE, start=HOSTILE)
    history = msgspec.structs.replace(
        run.history,
        name=HOSTILE,
        config=config,
        samples=tuple(SampleWritten(each.step, HOSTILE) for each in run.history.samples),
        ended=TrainingEnded(12, "diverged", HOSTILE),
    )
    assert data.library is not None
    return msgspec.structs.replace(
        data,
        runs=(msgspec.structs.replace(run, history=history), data.runs[1]),
        library=msgspec.structs.replace(data.library, source=HOSTILE),
    )


@pytest.mark.filterwarnings("ignore:Glyph")  # the font of tests has no Chinese
def test_texts_of_a_run_are_shown_not_interpreted(
    two_runs: Home, data: ReportData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "gather", lambda *_: hostile(data))
    # The pictures are drawn too: a $ in a name is no mathematics.
    page = Page(write_report(two_runs, RUNS, tmp_path / "report"))
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 13
    for each in pictures:
        svg = base64.b64decode(str(each).partition("base64,")[2])
        assert b"<svg" in svg
        assert svg.rstrip().endswith(b"</svg>")
    assert not {tag for tag, _ in page.tags} & {"script", "a"}
    assert "<script>alert(1)</script>|`x`" in page.text
    assert "\x1b" not in page.text
    commands = [line for line in page.text.splitlines() if line.startswith("tangshi-studio train")]
    assert len(commands) == 2
