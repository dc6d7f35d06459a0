"""The index of what stands in the library."""

import math
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.poem import Script, is_han, verse_lines
from studio.corpus.records import RawPoem
from studio.errors import CorpusError
from studio.verse import novelty
from studio.verse.novelty import Novelty

TOWER = "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
DAWN = "朝辭白帝彩雲間，千里江陵一日還。兩岸猿聲啼不盡，輕舟已過萬重山。"
NIGHT = "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"
POEMS = [
    RawPoem("登鸛雀樓", "王之渙", TOWER, "a"),
    RawPoem("早發白帝城", "李白", DAWN, "b"),
    RawPoem("靜夜思", "李白", NIGHT, "c"),
    RawPoem("鸛雀樓", "朱佐日", TOWER.replace("一層", "百層"), "d"),
]


def _library(folder: Path, poems: list[RawPoem] = POEMS, script: Script = "simplified") -> Path:
    path = folder / "library.sqlite"
    build(path, poems, source="a test", script=script)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _library(tmp_path_factory.mktemp("novelty"))


@pytest.fixture(scope="module")
def index(library: Path) -> Novelty:
    return Novelty.open(library)


def holds(index: Novelty, span: str) -> bool:
    """Whether all of these characters stand side by side in a poem."""
    return bool(index.spans(span, sum(map(is_han, span))))


@pytest.mark.parametrize("span", ["山", "依山", "白日依", "白日依山", "日依山尽", "白日依山尽"])
def test_what_is_in_a_poem_is_found(index: Novelty, span: str) -> None:
    assert holds(index, span)


@pytest.mark.parametrize(
    "span", ["雪", "山依", "白日依水", "白日依山流", "楼朝辞白", "更上一层楼朝"]
)
def test_what_is_in_no_poem_is_not_found(index: Novelty, span: str) -> None:
    assert not holds(index, span)


def test_a_span_runs_across_stops(index: Novelty) -> None:
    assert holds(index, "山尽黄河入")
    assert holds(index, "山尽。黄河，入")


def test_the_longest_copied_spans_are_found_with_their_poems(index: Novelty) -> None:
    text = "望山月白日依山，尽处轻舟已过。"
    assert [(text[each.start : each.end], each.title) for each in index.spans(text)] == [
        ("白日依山，尽", "登鹳雀楼"),
        ("轻舟已过", "早发白帝城"),
    ]


def test_overlapping_spans_of_two_poems_are_both_found(tmp_path: Path) -> None:
    poems = [RawPoem("甲", "某", "春江花月夜。", "a"), RawPoem("乙", "某", "花月夜云水。", "b")]
    with Novelty.open(_library(tmp_path, poems)) as index:
        spans = index.spans("春江花月夜云水")
        assert index.spans("春江花月，夜云水", min_length=6) == ()
    assert [(each.start, each.end, each.title) for each in spans] == [(0, 5, "甲"), (2, 7, "乙")]


def test_a_poem_copied_whole_is_one_span_of_the_first_that_has_it(index: Novelty) -> None:
    (span,) = index.spans("白日依山尽，黄河入海流。")
    assert (span.start, span.end, span.author) == (0, 11, "王之涣")


@pytest.mark.parametrize("least", [1, 2, 3])
def test_spans_shorter_than_four_are_found_on_demand(index: Novelty, least: int) -> None:
    text = "雪白日依水"
    assert "白日依" in [text[each.start : each.end] for each in index.spans(text, least)]


def test_windows_of_four_are_checked_one_by_one(index: Novelty) -> None:
    assert index.copied("白日依山，雪山") == (True, False, False)
    assert index.copied("白日依") == ()


def test_a_line_is_whole(index: Novelty) -> None:
    assert index.is_line("白日依山尽")
    assert not any(map(index.is_line, ("白日依山", "日依山尽", "白日依山尽黄河入海流", "")))


@pytest.mark.parametrize("script", ["simplified", "traditional"])
def test_either_script_is_found_in_a_library_of_either(tmp_path: Path, script: Script) -> None:
    with Novelty.open(_library(tmp_path, script=script)) as index:
        for line in ("千里江陵一日还", "千里江陵一日還"):
            assert index.is_line(line)


def test_the_training_split_leaves_the_others_out(tmp_path: Path) -> None:
    poems = [RawPoem(f"{at}", "某", f"{chr(0x4E00 + at)}江花月夜。", "a") for at in range(60)]
    path = _library(tmp_path, poems)
    with Library.open(path) as library:
        split = {poem.text[0]: poem.split for poem in library.poems()}
    assert len(set(split.values())) > 1
    with Novelty.open(path, "train") as index:
        for character, its in split.items():
            held = its == "train"
            assert holds(index, f"{character}江") == index.is_line(f"{character}江花月夜") == held
            assert index.copied(f"{character}江花月") == (held,)
            assert bool(index.spans(f"{character}江花月")) == held


def test_the_index_is_kept_and_built_again_for_another_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _library(tmp_path)
    Novelty.open(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(novelty, "build_index", _must_not_be_called)
        Novelty.open(path).close()
    _library(tmp_path, POEMS[1:3])
    with Novelty.open(path) as index:
        assert not holds(index, "白日依山")
        assert index.spans("举头望山月")[0].title == "静夜思"


def _must_not_be_called(*_: object) -> None:
    raise AssertionError("the index was built again")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:100],
        lambda content: content.replace(b'"keys"', b'"kehs"'),
        lambda _: b"?" * 100,
        lambda _: (2).to_bytes(8, "little") + b"[]",
        lambda _: b"",
    ],
)
def test_a_damaged_index_is_built_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = _library(tmp_path)
    Novelty.open(path).close()
    kept = path.with_suffix(".novelty")
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    with Novelty.open(path) as index:
        assert holds(index, "白日依山")
    assert kept.read_bytes() == whole


def test_an_index_that_cannot_be_kept_serves_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _library(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(novelty, "write_atomically", refuse)
    with Novelty.open(path) as index:
        assert holds(index, "白日依山")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_touched_library_has_another_index(tmp_path: Path) -> None:
    path = _library(tmp_path)
    Novelty.open(path).close()
    before = path.with_suffix(".novelty").read_bytes()
    os.utime(path, ns=(1, 1))
    Novelty.open(path).close()
    assert path.with_suffix(".novelty").read_bytes() != before


def test_without_a_library_there_is_no_novelty(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    assert Novelty.find(path) is None
    with pytest.raises(CorpusError, match="corpus fetch"):
        Novelty.open(path)


_TEXT = st.text(alphabet="白日依山尽黄河入海流，。", max_size=24)


@given(text=_TEXT, least=st.integers(1, 6))
def test_spans_are_what_a_plain_search_finds(index: Novelty, text: str, least: int) -> None:
    characters = "".join(filter(is_han, text))
    poems = ["".join(verse_lines(TOWER.translate(_SIMPLE))), "".join(verse_lines(DAWN_SIMPLE))]
    longest = [
        max(
            (
                end
                for end in range(start + least, len(characters) + 1)
                if any(characters[start:end] in poem for poem in poems)
            ),
            default=0,
        )
        for start in range(len(characters))
    ]
    expected = [
        (start, end)
        for start, end in enumerate(longest)
        if end and (start == 0 or end > max(longest[:start]))
    ]
    where = [at for at, character in enumerate(text) if is_han(character)]
    spans = index.spans(text, least)
    assert [(each.start, each.end) for each in spans] == [
        (where[start], where[end - 1] + 1) for start, end in expected
    ]
    assert all(one.end < two.end for one, two in pairwise(spans))


_SIMPLE = str.maketrans("盡黃窮層樓", "尽黄穷层楼")
DAWN_SIMPLE = "朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不尽，轻舟已过万重山。"


def test_firmness_is_the_mean_information_of_the_pairs_within_lines(index: Novelty) -> None:
    places = sum(len(list(filter(is_han, each.text))) for each in POEMS)
    # 白 is in two poems' lines and in 白帝, 日 in both of those lines and 一日; 依 stands in two.
    white_sun = math.log(2 / (3 * 3 / places))
    sun_leans = math.log(2 / (3 * 2 / places))
    assert index.firmness("白日依，") == pytest.approx((white_sun + sun_leans) / 2)
    assert index.firmness("日，白。") == 0.0
    assert index.firmness("依白，") == 0.0


def test_rare_characters_are_those_that_the_corpus_seldom_has(
    index: Novelty, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.rare_share("白龘，") == 1.0
    monkeypatch.setattr(novelty, "RARE", 3)
    assert index.rare_share("白龘，") == 0.5
    assert index.rare_share("") == 0.0


def test_a_closing_is_common_where_many_poems_end_in_it(
    index: Novelty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(novelty, "COMMON_CLOSING", 2)
    # 层楼 ends two poems, 故乡 one; 白日 is in two poems, but not at their ends.
    for text, common in (
        ("千里江陵一层楼。", True),
        ("疑是思故乡。", False),
        ("黄河入白日。", False),
        ("楼。", False),
        ("一层龘。", False),
        ("", False),
    ):
        assert index.has_common_closing(text) == common, text
