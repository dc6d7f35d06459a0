"""What is offered for a fault clears it and raises no other one."""

import re
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.prosody.books import rhyme_books
from studio.prosody.offers import Offer, clears, offers
from studio.prosody.report import Scansion
from studio.prosody.rhymes import PINGSHUI
from studio.prosody.rules import TANG, ScanRules
from studio.prosody.scansion import scan

# The characters of a few poems that keep the rules, in the order of no model.
POEMS = (
    "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。"
    "白头搔更短，浑欲不胜簪。危楼高百尺，手可摘星辰。不敢高声语，恐惊天上人。"
    "空山新雨后，天气晚来秋。明月松间照，清泉石上流。竹喧归浣女，莲动下渔舟。"
    "随意春芳歇，王孙自可留。"
)
CHARACTERS = "".join(dict.fromkeys(re.sub("[，。]", "", POEMS)))
# Poems that keep all rules.
WHOLE = [re.findall("[^，。]+", each) for each in (POEMS[:24], POEMS[24:72], POEMS[72:96])]


def of(text: str) -> list[str]:
    return re.findall("[^，。]+", text)


def offered(
    lines: Sequence[str], which: int = 0, rules: ScanRules = TANG
) -> tuple[Scansion, list[Offer]]:
    def again(changed: Sequence[str]) -> Scansion:
        return scan(changed, rules=rules)

    scanned = again(lines)
    fault = scanned.broken[which]
    return scanned, offers(lines, fault, again, rules.book, lambda line, place: CHARACTERS, 5)


@settings(max_examples=12)
@given(
    poem=st.sampled_from(WHOLE),
    changes=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 4), st.sampled_from(CHARACTERS)),
        min_size=1,
        max_size=3,
    ),
    book=st.sampled_from(["pingshui", "cilin", "xinyun"]),
    rescues=st.booleans(),
)
def test_every_offer_clears_its_fault_and_raises_no_other(
    poem: list[str], changes: list[tuple[int, int, str]], book: str, rescues: bool
) -> None:
    rules = ScanRules(rhyme_books()[book], rescues, rescues)
    lines = poem
    for line, place, character in changes:
        lines = Offer(line % len(poem), place, character).put_into(lines)
    before = scan(lines, rules=rules)
    assume(before.broken)
    for which, fault in enumerate(before.broken):
        for offer in offered(lines, which, rules)[1]:
            after = scan(offer.put_into(lines), rules=rules)
            left = Counter((each.name, each.line, each.start) for each in after.faults)
            had = Counter((each.name, each.line, each.start) for each in before.faults)
            assert left <= had
            assert (fault.name, fault.line, fault.start) not in left
            assert (after.form, after.regulated) == (before.form, before.regulated)


@settings(max_examples=12)
@given(
    poem=st.sampled_from(WHOLE),
    changes=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 4), st.sampled_from(CHARACTERS)),
        min_size=1,
        max_size=2,
    ),
    rescues=st.booleans(),
    part=st.integers(0, 3),
)
def test_every_character_that_clears_a_fault_is_offered_in_whatever_place_it_does(
    poem: list[str], changes: list[tuple[int, int, str]], rescues: bool, part: int
) -> None:
    characters = CHARACTERS[part::4]
    rules = ScanRules(PINGSHUI, rescues, rescues)
    lines = poem
    for line, place, character in changes:
        lines = Offer(line % len(poem), place, character).put_into(lines)

    def again(changed: Sequence[str]) -> Scansion:
        return scan(changed, rules=rules)

    before = again(lines)
    assume(before.broken)
    new = [each for each in characters if each not in "".join(lines)]
    every = [
        Offer(line, place, character)
        for line in range(len(lines))
        for place in range(len(lines[line]))
        for character in new
    ]
    scanned = {offer: again(offer.put_into(lines)) for offer in every}
    for fault in before.broken:
        found = offers(lines, fault, again, PINGSHUI, lambda line, place: characters, 1000)
        expected = [each for each in every if clears(before, scanned[each], fault)]
        assert found == [each for each in expected if each in found]
        # What is left out rests on a rare reading of a character that has several.
        missing = {each.character for each in expected if each not in found}
        assert all(len(PINGSHUI.readings(each)) > 1 for each in missing)


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        ("更上一层楼", "更上一层山", "出韵"),
        ("欲穷千里目", "欲穷不里目", "三仄尾"),
        ("黄河入海流", "黄河入山流", "失替"),
        ("欲穷千里目", "欲穷千里秋", "失对"),
    ],
)
def test_the_character_that_was_there_is_among_the_offers(
    right: str, wrong: str, name: str
) -> None:
    lines = of(POEMS[:24].replace(right, wrong))
    scanned, found = offered(lines, 0)
    assert [each.name for each in scanned.broken][:1] == [name]
    at = next(place for place in range(5) if right[place] != wrong[place])
    line = lines.index(wrong)
    everything = offers(
        lines, scanned.broken[0], scan, PINGSHUI, lambda line, place: CHARACTERS, 200
    )
    assert found and Offer(line, at, right[at]) in everything


def test_an_isolated_level_tone_is_cleared_in_its_own_place_or_by_the_rescue() -> None:
    lines = of("危楼高百尺，手可摘星辰。不敢高声语，恐惊月上人。")
    places = {(each.line, each.place) for each in offered(lines)[1]}
    assert places == {(3, 0), (3, 2)}


def test_a_fault_between_two_lines_is_cleared_in_either() -> None:
    scanned, found = offered(of("离离原上草，一岁一枯荣。野火烧不尽，春风渡又生。"))
    assert scanned.broken[0].name == "失替"
    places = {(each.line, each.place) for each in found}
    # The tone itself, or the character of the next line that makes up for it.
    assert {(2, 3), (3, 2)} <= places


def test_nothing_is_offered_where_one_character_is_not_enough() -> None:
    # The last couplet has the tones of the first: 失粘, and each line is as it should be.
    scanned, found = offered(of("白日依山尽，黄河入海流。明月千峰照，清泉石上留。"), 0)
    assert scanned.broken[0].name == "失粘"
    assert found == []


def test_a_change_that_leaves_the_form_clears_nothing() -> None:
    lines = of(POEMS[:24])
    scanned = scan(of(POEMS[:24].replace("楼", "山")))
    old_style = scan(of("床前明月光，疑是地上霜。举头望明月，低头思故乡。"))
    assert not clears(scanned, old_style, scanned.broken[0])
    assert clears(scanned, scan(lines), scanned.broken[0])


def test_no_offer_repeats_a_character_of_the_poem() -> None:
    lines = of(POEMS[:24].replace("楼", "山"))
    _, found = offered(lines)
    assert found
    assert not {each.character for each in found} & set("".join(lines))


def test_no_offer_rests_on_a_reading_that_its_character_seldom_has() -> None:
    # 天 should be oblique. 泥 seldom is, 望 mostly. 里 and 出 seldom rhyme with 泪.
    lines = of("白天依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    fault = scan(lines).broken[0]
    found = offers(lines, fault, scan, PINGSHUI, lambda line, place: "泥望日", 9)
    assert [each.character for each in found if each.place == 1] == ["望", "日"]
    rhyming = of("山中何处去，林下几行泪。日暮有人来，灯前无客天。")
    fault = next(each for each in scan(rhyming).broken if each.name == "出韵")
    found = offers(rhyming, fault, scan, PINGSHUI, lambda line, place: "里出事地", 9)
    assert {each.character for each in found if each.place == 4} == {"事", "地"}


def test_a_rare_reading_is_offered_in_the_words_that_have_it() -> None:
    # 更 is seldom level, but it is in 五更.
    for before, offered_there in (("五", ["更"]), ("不", [])):
        lines = of(POEMS[96:].replace("竹喧", f"{before}月"))
        fault = next(each for each in scan(lines).broken if each.name == "失替")
        found = offers(lines, fault, scan, PINGSHUI, lambda line, place: "更", 9)
        assert [each.character for each in found if each.place == 1] == offered_there
