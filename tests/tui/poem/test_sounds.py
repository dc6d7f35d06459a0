"""Pinyin in agreement with the readings that the scanner takes."""

from studio.prosody.measure import Measure, SetReading
from studio.tui.poem.sounds import Sound, sounds_of
from studio.verse.request import ComposeRequest

QUATRAIN = "两个黄鹂鸣翠柳，一行白鹭上青天。窗含西岭千秋雪，门泊东吴万里船。"


def test_the_pinyin_is_that_of_the_reading_taken() -> None:
    sounds = sounds_of(QUATRAIN)
    assert len(sounds) == len(QUATRAIN)
    assert sounds[QUATRAIN.index("行")] == Sound("háng")
    assert sounds[QUATRAIN.index("，")] == Sound("")
    # 看 is level where it rhymes in 寒.
    rhyming = "春风吹绿树，明月照青山。客子愁无尽，梅花独自看。"
    assert sounds_of(rhyming.replace("青山", "栏杆"))[-2] == Sound("kān")


def test_a_reading_that_today_has_not_is_marked() -> None:
    text = "海上生明月，天涯共此时。情人怨遥夜，竟夕起相思。"
    at = text.index("思")
    place = len([each for each in text[:at] if each not in "，。"])
    assert sounds_of(text)[at] == Sound("sī")
    measure = Measure(readings=(SetReading(place, "思", "去寘"),))
    request = ComposeRequest(form="五绝", measure=measure)
    assert sounds_of(text, request)[at] == Sound("sī", agrees=False)


def test_a_text_without_a_line_has_no_sounds() -> None:
    assert sounds_of("，") == [Sound("")]
