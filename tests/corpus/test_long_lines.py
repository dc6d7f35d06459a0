"""Lines that are too long for verse: split, kept or rejected."""

import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.build import build
from studio.corpus.cleaning import OVERLONG, RejectedError
from studio.corpus.library import Library
from studio.corpus.long_lines import LongLine, with_lost_stops
from studio.corpus.poem import verse_lines
from studio.corpus.records import RawPoem
from studio.corpus.statistics import Statistics

SHI = "雨雪风霜天地人"


def test_two_lines_run_together_are_split_with_the_stop_of_their_place() -> None:
    assert with_lost_stops(f"{SHI}，{SHI}。{SHI}{SHI}。") == f"{SHI}，{SHI}。{SHI}，{SHI}。"
    assert with_lost_stops(f"{SHI}，{SHI}{SHI}，{SHI}。") == f"{SHI}，{SHI}。{SHI}，{SHI}。"
    five = "山水月日人"
    assert verse_lines(with_lost_stops(f"{five}，" * 4 + five * 4)) == [five] * 8


@pytest.mark.parametrize(
    "text",
    [
        # Only multiples leave no doubt where all lines are multiples, or the line is too long.
        "山水月日，山水月日，山水月日，山水月日，山水月日人天，山水月日天地人一。",
        # A song in mixed lines, and one in the style of Chu.
        "君不能学哥舒横行青海夜带刀，西屠石堡取紫袍。",
        "吾诚不能学二子沽名矫节以耀世兮，固将弃天地而遗身。",
    ],
)
def test_verse_in_long_lines_stays(text: str) -> None:
    assert with_lost_stops(text) == text


@pytest.mark.parametrize("line", [SHI * 2, f"{SHI}{SHI}天", SHI * 3])
def test_what_is_too_long_and_cannot_be_split_is_rejected(line: str) -> None:
    for text in (f"{line}。", f"山水，{line}。"):
        with pytest.raises(RejectedError) as rejected:
            with_lost_stops(text)
        assert (str(rejected.value), rejected.value.found) == (OVERLONG, line)


@given(st.text(alphabet="山水月兮，。？", min_size=1, max_size=80).map(lambda t: f"山{t}"))
def test_splitting_loses_no_character_and_is_done_once(text: str) -> None:
    try:
        complete = with_lost_stops(text)
    except RejectedError:
        return
    assert "".join(verse_lines(complete)) == "".join(verse_lines(text))
    assert with_lost_stops(complete) == complete


def test_the_library_accounts_for_every_long_line(tmp_path: Path) -> None:
    records = [
        RawPoem("", "", f"{SHI}，{SHI}。{SHI}{SHI}。", "a"),
        RawPoem("", "", f"{SHI * 3}。", "b"),
        RawPoem("", "", "君不能学哥舒横行青海夜带刀，西屠石堡取紫袍。", "c"),
    ]
    statistics = build(tmp_path / "l", records, source="")
    assert statistics.long_lines == [
        LongLine("a", SHI * 2, "split"),
        LongLine("b", SHI * 3, "rejected"),
        LongLine("c", "君不能学哥舒横行青海夜带刀", "kept"),
    ]
    assert statistics.rejected == {OVERLONG: 1}


def test_a_library_of_the_version_before_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "l"
    build(path, [RawPoem("", "", f"{SHI}。", "a")], source="")
    with sqlite3.connect(path) as connection:
        (stored,) = connection.execute("SELECT value FROM facts").fetchone()
        facts = msgspec.json.decode(stored)
        del facts["long_lines"]
        connection.execute("UPDATE facts SET value = ?", (msgspec.json.encode(facts),))
    connection.close()
    with Library.open(path) as library:
        assert isinstance(library.statistics(), Statistics)
        assert library.statistics().long_lines == []
