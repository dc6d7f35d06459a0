"""The poems written since the studio started."""

from studio.messages import Composed
from studio.tui.playground.poem_history import PoemGroup, PoemHistory, ranked, side_by_side
from studio.verse.request import ComposeRequest, WrittenPoem


def composed(*scores: float, model: str = "night@800") -> Composed:
    poems = tuple(WrittenPoem(f"{model}{score}", -3.0, True, score=score) for score in scores)
    return Composed(1, ComposeRequest(), model, poems, 0.1)


def test_the_best_poem_comes_first() -> None:
    assert [poem.score for poem in ranked(composed(0.1, 0.9, 0.5)).poems] == [0.9, 0.5, 0.1]


def test_the_poems_of_two_models_alternate() -> None:
    group = PoemGroup((composed(2, 1, model="a"), composed(4, 3, model="b")))
    assert [poem.text for _, poem in group.poems] == ["a2", "b4", "a1", "b3"]
    assert group.compares


def test_texts_that_are_still_empty_keep_their_columns() -> None:
    assert side_by_side([["白", ""], ["", ""]]) == ["白", "", "", ""]


def test_the_groups_before_and_after_are_found() -> None:
    history = PoemHistory()
    first, second = PoemGroup((composed(1),)), PoemGroup((composed(2),))
    history.add(first)
    history.add(second)
    assert history.neighbour(second, -1) is first
    assert history.neighbour(first, 1) is second
    assert history.neighbour(first, -1) is None
    assert history.neighbour(None, -1) is second
