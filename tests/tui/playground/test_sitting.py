"""What was written in a sitting."""

from studio.messages import Composed
from studio.tui.playground.sitting import Showing, Sitting, ranked, side_by_side
from studio.verse.request import ComposeRequest, WrittenPoem


def order(*scores: float, model: str = "night@800") -> Composed:
    poems = tuple(WrittenPoem(f"{model}{score}", -3.0, True, score=score) for score in scores)
    return Composed(1, ComposeRequest(), model, poems, 0.1)


def test_the_best_poem_comes_first() -> None:
    assert [poem.score for poem in ranked(order(0.1, 0.9, 0.5)).poems] == [0.9, 0.5, 0.1]


def test_two_models_stand_in_two_columns() -> None:
    showing = Showing((order(2, 1, model="a"), order(4, 3, model="b")))
    assert [poem.text for _, poem in showing.poems] == ["a2", "b4", "a1", "b3"]
    assert showing.compares


def test_texts_that_are_still_empty_keep_their_columns() -> None:
    assert side_by_side([["白", ""], ["", ""]]) == ["白", "", "", ""]


def test_one_goes_back_and_forth_in_a_sitting() -> None:
    sitting = Sitting()
    first, second = Showing((order(1),)), Showing((order(2),))
    sitting.add(first)
    sitting.add(second)
    assert sitting.beside(second, -1) is first
    assert sitting.beside(first, 1) is second
    assert sitting.beside(first, -1) is None
    assert sitting.beside(None, -1) is second
