"""The collection and the export of poems."""

from pathlib import Path

import pytest

from studio.collection import (
    Collection,
    SavedPoem,
    as_markdown,
    as_text,
    couplets,
    describe,
    export,
    first_line,
    free_path,
    saved_now,
)
from studio.errors import StudioError
from studio.verse.request import ComposeRequest, Sampling, WrittenPoem

TEXT = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


def saved(text: str = TEXT, seed: int = 7) -> SavedPoem:
    return SavedPoem(
        WrittenPoem(text, -3.25, True),
        ComposeRequest(first="白", seed=seed),
        "night@800",
        "2026-01-02T03:04:05+00:00",
    )


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "data" / "collection.jsonl")


def test_a_collection_that_was_never_saved_to_is_empty(collection: Collection) -> None:
    assert collection.poems() == []
    assert not collection.path.parent.exists()


def test_a_saved_poem_comes_back_with_its_request_and_model(collection: Collection) -> None:
    collection.add(saved())
    assert collection.poems() == [saved()]


def test_poems_are_kept_in_the_order_of_saving(collection: Collection) -> None:
    for seed in (3, 1, 2):
        collection.add(saved(seed=seed))
    assert [each.request.seed for each in collection.poems()] == [3, 1, 2]


def test_the_same_poem_is_saved_once(collection: Collection) -> None:
    assert collection.add(saved())
    assert not collection.add(saved_now(saved().poem, saved().request, saved().model))
    assert len(collection.poems()) == 1


def test_a_removed_poem_is_gone_and_the_others_stay(collection: Collection) -> None:
    collection.add(saved(seed=1))
    collection.add(saved(seed=2))
    collection.remove(saved(seed=1))
    assert collection.poems() == [saved(seed=2)]


def test_a_line_that_a_crash_cut_short_does_not_spoil_the_next(collection: Collection) -> None:
    collection.add(saved(seed=1))
    with collection.path.open("ab") as file:
        file.write(b'{"poem": {"te')
    collection.add(saved(seed=2))
    assert collection.poems() == [saved(seed=1), saved(seed=2)]


def test_a_damaged_line_is_named(collection: Collection) -> None:
    collection.add(saved())
    with collection.path.open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(StudioError, match=r"collection\.jsonl, line 2 cannot be read"):
        collection.poems()


def test_a_poem_is_split_into_couplets() -> None:
    assert couplets(TEXT) == ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]


def test_a_poem_without_full_stops_is_split_into_lines() -> None:
    assert couplets("白日，黄河，楼") == ["白日，", "黄河，", "楼"]


def test_plain_text_has_a_couplet_a_line_and_a_gap_between_poems() -> None:
    assert as_text([saved(), saved("山。")]) == (
        "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n\n山。\n"
    )


def test_markdown_names_the_model_and_the_request() -> None:
    assert as_markdown([saved()]) == (
        "## 白日依山尽\n\n白日依山尽，黄河入海流。\\\n欲穷千里目，更上一层楼。\n\n"
        "*night@800 · 五绝 · temperature 0.8 · top-p 0.95 · seed 7 · 2026-01-02T03:04:05+00:00*\n"
    )


def test_markdown_signs_in_a_poem_stay_what_they_are() -> None:
    assert "\\[山\\]\\*" in as_markdown([saved("[山]*。")])


def test_an_export_never_overwrites_unless_told_to(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_text("mine")
    with pytest.raises(StudioError, match="exists already"):
        export(path, [saved()], "text")
    assert path.read_text() == "mine"
    export(path, [saved()], "text", replace=True)
    assert path.read_text() == as_text([saved()])


def test_an_export_to_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="is a folder"):
        export(tmp_path, [saved()], "text")


def test_an_export_that_the_system_refuses_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        export(tmp_path / "file" / "poem.txt", [saved()], "text")


def test_the_default_path_is_named_for_the_first_line_and_is_free(tmp_path: Path) -> None:
    assert free_path(tmp_path, saved().poem, "markdown") == tmp_path / "白日依山尽.md"
    (tmp_path / "白日依山尽.md").touch()
    assert free_path(tmp_path, saved().poem, "markdown") == tmp_path / "白日依山尽-2.md"


def test_a_path_cannot_leave_its_folder_by_the_poem(tmp_path: Path) -> None:
    assert free_path(tmp_path, saved("../山/。").poem, "text") == tmp_path / "山.txt"


def test_the_first_line_of_nothing_is_nothing() -> None:
    assert first_line("") == ""


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ComposeRequest(sampling=Sampling(strategy="greedy"), seed=3), "五绝 · greedy · seed 3"),
        (
            ComposeRequest(
                form="",
                longest=40,
                sampling=Sampling(top_k=9, top_p=1, min_p=0.1, repetition_penalty=1.2),
            ),
            "free, at most 40 · temperature 0.8 · top-k 9 · min-p 0.1 · repetition 1.2 · seed 1",
        ),
    ],
)
def test_a_request_is_described_by_what_matters(request_: ComposeRequest, words: str) -> None:
    assert describe(request_) == words


def test_a_collection_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        Collection(tmp_path / "file" / "collection.jsonl").add(saved())
