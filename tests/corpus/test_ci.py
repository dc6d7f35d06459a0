"""How far the poets of ci keep their tunes."""

from studio.corpus.ci import measure_ci
from studio.corpus.poem import Poem
from studio.prosody.books import rhyme_books
from studio.prosody.rules import ScanRules

KEPT = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"


def ci(title: str, text: str) -> Poem:
    return Poem(title, "", text, text, "other", "train", "")


def test_the_poems_named_after_a_tune_are_counted_with_their_faults() -> None:
    poems = [
        ci("如梦令", KEPT),
        ci("如梦令 春晚", KEPT.replace("残酒", "残茶")),
        ci("如梦令", KEPT.replace("浓睡", "浓眠")),
        ci("如梦令", KEPT.replace("应是", "是")),
        ci("春望", KEPT),
    ]
    figures = measure_ci(poems, ScanRules(rhyme_books()["cilin"]))
    assert (figures.rhyme_book, figures.poems) == ("词林正韵", 5)
    (tune,) = figures.tunes
    assert (tune.tune, tune.poems) == ("如梦令", 4)
    assert (tune.length, tune.tones, tune.fit, tune.near) == (0.75, 0.5, 0.25, 1.0)
    assert {each.name: each.poems for each in tune.faults} == {"出韵": 1, "失律": 1, "字数": 1}


def test_a_poem_is_named_after_its_tune_in_either_script() -> None:
    poems = [ci(title, KEPT) for title in ("如夢令", "念奴嬌 赤壁懷古", "滿江紅")]
    figures = measure_ci(poems, ScanRules(rhyme_books()["cilin"]))
    assert [each.tune for each in figures.tunes] == ["如梦令", "念奴娇", "满江红"]
