"""A library of four poems."""

from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.records import RawPoem
from studio.paths import Home

POEMS = [
    RawPoem("靜夜思", "李白", "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。", "a, line 1"),
    RawPoem("登鸛雀樓", "王之渙", "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", "a, line 2"),
    RawPoem(
        "早發白帝城",
        "李白",
        "朝辭白帝彩雲間，千里江陵一日還。兩岸猿聲啼不盡，輕舟已過萬重山。",
        "c",
    ),
    RawPoem("[[/b]]句", "", "滿城風雨近重陽。", "d"),
]


@pytest.fixture
def empty_home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")


@pytest.fixture
def small_home(empty_home: Home) -> Home:
    build(empty_home.library, POEMS, source="a test")
    return empty_home
