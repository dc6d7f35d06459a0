"""The poems written since the studio started."""

from itertools import pairwise

from studio.messages import Composed
from studio.tui.playground.poem_history import PoemGroup, PoemHistory, side_by_side
from studio.verse.request import ComposeRequest, WrittenPoem


def composed(*scores: float, model: str = "night@800") -> Composed:
    poems = tuple(WrittenPoem(f"{model}{score}", -3.0, True, score=score) for score in scores)
    return Composed(1, ComposeRequest(), model, poems, 0.1)


def test_of_the_drafts_those_asked_for_are_shown_or_the_best_three() -> None:
    group = PoemGroup((composed(4, 3, 2, 1),))
    assert [poem.score for _, poem in group.poems] == [4]
    assert group.has_more
    more = PoemGroup(group.composed, more=True)
    assert [poem.score for _, poem in more.poems] == [4, 3, 2]
    assert not PoemGroup((composed(4),)).has_more


def test_the_poems_of_two_models_alternate() -> None:
    both = composed(2, 1, model="a"), composed(4, 3, model="b")
    group = PoemGroup(both, more=True)
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


def test_groups_with_the_same_poems_are_told_apart() -> None:
    history = PoemHistory()
    groups = [PoemGroup((composed(each),)) for each in (1, 2, 1, 2)]
    for group in groups:
        history.add(group)
    for before, after in pairwise(groups):
        assert history.neighbour(after, -1) is before
        assert history.neighbour(before, 1) is after
    # From the list of poems.
    assert history.neighbour(PoemGroup((composed(2),)), -1) is groups[2]
