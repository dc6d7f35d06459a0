"""A handful of poems, and the library built from them."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.records import BadRecord, RawPoem, Record

RECORDS: list[Record] = [
    RawPoem("靜夜思", "李白", "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。", "a.json, line 1"),
    RawPoem(
        "登鸛雀樓", "王之渙", "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", "a.json, line 2"
    ),
    RawPoem(
        "早發白帝城",
        "李白",
        "朝辭白帝彩雲間，千里江陵一日還。兩岸猿聲啼不盡，輕舟已過萬重山。",
        "b",
    ),
    RawPoem("句", "", "滿城風雨近重陽。", "c"),
    RawPoem("鸛雀樓", "朱佐日", "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", "d"),
    RawPoem("殘", "無名氏", "白日□山盡，黃河入海流。", "e"),
    BadRecord("f", "malformed record"),
]


@pytest.fixture
def library_file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "library.sqlite"
    build(path, RECORDS, source="a test")
    return path
