"""The theme of a poem, by its words."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.poem import Poem
from studio.corpus.records import RawPoem
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.verse.novelty import Novelty
from studio.verse.themes import THEME_WORDS, Themes, measure_themes, theme_of
from studio.verse.writer import Writer
from tests.conftest import nonsense


@pytest.mark.parametrize(
    ("title", "theme"),
    [
        ("送杜少府之任蜀州", "送别"),
        ("牡丹", "牡丹"),
        # Two themes, and none.
        ("雨中送别", ""),
        ("无题", ""),
        ("", ""),
    ],
)
def test_a_title_names_one_theme_or_none(title: str, theme: str) -> None:
    assert theme_of(title) == theme


def test_each_theme_is_that_of_its_own_title_at_most() -> None:
    assert {theme_of(theme) for theme in THEME_WORDS} <= {*THEME_WORDS, ""}


def test_a_poem_has_the_theme_whose_poems_have_its_words() -> None:
    def poem(title: str, text: str) -> Poem:
        return Poem(title, "", text, text, "五绝", "train", "")

    themes = Themes(
        [
            poem("送友人", "孤帆远影尽，相送泪沾襟。"),
            poem("送客", "举酒相送罢，孤帆入海流。"),
            poem("咏雪", "梨花千树白，寒色满南山。"),
            poem("雪中送别", "此诗不算数，寒色满孤帆。"),
        ]
    )
    assert themes.of("相送一孤帆，江流不可攀。") == "送别"
    assert themes.of("千树满梨花，寒色入人家。") == "咏雪"
    poems = [("相送一孤帆。", "送别"), ("寒色满梨花。", "送别")]
    assert themes.kept(poems) == 0.5
    assert themes.kept([]) is None
    # Each theme counts the same, however many poems it has.
    assert themes.kept([*poems, ("千树满梨花。", "咏雪")]) == 0.75


def test_a_theme_with_many_poems_does_not_take_those_of_the_others() -> None:
    def poem(title: str, text: str) -> Poem:
        return Poem(title, "", text, text, "五绝", "train", "")

    others = (chr(each) for each in range(ord("一"), ord("一") + 240))
    many = [poem("送客", "人" + "".join(each)) for each in zip(*[others] * 4, strict=True)]
    themes = Themes([*many, poem("咏雪", "人寒色满南"), poem("咏雪", "人寒色满山")])
    assert themes.of("人，人，人，人寒。") == "咏雪"


@pytest.mark.parametrize("writer", ["lstm"], indirect=True)
def test_themes_whose_titles_the_model_does_not_know_are_left_out(
    writer: Writer, tmp_path: Path
) -> None:
    config = ModelConfig(embedding=8, hidden=8, title_input=True)
    titled = replace(writer, network=Network(config, len(writer.vocabulary), seed=5).eval())
    path = tmp_path / "library.sqlite"
    build(path, [RawPoem("", "", text, text) for text in nonsense(20)], source="")
    with Library.open(path) as library, Novelty.open(path) as novelty:
        figures = measure_themes(titled, library, "test", 1, 1, novelty)
    known = [each for each in THEME_WORDS if any(one in writer.vocabulary for one in each)]
    assert figures.poems == len(known) < len(THEME_WORDS)
