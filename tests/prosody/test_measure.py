"""A poem measured by rules and readings that a person chose."""

import re

from studio.prosody.measure import Measure, SetReading, scan_by
from studio.prosody.report import Scansion
from studio.prosody.scansion import scan

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


def of(text: str) -> list[str]:
    return re.findall("[^，。]+", text)


def names(scanned: Scansion) -> list[str]:
    return [each.name for each in scanned.faults]


def test_without_a_choice_a_poem_is_measured_as_by_the_scanner() -> None:
    assert scan_by(of(QUATRAIN)) == scan(of(QUATRAIN))


def test_the_rhyme_book_and_the_rescues_are_chosen() -> None:
    # 庚 and 青 are one group in 词林正韵.
    mixed = of("白日依山尽，黄河入海清。欲穷千里目，更上一层亭。")
    assert names(scan_by(mixed)) == ["出韵"]
    assert names(scan_by(mixed, measure=Measure(rhymes="cilin"))) == []
    rescued = of("白日依山尽，海河黄海流。欲穷千里目，更上一层楼。")
    strict = Measure(no_rescue=("self", "next"))
    assert "孤平" not in names(scan_by(rescued))
    assert "孤平" in names(scan_by(rescued, measure=strict))


def test_a_reading_set_by_hand_counts_in_its_place_and_nowhere_else() -> None:
    # 重 is level (again) or oblique (heavy); the place needs a level tone.
    lines = of("白日依山尽，黄重入海流。欲重千里目，更上一层楼。")
    free = scan_by(lines)
    assert "失替" not in names(free)
    heavy = next(each for each in free.lines[1].characters[1].readings if each[0] != "平")
    place = len(lines[0]) + 1
    measure = Measure().with_reading(place, "重", heavy)
    found = scan_by(lines, measure=measure)
    assert [(each.name, each.line) for each in found.broken] == [("失替", 1)]
    assert found.lines[1].text == lines[1]
    assert found.lines[1].characters[1].readings == free.lines[1].characters[1].readings
    assert "重" in found.broken[0].explanation
    # It is one character still, however it is read.
    assert "重字" in names(found)


def test_a_reading_that_was_set_ends_with_its_character() -> None:
    measure = Measure(readings=(SetReading(0, "重", "去宋"),))
    assert scan_by(of(QUATRAIN), measure=measure) == scan(of(QUATRAIN))
    assert measure.with_reading(0, "重", "") == Measure()


def test_a_blank_is_no_fault_whatever_the_rules() -> None:
    lines = of("白日依山尽，□□□□□。□□千里目，更上一层楼。")
    for measure in (Measure(), Measure(rhymes="cilin", no_rescue=("self", "next"))):
        found = scan_by(lines, measure=measure)
        assert found.form == "五绝"
        assert found.faults == ()


def test_a_poem_that_has_only_begun_is_measured_by_the_tones_that_stand() -> None:
    begun = scan_by(of("白日依山尽，□□□□□。□□□□□，□□□□□。"))
    assert (begun.form, begun.rhymes, begun.faults) == ("五绝", (), ())
    rhyming = scan_by(of("独怜幽草涧边生，□□□□□□□。□□□□□□□，□□□□□□□。"))
    assert (rhyming.form, rhyming.rhymes, rhyming.faults) == ("七绝", ("平庚",), ())
    wrong = scan_by(of("白天依山尽，□□□□□。□□□□□，□□□□□。"))
    assert names(wrong) == ["失替"]
