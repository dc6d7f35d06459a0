"""The library: queries, pages, statistics, and what a damaged file says."""

import contextlib
import itertools
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.corpus.build import build
from studio.corpus.library import Library, Query
from studio.corpus.poem import Script
from studio.corpus.records import RawPoem
from studio.corpus.statistics import Counts, length_of
from studio.errors import CorpusError


def _titles(library: Library, query: Query) -> list[str]:
    return [row.title for row in library.search(query)]


def test_words_of_any_length_are_found(library_file: Path) -> None:
    with Library.open(library_file) as library:
        assert _titles(library, Query("楼")) == ["登鹳雀楼"]
        assert _titles(library, Query("千里")) == ["登鹳雀楼", "早发白帝城"]
        assert _titles(library, Query("入海流")) == ["登鹳雀楼"]
        assert _titles(library, Query("夜思")) == ["静夜思"]


def test_all_words_must_be_there(library_file: Path) -> None:
    with Library.open(library_file) as library:
        assert _titles(library, Query("千里 江陵一日还")) == ["早发白帝城"]


@pytest.mark.parametrize("script", ["simplified", "traditional"])
def test_any_form_of_a_character_finds_them_all(tmp_path: Path, script: Script) -> None:
    records = [
        RawPoem("寶劍", "", "十年磨一劒，霜刃未曾試。", ""),
        RawPoem("少年行", "", "寶劒值千金，被服麗且鮮。", ""),
        RawPoem("鬬雞", "", "寒食東郊道，揚鞲競出籠。", ""),
    ]
    build(tmp_path / "l", records, source="", script=script)
    with Library.open(tmp_path / "l") as library:
        for words in ("寶劒", "寶劍", "寶劔"):
            assert [row.id for row in library.search(Query(words))] == [1, 2]
        assert [row.id for row in library.search(Query("鬭雞"))] == [3]


def test_traditional_words_find_simplified_poems(library_file: Path) -> None:
    with Library.open(library_file) as library:
        assert _titles(library, Query("一層樓")) == ["登鹳雀楼"]


def test_simplified_words_find_traditional_poems(tmp_path: Path) -> None:
    records = [
        RawPoem("登鸛雀樓", "王之渙", "欲窮千里目，更上一層樓。", ""),
        RawPoem("秋浦歌", "李白", "白髮三千丈，緣愁似箇長。", ""),
    ]
    build(tmp_path / "l", records, source="", script="traditional")
    with Library.open(tmp_path / "l") as library:
        for words in ("一层楼", "层楼", "一層樓", "穷千里", "登鹳"):
            assert library.ids(Query(words)) == [1]
        assert library.ids(Query("白发")) == library.ids(Query("白髮")) == [2]
        assert library.ids(Query(poet="王之涣")) == library.ids(Query(poet="之渙")) == [1]
        assert library.in_script("更上一层楼") == "更上一層樓"


def test_signs_in_titles_and_names_are_found_with_and_without_them(tmp_path: Path) -> None:
    titles = ["读《汉书》作", "一、《月》", "Snow, by night"]
    poets = ["赵光逢、张衮", "Li, Bai", "O'Neill"]
    build(
        tmp_path / "l",
        [
            RawPoem(title, poet, f"{line}。", "")
            for title, poet, line in zip(titles, poets, "山水月", strict=True)
        ],
        source="",
    )
    with Library.open(tmp_path / "l") as library:
        for number, (title, poet) in enumerate(zip(titles, poets, strict=True), start=1):
            assert library.ids(Query(title)) == library.ids(Query(poet=poet)) == [number]
        assert library.ids(Query("《汉书》")) == library.ids(Query("汉书")) == [1]
        assert library.ids(Query("一、")) == [2]
        assert library.ids(Query("“月”")) == [2, 3]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("乾", [1, 2, 3]),
        ("干", [2]),
        ("乾坤", [1, 3]),
        ("徵", [3]),
        ("坤日夜", [1]),
        ("始乾", [2]),
        ("淚始乾", [2]),
        ("乾 雲", [3]),
        ("麽", []),
    ],
)
def test_a_character_that_only_some_phrases_keep_finds_them_too(
    tmp_path: Path, words: str, found: list[int]
) -> None:
    records = [
        RawPoem("登岳陽樓", "杜甫", "吳楚東南坼，乾坤日夜浮。", ""),
        RawPoem("無題", "李商隱", "春蠶到死絲方盡，蠟炬成灰淚始乾。", ""),
        RawPoem("雲", "魏徵", "乾坤有宮徵，雲在碧山頭。", ""),
    ]
    build(tmp_path / "l", records, source="")
    with Library.open(tmp_path / "l") as library:
        assert library.ids(Query(words)) == found
        assert library.ids(Query(poet="魏徵")) == library.ids(Query(poet="徵")) == [3]
        assert library.ids(Query(words, poet="征")) == []


@pytest.mark.parametrize(
    "words", ['"', "'", "山 OR 水", "*", "NEAR(", "%", "\udce6", "\x00", "text:山山山"]
)
def test_words_are_data_not_syntax(library_file: Path, words: str) -> None:
    with Library.open(library_file) as library:
        assert library.count(Query(words)) in (0, 4)


def test_forms_poets_and_splits_restrict(library_file: Path) -> None:
    with Library.open(library_file) as library:
        assert _titles(library, Query(form="七绝")) == ["早发白帝城"]
        assert library.count(Query(poet="李白")) == 2
        assert library.count(Query(poet="王")) == 1
        splits = [library.count(Query(split=split)) for split in ("train", "valid", "test")]
        assert sum(splits) == 4


def test_a_poets_exact_name_is_not_a_part_of_others(tmp_path: Path) -> None:
    poets = ["李白", "李白之"]
    build(
        tmp_path / "l",
        [RawPoem("", poet, f"{number}。", "") for poet, number in zip(poets, "山水", strict=True)],
        source="",
    )
    with Library.open(tmp_path / "l") as library:
        assert library.count(Query(poet="李白")) == 1
        assert library.count(Query(poet="李")) == 2


def test_poems_are_sorted_by_length_or_by_the_poets_pinyin(library_file: Path) -> None:
    with Library.open(library_file) as library:
        lengths = [length_of(poem.text) for poem in library.search(Query(), "length")]
        assert lengths == [7, 20, 20, 28]
        assert [row.author for row in library.search(Query(), "poet")] == [
            "",
            "李白",
            "李白",
            "王之涣",
        ]


def test_pages_join_to_the_whole(library_file: Path) -> None:
    with Library.open(library_file) as library:
        whole = library.search(Query(), "length")
        pages = [library.search(Query(), "length", limit=1, offset=number) for number in range(4)]
        assert [poem for page in pages for poem in page] == whole
        ids = library.ids(Query(), "length")
        rows = library.rows(ids)
        assert [(row.id, row.title, row.author, row.form, row.first_line) for row in rows] == [
            (poem.id, poem.title, poem.author, poem.form, poem.first_line) for poem in whole
        ]
        assert library.rows(ids[::-1]) == rows[::-1]


def test_the_figures_of_all_poems_are_those_of_the_library(library_file: Path) -> None:
    with Library.open(library_file) as library:
        whole, counts = library.statistics(), library.counts(Query())
    assert counts == Counts(**{name: getattr(whole, name) for name in Counts.__struct_fields__})


def test_the_figures_follow_the_query(library_file: Path) -> None:
    with Library.open(library_file) as library:
        query = Query(poet="李白")
        counts, poems = library.counts(query), library.search(query)
    assert (counts.poems, counts.poets) == (len(poems), 1) == (2, 1)
    assert counts.prolific == [("李白", 2)]
    assert counts.characters == sum(length_of(poem.text) for poem in poems)
    assert sum(each.poems for each in counts.lengths) == 2
    assert sum(counts.forms.values()) == 2


def test_poets_are_listed_by_their_poems_and_by_form(library_file: Path) -> None:
    with Library.open(library_file) as library:
        poets = library.poets()
        assert [(poet.name, poet.poems) for poet in poets] == [("李白", 2), ("", 1), ("王之涣", 1)]
        for poet in poets:
            for form, poems in poet.forms.items():
                if poet.name:
                    assert library.count(Query(poet=poet.name, form=form)) == poems


def test_a_number_without_a_poem_is_not_listed(library_file: Path) -> None:
    with Library.open(library_file) as library:
        before = library.ids(Query())
    with contextlib.closing(sqlite3.connect(library_file)) as connection, connection:
        connection.execute("DELETE FROM poems WHERE id = ?", (before[1],))
    with Library.open(library_file) as library:
        assert library.ids(Query()) == [before[0], *before[2:]]


def test_a_random_poem_is_the_same_for_the_same_seed(library_file: Path) -> None:
    with Library.open(library_file) as library:
        drawn = {library.random(Query(), seed) == library.random(Query(), seed) for seed in (1, 2)}
        assert drawn == {True}
        assert {library.random(Query(poet="李白"), seed).author for seed in range(9)} == {"李白"}  # type: ignore[union-attr]
        assert library.random(Query("没有")) is None


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.text(alphabet="山水月，", min_size=1, max_size=8), min_size=1, max_size=6),
    words=st.lists(st.text(alphabet="山水月", min_size=1, max_size=4), max_size=2),
)
def test_searching_equals_looking_through_all_poems(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], words: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "searched"
    records = [RawPoem("", "", text + "日。", "") for text in texts]
    build(path, records, source="")
    with Library.open(path) as library:
        poems = [library.poem(number) for number in library.ids(Query())]
        naive = [poem.id for poem in poems if all(word in poem.text for word in words)]
        query = Query(" ".join(words))
        assert library.ids(query) == naive
        assert library.count(query) == len(naive)


def test_a_library_is_used_from_another_thread(library_file: Path) -> None:
    found: list[int] = []
    with Library.open(library_file) as library:
        thread = threading.Thread(target=lambda: found.append(library.count(Query())))
        thread.start()
        thread.join()
    assert found == [4]


def test_a_library_cannot_be_written_through(library_file: Path) -> None:
    with Library.open(library_file) as library, pytest.raises(sqlite3.OperationalError):
        library._connection.execute("DELETE FROM poems")


def test_a_missing_library_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="corpus fetch"):
        Library.open(tmp_path / "library.sqlite")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_library_names_the_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match="corpus build"):
        Library.open(path)


def test_a_library_of_another_version_names_the_remedy(library_file: Path) -> None:
    connection = sqlite3.connect(library_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CorpusError, match="another version"):
        Library.open(library_file)


def test_a_poem_that_is_not_there_is_explained(library_file: Path) -> None:
    with Library.open(library_file) as library, pytest.raises(CorpusError, match="from 1 to 4"):
        library.poem(5)


def test_what_is_no_file_is_no_library(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(CorpusError, match="is not a file"):
            Library.open(path)


def test_a_library_that_another_program_locks_names_the_remedy(library_file: Path) -> None:
    with contextlib.closing(sqlite3.connect(library_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CorpusError, match="Another program is writing to it"):
            Library.open(library_file)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A library of several pages a table."""
    path = tmp_path_factory.mktemp("many") / "library.sqlite"
    texts = itertools.islice(itertools.permutations("天地玄黄宇宙洪荒日月"), 600)
    build(path, [RawPoem("题", "某人", "".join(text), "") for text in texts], source="")
    return path.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    cut=st.integers(1, 10_000),
    damage=st.dictionaries(st.integers(0, 10_000), st.binary(max_size=9)),
)
def test_a_damaged_library_answers_or_is_explained(
    tmp_path: Path, many: bytes, cut: int, damage: dict[int, bytes]
) -> None:
    content = bytearray(many)
    for place, wrong in damage.items():
        at = place * len(many) // 10_000
        content[at : at + len(wrong)] = wrong
    path = tmp_path / "library.sqlite"
    path.write_bytes(content[: cut * len(many) // 10_000])
    with contextlib.suppress(CorpusError), Library.open(path) as library:
        for ask in (
            lambda: library.texts("train"),
            lambda: list(library.poems()),
            lambda: library.search(Query("天地玄", poet="某"), "poet"),
            lambda: library.random(Query(form="other"), 1),
        ):
            with contextlib.suppress(CorpusError):
                ask()
