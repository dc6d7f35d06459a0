"""Couplets against their own rules."""

import re
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.prosody.books import rhyme_books
from studio.prosody.couplet import scan_couplet
from studio.prosody.measure import Measure, scan_by
from studio.prosody.offers import Offer, offers
from studio.prosody.report import Scansion
from studio.prosody.rules import TANG, ScanRules

COUPLETS = (
    "明月松间照，清泉石上流",
    "海内存知己，天涯若比邻",
    "书山有路勤为径，学海无涯苦作舟",
    "无可奈何花落去，似曾相识燕归来",
)
CHARACTERS = "".join(dict.fromkeys("".join(COUPLETS).replace("，", "")))


def of(text: str, rules: ScanRules = TANG) -> Scansion:
    return scan_couplet(re.findall("[^，。；]+", text), rules)


def faults(text: str, rules: ScanRules = TANG) -> list[tuple[str, int, int]]:
    return [(each.name, each.line, each.start) for each in of(text, rules).broken]


@pytest.mark.parametrize("text", COUPLETS)
def test_a_couplet_that_keeps_the_rules_has_no_fault(text: str) -> None:
    scanned = of(text)
    assert (scanned.form, scanned.faults, scanned.notes) == ("对联", (), ())
    assert scanned.regulated and scanned.perfect


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("清泉", "清水", [("失对", 1, 1)]),
        ("石上", "石松", [("重字", 1, 3)]),
        ("间照", "间明", [("联脚", 0, 4)]),
        ("上流", "上落", [("联脚", 1, 4)]),
        ("石上流", "石上", [("字数", 1, 0), ("联脚", 1, 3)]),
        ("清泉", "松泉", [("重字", 1, 0)]),
        ("，清泉石上流", "", [("字数", 0, 0)]),
        # These places are free.
        ("清泉", "冷泉", []),
    ],
)
def test_a_fault_has_its_name_and_place(
    right: str, wrong: str, found: list[tuple[str, int, int]]
) -> None:
    assert sorted(faults(COUPLETS[0].replace(right, wrong))) == sorted(found)


def test_a_character_that_faces_itself_is_named_once() -> None:
    assert faults("明月松间照，清月石上流") == [("重字", 1, 1)]


def test_the_needed_tone_is_that_which_faces_it() -> None:
    upper, lower = of("白日依山尽，黄河入□□").lines
    assert "".join(each.required for each in upper.characters) == "中仄中中仄"
    assert "".join(each.required for each in lower.characters) == "中平中仄平"


def test_the_halves_may_have_several_lines() -> None:
    text = "海纳百川，有容乃大；壁间千仞，无欲则刚"
    assert (faults(text), of(text).template) == ([], "8字")
    assert faults(text.replace("千仞", "千寻")) == [("失对", 2, 3)]
    # The ends within a half are opposed, the last ones are oblique and level.
    assert faults(text.replace("乃大", "乃同")) == [("联脚", 1, 3)]


def test_a_particle_may_be_in_the_same_place_of_both_lines() -> None:
    assert faults("心远之人多爱酒，天高之鸟自忘机") == []
    assert ("重字", 1, 3) in faults("心远之人多爱酒，天高鸟之自忘机")


def test_a_character_of_both_lines_is_named_once_however_often_it_is_there() -> None:
    repeated = [each for each in faults("山中晓月鸣，山水清山") if each[0] == "重字"]
    assert repeated == [("重字", 1, 0)]
    assert len([each for each in faults("青山横北郭，山水绕青城") if each[0] == "重字"]) == 2


def test_rescues_of_regulated_verse_count_as_far_as_they_are_allowed() -> None:
    exchanged, answered = "心怜故乡水，万里送归舟", "野火烧不尽，春风吹又生"
    assert [each.name for each in of(exchanged).notes] == ["特拗"]
    assert [each.name for each in of(answered).notes] == ["对句拗救"]
    strict = TANG._replace(self_rescue=False, next_rescue=False)
    assert faults(exchanged, strict) == [("失对", 1, 3)]
    assert faults(answered, strict) == [("失对", 1, 3)]


def test_a_reading_and_a_book_can_be_chosen() -> None:
    lines = ["白日依山尽", "黄河入海流"]
    assert scan_by(lines, "对联").faults == ()
    # Today 白 is level, and 出 too.
    today = scan_by(["风出春江月", "日临碧海天"], "对联", Measure(rhymes="xinyun"))
    assert [each.name for each in today.broken] == ["失对"]
    lines, set_by_hand = ["山月晓", "水中清"], Measure().with_reading(4, "中", "去送")
    assert scan_by(lines, "对联").broken == []
    assert [each.name for each in scan_by(lines, "对联", set_by_hand).broken] == ["失对"]
    lines = ["山中晓", "水中清"]
    both = scan_by(lines, "对联", set_by_hand)
    assert [each.name for each in both.broken] == ["重字"]


@settings(max_examples=20)
@given(
    text=st.sampled_from(COUPLETS),
    changes=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 4), st.sampled_from(CHARACTERS)),
        min_size=1,
        max_size=3,
    ),
    book=st.sampled_from(["pingshui", "xinyun"]),
)
def test_every_offer_clears_its_fault_and_raises_no_other(
    text: str, changes: list[tuple[int, int, str]], book: str
) -> None:
    rules = ScanRules(rhyme_books()[book])
    lines = text.split("，")
    for change in changes:
        lines = Offer(*change).put_into(lines)

    def again(changed: Sequence[str]) -> Scansion:
        return scan_couplet(changed, rules)

    before = again(lines)
    assume(before.broken)
    had = Counter((each.name, each.line, each.start) for each in before.faults)
    for fault in before.broken:
        found = offers(lines, fault, again, rules.book, lambda line, place: CHARACTERS, 3)
        for offer in found:
            after = again(offer.put_into(lines))
            left = Counter((each.name, each.line, each.start) for each in after.faults)
            assert left <= had
            assert (fault.name, fault.line, fault.start) not in left
