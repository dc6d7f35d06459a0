"""A poem that is worked on."""

from studio.messages import Composed
from studio.tui.workbench.draft import Draft
from studio.verse.request import ComposeRequest, WrittenPoem
from tests.tui.playground_worker import OTHER, QUATRAIN


def draft(text: str = QUATRAIN, **asked: object) -> Draft:
    request = ComposeRequest(**asked)  # type: ignore[arg-type]
    poem = WrittenPoem(text, -3.0, True)
    return Draft(Composed(1, request, "night@800", (poem,), 0.1), poem)


def rewritten(text: str) -> Composed:
    return Composed(2, ComposeRequest(), "night@800", (WrittenPoem(text, -3.0, True),), 0.1)


def test_the_cursor_goes_over_the_characters_and_leaves_the_stops_out() -> None:
    poem = draft()
    for _ in range(5):
        poem.move(1)
    assert poem.text[poem.cursor] == "黄"
    poem.move(-1)
    assert poem.text[poem.cursor] == "尽"


def test_a_poem_that_begins_with_a_stop_is_worked_on_from_its_first_character() -> None:
    poem = draft("，春来。", form="")
    assert poem.text[poem.cursor] == "春"
    assert (poem.line, poem.column) == (0, 0)


def test_the_cursor_stays_within_the_poem() -> None:
    poem = draft()
    poem.move(-1)
    poem.move_line(-1)
    assert poem.text[poem.cursor] == "白"
    for _ in range(30):
        poem.move(1)
    poem.move_line(1)
    assert poem.text[poem.cursor] == "楼"


def test_a_line_down_keeps_the_column_as_far_as_there_is_one() -> None:
    poem = draft("白日依山尽，黄河。")
    poem.move_end(True)
    poem.move_line(1)
    assert poem.text[poem.cursor] == "河"


def test_the_rest_is_rewritten_after_the_character_that_was_chosen() -> None:
    poem = draft()
    poem.move_line(2)
    poem.move(1)
    request = poem.rewritten_from_here("上", seed=7)
    assert request.given == "白日依山尽，黄河入海流。欲上□□□，□□□□□。"
    assert (request.seed, request.candidates) == (7, 1)


def test_what_is_kept_is_not_rewritten() -> None:
    poem = draft()
    poem.move_line(3)
    poem.toggle_line_kept()
    poem.move_line(-3)
    assert poem.rewritten_from_here("白", 1).given == "白□□□□，□□□□□。□□□□□，更上一层楼。"
    assert poem.rewritten_except_kept(1).given == "□□□□□，□□□□□。□□□□□，更上一层楼。"


def test_a_character_is_replaced_alone() -> None:
    poem = draft()
    poem.move(1)
    assert poem.put("云")
    assert poem.text == poem.state.request.given == QUATRAIN.replace("日", "云")


def test_several_characters_are_replaced_across_the_end_of_a_line() -> None:
    poem = draft()
    poem.move_end(True)
    assert poem.put("暮青山")
    assert poem.text == "白日依山暮，青山入海流。欲穷千里目，更上一层楼。"
    assert poem.undo()
    assert poem.text == QUATRAIN


def test_one_line_is_rewritten_between_the_others() -> None:
    poem = draft()
    poem.move_line(1)
    assert poem.with_another_line(1).given == "白日依山尽，□□□□□。欲穷千里目，更上一层楼。"


def test_a_line_that_is_said_again_is_rewritten_with_the_other() -> None:
    text = "昨夜雨疏风骤。浓睡不消残酒。试问卷帘人，却道海棠依旧。知否。知否。应是绿肥红瘦。"
    poem = draft(text, form="如梦令")
    for line in (4, 5):
        poem.move_line(line - poem.line)
        assert poem.with_another_line(1).given == text.replace("知否", "□□")
    poem.move_line(1)
    assert poem.with_another_line(1).given == text.replace("应是绿肥红瘦", "□□□□□□")


def test_keeping_a_line_that_is_kept_releases_it() -> None:
    poem = draft()
    poem.toggle_line_kept()
    poem.toggle_line_kept()
    assert not poem.kept


def test_what_the_person_requested_is_kept_from_the_start() -> None:
    poem = draft(first="白", acrostic="白黄欲更", last="更上一层楼", words=("千里",))
    kept = "".join(QUATRAIN[at] for at in sorted(poem.kept))
    assert kept == "白黄欲千里更上一层楼"
    request = poem.rewritten_except_kept(1)
    assert (request.first, request.acrostic, request.last, request.words) == ("", "", "", ())


def test_words_that_are_rewritten_are_requested_again() -> None:
    poem = draft(words=("千里",))
    poem.kept.clear()
    assert poem.rewritten_except_kept(1).words == ("千里",)


def test_every_rewrite_can_be_undone_and_done_again() -> None:
    poem = draft()
    poem.add_state(rewritten(OTHER))
    assert poem.undo()
    assert poem.text == QUATRAIN
    assert not poem.undo()
    assert poem.redo()
    assert poem.text == OTHER
    assert not poem.redo()


def test_a_rewrite_after_an_undo_forgets_what_was_undone() -> None:
    poem = draft()
    poem.add_state(rewritten(OTHER))
    poem.undo()
    poem.add_state(rewritten(OTHER.replace("青", "春")))
    assert poem.steps == (1, 0)
    assert poem.text.startswith("春")


def test_the_cursor_is_still_in_a_poem_that_became_shorter() -> None:
    poem = draft()
    poem.move_line(3)
    poem.add_state(rewritten("白日，黄河。"))
    assert poem.text[poem.cursor] == "河"
