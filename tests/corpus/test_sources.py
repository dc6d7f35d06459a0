"""The readers."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.records import BadRecord, RawPoem
from studio.corpus.sources import files_of, read
from studio.errors import CorpusError

POEM = {"title": "登鸛雀樓", "author": "王之渙", "paragraphs": ["白日依山盡，", "黃河入海流。"]}


def _write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_json_array_gives_its_records_with_their_place(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.json", json.dumps([POEM, POEM], ensure_ascii=False, indent=1))
    records = list(read(path))
    assert records[0] == RawPoem(
        "登鸛雀樓", "王之渙", "白日依山盡，黃河入海流。", "a.json, line 2, record 1", 2
    )
    assert records[1].source == "a.json, line 10, record 2"


@pytest.mark.parametrize("bad", ['{"title": "x"}', '{"paragraphs": [1]}', "7", '{"title" "x"}'])
def test_a_bad_record_in_an_array_costs_only_itself(tmp_path: Path, bad: str) -> None:
    good = json.dumps(POEM)
    records = list(read(_write(tmp_path, "a.json", f"[{good},\n{bad},\n{good}]")))
    assert [type(record) for record in records] == [RawPoem, BadRecord, RawPoem]
    assert records[1] == BadRecord("a.json, line 2, record 2", "malformed record", 2)


def test_a_truncated_array_gives_what_it_holds(tmp_path: Path) -> None:
    records = list(read(_write(tmp_path, "a.json", f"[{json.dumps(POEM)}, {{'title")))
    assert [type(record) for record in records] == [RawPoem, BadRecord]


def test_json_lines_are_read_line_by_line(tmp_path: Path) -> None:
    good = json.dumps(POEM)
    records = list(read(_write(tmp_path, "a.jsonl", f"{good}\n\n{{broken\n{good}\n")))
    assert [record.source for record in records] == [f"a.jsonl, line {n}" for n in (1, 3, 4)]
    assert isinstance(records[1], BadRecord)


def test_a_single_json_object_is_one_record(tmp_path: Path) -> None:
    assert len(list(read(_write(tmp_path, "a.json", json.dumps(POEM, indent=2))))) == 1


def test_titled_lines_are_split_at_the_first_colon(tmp_path: Path) -> None:
    path = _write(tmp_path, "poems.txt", "題:山:水。\n無題沒有冒號\n題:月。\n題:日。\n")
    records = list(read(path))
    assert records[0] == RawPoem("題", "", "山:水。", "poems.txt, line 1", 1, 3)
    assert records[1] == BadRecord("poems.txt, line 2", "malformed record", 2)


def test_plain_lines_are_a_poem_each(tmp_path: Path) -> None:
    records = list(read(_write(tmp_path, "p.txt", "\ufeff山，水。\r\n\n月。\n")))
    assert [(record.text.strip(), record.source) for record in records] == [
        ("山，水。", "p.txt, line 1"),
        ("月。", "p.txt, line 3"),
    ]


def test_bytes_that_are_not_utf8_leave_the_other_poems_readable(tmp_path: Path) -> None:
    poem = "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
    records = list(read(_write(tmp_path, "p.txt", b"\xb0\xd7\xc8\xd5\n" + f"{poem}\n".encode())))
    assert records[1] == RawPoem("", "", poem, "p.txt, line 2", 2, 1)


@given(st.text(alphabet='[]{}",:\\0山a\n', max_size=60))
def test_no_file_breaks_a_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(text, "utf-8")
    for record in read(path):
        assert record.source.startswith("any.json, line ")


def test_deeply_nested_json_is_a_bad_record(tmp_path: Path) -> None:
    records = list(read(_write(tmp_path, "a.json", "[" * 100_000)))
    assert [type(record) for record in records] == [BadRecord]


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2):
        _write(tmp_path, f"poet.{number}.json", "[]")
    assert [path.name for path in files_of(tmp_path)] == ["poet.2.json", "poet.10.json"]


def test_a_path_without_poems_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no file or folder"):
        files_of(tmp_path / "missing")
    with pytest.raises(CorpusError, match="holds no poems"):
        files_of(tmp_path)
