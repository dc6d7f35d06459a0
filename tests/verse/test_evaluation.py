"""Writing many poems, and finding those of people to set beside them."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.library import Library, Query
from studio.corpus.records import RawPoem
from studio.prosody.forms import form_named
from studio.verse import evaluation
from studio.verse.evaluation import failures, human_poems, write_many
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest, WrittenPoem
from studio.verse.writer import Writer
from tests.conftest import nonsense

lstm = pytest.mark.parametrize("writer", ["lstm"], indirect=True)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    path = tmp_path / "library.sqlite"
    records = [RawPoem(f"{at}", "", text, "") for at, text in enumerate(nonsense(140))]
    build(path, records, source="a test")
    return Library.open(path)


@lstm
def test_as_many_poems_as_asked_are_written_in_batches(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "_BATCH", 4)
    poems, seconds = write_many(writer, ComposeRequest(seed=3), 10)
    assert len(poems) == 10
    # Batches go on with other seeds.
    assert len({poem.text for poem in poems}) == 10
    assert seconds > 0


@lstm
def test_both_ways_of_writing_ask_the_index(
    writer: Writer, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Novelty | None] = []

    def heard(
        writer: Writer, request: ComposeRequest, novelty: Novelty | None
    ) -> tuple[WrittenPoem, ...]:
        asked.append(novelty)
        return (WrittenPoem("山，", 0.0, True),)

    monkeypatch.setattr(evaluation, "write_best", heard)
    with Novelty.open(library.path) as index:
        write_many(writer, ComposeRequest(), 1, index)
        failures(writer, ComposeRequest(), ["山"], index)
        assert asked == [index, index]


def test_people_are_drawn_from_the_test_split_by_the_seed(library: Library) -> None:
    form = form_named("五绝")
    tests = library.count(Query(form="五绝", split="test"))
    assert tests > 2
    two = human_poems(library, form, 2, 1)
    assert len(two) == 2 and {poem.split for poem in two} == {"test"}
    assert two == human_poems(library, form, 2, 1)
    assert len(human_poems(library, form, 1000, 1)) == tests
    assert human_poems(library, form_named("七律"), 2, 1) == []


def test_old_forms_are_recognised_by_the_scanner(library: Library) -> None:
    found = human_poems(library, form_named("古绝"), 1000, 1)
    assert 0 < len(found) <= library.count(Query(form="五绝", split="test"))


@lstm
def test_an_opening_that_the_model_does_not_know_is_a_failed_request(writer: Writer) -> None:
    (failure,) = failures(writer, ComposeRequest(form="五绝"), ["鑫"])
    assert (failure.form, failure.opening) == ("五绝", "鑫")
    assert "never seen 鑫" in failure.reason


@lstm
def test_a_poem_off_its_form_is_a_failed_request(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "keeps_tones", lambda lines: False)
    monkeypatch.setattr(evaluation, "keeps_rhyme", lambda form, lines: True)
    (failure,) = failures(writer, ComposeRequest(form="五绝"), ["山"])
    assert failure.reason.startswith("tones not kept: 山")
