"""Poems from tables (CSV, TSV): one in a row, below a row with the names of the columns."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from studio.corpus.cleaning import SURROGATE
from studio.corpus.records import MALFORMED, BadRecord, RawPoem, Record
from studio.corpus.script import simplified
from studio.corpus.text_records import joined
from studio.errors import CorpusError
from studio.translation import tr

_SUFFIXES = (".csv", ".tsv")
_DELIMITERS = ",\t;"
# What people call the columns, in small letters and simplified characters.
_TITLE = (
    "title",
    "name",
    "rhythmic",
    "标题",
    "题目",
    "诗题",
    "诗名",
    "题名",
    "篇名",
    "词牌",
    "词牌名",
)
_POET = ("author", "poet", "作者", "诗人", "词人")
_VERSE = (
    *("content", "contents", "text", "verse", "poem", "paragraphs", "para", "body", "内容"),
    *("正文", "原文", "全文", "诗文", "诗句", "诗词", "诗歌", "诗", "词", "文本"),
)
_LONGEST_HEAD = 1000


class _Columns(NamedTuple):
    """Where a table has what; `title` and `poet` are -1 if it has none."""

    delimiter: str
    width: int
    title: int
    poet: int
    verse: int


def is_table(text: str, name: str) -> bool:
    """Whether a text is a table of poems; raises CorpusError for one that names no columns."""
    if _columns(text, name):
        return True
    if _is_called_table(name) and any(each in text for each in f'{_DELIMITERS}"'):
        raise CorpusError(
            tr(
                "{name} is a table, but its first row does not name the columns. Write title, "
                "author and content (or 标题, 作者 and 内容) above them. If it is no table, give "
                "it a name that ends in .txt.",
                name=name,
            )
        )
    return False


def read_table(text: str, name: str) -> Iterator[Record]:
    """The poems of a table, each with the line on which its row begins."""
    columns = _columns(text, name)
    assert columns is not None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=columns.delimiter)
    following = 1
    try:
        for row in rows:
            line, following = following, rows.line_num + 1
            if line > 1 and any(map(str.strip, row)):
                yield _record(row, columns, name, line)
    except csv.Error:
        # A cell without its closing quotation mark takes in the rest of the file.
        yield BadRecord(f"{name}, line {following}", MALFORMED, following)


def _is_called_table(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES)


def _columns(text: str, name: str) -> _Columns | None:
    """The columns that the first line names; None if it names none with verse.

    Unless the file is called a table, the line has to name another column, too.
    """
    lines = text[:_LONGEST_HEAD].splitlines()
    head = SURROGATE.sub("?", lines[0].strip()) if lines else ""
    for delimiter in _DELIMITERS:
        cells = next(csv.reader([head], delimiter=delimiter), [])
        names = [simplified(each.strip()).lower() for each in cells]
        title, poet, verse = (
            next((at for at, each in enumerate(names) if each in known), -1)
            for known in (_TITLE, _POET, _VERSE)
        )
        if verse >= 0 and (max(title, poet) >= 0 or _is_called_table(name)):
            return _Columns(delimiter, len(names), title, poet, verse)
    return None


def _record(row: list[str], columns: _Columns, name: str, line: int) -> Record:
    source = f"{name}, line {line}"
    if columns.verse == columns.width - 1:
        # Verse in the last column may have commas of its own without quotes around it.
        row = [*row[: columns.verse], columns.delimiter.join(row[columns.verse :])]
    if len(row) != columns.width:
        return BadRecord(source, MALFORMED, line)
    title, poet = (row[at] if at >= 0 else "" for at in (columns.title, columns.poet))
    return RawPoem(title, poet, joined(row[columns.verse].splitlines()), source, line)
