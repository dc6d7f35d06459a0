"""The figures of a library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.corpus.poem import Poem
from studio.corpus.statistics import Account, compute


def _poem(text: str, author: str = "李白") -> Poem:
    return Poem("", author, text, text, "古体", "train", "")


def _compute(*poems: Poem):  # type: ignore[no-untyped-def]
    return compute(poems, "a test", "simplified", Account(len(poems), len(poems), 0, {}))


def test_characters_are_counted_without_punctuation() -> None:
    statistics = _compute(_poem("山山水，"), _poem("山月。", "杜甫"))
    assert (statistics.characters, statistics.distinct, statistics.poets) == (5, 3, 2)
    assert statistics.frequent == [("山", 3), ("月", 1), ("水", 1)]
    assert statistics.forms["古体"] == 2


def test_poems_without_a_poets_name_are_by_no_poet() -> None:
    statistics = _compute(_poem("山水"), _poem("山月", ""), _poem("水月", ""))
    assert statistics.poets == 1
    assert statistics.prolific == [("", 2), ("李白", 1)]
    assert _compute(_poem("山水", "")).poets == 0


def test_the_histogram_puts_a_quatrain_into_its_own_bin() -> None:
    statistics = _compute(_poem("山" * 20 + "。"), _poem("山" * 21), _poem("山" * 5000))
    assert {each.label: each.poems for each in statistics.lengths if each.poems} == {
        "20": 1,
        "21-27": 1,
        "1000+": 1,
    }


def test_coverage_ends_with_the_whole_text() -> None:
    assert _compute(_poem("山水")).coverage == [(2, pytest.approx(1.0))]


@given(st.lists(st.text(alphabet="山水月日人風花雪", min_size=1, max_size=30), min_size=1))
def test_figures_add_up(texts: list[str]) -> None:
    statistics = _compute(*map(_poem, texts))
    assert sum(each.poems for each in statistics.lengths) == len(texts)
    assert sum(count for _, count in statistics.frequent) == statistics.characters
    ranks = [rank for rank, _ in statistics.curve]
    counts = [count for _, count in statistics.curve]
    assert ranks[0] == 1 and ranks[-1] == statistics.distinct
    assert ranks == sorted(set(ranks)) and counts == sorted(counts, reverse=True)
