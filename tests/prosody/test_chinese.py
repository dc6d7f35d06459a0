"""The scanner's remarks in Chinese."""

import pytest

from studio.prosody.scansion import scan
from studio.translation import use_language
from tests.chinese import english_in
from tests.prosody.test_scansion import GUANQUE, HUANGHELOU, of


def remarks(text: str) -> dict[str, str]:
    """The explanations of all remarks on a poem, by their names."""
    scanned = of(text)
    return {each.name: each.explanation for each in (*scanned.faults, *scanned.notes)}


@pytest.mark.usefixtures("chinese")
def test_a_remark_is_a_chinese_sentence() -> None:
    famous = remarks(HUANGHELOU)
    assert english_in(" ".join(famous.values())) == []
    assert famous["失替"] == "“去”应平：第二、四、六字平仄相间。"
    assert famous["三平尾"] == "“空悠悠”似为三平尾，但“空”又可读上董或去送。"
    assert remarks(GUANQUE.replace("上一层楼", "上一层山"))["出韵"] == "“山”在刪韵，全诗押尤韵。"
    grass = remarks("离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。")
    assert grass["对句拗救"] == "“不”应平而仄，下句第3字“吹”用平声相救。"
    (fault,) = scan(["白日依山尽", "黄河入海流", "欲穷千里", "更上一层楼"]).broken
    assert fault.explanation == "有4字，其余各句5字。"


def test_a_language_changes_the_explanations_alone(chinese: None) -> None:
    found = of(HUANGHELOU)
    use_language("en")
    english = of(HUANGHELOU)
    for one, other in zip(found.faults, english.faults, strict=True):
        assert (one.name, one.line, one.start, one.end) == (
            other.name,
            other.line,
            other.start,
            other.end,
        )
        assert one.explanation != other.explanation
