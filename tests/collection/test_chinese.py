"""Requests and poems written again, described in Chinese; files are the same in all languages."""

import pytest

from studio.collection.again import compare
from studio.collection.exporting import as_markdown
from studio.collection.in_words import describe, matches
from studio.verse.request import ComposeRequest
from tests.chinese import english_in
from tests.collection.test_saved import saved

pytestmark = pytest.mark.usefixtures("chinese")

REQUEST = ComposeRequest(
    form="排律",
    lines=12,
    acrostic="春江",
    last="月",
    words=("山", "水"),
    rhyme="东",
    tones="tang",
    title="送别",
    poet="李白",
)


def test_a_request_is_described_in_chinese() -> None:
    assert describe(REQUEST) == (
        "排律，12句 · 题 送别 · 仿 李白 · 藏头 春江 · 末句 月 · 用词 山 水 · 押东韵 · 平仄从唐人 · "
        "温度 0.85 · top-p 0.95 · 种子 1"
    )
    assert describe(ComposeRequest(form="")).startswith("不拘诗体，至多100字 · ")


def test_a_request_is_found_by_its_words_in_both_languages() -> None:
    assert matches("藏头", ["山"], "night", REQUEST)
    assert matches("acrostic", ["山"], "night", REQUEST)
    assert not matches("底稿", ["山"], "night", REQUEST)


def test_a_file_says_in_english_how_a_poem_was_written() -> None:
    assert "· temperature 0.85 · top-p 0.95 · seed 7 ·" in as_markdown([saved()])


def test_what_differs_is_said_in_chinese() -> None:
    again = compare(saved(), "night@900", ["白日依山尽，黄江入海流。"])
    assert "第2句现为黄江入海流，原为黄河入海流；" in again.sentence
    assert english_in(again.sentence, "night") == []
