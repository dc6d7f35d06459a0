"""Building a library: every record accounted for, all or nothing."""

import os
import resource
import sqlite3
from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.poem import split_of, verse_lines
from studio.corpus.records import RawPoem
from studio.corpus.script import fully_simplified, simplified
from studio.errors import CorpusError
from tests.corpus.conftest import RECORDS

HAN = "天地玄黃宇宙洪荒日月盈昃"


def test_every_record_is_kept_merged_or_rejected(tmp_path: Path) -> None:
    statistics = build(tmp_path / "l", RECORDS, source="a test")
    assert statistics.records_read == len(RECORDS) == 7
    assert (statistics.kept, statistics.merged) == (4, 1)
    assert statistics.rejected == {"lacuna": 1, "malformed record": 1}


def test_the_records_left_out_are_named_in_the_file(library_file: Path) -> None:
    connection = sqlite3.connect(library_file)
    assert connection.execute("SELECT * FROM rejected").fetchall() == [
        ("e", "lacuna"),
        ("f", "malformed record"),
    ]
    assert connection.execute("SELECT * FROM merged").fetchall() == [("d", 2)]
    connection.close()


def test_a_poem_is_simplified_and_keeps_its_source_form(library_file: Path) -> None:
    with Library.open(library_file) as library:
        poem = library.poem(2)
    assert (poem.title, poem.author, poem.form) == ("登鹳雀楼", "王之涣", "五绝")
    assert poem.text == "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert poem.original == "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
    assert poem.source == "a.json, line 2"


def test_the_traditional_script_is_kept_when_asked_and_the_splits_stay(tmp_path: Path) -> None:
    build(tmp_path / "t", RECORDS, source="", script="traditional")
    build(tmp_path / "s", RECORDS, source="")
    with Library.open(tmp_path / "t") as traditional, Library.open(tmp_path / "s") as simplified:
        assert traditional.poem(2).text == traditional.poem(2).original
        for number in range(1, 5):
            assert traditional.poem(number).split == simplified.poem(number).split


def test_a_character_that_stays_for_the_fonts_moves_no_poem_to_another_split(
    tmp_path: Path,
) -> None:
    lines = [f"{a}{b}巘" for a in HAN for b in HAN]
    build(tmp_path / "l", [RawPoem("", "", f"{line}。", "") for line in lines], source="")
    with Library.open(tmp_path / "l") as library:
        poems = list(library.poems())
    assert all("巘" in poem.text for poem in poems)
    # As it was before such characters stayed.
    expected = [split_of(fully_simplified(line)) for line in lines]
    assert [poem.split for poem in poems] == expected
    assert expected != [split_of(simplified(line)) for line in lines]


def test_variants_have_one_form_beside_that_of_the_source_and_move_no_poem(tmp_path: Path) -> None:
    lines = [f"{a}{b}疎" for a in HAN for b in HAN]
    build(tmp_path / "l", [RawPoem("", "", f"{line}。", "") for line in lines], source="")
    with Library.open(tmp_path / "l") as library:
        poems = list(library.poems())
    assert all("疏" in poem.text and "疎" in poem.original for poem in poems)
    # As it was before variants were folded.
    assert [poem.split for poem in poems] == [split_of(fully_simplified(line)) for line in lines]


def test_poems_that_differ_in_variants_only_are_merged(tmp_path: Path) -> None:
    records = [RawPoem("", "", f"拔{sword}東門去。", sword) for sword in "劍劒劔"]
    assert build(tmp_path / "l", records, source="").poems == 1


def test_no_first_line_of_a_test_poem_is_in_the_training_split(tmp_path: Path) -> None:
    lines = [f"{a}{b}山中人" for a in "天地玄黃宇宙洪荒" for b in "日月盈昃辰宿列張"]
    records = [
        RawPoem("", "", f"{line}，{ending}白雲深。", f"{line}{ending}")
        for line in lines
        for ending in ("千里", "萬古")
    ]
    build(tmp_path / "l", records, source="")
    with Library.open(tmp_path / "l") as library:
        first = {
            split: {verse_lines(text)[0] for text in library.texts(split)}
            for split in ("train", "valid", "test")
        }
        texts = sum(len(library.texts(split)) for split in ("train", "valid", "test"))
    assert texts == 128
    assert first["test"] and first["valid"]
    assert not first["test"] & first["train"]
    assert not first["valid"] & (first["train"] | first["test"])


@pytest.mark.parametrize("moment", [1, 2])
def test_an_abandoned_build_leaves_the_old_library_and_no_litter(
    library_file: Path, moment: int
) -> None:
    writing = 0

    def abandon(stage: str, done: int, total: int) -> None:
        nonlocal writing
        writing += stage == "writing the library"
        if writing == moment:
            raise KeyboardInterrupt

    # Enough poems for SQLite to look up from its work at least once.
    records = [RawPoem("", "", f"{a}{b}{c}。" * 9, "") for a in HAN for b in HAN for c in HAN]
    before = library_file.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        build(library_file, records, source="", progress=abandon)
    assert library_file.read_bytes() == before
    assert list(library_file.parent.iterdir()) == [library_file]


def test_a_disk_without_room_is_explained_and_the_old_library_stays(library_file: Path) -> None:
    before = library_file.read_bytes()
    records = [RawPoem("", "", f"{a}{b}{c}。" * 9, "") for a in HAN for b in HAN for c in HAN]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(CorpusError, match=r"library\.sqlite cannot be used: .* free space"):
            build(library_file, records, source="")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert library_file.read_bytes() == before
    assert list(library_file.parent.iterdir()) == [library_file]


def test_a_folder_where_the_library_belongs_is_explained(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").mkdir()
    with pytest.raises(CorpusError, match=r"library\.sqlite cannot be used: Is a directory"):
        build(tmp_path / "library.sqlite", RECORDS, source="")
    assert [path.name for path in tmp_path.iterdir()] == ["library.sqlite"]


def test_a_library_may_be_read_by_whoever_the_system_lets(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        build(tmp_path / "l", RECORDS, source="")
    finally:
        os.umask(before)
    assert (tmp_path / "l").stat().st_mode & 0o777 == 0o644


def test_a_reader_of_the_old_library_is_not_disturbed_by_a_new_one(library_file: Path) -> None:
    with Library.open(library_file) as old:
        build(library_file, RECORDS[:1], source="")
        assert old.statistics().poems == 4
        assert old.poem(4).text == "满城风雨近重阳。"


def test_a_source_without_one_clean_poem_is_an_error_that_advises(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="lacuna 1"):
        build(tmp_path / "l", RECORDS[5:6], source="my.txt")
    with pytest.raises(CorpusError, match="iconv"):
        build(tmp_path / "l", [RawPoem("", "", "\udcb0\udcd7", "my.txt")], source="my.txt")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_reported_with_the_number_of_records(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build(tmp_path / "l", RECORDS, source="", expected=7, progress=lambda *now: told.append(now))
    assert ("cleaning", 0, 7) in told
    assert ("cleaning", 7, 7) in told
