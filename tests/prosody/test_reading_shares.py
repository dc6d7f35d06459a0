"""How the shares of the readings are counted: data/build_reading_shares.py."""

import runpy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from studio import paths
from studio.corpus.poem import Poem
from studio.prosody.rhymes import Reading, readings

Script = dict[str, Callable[..., Iterable[Any]]]


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(paths.data()))
        yield runpy.run_path(str(paths.data() / "build_reading_shares.py"))


def poem(*ends: str) -> Poem:
    text = "".join(f"山山山山山，山山山山{end}。" for end in ends)
    return Poem("", "", text, text, "古绝", "train", "")


def test_an_end_has_the_reading_that_the_ends_near_it_have_in_common(script: Script) -> None:
    assert ("山里", Reading("上", "紙")) in set(script["rhyming"](poem("止", "里", "水")))
    assert ("山里", Reading("去", "寘")) in set(script["rhyming"](poem("事", "里", "地")))


def test_ends_that_disagree_decide_nothing(script: Script) -> None:
    assert not any(pair == "山里" for pair, _ in script["rhyming"](poem("止", "里", "地")))
    assert list(script["rhyming"](poem("里"))) == []


def test_a_share_is_that_of_the_tone_times_that_of_the_rhyme(script: Script) -> None:
    court, walk = Reading("平", "陽"), Reading("平", "庚")
    assert {court, walk} < {*readings("行")}
    rhymes = {court: Counter({"": 19, "雁行": 5, "人行": 1}), walk: Counter({"": 79, "人行": 9})}
    for each in readings("行"):
        rhymes.setdefault(each, Counter())
    lines = list(script["shares"]("行", {True: 0, False: 98}, rhymes))
    assert lines[:2] == ["行 平陽 10.0 雁行", "行 平庚 40.0"]


def test_a_few_places_tell_nothing(script: Script) -> None:
    assert list(script["shares"]("行", {True: 5, False: 4}, {})) == []
