"""Which reading of a character counts in its place, and why."""

import re

import pytest

from studio.prosody.measure import Measure, scan_by
from studio.prosody.reading_taken import ReadingTaken, reading_taken
from studio.prosody.rhymes import PINGSHUI


def taken(text: str, line: int, at: int, chosen: str = "") -> ReadingTaken:
    scanned = scan_by(re.findall("[^，。]+", text)).lines[line]
    rhyme = scanned.rhyme if at == len(scanned.text) - 1 else ""
    return reading_taken(scanned.characters[at], rhyme, chosen, PINGSHUI)


@pytest.mark.parametrize(
    ("text", "line", "at", "readings", "why"),
    [
        # 重: level, again; oblique, heavy.
        ("白日依山尽，黄重入海流。欲穷千里目，更上一层楼。", 1, 1, {"平"}, "tone"),
        # 思: level; oblique in a noun.
        ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", 3, 2, {"平", "去"}, "any"),
        # 流 has one reading.
        ("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", 1, 4, {"平"}, "rhyme"),
        # 不 is level in rhymes only.
        ("白日不山尽，黄河入海流。欲穷千里目，更上一层楼。", 0, 2, {"入", "上"}, "only"),
    ],
)
def test_the_reading_that_fits_is_taken_and_the_reason_is_known(
    text: str, line: int, at: int, readings: set[str], why: str
) -> None:
    found = taken(text, line, at)
    assert found.why == why
    assert {each[0] for each in found.readings} <= readings


def test_a_reading_set_by_hand_is_taken_before_all_others() -> None:
    poem = "白日依山尽，黄重入海流。欲穷千里目，更上一层楼。"
    (level,) = taken(poem, 1, 1).readings
    others = [each for each in map("".join, PINGSHUI.readings("重")) if each != level]
    assert taken(poem, 1, 1, others[0]) == ReadingTaken((others[0],), "set")
    assert Measure().with_reading(6, "重", others[0]).reading_at(6, "重") == others[0]
