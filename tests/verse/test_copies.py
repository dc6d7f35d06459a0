"""A poem of each kind is compared with the libraries of its kind."""

from studio.corpus.build import build
from studio.corpus.records import RawPoem
from studio.paths import Home
from studio.verse.copies import (
    Copies,
    copies_in,
    cut_at_line_ends,
    is_copied_line,
    libraries_of,
)
from studio.verse.novelty import Novelty
from studio.verse.reading import CopiedSpan

RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"


def copies_of(home: Home, form: str) -> Copies:
    found = copies_in(map(Novelty.find, libraries_of(home, form)))
    assert found
    return found


def test_a_ci_is_compared_with_the_ci_and_with_the_poems(home: Home) -> None:
    without = copies_of(home, "如梦令")
    build(home.ci, [RawPoem("如梦令", "李清照", RUMENGLING, "a, 1")], source="a test")
    poems, ci = copies_of(home, "五绝"), copies_of(home, "如梦令")
    with Novelty.open(home.library) as library:
        (poem, *_) = library._library.poems()
    line = poem.first_line
    assert [each.is_line(line) for each in (without, poems, ci)] == [True, True, True]
    of_ci = "浓睡不消残酒"
    assert [each.is_line(of_ci) for each in (without, poems, ci)] == [False, False, True]
    assert all(ci.copied(of_ci)) and all(ci.copied(line))
    assert not any(poems.copied(of_ci))
    (span,) = ci.spans(of_ci)
    assert (span.start, span.end, span.title) == (0, 6, "如梦令")
    assert ci.firmness(of_ci) > poems.firmness(of_ci) == 0
    assert ci.rare_share(of_ci) == 1
    assert not ci.has_common_closing(of_ci)


def test_a_line_of_three_characters_is_nobodys(home: Home) -> None:
    build(home.ci, [RawPoem("如梦令", "李清照", RUMENGLING, "a, 1")], source="a test")
    ci = copies_of(home, "如梦令")
    assert ci.is_line("知否") and not is_copied_line(ci, "知否")
    assert is_copied_line(ci, "浓睡不消残酒")


def test_without_any_library_nothing_is_copied(home: Home) -> None:
    home.library.unlink()
    assert copies_in(map(Novelty.find, libraries_of(home, "如梦令"))) is None


def test_spans_are_cut_at_the_ends_of_lines_and_at_blanks() -> None:
    text = "白日依山尽，黄河入海流。□穷千里目，更上□层楼□"

    def cut(*spans: tuple[int, int]) -> list[str]:
        given = [CopiedSpan(start, end, 7, "登鹳雀楼", "王之涣") for start, end in spans]
        return [text[each.start : each.end] for each in cut_at_line_ends(text, given)]

    assert cut((0, 11)) == ["白日依山尽", "黄河入海流"]
    # Two characters of each line are together by chance.
    assert cut((3, 8)) == []
    assert cut((0, 8)) == ["白日依山尽"]
    assert cut((12, 17)) == ["穷千里目"]
    # A part inside another one is left out.
    assert cut((0, 5), (1, 11)) == ["白日依山尽", "黄河入海流"]
