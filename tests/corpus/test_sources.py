"""The readers."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus import sources
from studio.corpus.cleaning import clean
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


def test_what_the_corpus_commands_print_as_json_is_read(tmp_path: Path) -> None:
    poem = {"title": "静夜思", "author": "李白", "text": TABLE[0][2], "id": 7}
    wanted = [TABLE[0]]
    assert _cleaned(_write(tmp_path, "show.json", json.dumps(poem, indent=2))) == wanted
    found = {"count": 2, "poems": [poem, poem]}
    assert _cleaned(_write(tmp_path, "search.json", json.dumps(found))) == wanted * 2


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


def test_a_folder_may_have_endings_in_capitals(tmp_path: Path) -> None:
    _write(tmp_path, "POEMS.TXT", "")
    assert [path.name for path in files_of(tmp_path)] == ["POEMS.TXT"]


def test_hidden_files_of_a_folder_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / ".mine"
    for name in ("a.txt", "b/c.txt", "._a.txt", ".git/d.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("甲乙。")
    assert [each.name for each in files_of(folder)] == ["a.txt", "c.txt"]


def test_a_path_without_poems_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no file or folder"):
        files_of(tmp_path / "missing")
    with pytest.raises(CorpusError, match="no files of poems"):
        files_of(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_unicode_encoding_is_named_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    text = "　　白日依山盡，黃河入海流。\n　　欲窮千里目，更上一層樓。\n"
    path = _write(tmp_path, "p.txt", text.encode(encoding))
    name = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    # Several files in a folder may have the same name.
    expected = f"{re.escape(str(path))} is written in {name}.*iconv -f {name} -t UTF-8"
    with pytest.raises(CorpusError, match=expected):
        list(read(path))


def test_a_zero_byte_in_utf8_is_no_other_encoding(tmp_path: Path) -> None:
    assert len(list(read(_write(tmp_path, "p.txt", "白日依山盡，\x00 黃河入海流。\n")))) == 1


@pytest.mark.parametrize(
    ("broken", "kinds"),
    [
        ('[{"title": "x", "paragraphs": ["a"}, GOOD]', "bad good"),
        ('[{"title": "x}, GOOD, GOOD]', "bad good good"),
        ('[{"title": "x", "paragraphs": ["a", GOOD, GOOD]', "bad good good"),
        ('[GOOD, {"title": "x" , GOOD', "good bad good"),
        ('[{"a": [[1}]}, GOOD]', "bad bad good"),
        ("[GOOD], GOOD, no json", "good good bad"),
        ('{"broken\nGOOD\nGOOD', "bad good good"),
    ],
)
def test_whole_records_behind_a_broken_one_are_read(
    tmp_path: Path, broken: str, kinds: str
) -> None:
    text = broken.replace("GOOD", json.dumps(POEM))
    found = read(_write(tmp_path, "a.json", text))
    assert " ".join("good" if isinstance(e, RawPoem) else "bad" for e in found) == kinds


def test_an_object_inside_a_record_is_part_of_it(tmp_path: Path) -> None:
    text = json.dumps([{**POEM, "volume": {"of": [{"a": 1}, {"b": 2}]}}, POEM])
    assert [type(each) for each in read(_write(tmp_path, "a.json", text))] == [RawPoem, RawPoem]


@pytest.mark.parametrize(
    ("fields", "title", "poet"),
    [
        ('"title": null, "author": null', "", ""),
        ('"title": "", "rhythmic": "念奴娇", "author": "苏轼"', "念奴娇", "苏轼"),
    ],
)
def test_title_and_poet_may_be_null_or_empty(
    tmp_path: Path, fields: str, title: str, poet: str
) -> None:
    path = _write(tmp_path, "a.json", f'[{{{fields}, "paragraphs": ["甲。"]}}]')
    (poem,) = read(path)
    assert isinstance(poem, RawPoem)
    assert (poem.title, poem.author, poem.text) == (title, poet, "甲。")


@pytest.mark.parametrize("key", ["paragraphs", "content", "para"])
@pytest.mark.parametrize("verse", ['["甲，", "乙。"]', '"甲，乙。"', '"甲\\n乙。"'])
def test_all_collections_of_chinese_poetry_are_read(tmp_path: Path, key: str, verse: str) -> None:
    path = _write(tmp_path, "a.json", f'[{{"title": "题", "{key}": {verse}}}]')
    (poem,) = read(path)
    assert isinstance(poem, RawPoem)
    assert (poem.title, poem.text) == ("题", "甲，乙。")


def test_paragraphs_without_stops_are_lines_of_verse(tmp_path: Path) -> None:
    text = json.dumps([{"paragraphs": ["白日依山盡", "黃河入海流"]}])
    (record,) = read(_write(tmp_path, "a.json", text))
    assert isinstance(record, RawPoem) and record.text == "白日依山盡，黃河入海流"


def test_a_number_of_any_length_sorts_a_file(tmp_path: Path) -> None:
    names = ["0" * 60 + "2.txt", "²3.txt", "1" * 200 + ".txt"]
    for name in names:
        _write(tmp_path, name, "")
    assert {path.name for path in files_of(tmp_path)} == set(names)
    assert sources._natural("a" + "1" * 5000) > sources._natural("a" + "9" * 4999)


TABLE = [
    ("静夜思", "李白", "床前明月光，疑是地上霜。举头望明月，低头思故乡。"),
    ("登鹳雀楼", "王之涣", "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"),
]


def _cleaned(path: Path) -> list[tuple[str, str, str]]:
    return [
        (each.title, each.author, clean(each.text))
        for each in read(path)
        if isinstance(each, RawPoem)
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("head", ["title author content", "题目 作者 内容", "Title Poet 詩句"])
def test_a_table_is_read_by_the_names_of_its_columns(
    tmp_path: Path, name: str, delimiter: str, end: str, head: str
) -> None:
    rows = [head.split(), *TABLE]
    text = "".join(delimiter.join(row) + end for row in rows)
    assert _cleaned(_write(tmp_path, name, f"\ufeff{text}")) == TABLE


def test_a_table_may_have_other_columns_quotes_and_line_breaks(tmp_path: Path) -> None:
    verse = TABLE[0][2].replace("，", ",").replace("。", ".\n")
    text = f'id,content,dynasty,title\n1,"{verse}",唐,静夜思\n2,山\n\n3,"月。",唐,无题\n'
    records = list(read(_write(tmp_path, "a.csv", text)))
    assert clean(records[0].text) == TABLE[0][2] if isinstance(records[0], RawPoem) else False
    assert records[1] == BadRecord("a.csv, line 5", "malformed record", 5)
    assert records[2] == RawPoem("无题", "", "月。", "a.csv, line 7", 7)


def test_verse_in_the_last_column_needs_no_quotes(tmp_path: Path) -> None:
    verse = TABLE[0][2].replace("，", ",")
    path = _write(tmp_path, "a.csv", f"title,content\n静夜思,{verse}\n")
    assert _cleaned(path) == [("静夜思", "", TABLE[0][2])]


def test_a_table_without_names_of_columns_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = _write(tmp_path, "poems.CSV", "\n".join(map(",".join, TABLE)))
    with pytest.raises(CorpusError, match=r"poems.CSV is a table, .* title, author and content"):
        list(read(path))
    # Without delimiters it is one poem per line.
    path = _write(tmp_path, "lines.csv", "".join(f"{verse}\n" for _, _, verse in TABLE))
    assert _cleaned(path) == [("", "", verse) for _, _, verse in TABLE]


@pytest.mark.parametrize(
    "text",
    [
        "## 静夜思\n\n{0}\\\n{1}\n\n*default · 五绝 · seed 5 · 2026-11-29T22:00:00+00:00*\n",
        "# 静夜思\n\n> {0}  \n> {1}\n\n---\n",
        "**静夜思**\n\n- {0}\n- {1}\n",
        "静夜思\n=====\n\n{0}<br>\n{1}\n",
    ],
)
def test_markdown_is_read_without_its_signs(tmp_path: Path, text: str) -> None:
    verse = TABLE[0][2]
    path = _write(tmp_path, "a.md", text.format(verse[:12], verse[12:]))
    assert _cleaned(path) == [("静夜思", "", verse)]


def test_a_heading_that_repeats_the_first_line_is_no_title(tmp_path: Path) -> None:
    verse = TABLE[0][2]
    path = _write(tmp_path, "a.md", f"## {verse[:5]}\n\n{verse[:12]}\\\n{verse[12:]}\n\n" * 2)
    assert _cleaned(path) == [("", "", verse)] * 2
